"""What the command prints: lines on standard output and standard error, and tables that fit the terminal."""

import shutil
import sys
from collections.abc import Sequence
from textwrap import wrap

__all__ = ["complain", "printable", "say", "table_lines", "terminal_width"]


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


def terminal_width() -> int:
    """Columns of the terminal; 80 if there is none, as in a pipe."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


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
