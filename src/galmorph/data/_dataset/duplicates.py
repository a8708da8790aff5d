"""Near-identical stamps: repeated pictures, also if they are rotated by quarter turns or mirrored."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from galmorph._orientations import in_orientations

__all__ = ["SIDE", "repeated_stamps", "similar_stamps"]

SIDE = 8
_CELLS = 20_000_000  # distances that are held at once: a few hundred megabytes
_PAIRS = 256  # pairs of whole stamps that are compared at once


def similar_stamps(
    one: np.ndarray, other: np.ndarray, threshold: float
) -> tuple[Int[np.ndarray, "found"], Int[np.ndarray, "found"], Float[np.ndarray, "found"]]:
    """For each stamp of `other`, find a stamp of `one` that shows the same picture, if there is any.

    Stamps are vectors here, with their mean subtracted and of length 1. The product of two is their correlation r, and
    their distance is sqrt(2 - 2 r). The search has two stages:

    1. Each stamp is reduced to 64 features: means over 8 x 8 blocks, multiplied by the side of a block, and sorted
       within each set of blocks that the eight orientations exchange. Neither averaging nor sorting increases a
       distance, so features of two stamps are never further apart than the stamps in their best orientation. Pairs
       with distant features are therefore dropped, and no repeated picture is missed.
    2. The other pairs are compared pixel by pixel in all eight orientations.

    Parameters
    ----------
    one, other
        Stamps of shape ``(galaxies, size, size, channels)``; may be memory-mapped.
    threshold
        Smallest correlation over all pixels.

    Returns
    -------
    rows, others, correlations
        Row of `one` and of `other`, and the correlation in the best orientation. Of several rows of `one`, the first
        that passes is given; those with the nearest features are tried first. Flat stamps (all pixels equal) have no
        correlation; they count as equal to each other.
    """
    return _search(one, other, threshold, itself=False)


def repeated_stamps(
    stamps: np.ndarray, threshold: float
) -> tuple[Int[np.ndarray, "found"], Int[np.ndarray, "found"], Float[np.ndarray, "found"]]:
    """For each stamp, find an earlier one that shows the same picture, if there is any; see `similar_stamps`."""
    return _search(stamps, stamps, threshold, itself=True)


def _search(
    one: np.ndarray, other: np.ndarray, threshold: float, *, itself: bool
) -> tuple[Int[np.ndarray, "found"], Int[np.ndarray, "found"], Float[np.ndarray, "found"]]:
    """Search `one` for the stamps of `other`; if this is `one` itself, for earlier rows only."""
    reach = 2 - 2 * threshold + 1e-5  # squared distance, with a margin for the rounding of float32
    features, flat = _features(one)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    step = max(1, _CELLS // max(1, len(one)))
    for start in range(0, len(other), step):
        theirs, their_flat = _features(other[start : start + step])
        if flat.any() and their_flat.any():
            empty = np.flatnonzero(their_flat)
            empty = empty[start + empty > np.argmax(flat)] if itself else empty
            found.append((np.full(len(empty), np.argmax(flat)), start + empty, np.ones(len(empty))))
        squares = np.sum(features**2, 1) + np.sum(theirs**2, 1)[:, None] - 2 * theirs @ features.T
        squares[their_flat] = np.inf
        squares[:, flat] = np.inf
        if itself:
            squares[np.arange(len(one)) >= start + np.arange(len(theirs))[:, None]] = np.inf
        columns, rows = np.nonzero(squares <= reach)
        order = np.lexsort((squares[columns, rows], columns))
        for rows_, columns_, values in _confirm(one, other, rows[order], start + columns[order], threshold):
            found.append((rows_, columns_, values))
    rows_, columns_, values = (
        (np.concatenate(parts) for parts in zip(*found, strict=True))
        if found
        else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    )
    order = np.argsort(columns_, kind="stable")
    return rows_[order].astype(np.int64), columns_[order].astype(np.int64), values[order].astype(np.float64)


def _confirm(
    one: np.ndarray, other: np.ndarray, rows: np.ndarray, columns: np.ndarray, threshold: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Compare pairs pixel by pixel. For each stamp of `other` (a column), stop at the first pair that passes.

    Each turn of the loop takes the next pair of every column that is still open.
    """
    while len(columns):
        _, first = np.unique(columns, return_index=True)
        values = np.concatenate([_correlations(one, other, rows[part], columns[part]) for part in _parts(first)])
        alike = first[values >= threshold]
        yield rows[alike], columns[alike], values[values >= threshold]
        left = np.ones(len(columns), bool)
        left[first] = False
        left &= ~np.isin(columns, columns[alike])
        rows, columns = rows[left], columns[left]


def _parts(indices: np.ndarray) -> list[np.ndarray]:
    return [indices[start : start + _PAIRS] for start in range(0, len(indices), _PAIRS)]


def _correlations(one: np.ndarray, other: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    ours, theirs = _normalised(one[rows])[0], _normalised(other[columns])[0]
    products = [np.einsum("nyxc,nyxc->n", ours, turned) for turned in in_orientations(theirs)]
    return np.minimum(np.max(products, axis=0), 1.0)


def _normalised(stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give stamps as float32 with mean 0 and length 1, and say which are flat and can't be scaled."""
    pixels = stamps.astype(np.float32)
    pixels -= pixels.mean(axis=(1, 2, 3), keepdims=True)
    lengths = np.sqrt(np.sum(np.square(pixels), axis=(1, 2, 3)))
    flat = np.ptp(stamps.reshape(len(stamps), -1), axis=1) == 0
    pixels /= np.where(flat | (lengths == 0), 1, lengths)[:, None, None, None]
    return pixels, flat


def _features(stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = stamps.shape[1]
    edges = np.linspace(0, size, SIDE + 1)
    pixel = np.arange(size)
    share = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    blocks = (np.maximum(share, 0) / np.sqrt(size / SIDE)).astype(np.float32)
    features, flats = [], []
    for start in range(0, len(stamps), 1024):
        pixels, flat = _normalised(stamps[start : start + 1024])
        grey = pixels.sum(axis=3) / np.float32(np.sqrt(stamps.shape[3]))
        features.append(_sorted_orbits(blocks @ grey @ blocks.T))
        flats.append(flat)
    return np.concatenate(features), np.concatenate(flats)


def _sorted_orbits(means: np.ndarray) -> np.ndarray:
    """Sort the means within each set of blocks that the eight orientations carry into each other."""
    y, x = np.indices((SIDE, SIDE))
    y, x = np.minimum(y, SIDE - 1 - y), np.minimum(x, SIDE - 1 - x)
    orbit = np.minimum(y, x) * SIDE + np.maximum(y, x)
    return np.concatenate([np.sort(means[:, orbit == number], axis=1) for number in np.unique(orbit)], axis=1)
