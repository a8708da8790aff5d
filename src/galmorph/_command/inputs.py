"""What a command is given as lists: lines of a file or of standard input, and the images that they name."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from galmorph._checks import check
from galmorph._command.output import complain

__all__ = ["STANDARD", "image_paths", "listed_lines", "user_path"]

#: What stands for standard input, or for standard output.
STANDARD = "-"

_LIST = ".txt"


def user_path(text: str) -> Path:
    """Make a path of an argument; ``~`` is the home folder, also in quotation marks, where a shell leaves it alone.

    Examples
    --------
    >>> from galmorph._command.inputs import user_path
    >>> user_path("~/answers.csv").is_absolute()
    True
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 (that of pathlib fails for a user who does not exist)


def listed_lines(source: str, expected: str) -> list[str]:
    """Read the lines of a list; those that are empty or begin with ``#`` are left out.

    Parameters
    ----------
    source
        A text file, or ``-`` for standard input.
    expected
        What each line should be, in one or a few words, for the error.

    Returns
    -------
    list of str
        The lines, at least one.

    Raises
    ------
    InvalidValueError
        If there is none, or the list is no text.
    OSError
        If the file can't be read.
    """
    if source == STANDARD:
        if isinstance(sys.stdin, TextIOWrapper):  # names of files may be any bytes
            sys.stdin.reconfigure(errors="surrogateescape")
        text, name = sys.stdin.read(), "standard input"
    else:
        text, name = Path(source).read_text(encoding="utf-8", errors="surrogateescape"), source
    check("\0" not in text, f"{name}: expected a text with {expected} in each line, got zero bytes")
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    check(bool(kept), f"{name}: expected {expected} in each line, got an empty list")
    return kept


def image_paths(files: Sequence[str]) -> list[str]:
    """List the images that the arguments of a command name, each of them once; standard error says which came twice.

    Parameters
    ----------
    files
        Files, folders, patterns, text files (``.txt``) with one of these in each line, and ``-`` for such lines from
        standard input.

    Raises
    ------
    InvalidValueError
        If a list is empty, or a pattern matches no file.
    DatasetError
        If a folder has no images.
    OSError
        If a list can't be read.
    """
    from galmorph.data import list_images

    given: list[str] = []
    for each in map(os.path.expanduser, files):
        if each == STANDARD or (each.lower().endswith(_LIST) and not Path(each).is_dir()):
            given += map(os.path.expanduser, listed_lines(each, "the path of an image"))
        else:
            given.append(each)
    once: dict[str, str] = {}
    repeated: dict[str, str] = {}
    for path in map(str, list_images(given)):
        # Without a look at the disk: files that are the same by a link may be wanted under both names.
        (repeated if (place := os.path.abspath(path)) in once else once).setdefault(place, path)  # noqa: PTH100
    if repeated:
        first, number = next(iter(repeated.values())), len(repeated)
        what = first if number == 1 else f"{number} files, the first {first},"
        complain(f"{what} {'is' if number == 1 else 'are'} given more than once, and classified once")
    return list(once.values())
