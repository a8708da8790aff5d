"""Tables of morphological types, as catalogues write them: the types, or a class for each of them."""

from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._warnings import warn
from galmorph.errors import DatasetError, DatasetWarning

if TYPE_CHECKING:
    from astropy.table import Table

    from galmorph.data import Scheme

__all__ = ["classes_of_types", "types_in_table"]

_DELIMITERS = (",", ";", "\t", "|", " ")
#: Tables that astropy knows by their names, and which may be no text.
_KNOWN = (".ecsv", ".fits", ".fit", ".fits.gz", ".vot", ".votable", ".xml", ".parquet", ".h5", ".hdf5")


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
    table = _read(path, columns=2)
    listed = ", ".join(table.colnames)
    column = _column(table, path, column, "--class-column")
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


def types_in_table(path: Path, column: str | None) -> list[str]:
    """Read the types of a table of any format that astropy reads.

    Parameters
    ----------
    path
        The file. In a text file, columns are separated as for `classes_of_types`.
    column
        The column of types. None is the one in which most texts are types.

    Returns
    -------
    list of str
        The types; a masked one is empty.

    Raises
    ------
    DatasetError
        If the file can't be read, or the column is not there, not clear, or has numbers.
    """
    known = path.is_file() and path.name.lower().endswith(_KNOWN)
    table = _known_table(path) if known else _read(path, columns=1)
    column = _column(table, path, column, "--column")
    if table[column].dtype.kind not in "USO":
        raise DatasetError(
            f"{path}: --column: expected texts such as SAB(rs)bc, got numbers in {column!r}; stages T are not read"
        )
    given = table[column].filled("") if hasattr(table[column], "filled") else table[column]
    return [str(text) for text in given]


def _known_table(path: Path) -> "Table":
    """Read a table whose format its name tells; texts of FITS become those of Python."""
    from xml.parsers.expat import ExpatError

    from astropy.io.registry import IORegistryError
    from astropy.table import Table

    try:
        table = Table.read(path)
    except (OSError, ValueError, TypeError, IndexError, SyntaxError, ImportError, ExpatError, IORegistryError) as error:
        # Where the name and the content differ, astropy lists all formats.
        why = "its content is not what its name says" if isinstance(error, IORegistryError) else str(error)
        raise DatasetError(f"{path}: expected a table that astropy reads ({why}); write it as CSV") from error
    table.convert_bytestring_to_unicode()
    return table


def _read(path: Path, *, columns: int) -> "Table":
    """Read all columns as text, whatever separates them; at least as many as are expected."""
    from astropy.io import ascii as text_tables

    if not path.is_file():
        raise DatasetError(f"{path}: no such file; expected a table of {'names and ' if columns > 1 else ''}types")
    one = None
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
        one = table if one is None and len(table) else one
    if one is not None and columns == 1:
        return one
    least = "at least two columns, names and types" if columns > 1 else "a column of types"
    raise DatasetError(f"{path}: expected a text file with a header, rows and {least}")


def _column(table: "Table", path: Path, column: str | None, option: str) -> str:
    """Check the column that an option names, or find the one in which most texts are types."""
    from galmorph.data import parse_morphology

    if column is not None:
        if column not in table.colnames:
            listed = ", ".join(table.colnames)
            raise DatasetError(f"{path}: {option}: expected one of the columns {listed}, got {column!r}")
        return column

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
            f"name it with {option}"
        )
    return best[0]
