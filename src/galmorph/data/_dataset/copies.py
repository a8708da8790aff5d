"""Exact copies among stamps: equal pixels, also if they are rotated by quarter turns or mirrored."""

import numpy as np
from jaxtyping import Int, UInt64

from galmorph._orientations import in_orientations

__all__ = ["exact_copies"]

_ROWS = 256  # stamps that are summed at once


def exact_copies(
    stamps: np.ndarray,  # (galaxies, size, size, channels)
) -> Int[np.ndarray, "galaxies"]:
    """Give for each stamp the first row that has the same pixels in one of the eight orientations.

    Sums over the pixels, which no orientation changes, leave a few candidates; so most pixels are read once only. Flat
    stamps (all pixels equal) show no galaxy, and are copies of nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data._dataset.copies import exact_copies
    >>> stamps = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
    >>> exact_copies(np.concatenate([stamps, np.rot90(stamps, axes=(1, 2))]))
    array([0, 1, 0, 1])
    """
    rows = np.arange(len(stamps))
    for power in (1, 2):
        sums = [_sums(stamps[rows[start : start + _ROWS]], power) for start in range(0, len(rows), _ROWS)]
        _, which, counts = np.unique(np.concatenate(sums or [rows]), return_inverse=True, return_counts=True)
        rows = rows[counts[which] > 1]
    first = np.arange(len(stamps))
    seen: dict[bytes, int] = {}
    for row in map(int, rows):
        if np.ptp(stamps[row]):
            content = min(np.ascontiguousarray(turned).tobytes() for turned in in_orientations(stamps[row : row + 1]))
            first[row] = seen.setdefault(content, row)
    return first


def _sums(stamps: np.ndarray, power: int) -> UInt64[np.ndarray, "galaxies"]:
    """Sum the bits of all pixels as whole numbers, whose sum (modulo 2^64) does not depend on their order."""
    bits = np.ascontiguousarray(stamps).reshape(len(stamps), -1).view(f"u{stamps.itemsize}")
    return (bits if power == 1 else bits.astype(np.uint64) ** 2).sum(axis=1, dtype=np.uint64)
