"""Type strings of a catalogue to labels."""

import numpy as np
from astropy.table import Table
from jaxtyping import Int32

from galmorph.data._catalogue.columns import texts
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._morphology.parser import parse_morphology
from galmorph.data._morphology.schemes import LeftOut, Scheme
from galmorph.errors import InvalidValueError

__all__ = ["label_types", "types_of"]


def types_of(catalogue: Table) -> list[str]:
    """Type string of each galaxy: its ``morphology`` or, if that is empty, its ``legacy_type``."""
    columns = [texts(catalogue, name) for name in ("morphology", "legacy_type") if name in catalogue.colnames]
    if not columns:
        raise InvalidValueError(
            "catalogue: expected a column morphology or legacy_type with the galaxies' types, got "
            f"{', '.join(catalogue.colnames)}"
        )
    return [next(filter(None, row), "") for row in zip(*columns, strict=True)]


def label_types(types: list[str], scheme: Scheme, left_out: LeftOutGalaxies) -> Int32[np.ndarray, "galaxies"]:
    """Label each type string; galaxies without a class (-1) are left out, with the scheme's reason."""
    labels, _ = scheme.label(types)
    for row in map(int, np.flatnonzero(labels < 0)):
        text = types[row]
        placed = scheme(parse_morphology(text))
        if isinstance(placed, LeftOut):
            left_out.skip(row, placed.reason, repr(text) if text else "")
    return labels
