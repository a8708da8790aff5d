"""Read tables of labels from text files (CSV), whatever separates their columns."""

import csv
import gzip
import os
import zlib
from io import StringIO
from pathlib import Path

from galmorph.errors import DatasetError

__all__ = ["read_rows"]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "blanks"}
_VOTES_OF_ALL = 1 << 26  # characters; split into cells, they would need gigabytes


def read_rows(path: str | os.PathLike[str]) -> tuple[list[str], list[list[str]]]:
    """Read a CSV file, plain or gzipped, as a header and rows of the same length; lines that begin with # are comments.

    Columns are separated by commas, semicolons, tabs, vertical bars or blanks: by what gives the header and all rows
    the same number of cells, and the most of them. (`csv.Sniffer` looks at a part of the file only, and may take a
    letter for the separator.) Blanks count only if nothing else does, because names contain them.

    Raises
    ------
    DatasetError
        If the file can't be read, or has no header, no rows or only one column.
    """
    try:
        text = _text(path)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path}: expected a readable CSV file in UTF-8 ({error}); open tables of other formats with astropy's "
            "Table.read, and pass the table"
        ) from error
    lines = [line for line in StringIO(text) if line.strip() and not line.startswith("#")]
    if len(text) > _VOTES_OF_ALL and "t01_smooth_or_features" in text[:1000]:
        raise DatasetError(
            f"{path}: expected names and classes, got the votes of all galaxies; load this table with "
            "load_galaxy_zoo_2, which reads it row by row, without class_column"
        )
    tables: dict[str, list[list[str]]] = {}
    damage: csv.Error | None = None
    for separator in _SEPARATORS:
        try:
            tables[separator] = _split(lines, separator)
        except csv.Error as error:
            damage = damage or error
    wide = {separator: rows for separator, rows in tables.items() if rows and len(rows[0]) > 1}
    even = {separator: rows for separator, rows in wide.items() if len({len(row) for row in rows}) == 1}
    candidates = even or wide
    separator = max(candidates, key=lambda each: (each != " ") * len(candidates[each][0]), default=",")
    if damage and not even:
        raise DatasetError(f"{path}: expected a readable CSV file ({damage})") from damage
    rows = tables[separator]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DatasetError(
            f"{path}: expected a header, rows and at least two columns (name and class), got {len(rows)} lines"
            f"{f' with {len(rows[0])} columns' if rows else ''}"
        )
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise DatasetError(
                f"{path}: expected {len(rows[0])} columns as in the header, separated by {_SEPARATORS[separator]}, got "
                f"{len(row)} in the row of {row[0]!r}; put cells that contain a separator in quotes"
            )
    return rows[0], rows[1:]


def _text(path: str | os.PathLike[str]) -> str:
    with Path(path).open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    with (gzip.open if gzipped else open)(path, "rt", encoding="utf-8-sig") as text:
        return str(text.read())


def _split(lines: list[str], separator: str) -> list[list[str]]:
    if separator == " ":  # several blanks, also around the cells, are one separator
        lines = [line.strip() + "\n" for line in lines]
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    rows = [[cell.strip() for cell in row] for row in reader]
    return [row for row in rows if any(row)]
