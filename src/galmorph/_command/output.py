"""What the command prints: lines on standard output and standard error, and tables for a terminal or a pipe."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap

__all__ = ["check_new_file", "complain", "printable", "say", "tab_lines", "table_lines", "terminal_width"]


def say(text: str) -> None:
    """Print text on standard output."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """Print one line on standard error, whatever the text contains."""
    sys.stderr.write(f"galmorph: {printable(text)}\n")


def printable(text: str) -> str:
    r"""Put text into one line, without characters that a terminal would obey; names of files may contain them.

    Examples
    --------
    >>> from galmorph._command.output import printable
    >>> printable("two\nlines, \x1b[31mred")
    'two lines, ?[31mred'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def check_new_file(path: Path, *, overwrite: bool) -> None:
    """Refuse a file of ``--to`` that can't or must not be written, before there is anything to write.

    Raises
    ------
    IsADirectoryError
        If it is a folder.
    FileExistsError
        If it exists, unless it may be replaced.
    """
    if path.is_dir():
        raise IsADirectoryError(f"--to: {path} is a folder; give the name of a file, such as {path / 'table.csv'}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path}: exists; add --overwrite to replace it, or choose another name")


def terminal_width() -> int | None:
    """Columns of the terminal, or those of ``COLUMNS``; None if standard output is no terminal, as in a pipe."""
    return max(40, shutil.get_terminal_size((80, 24)).columns) if _on_terminal() else None


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def tab_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    r"""Write a table for other programs: whole texts with tabs between them, and one line for each row.

    Examples
    --------
    >>> from galmorph._command.output import tab_lines
    >>> list(tab_lines(["name", "note"], [["M51", "interacting\nwith NGC 5195"]]))
    ['name\tnote', 'M51\tinteracting with NGC 5195']
    """
    for row in (head, *rows):
        yield "\t".join(map(printable, row))


def table_lines(head: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, wrapped: bool = False) -> list[str]:
    r"""Write a table in lines of at most `width` characters: long names are cut, and so is the last column.

    Parameters
    ----------
    head, rows
        Texts, as many in each row as in the head.
    width
        Characters in a line.
    wrapped
        Whether the last column goes on in further lines instead of being cut.

    Returns
    -------
    lines
        The head, a line of dashes, and a line for each row, or several if it is wrapped.

    Examples
    --------
    >>> from galmorph._command.output import table_lines
    >>> rows = [["M51", "interacting with NGC 5195"], ["M101", ""]]
    >>> print("\n".join(table_lines(["name", "note"], rows, 24)))
    name  note
    ----  ------------------
    M51   interacting with…
    M101
    >>> print("\n".join(table_lines(["name", "note"], rows, 24, wrapped=True)))
    name  note
    ----  ------------------
    M51   interacting with
          NGC 5195
    M101
    """
    longest = max(12, width // 3)
    cells = [[_cut(printable(cell), longest) for cell in row[:-1]] for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rest = max(12, width - sum(widths) - 2 * len(widths))
    lines = []
    for place, (row, given) in enumerate(zip(cells, [head, *rows], strict=True)):
        start = "".join(f"{cell:<{size}}  " for cell, size in zip(row, widths, strict=True))
        last = printable(given[-1])
        for text in (wrap(last, rest) or [""]) if wrapped else [_first_words(last, rest)]:
            lines.append((start + text).rstrip())
            start = " " * len(start)
        if place == 0:
            lines.append("  ".join("-" * size for size in [*widths, rest]))
    return lines


def _first_words(text: str, longest: int) -> str:
    """Cut the end of a long text, between words if the last one is not long."""
    if len(text) <= longest:
        return text
    kept = text[:longest].rpartition(" ")[0].rstrip(" ;,:")
    return (kept if len(kept) > longest / 2 else text[: longest - 1]) + "\N{HORIZONTAL ELLIPSIS}"


def _cut(text: str, longest: int) -> str:
    """Take out the middle of a long name, because names often differ at their ends."""
    if len(text) <= longest:
        return text
    end = (longest - 1) // 2
    return f"{text[: longest - 1 - end]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - end :]}"
