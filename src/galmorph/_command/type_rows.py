"""Tables of what `galmorph.data.parse_morphology` reads: one row for each type, for a pipe or for a file."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from galmorph._atomic_files import write_atomically
from galmorph._checks import check
from galmorph._command.output import tab_lines

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.data import Morphology

__all__ = ["check_format", "csv_text", "marks_of", "type_lines", "type_table", "write_table"]

_FORMATS = {".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".fits": "fits"}
_NUMBERS = ("stage", "spread", "ellipticity")


def marks_of(galaxy: "Morphology") -> list[str]:
    """Names of the marks that a type has, such as ``peculiar``."""
    return [name for name in ("peculiar", "spindle", "dwarf", "nucleated", "flagged") if getattr(galaxy, name)]


def type_rows(galaxies: Iterable["Morphology"]) -> Iterator[dict[str, str | float | None]]:
    """Give what is known about each type, by the names of columns: its parts, and its class in each scheme.

    Several values of one part are separated by commas. Numbers that are not given are None, and texts empty, such as
    the class of a type that has none.
    """
    from galmorph.data import SCHEMES, LeftOut

    for galaxy in galaxies:
        placed = {name.replace("-", "_"): scheme(galaxy) for name, scheme in SCHEMES.items()}
        yield {
            "type": galaxy.text,
            "outcome": galaxy.outcome,
            "notation": str(galaxy),
            "stage": galaxy.stage,
            "spread": galaxy.spread,
            "family": galaxy.family,
            "variety": galaxy.variety,
            "ellipticity": galaxy.ellipticity,
            "luminosity": galaxy.luminosity,
            "rings": ", ".join(galaxy.rings),
            "marks": ", ".join(marks_of(galaxy)),
            "in_doubt": ", ".join(galaxy.doubts),
            "words": ", ".join(galaxy.words),
            "activity": ", ".join(galaxy.activity),
            "alternatives": ", ".join(map(str, galaxy.alternatives)),
            "objects": ", ".join(map(str, galaxy.objects)),
            **{name: "" if isinstance(found, LeftOut) else found for name, found in placed.items()},
        }


def type_lines(galaxies: Iterable["Morphology"]) -> Iterator[str]:
    r"""Write the rows as lines with tabs between columns; the first line names the columns.

    Examples
    --------
    >>> from galmorph._command.type_rows import type_lines
    >>> from galmorph.data import parse_morphology
    >>> head, line = type_lines([parse_morphology("E/S0")])
    >>> head[:21], line[:23]
    ('type\toutcome\tnotation', 'E/S0\talternatives\tE/S0\t')
    """
    rows = list(type_rows(galaxies))
    texts = ([f"{each:g}" if isinstance(each, float) else each or "" for each in row.values()] for row in rows)
    return tab_lines(list(rows[0]), texts)


def type_table(galaxies: Iterable["Morphology"]) -> "Table":
    """Put the rows into a table, in which numbers that are not given are masked.

    Examples
    --------
    >>> from galmorph._command.type_rows import type_table
    >>> from galmorph.data import parse_morphology
    >>> table = type_table(map(parse_morphology, ["SB(s)b pec", "what"]))
    >>> print(table["type", "marks", "hubble_stages", "stage"])
       type     marks   hubble_stages stage
    ---------- -------- ------------- -----
    SB(s)b pec peculiar            Sb   3.0
          what                           --
    """
    from astropy.table import MaskedColumn, Table

    rows = list(type_rows(galaxies))
    table = Table()
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in _NUMBERS:
            numbers = np.array([np.nan if value is None else value for value in values], np.float64)
            table[name] = MaskedColumn(numbers, mask=np.isnan(numbers))
        else:
            table[name] = np.array(values, np.str_)
    return table


def check_format(path: Path) -> None:
    """Raise `InvalidValueError` unless tables can be written to files of this name."""
    expected = ", ".join(_FORMATS)
    check(path.suffix.lower() in _FORMATS, f"--to: expected a file name that ends in {expected}, got {path.name!r}")


def csv_text(table: "Table") -> str:
    """Text of a table as CSV."""
    with io.StringIO() as text:
        table.write(text, format=_FORMATS[".csv"])
        return text.getvalue()


def write_table(table: "Table", path: Path) -> None:
    """Write a table to a file, whose suffix decides the format."""
    kind = _FORMATS[path.suffix.lower()]
    if kind == "fits":
        table = table.copy()
        for name, column in table.columns.items():
            if column.dtype.kind == "U":  # FITS has ASCII alone
                table[name] = np.char.encode(np.asarray(column), "ascii", "backslashreplace")
        with io.BytesIO() as binary:
            table.write(binary, format=kind)
            write_atomically(path, binary.getvalue())
    else:
        with io.StringIO() as text:
            table.write(text, format=kind)
            write_atomically(path, text.getvalue().encode("utf-8"))
