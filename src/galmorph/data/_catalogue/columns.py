"""Columns of a user's table as texts, names, positions and numbers, for every way in which a table may store them.

A catalogue stays a table, because overlaps on the sky are computed on whole columns and the users' own columns must
reach the data set; only `fetch_images`, which asks a service about one galaxy at a time, turns rows into `Target`s.
"""

from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table
from astropy.utils.masked import Masked
from jaxtyping import Float

from galmorph._checks import check
from galmorph.errors import InvalidValueError

__all__ = ["name_key", "names_of", "need_columns", "numbers", "positions_of", "texts"]


def need_columns(table: Table, *names: str, hint: str = "", what: str = "catalogue") -> None:
    """Raise `InvalidValueError` unless a table has these columns."""
    missing = [name for name in names if name not in table.colnames]
    check(
        not missing,
        f"{what}: expected the columns {', '.join(names)}; {', '.join(missing)} missing among "
        f"{', '.join(table.colnames) or 'none'}{hint and '; ' + hint}",
    )


def names_of(table: Table) -> list[str]:
    """Name of each galaxy, from the column ``name``; empty if a row has none.

    Names are compared this way everywhere in `galmorph.data`: with single blanks (see `name_key`), and otherwise as
    they are written. So a manifest, a catalogue and a saved data set agree on which rows are the same galaxy.
    """
    return [name_key(name) for name in texts(table, "name")]


def name_key(name: str) -> str:
    """Write a galaxy's name with single blanks. Two names are the same if their keys are equal."""
    return " ".join(name.split())


def positions_of(table: Table) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    """ICRS right ascension and declination in degrees, from the columns ``ra`` and ``dec``; NaN if unknown."""
    return numbers(table, "ra", u.deg, optional=True), numbers(table, "dec", u.deg, optional=True)


def texts(table: Table, name: str) -> list[str]:
    """Texts of a column without the blanks around them; empty if masked or None."""
    column = table[name]
    if isinstance(column, np.ndarray) and column.dtype.kind == "U" and not np.ma.is_masked(column):
        return [str(value).strip() for value in column.tolist()]  # tables may have a million rows
    masked = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else np.zeros(len(column), bool)
    return ["" if missing else _text(value) for value, missing in zip(column, masked, strict=True)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def numbers(table: Table, name: str, unit: u.UnitBase, *, optional: bool = False) -> Float[np.ndarray, "rows"]:
    """Float64 values of a column in a unit; NaN if masked, or if an optional column is missing.

    A column without a unit holds numbers in this unit already.

    Raises
    ------
    InvalidValueError
        If the column does not hold one number a row, or has a unit that can't be converted.
    """
    if optional and name not in table.colnames:
        return np.full(len(table), np.nan)
    column = table[name]
    own = getattr(column, "unit", None) or unit
    try:
        if isinstance(column, Masked):
            column = column.filled(np.nan)
        values = column.value if isinstance(column, u.Quantity) else column
        values = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
        values = np.asarray(u.Unit(own).to(unit, values), np.float64)
    except (TypeError, ValueError) as error:  # UnitConversionError is a TypeError
        wanted = f"numbers in {unit}" if unit != u.dimensionless_unscaled else "numbers"
        raise InvalidValueError(f"catalogue: expected {wanted} in the column {name!r} ({error})") from error
    check(values.ndim == 1, f"catalogue: expected one number in each row of the column {name!r}, got several")
    return values
