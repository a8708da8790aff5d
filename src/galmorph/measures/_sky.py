"""Blank sky around a galaxy: square boxes of it, whose noise tells how much of a measure is noise."""

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from galmorph._checks import check
from galmorph.measures._plane import Plane

__all__ = ["check_boxes", "sky_boxes"]

_SIDES = (32, 24, 16, 12, 8)  # pixels, the first for which there are enough boxes
_ENOUGH = 4
_MOST = 16  # boxes
_UNEVEN = 1.5  # largest standard deviation of a box in units of the lower quartile of all


def sky_boxes(plane: Plane, x: float, y: float, radius: float) -> Float64[np.ndarray, "boxes side side"]:
    """Cut boxes without masked pixels out of the sky around a galaxy.

    The larger the boxes, the better they show noise that is correlated from pixel to pixel; so their side is the
    largest of 32, 24, 16, 12 and 8 pixels for which there are four boxes.

    Parameters
    ----------
    plane
        Light, and which pixels are measured.
    x, y, radius
        Circle in pixels that no box may touch.

    Returns
    -------
    numpy.ndarray
        At most 16 boxes, spread over the frame, less their own means, without those that are much noisier than others;
        none if there is no sky.
    """
    height, width = plane.light.shape
    found = np.empty((0, 1, 1))
    for side in _SIDES:
        rows, columns = height // side, width // side
        if rows == 0 or columns == 0:
            continue
        # The grid is in the middle of the frame, so that a turned image has the same boxes.
        top, left = (height - rows * side) // 2, (width - columns * side) // 2
        cut = slice(top, top + rows * side), slice(left, left + columns * side)
        whole = _boxes(plane.measured[cut], side).all(axis=(1, 2))
        near = [
            np.maximum(np.abs(start + side * np.arange(count) + (side - 1) / 2 - centre) - side / 2, 0)
            for start, count, centre in ((top, rows, y), (left, columns, x))
        ]
        far = (np.hypot(near[0][:, np.newaxis], near[1]) > radius).ravel()
        chosen = _boxes(plane.light[cut], side)[whole & far]
        if len(chosen) > len(found):
            found = chosen
        if len(found) >= _ENOUGH:
            break
    if len(found) == 0:
        return found
    # Where a faint source was not masked, the sky is not blank.
    scatter = found.std(axis=(1, 2))
    found = found[scatter <= _UNEVEN * np.quantile(scatter, 0.25)]
    if len(found) > _MOST:
        found = found[np.linspace(0, len(found) - 1, _MOST).round().astype(int)]
    return found - found.mean(axis=(1, 2), keepdims=True)


def _boxes(values: np.ndarray, side: int) -> np.ndarray:
    rows, columns = values.shape[0] // side, values.shape[1] // side
    return values.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)


def check_boxes(sky: ArrayLike | None) -> Float64[np.ndarray, "boxes side side"] | None:
    """Return boxes of sky as one array, or raise `InvalidValueError` unless they are finite with 2 or 3 axes."""
    if sky is None:
        return None
    boxes = np.asarray(sky)
    check(
        boxes.dtype.kind in "fiu" and boxes.ndim in (2, 3) and min(boxes.shape) >= 1 and min(boxes.shape[-2:]) >= 4,
        f"sky: expected boxes of at least 4 x 4 pixels, of shape (side, side) or (boxes, side, side), got shape "
        f"{boxes.shape} of {boxes.dtype}",
    )
    check(bool(np.isfinite(boxes).all()), "sky: expected finite numbers, got NaN or infinity; cut another box")
    return (boxes if boxes.ndim == 3 else boxes[np.newaxis]).astype(np.float64)
