"""Regions of constant value in a noisy image: gaps that drizzling did not fill, and saturated pixels."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from galmorph.data._fits.constant_border import has_peaks

__all__ = ["constant_holes"]

_LEAST = 12  # pixels
_MOST = 0.5  # of the frame; as for borders
_MOST_VALUES = 32  # values that are repeated in blocks; enlarged pictures and images of few levels have more
_COMPACT = 0.5  # least part of a region that lies in blocks of 2 x 2; chance regions of counts are ragged
_EQUAL = (
    0.05  # most neighbours that are equal elsewhere; 0.28 sigma / step, so that noise has 5 % for steps of 0.2 sigma
)


def constant_holes(
    pixels: Float[np.ndarray, "height width channels"], mask: Bool[np.ndarray, "height width"]
) -> dict[str, Bool[np.ndarray, "height width"]]:
    """Pixels that hold no measurement, since they and those around them have one value.

    A hole is a connected set of 12 pixels or more that have exactly the same value in a channel, if at least half of
    them lie in blocks of 2 x 2, the holes take at most half of the frame, and the rest of the image is noisy: at most
    5 % of the neighbours are equal, and 0.3 % of the pixels are higher than their four neighbours, as in
    `constant_border`. So counts of few photons, enlarged pictures and models without noise stay as they are.

    Returns
    -------
    dict
        What the pixels are (saturated, if their value is the highest of the channel), and which they are; without
        those that are masked. Empty for nearly all images.
    """
    found: dict[str, Bool[np.ndarray, "height width"]] = {}
    for channel in range(pixels.shape[2]):
        plane = pixels[..., channel]
        holes = _holes(plane, mask)
        if holes is None:
            continue
        saturated = holes & (plane == plane[~mask].max())
        for what, which in (
            ("saturated, with one value that is the highest", saturated),
            ("one constant value in the midst of noise", holes & ~saturated),
        ):
            if which.any():
                found[what] = found[what] | which if what in found else which
    return found


def _holes(
    plane: Float[np.ndarray, "height width"], mask: Bool[np.ndarray, "height width"]
) -> Bool[np.ndarray, "height width"] | None:
    """Holes of one channel, or None if there are none."""
    across = (plane[:, 1:] == plane[:, :-1]) & ~mask[:, 1:] & ~mask[:, :-1]
    block = across[1:] & across[:-1] & (plane[1:, 1:] == plane[:-1, 1:])
    if not block.any():
        return None
    values = np.unique(plane[:-1, :-1][block])
    if len(values) > _MOST_VALUES:
        return None
    in_block = np.zeros_like(mask)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            in_block[rows, columns] |= block
    holes = np.zeros_like(mask)
    for value in values:
        labels, number = ndimage.label((plane == value) & ~mask)
        size = np.bincount(labels.ravel(), minlength=number + 1)
        compact = np.bincount(labels[in_block], minlength=number + 1) >= _COMPACT * size
        region = (size >= _LEAST) & compact
        region[0] = False
        holes |= region[labels]
    if not holes.any() or holes.mean() > _MOST:
        return None
    rest = ~holes & ~mask
    pairs = rest[:, 1:] & rest[:, :-1]
    if np.count_nonzero(across & pairs) > _EQUAL * np.count_nonzero(pairs):
        return None
    return holes if has_peaks(plane, rest, rest) else None
