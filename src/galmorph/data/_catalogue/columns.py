"""Columns of a user's table: texts and numbers, whatever they are stored as."""

from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table
from astropy.utils.masked import Masked
from jaxtyping import Float

from galmorph._checks import check
from galmorph.errors import InvalidValueError

__all__ = ["name_key", "need_columns", "numbers", "texts"]


def need_columns(table: Table, *names: str, hint: str = "", what: str = "catalogue") -> None:
    """Raise `InvalidValueError` unless a table has these columns."""
    missing = [name for name in names if name not in table.colnames]
    check(
        not missing,
        f"{what}: expected the columns {', '.join(names)}; {', '.join(missing)} missing among "
        f"{', '.join(table.colnames) or 'none'}{hint and '; ' + hint}",
    )


def texts(table: Table, name: str) -> list[str]:
    """Texts of a column without the blanks around them; empty where masked or None."""
    column = table[name]
    gone = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else np.zeros(len(column), bool)
    return ["" if missing else _text(value) for value, missing in zip(column, gone, strict=True)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


def name_key(name: str) -> str:
    """Write a galaxy's name with single blanks: what tells whether two names are the same."""
    return " ".join(name.split())


def numbers(table: Table, name: str, unit: u.UnitBase) -> Float[np.ndarray, "rows"]:
    """Float64 values of a column in a unit, which a column without one is in already; NaN where masked.

    Raises
    ------
    InvalidValueError
        If the column holds no numbers, or has a unit that can't be converted.
    """
    column = table[name]
    own = getattr(column, "unit", None) or unit
    try:
        if isinstance(column, Masked):
            column = column.filled(np.nan)
        values = column.value if isinstance(column, u.Quantity) else column
        values = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
        return np.asarray(u.Unit(own).to(unit, values), np.float64)
    except (TypeError, ValueError) as error:  # UnitConversionError is a TypeError
        wanted = f"numbers in {unit}" if unit != u.dimensionless_unscaled else "numbers"
        raise InvalidValueError(f"catalogue: expected {wanted} in the column {name!r} ({error})") from error
