"""Groups of images by where they lie on the sky, as their files say."""

import numpy as np
from astropy.table import Table
from jaxtyping import Int

from galmorph._warnings import warn
from galmorph.data._catalogue.sky import groups_of
from galmorph.errors import ImplausibleWarning

__all__ = ["groups_on_sky"]

_ENOUGH = 10  # images; of fewer, all may be bands of one galaxy
_SAME = 1e-6  # degrees


def groups_on_sky(table: Table) -> Int[np.ndarray, "rows"]:
    """Group images whose frames overlap: circles around ``ra`` and ``dec`` as wide as ``field``.

    An image without a position has its own group, and so has each if the table has no positions.

    Warns
    -----
    ImplausibleWarning
        If more than half of the positions, of ten or more, are the same.
    """
    if "field" not in table.colnames:
        return np.arange(len(table))
    radii = np.nan_to_num(np.asarray(table["field"], np.float64)) / 7200
    _warn_of_one_place(table)
    return groups_of(table["ra", "dec"], radii)


def _warn_of_one_place(table: Table) -> None:
    positions = np.stack([np.asarray(table[name], np.float64) for name in ("ra", "dec")], axis=1)
    known = positions[np.isfinite(positions).all(axis=1)]
    if len(known) < _ENOUGH:
        return
    places, counts = np.unique(np.round(known / _SAME), axis=0, return_counts=True)
    if 2 * counts.max() > len(known):
        ra, dec = places[counts.argmax()] * _SAME
        warn(
            f"{counts.max()} of {len(known)} images lie at one position on the sky (ra {ra:.5f}, dec {dec:.5f}), by "
            "their headers, and share a group: are they one galaxy, or do the headers hold coordinates that mean "
            "nothing? Then remove these from the headers",
            ImplausibleWarning,
        )
