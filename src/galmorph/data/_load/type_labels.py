"""Type strings of a catalogue to labels."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from astropy.table import Table
from jaxtyping import Int32

from galmorph.data._catalogue.columns import texts
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.errors import InvalidValueError

__all__ = ["Labeller", "label_types", "types_of"]


@runtime_checkable
class Labeller(Protocol):
    """What turns types into classes: a `Scheme`, or something of your own."""

    @property
    def name(self) -> str:
        """What to call the scheme."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        ...

    def label(self, texts: Sequence[str], /) -> tuple[Int32[np.ndarray, "galaxies"], Counter[str]]:
        """For each type string an index into the classes, or -1; and how many have none, by reason."""
        ...


def types_of(catalogue: Table) -> list[str]:
    """Type string of each galaxy: its ``morphology`` or, where that is empty, its ``legacy_type``."""
    columns = [texts(catalogue, name) for name in ("morphology", "legacy_type") if name in catalogue.colnames]
    if not columns:
        raise InvalidValueError(
            "catalogue: expected a column morphology or legacy_type with the galaxies' types, got "
            f"{', '.join(catalogue.colnames)}"
        )
    return [next(filter(None, row), "") for row in zip(*columns, strict=True)]


def label_types(types: list[str], scheme: Labeller, left_out: LeftOutGalaxies) -> Int32[np.ndarray, "galaxies"]:
    """Label each type string; those without a class (-1) are noted as left out, with the scheme's reason."""
    labels, _ = scheme.label(types)
    reasons: dict[str, str] = {}
    for row in np.flatnonzero(labels < 0):
        text = types[row]
        if text not in reasons:
            _, why = scheme.label([text])
            reasons[text] = str(next(iter(why), "no class"))
        left_out.skip(int(row), reasons[text], repr(text) if text else "")
    return labels
