"""Holes: regions without measurement between measured pixels, such as a saturated nucleus, and their interpolation."""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

__all__ = ["fill_holes", "find_holes"]

_MOST = 20_000  # pixels; if the holes have more, they are interpolated on a coarser grid
_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))


def find_holes(mask: Bool[np.ndarray, "height width"]) -> Bool[np.ndarray, "height width"] | None:
    """Find the masked pixels with measured ones on both sides, in their row or in their column; None if there is none.

    So the gap between two detectors and the trail of a saturated star are holes, although they reach the edge of the
    frame. The corners outside of a round or rotated field of view are none.
    """
    measured = ~mask
    holes = mask & (_enclosed(measured, axis=0) | _enclosed(measured, axis=1))
    return holes if holes.any() else None


def _enclosed(measured: np.ndarray, axis: int) -> np.ndarray:
    before = np.logical_or.accumulate(measured, axis=axis)
    after = np.flip(np.logical_or.accumulate(np.flip(measured, axis), axis=axis), axis)
    return before & after


def fill_holes(
    pixels: Float[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width channels"],
    mask: Bool[np.ndarray, "height width"],
    holes: Bool[np.ndarray, "height width"],
) -> Float[np.ndarray, "height width channels"]:
    """Interpolate holes from the measured pixels around them.

    The values solve Laplace's equation: each pixel of a hole becomes the mean of its four neighbours. So a ramp is
    continued exactly, and no value lies beyond those around the hole. If there are more than 20 000 pixels to
    interpolate, the means of square blocks are interpolated instead, and the result linearly between them.

    Parameters
    ----------
    pixels
        The image, finite where `mask` is False.
    mask
        True for a pixel without a measurement.
    holes
        The pixels to interpolate, as `find_holes` finds them.

    Returns
    -------
    numpy.ndarray
        Float32 copy of the image with values in the holes.
    """
    filled = pixels.astype(np.float32)
    box = tuple(slice(max(int(places[0]) - 1, 0), int(places[-1]) + 2) for places in _rows_and_columns(holes))
    filled[box][holes[box]] = _interpolate(filled[box].astype(np.float64), ~mask[box], holes[box])
    return filled


def _rows_and_columns(holes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.flatnonzero(holes.any(axis=1)), np.flatnonzero(holes.any(axis=0))


def _interpolate(pixels: np.ndarray, measured: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Return values for the pixels of holes, of shape ``(pixels, channels)``."""
    count = np.count_nonzero(holes)
    if count > _MOST:
        return _interpolate_blocks(pixels, measured, holes, int(np.ceil(np.sqrt(count / _MOST))) + 1)
    # One equation for each pixel of a hole. Pixels that are neither measured nor in a hole have no part in it.
    rows, columns = np.nonzero(holes)
    number = np.full(holes.shape, -1, np.int32)
    number[holes] = np.arange(count, dtype=np.int32)
    neighbours = np.zeros(count)
    known = np.zeros((count, pixels.shape[2]))
    firsts, seconds = [], []
    for down, right in _SIDES:
        y, x = rows + down, columns + right
        inside = (y >= 0) & (y < holes.shape[0]) & (x >= 0) & (x < holes.shape[1])
        y, x = np.where(inside, y, 0), np.where(inside, x, 0)
        rim = inside & measured[y, x]
        known[rim] += pixels[y[rim], x[rim]]
        unknown = inside & (number[y, x] >= 0)
        firsts.append(np.flatnonzero(unknown))
        seconds.append(number[y[unknown], x[unknown]])
        neighbours += rim | unknown
    links = np.concatenate(firsts), np.concatenate(seconds)
    laplacian = sparse.diags_array(neighbours) - sparse.coo_array((np.ones(len(links[0])), links), shape=(count, count))
    return splu(laplacian.tocsc(), permc_spec="MMD_AT_PLUS_A").solve(known)


def _interpolate_blocks(pixels: np.ndarray, measured: np.ndarray, holes: np.ndarray, factor: int) -> np.ndarray:
    """Interpolate the means of square blocks, and then between the blocks."""
    rows, columns = ((0, -length % factor) for length in holes.shape)

    def blocks(plane: np.ndarray) -> np.ndarray:
        height, width = plane.shape
        return plane.reshape(height // factor, factor, width // factor, factor).sum(axis=(1, 3))

    measured, padded_holes = np.pad(measured, (rows, columns)), np.pad(holes, (rows, columns))
    area = blocks(measured.astype(np.float64))
    pixels = np.where(measured[..., np.newaxis], np.pad(pixels, (rows, columns, (0, 0))), 0)
    means = np.stack([blocks(pixels[..., c]) for c in range(pixels.shape[2])], axis=-1)
    means /= np.maximum(area, 1)[..., np.newaxis]
    empty = (area == 0) & (blocks(padded_holes) > 0)
    if empty.any():
        means[empty] = _interpolate(means, area > 0, empty)
    means[(area == 0) & ~empty] = means[area > 0].mean(axis=0)
    places = (np.stack(np.nonzero(holes)) - (factor - 1) / 2) / factor
    planes = [ndimage.map_coordinates(means[..., c], places, order=1, mode="nearest") for c in range(means.shape[2])]
    return np.stack(planes, axis=-1)
