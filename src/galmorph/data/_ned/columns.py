"""Columns of the tables that the client returns."""

from collections.abc import Iterable

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn

__all__ = ["number_column", "text_column"]


def text_column(texts: Iterable[str]) -> Column:
    """A column of texts; it has no mask."""
    return Column(np.array(list(texts), dtype=str))


def number_column(
    numbers: Iterable[float], *, unit: u.UnitBase | None = None, description: str | None = None
) -> MaskedColumn:
    """A column of float64 numbers, masked where they are NaN."""
    values = np.array(list(numbers), np.float64)
    return MaskedColumn(values, mask=np.isnan(values), unit=unit, description=description)
