"""``galmorph classify``: classes of image files, as a table on the screen or in a file."""

import errno
import os
import re
import shutil
import sys
import tempfile
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from galmorph._checks import check
from galmorph._command.advice import for_shell
from galmorph._command.answered import has_answers, kept_answers, parts_folder
from galmorph._command.compiled import keep_compiled
from galmorph._command.inputs import STANDARD, image_paths, user_path
from galmorph._command.output import check_new_file, say, tab_lines, table_lines, terminal_width
from galmorph._command.reading import add_reading_options, check_effect

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.training import Classifier

__all__ = ["TEXT", "add_arguments", "run"]

#: Exit status if no image could be classified.
NONE_CLASSIFIED = 1
# What is done to images that are in order: nothing to look for on a screen.
_ROUTINE = re.compile(r"\d+ channels averaged to make one(; )?|linear image, stretched as pictures are.*", re.DOTALL)
_MANIFEST = "manifest.sqlite"  # of `galmorph.data.fetch_images`, for `Classifier.predict_to`

TEXT = """Classify images of galaxies. FITS, JPEG and PNG files need no preparation.

examples: %(prog)s my_galaxy.jpg
          %(prog)s images/ --to answers.csv
          %(prog)s list.txt --to answers.csv
          find . -name "*.fits" | %(prog)s - --to - > answers.csv
          %(prog)s "images/{name}_{band}.fits" --classifier my.galmorph

exit status: 0 if an image was classified, 1 if none could be, 2 after an error
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="image files, folders, patterns in quotation marks, text files (.txt) with one of these in each line, or "
        "- for such lines from standard input",
    )
    add(
        "--to",
        type=user_path,
        metavar="FILE",
        help="write all columns to a .csv, .ecsv or .fits file, or a .parquet file, which needs pyarrow (pip install "
        '"galmorph-jax[parquet]"); - writes CSV to standard output',
    )
    add("--notes", action="store_true", help="whole notes; by default what is doubtful, cut to one line in a terminal")
    add("--network", default="galaxy-zoo-2", metavar="NAME", help="galaxy-zoo-2 (default) or hubble")
    add(
        "--classifier",
        type=user_path,
        metavar="FILE",
        help="a classifier that you have trained: a file of Classifier.save in Python, or one of runs/*.galmorph in "
        "the folder of 'galmorph compare'; its network must be one of galmorph's (a network of your own needs Python)",
    )
    add_reading_options(parser)
    add(
        "--orientations",
        action=BooleanOptionalAction,
        help="mean over eight orientations or one: better, or sooner; by default eight for galmorph's own networks",
    )
    add("--workers", type=int, metavar="N", help="processes that prepare images; as many as cores by default")
    add("--overwrite", action="store_true", help="replace the file of --to if it exists")
    add("--quiet", action="store_true", help="no progress bar")


def run(arguments: Namespace) -> int:
    """Classify, print or write the table, and return the exit status."""
    workers = arguments.workers
    check(workers is None or workers >= 1, f"--workers: expected a whole number of at least 1, got {workers}")
    to_stdout = str(arguments.to) == STANDARD
    if arguments.to is not None and not to_stdout:
        check_new_file(arguments.to, overwrite=arguments.overwrite)
        arguments.after_interruption = partial(_kept, arguments.to)
    files = _files(arguments, to_file=arguments.to is not None)
    classifier = _classifier(arguments)
    keep_compiled()
    options = {
        "hdu": arguments.hdu,
        "bands": arguments.bands,
        "orientations": arguments.orientations,
        "workers": workers,
        "progress": not arguments.quiet,
    }
    if arguments.to is None:
        table = classifier.predict(files, **options)
        _show(table, arguments)
        any_answer = not table["class"].mask.all()
    elif to_stdout:
        any_answer = _write_to_stdout(classifier, files, options)
    else:
        with _errors_name(arguments.to):
            classifier.predict_to(files, arguments.to, overwrite=arguments.overwrite, **options)
        say(f"written to {arguments.to}")
        any_answer = has_answers(arguments.to)
    return 0 if any_answer else NONE_CLASSIFIED


def _files(arguments: Namespace, *, to_file: bool) -> str | list[str]:
    """List the images, and say if the options have no effect on them."""
    if to_file and len(arguments.files) == 1 and Path(arguments.files[0]).name == _MANIFEST:
        return str(user_path(arguments.files[0]))
    paths = image_paths(arguments.files)
    check_effect(arguments, paths)
    return paths


def _classifier(arguments: Namespace) -> "Classifier":
    from galmorph.training import Classifier

    if arguments.classifier is not None:
        return Classifier.load(arguments.classifier)
    return Classifier.pretrained(arguments.network)


def _kept(path: Path) -> str:
    """Say what an interrupted run has kept."""
    count = kept_answers(path)
    if not count:
        return "; nothing was kept yet"
    return f"; {count} answer{'s are' if count > 1 else ' is'} kept, and the same command goes on from here"


@contextmanager
def _errors_name(path: Path) -> Iterator[None]:
    """Name the file that was asked for in errors about the folder of its parts."""
    parts = parts_folder(path)
    try:
        yield
    except OSError as error:
        failed = None if error.filename is None else Path(str(error.filename))
        if failed is not None and parts in (failed, *failed.parents):
            number = error.errno or errno.EIO
            reason = f"can't write this file ({os.strerror(number)}); choose a name in a folder that you can write to"
            raise OSError(number, reason, str(path)) from error
        raise


def _write_to_stdout(classifier: "Classifier", files: str | list[str], options: dict[str, Any]) -> bool:
    """Write the file of ``--to`` to standard output, and say if any image was classified."""
    with tempfile.TemporaryDirectory(prefix="galmorph-") as folder:
        path = Path(folder) / "answers.csv"
        classifier.predict_to(files, path, **options)
        with path.open(encoding="utf-8", newline="") as lines:
            shutil.copyfileobj(lines, sys.stdout)
        return has_answers(path)


def _show(table: "Table", arguments: Namespace) -> None:
    """Print names, classes, probabilities and notes; an image without an answer has dashes."""
    paths = "path" in table.colnames
    rows = []
    for row in table.filled("") if table.masked else table:
        answered = str(row["class"]) not in ("", "--")
        probability = f"{row['probability']:.2f}" if answered else "-"
        # A line is too short for the path; the names of other galaxies are in the first column, too.
        note = str(row["note"]).removeprefix(f"{row['path']}: " if paths else "").removeprefix(f"{row['name']}: ")
        note = for_shell(note if arguments.notes else _ROUTINE.sub("", note).rstrip("; "), arguments)
        rows.append([str(row["name"]), str(row["class"]) if answered else "-", probability, note])
    head, width = ["name", "class", "prob.", "note"], terminal_width()
    for line in tab_lines(head, rows) if width is None else table_lines(head, rows, width, wrapped=arguments.notes):
        say(line)
