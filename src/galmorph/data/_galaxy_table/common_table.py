"""The common table of all catalogues: its columns, with units and descriptions."""

from collections.abc import Mapping, Sequence
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, Table
from jaxtyping import Float

from galmorph.data._morphology.parser import parse_morphology

__all__ = ["COLUMNS", "common_table", "on_sequence", "stages_of"]

_NUMBERS = {
    "ra": (u.deg, "right ascension (ICRS)"),
    "dec": (u.deg, "declination (ICRS)"),
    "t": (None, "numerical stage T of the RC3, from -6 (cE) to 11 (cI)"),
    "t_error": (None, "uncertainty of T"),
    "major_axis_arcmin": (u.arcmin, "diameter along the major axis"),
    "axis_ratio": (None, "minor by major axis"),
    "position_angle": (u.deg, "position angle of the major axis, from north through east"),
    "redshift": (None, "heliocentric redshift"),
}
_TEXTS = {
    "name": "name of the galaxy",
    "morphology": "morphological type",
    "source": "catalogue that the row comes from",
    "refcode": "bibliographic code of the type's reference",
    "object_type": "kind of object, G for a galaxy",
}
COLUMNS = ("name", "ra", "dec", "morphology", "t", "t_error", "major_axis_arcmin", "axis_ratio", "position_angle",
           "redshift", "source", "refcode", "object_type")  # fmt: skip
_LEAST_T, _LARGEST_T = -6.0, 11.0


def common_table(
    texts: Mapping[str, Sequence[str]], numbers: Mapping[str, Float[np.ndarray, "rows"]], *, rows: int
) -> Table:
    """Make the common table; missing texts are empty, missing numbers and NaN are masked."""
    table = Table()
    for name in COLUMNS:
        column: Any
        if name in _NUMBERS:
            unit, description = _NUMBERS[name]
            values = np.asarray(numbers.get(name, np.full(rows, np.nan)), np.float64)
            column = MaskedColumn(values, mask=np.isnan(values), unit=unit, description=description)
        else:
            column = Column(np.array(texts.get(name, [""] * rows), dtype=str), description=_TEXTS[name])
        table[name] = column
    return table


def stages_of(types: Sequence[str]) -> Float[np.ndarray, "rows"]:
    """T of each type string; NaN if it gives none."""
    stages = [parse_morphology(text).stage for text in types]
    return on_sequence(np.array([np.nan if stage is None else stage for stage in stages], np.float64))


def on_sequence(stages: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "rows"]:
    """T where it has a place on the sequence, else NaN: 90 (I0) and 99 (peculiar) are codes, not stages."""
    return np.where((stages >= _LEAST_T) & (stages <= _LARGEST_T), stages, np.nan)
