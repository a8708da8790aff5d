"""Tables of morphological types, as catalogues write them, as tables of classes."""

from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._warnings import warn
from galmorph.errors import DatasetError, DatasetWarning

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.data import Scheme

__all__ = ["classes_of_types"]

_DELIMITERS = (",", ";", "\t", "|", " ")


def classes_of_types(path: Path, scheme: "Scheme", column: str | None) -> tuple["Table", str]:
    """Read a text file of galaxies and their types, and put each type into a class.

    Parameters
    ----------
    path
        The file. Its columns are separated by commas, semicolons, tabs, vertical bars or blanks.
    scheme
        Turns types into classes.
    column
        The column of types. None is the one in which most texts are types.

    Returns
    -------
    table, column
        The table, with classes in the column of types: empty where there is none.

    Raises
    ------
    DatasetError
        If the file can't be read, the column is not there or not clear, or no type has a class.

    Warns
    -----
    DatasetWarning
        If types have no class: how many, and why.
    """
    table = _read(path)
    listed = ", ".join(table.colnames)
    if column is None:
        column = _column_of_types(table, path)
    elif column not in table.colnames:
        raise DatasetError(f"{path}: --class-column: expected one of the columns {listed}, got {column!r}")
    labels, left_out = scheme.label(map(str, table[column]))
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common())
    none = f"no class in the scheme {scheme.name} ({reasons})"
    if left_out.total() == len(table):
        raise DatasetError(
            f"{path}: expected types in the column {column!r}, got texts that have {none}; name the column with "
            f"--class-column ({listed})"
        )
    if left_out:
        warn(f"{path}: {left_out.total()} of {len(table)} types have {none}", DatasetWarning)
    table[column] = ["" if label < 0 else scheme.classes[label] for label in labels]
    return table, column


def _read(path: Path) -> "Table":
    """Read all columns as text, whatever separates them."""
    from astropy.io import ascii as text_tables

    if not path.is_file():
        raise DatasetError(f"{path}: no such file; expected a table of names and types")
    for delimiter in _DELIMITERS:
        try:
            table = text_tables.read(
                path,
                format="basic",
                delimiter=delimiter,
                guess=False,
                fill_values=[],
                converters={"*": [text_tables.convert_numpy(str)]},
                encoding="utf-8-sig",
            )
        except (text_tables.InconsistentTableError, UnicodeDecodeError):
            continue
        if len(table.colnames) > 1 and len(table):
            return table
    raise DatasetError(f"{path}: expected a text file with a header, rows and at least two columns, names and types")


def _column_of_types(table: "Table", path: Path) -> str:
    from galmorph.data import parse_morphology

    counts = {
        name: sum(parse_morphology(str(text)).outcome in ("type", "alternatives", "several") for text in table[name])
        for name in table.colnames
    }
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    if not most or len(best) > 1:
        got = " and ".join(map(repr, best)) if most else "none"
        raise DatasetError(
            f"{path}: expected one column of types such as SAB(rs)bc, got {got} among {', '.join(table.colnames)}; "
            "name it with --class-column"
        )
    return best[0]
