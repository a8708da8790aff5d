"""Neighbours: other sources in the frame, which are masked."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike
from scipy import ndimage

from galmorph._checks import check_positive
from galmorph.measures._plane import Plane, check_point, plane_of

__all__ = ["mask_neighbours", "neighbours_in"]

_SMOOTHING = 1.0  # pixels; standard deviation of the Gaussian
_DETECTION = 3.0  # least brightness of a source, in units of the noise of the smoothed image
_LEAST_AREA = 5  # pixels; smaller groups are noise
_MARGIN = 3  # pixels around a neighbour that are masked as well


def mask_neighbours(
    image: ArrayLike, centre: Sequence[float], *, noise: float, mask: ArrayLike | None = None
) -> Bool[np.ndarray, "height width"]:
    """Mask sources other than the galaxy at a centre.

    A source is a group of at least five pixels that share a side and rise above the sky by 3 sigma, after a Gaussian of
    one pixel. The galaxy is the group at the centre, or the nearest one. The others are masked, with a margin of three
    pixels. A neighbour that touches the galaxy is not separated from it, and a knot of the galaxy that does not touch
    it is taken for a neighbour. For crowded fields use a program for detection, such as SExtractor or photutils, and
    pass its mask.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` of the galaxy in pixels.
    noise
        Standard deviation of a pixel of the sky, in the unit of the image.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    numpy.ndarray
        True for the pixels of neighbours, and for those of `mask`.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import mask_neighbours
    >>> y, x = np.indices((81, 81))
    >>> light = np.exp(-np.hypot(x - 40, y - 40) / 5) + np.exp(-np.hypot(x - 70, y - 70) / 2)
    >>> masked = mask_neighbours(light, (40, 40), noise=0.01)
    >>> masked[70, 70], masked[40, 40]
    (np.True_, np.False_)
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("noise", noise)
    return neighbours_in(plane, x, y, noise) | ~plane.measured


def neighbours_in(plane: Plane, x: float, y: float, noise: float) -> Bool[np.ndarray, "height width"]:
    """Find the pixels of neighbours in a plane."""
    smooth = ndimage.gaussian_filter(plane.light, _SMOOTHING, mode="nearest")
    # The noise of a pixel after a Gaussian, if neighbouring pixels have independent noise.
    threshold = _DETECTION * noise / (2 * np.pi**0.5 * _SMOOTHING)
    labels, count = ndimage.label(smooth > threshold)
    neighbours: np.ndarray = np.zeros(plane.light.shape, np.bool_)
    if count == 0:
        return neighbours
    large = np.bincount(labels.ravel(), minlength=count + 1) >= _LEAST_AREA
    large[0] = False
    rows, columns = np.nonzero(large[labels])
    if len(rows) == 0:
        return neighbours
    nearest = int(np.argmin(np.hypot(columns - x, rows - y)))
    large[labels[rows[nearest], columns[nearest]]] = False
    others = large[labels]
    if not others.any():
        return neighbours
    grown = ndimage.binary_dilation(others, iterations=_MARGIN)
    return grown & (labels != labels[rows[nearest], columns[nearest]])
