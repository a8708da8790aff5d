"""Exact copies among stamps: equal pixels, also if they are rotated by quarter turns or mirrored."""

import numpy as np
from jaxtyping import Bool, Int, UInt64

from galmorph._orientations import in_orientations

__all__ = ["copies_among", "exact_copies"]

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
        _, which, counts = np.unique(_sums(stamps, rows, power), return_inverse=True, return_counts=True)
        rows = rows[counts[which] > 1]
    first = np.arange(len(stamps))
    seen: dict[bytes, int] = {}
    for row in map(int, rows):
        if np.ptp(stamps[row]):
            first[row] = seen.setdefault(_content(stamps, row), row)
    return first


def copies_among(
    stamps: np.ndarray,  # (galaxies, size, size, channels)
    others: np.ndarray,  # (others, size, size, channels)
) -> Bool[np.ndarray, "galaxies"]:
    """Whether each stamp has the same pixels as one of the others in one of the eight orientations; no flat one has.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data._dataset.copies import copies_among
    >>> stamps = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
    >>> copies_among(stamps, stamps[1:, ::-1])
    array([False,  True])
    """
    found = np.zeros(len(stamps), bool)
    if stamps.shape[1:] != others.shape[1:] or stamps.dtype != others.dtype:
        return found
    here, there = np.arange(len(stamps)), np.arange(len(others))
    for power in (1, 2):
        sums, other_sums = _sums(stamps, here, power), _sums(others, there, power)
        here, there = here[np.isin(sums, other_sums)], there[np.isin(other_sums, sums)]
    contents = {_content(others, row) for row in map(int, there)}
    for row in map(int, here):
        found[row] = bool(np.ptp(stamps[row])) and _content(stamps, row) in contents
    return found


def _content(stamps: np.ndarray, row: int) -> bytes:
    """Pixels of a stamp in the orientation whose bytes come first, which is the same for all its orientations."""
    return min(np.ascontiguousarray(turned).tobytes() for turned in in_orientations(stamps[row : row + 1]))


def _sums(stamps: np.ndarray, rows: Int[np.ndarray, "rows"], power: int) -> UInt64[np.ndarray, "rows"]:
    """Sum the bits of all pixels as whole numbers, whose sum (modulo 2^64) does not depend on their order."""
    sums = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), _ROWS):
        some = np.ascontiguousarray(stamps[rows[start : start + _ROWS]])
        bits = some.reshape(len(some), -1).view(f"u{some.itemsize}")
        bits = bits if power == 1 else bits.astype(np.uint64) ** 2
        sums[start : start + _ROWS] = bits.sum(axis=1, dtype=np.uint64)
    return sums
