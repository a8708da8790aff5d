"""Read a user's own list of galaxies: names, or a table of names and types."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from galmorph._checks import check
from galmorph.data._catalogue.columns import name_key, texts
from galmorph.errors import FileFormatError, InvalidValueError

__all__ = ["OwnList", "read_own_list"]

_MAX_BYTES = 256 << 20
_NAMES = ("name", "objname", "objectname", "galaxy", "galaxyname", "object", "target", "targetname", "sourcename",
          "mainid", "designation")  # fmt: skip
_TYPES = ("morphology", "morph", "type", "mtype", "morphtype", "hubbletype", "galaxytype", "class", "label",
          "classification")  # fmt: skip
_FORMS = "names, a mapping of names to types, an astropy Table, a pandas DataFrame, or the path of a table"


@dataclass(frozen=True, kw_only=True)
class OwnList:
    """Galaxies of a list.

    Parameters
    ----------
    names
        Name of each row, with single blanks; empty if it has none.
    types
        Type of each row, as written; None if the list has no types.
    others
        The other columns by name.
    """

    names: list[str]
    types: list[str] | None
    others: dict[str, Any]


def read_own_list(galaxies: Any, *, name_column: str | None = None, type_column: str | None = None) -> OwnList:
    """Read a list in any form that `NedClient.resolve` takes.

    Raises
    ------
    InvalidValueError
        If it is nothing of this, it is empty, or the column of names or of types is missing or not clear.
    FileFormatError
        If a file can't be read as a table.
    """
    table = _table(galaxies)
    check(len(table) > 0, "galaxies: expected at least one galaxy, got none")
    name = _column(table, name_column, _NAMES, "name_column")
    if name is None:
        raise InvalidValueError(
            f"galaxies: expected a column of names (name, galaxy, object, ...), got {', '.join(table.colnames)}; "
            "give it as name_column"
        )
    kind = _column(table, type_column, _TYPES, "type_column")
    check(kind != name, f"galaxies: expected names and types in two columns, got {name!r} for both")
    names = [name_key(each) for each in texts(table, name)]
    for row, each in enumerate(names):
        try:
            each.encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise InvalidValueError(f"galaxies: expected valid text as name, got {each!r} in row {row}") from error
    types = None if kind is None else texts(table, kind)
    others = {each: table[each] for each in table.colnames if each not in (name, kind)}
    return OwnList(names=names, types=types, others=others)


def _table(galaxies: Any) -> Table:
    if isinstance(galaxies, Table):
        return galaxies
    if isinstance(galaxies, str | os.PathLike):
        return _read(galaxies)
    if hasattr(galaxies, "columns") and hasattr(galaxies, "index"):  # pandas
        return Table.from_pandas(galaxies, index=galaxies.index.name is not None)
    if isinstance(galaxies, np.ndarray) and galaxies.dtype.names:
        return Table(galaxies)
    if isinstance(galaxies, Mapping):
        return _of_texts({"name": list(galaxies), "morphology": list(galaxies.values())})
    if isinstance(galaxies, Sequence | np.ndarray) or hasattr(galaxies, "tolist"):
        names = galaxies.tolist() if hasattr(galaxies, "tolist") else list(galaxies)
        return _of_texts({"name": names})
    raise InvalidValueError(f"galaxies: expected {_FORMS}, got {type(galaxies).__name__}")


def _of_texts(columns: dict[str, list[Any]]) -> Table:
    for values in columns.values():
        for row, value in enumerate(values):
            check(isinstance(value, str), f"galaxies: expected texts, got {value!r} at {row}")
    return Table({key: np.array(values, dtype=str) for key, values in columns.items()})


def _column(table: Table, given: str | None, known: tuple[str, ...], option: str) -> str | None:
    if given is not None:
        check(given in table.colnames, f"{option}: expected one of {', '.join(table.colnames)}, got {given!r}")
        return given
    keys = {each: "".join(filter(str.isalnum, each)).lower() for each in table.colnames}
    found = [each for each, key in keys.items() if key in known]
    if len(found) > 1:  # "name" itself is clear beside "object"; so is "morphology" beside "type"
        found = [each for each in found if keys[each] == known[0]] or found
    check(len(found) < 2, f"galaxies: expected one such column, got {', '.join(found)}; choose with {option}")
    return found[0] if found else None


def _read(source: str | os.PathLike[str]) -> Table:
    path = Path(source)
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f"galaxies: expected {_FORMS}, got {os.fspath(source)!r}, which is no file ({error}); put a single name "
            f"into a list"
        ) from error
    check(size <= _MAX_BYTES, f"{path}: expected a table of at most {_MAX_BYTES} bytes, got {size}")
    suffix = path.suffix.lower()
    try:
        if suffix == ".ecsv":
            return Table.read(path, format="ascii.ecsv")
        if suffix in (".vot", ".votable", ".xml"):
            return Table.read(path, format="votable", use_names_over_ids=True)
        if suffix == ".txt":
            lines = path.read_text(encoding="utf-8-sig").splitlines()
            return _of_texts({"name": [line.strip() for line in lines if line.strip() and not line.startswith("#")]})
        if suffix == ".csv":
            return _csv(path)
    except InvalidValueError:
        raise
    except Exception as error:
        # astropy, csv and Python raise many kinds of errors here; all mean that the file is damaged.
        raise FileFormatError(
            f"{path}: expected a table of galaxies, got a file that can't be read ({error})"
        ) from error
    raise InvalidValueError(
        f"{path}: expected a file named .csv, .ecsv, .vot, .xml or .txt (one name a line); open others with "
        "astropy's Table.read and pass the table"
    )


def _csv(path: Path) -> Table:
    """Read a CSV file as texts, so that names such as 0012 keep their zeros."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file, strict=True, skipinitialspace=True)]
    rows = [row for row in rows if any(row) and not row[0].startswith("#")]
    header, *body = rows or [[]]
    for row in body:
        if len(row) != len(header):
            raise ValueError(f"expected {len(header)} cells as in the header, got {len(row)} in the row of {row[0]!r}")
    if len(set(header)) != len(header):
        raise ValueError(f"expected different headers, got {', '.join(header)}")
    return Table({key: np.array([row[place] for row in body], dtype=str) for place, key in enumerate(header)})
