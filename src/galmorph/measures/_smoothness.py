"""Smoothness (clumpiness): how much of the light is in structures smaller than a quarter of the Petrosian radius."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from galmorph._checks import check_positive
from galmorph.measures._aperture import disc_weights
from galmorph.measures._plane import Plane, check_point, plane_of
from galmorph.measures._sky import check_boxes

__all__ = ["BOX", "smoothness", "smoothness_of"]

BOX = 0.25  # width of the box that smooths, and radius of the centre that is left out, in Petrosian radii
_OUTER = 1.5  # Petrosian radii


def smoothness(
    image: ArrayLike,
    centre: Sequence[float],
    radius: float,
    *,
    mask: ArrayLike | None = None,
    sky: ArrayLike | None = None,
) -> float:
    r"""Measure the smoothness S, which is large for clumpy light and 0 for smooth light.

    .. math:: S = \frac{\sum (I - I_\sigma)^+ - n \langle (B - B_\sigma)^+ \rangle}{\sum I}

    over the n pixels from 0.25 to 1.5 Petrosian radii (Lotz, Primack & Madau 2004, AJ 128, 163, equation 11).
    :math:`I_\sigma` is the mean in a square of 0.25 Petrosian radii, and only light above it counts. B is blank sky.
    Conselice (2003, ApJS 147, 1, section 3.3) multiplies by 10 and smooths by 0.3 Petrosian radii.

    The square is centred on each pixel, and its outermost pixels count in part, so that S does not jump with its size.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels.
    radius
        Petrosian radius in pixels.
    mask
        True for a pixel without a measurement.
    sky
        Blank sky of shape ``(side, side)`` or ``(boxes, side, side)``, in the unit of the image; of several boxes, the
        median counts. None if the image has no noise.

    Returns
    -------
    float
        S; NaN if the light in the ring is not positive.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import smoothness
    >>> y, x = np.indices((121, 121))
    >>> disc = np.exp(-np.hypot(x - 60, y - 60) / 10)
    >>> knots = np.where((x % 12 < 2) & (y % 12 < 2), 2.0, 1.0)
    >>> round(smoothness(disc, (60, 60), 36), 2), round(smoothness(disc * knots, (60, 60), 36), 2)
    (0.0, 0.03)
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("radius", radius)
    return smoothness_of(plane, x, y, radius, sky=check_boxes(sky))


def smoothness_of(plane: Plane, x: float, y: float, radius: float, *, sky: np.ndarray | None) -> float:
    """Measure the smoothness of a plane."""
    height, width = plane.light.shape
    outer, inner, box = _OUTER * radius, BOX * radius, max(BOX * radius, 1.0)
    reach = math.ceil(outer + box)
    cut = (
        slice(max(0, int(y) - reach), min(height, int(y) + reach + 2)),
        slice(max(0, int(x) - reach), min(width, int(x) + reach + 2)),
    )
    light, measured = plane.light[cut], plane.measured[cut]
    excess = np.maximum(light - _smoothed(light, measured, box), 0)
    dx, dy = np.arange(cut[1].start, cut[1].stop) - x, np.arange(cut[0].start, cut[0].stop) - y
    ring = (disc_weights(dx, dy, outer) - disc_weights(dx, dy, inner)) * measured
    total = float((ring * light).sum())
    if not total > 0:
        return math.nan
    clumps = float((ring * excess).sum())
    if sky is not None and len(sky):
        whole = np.ones(sky.shape[1:], np.bool_)
        noise = [float(np.maximum(each - _smoothed(each, whole, box), 0).mean()) for each in sky]
        clumps -= float(ring.sum()) * float(np.median(noise))
    return clumps / total


def _smoothed(light: np.ndarray, measured: np.ndarray, width: float) -> np.ndarray:
    """Return the mean of the measured pixels in a square about each pixel."""
    whole = 2 * math.floor((width - 1) / 2) + 1  # pixels that count fully
    edge = (width - whole) / 2
    kernel = np.array([edge, *[1.0] * whole, edge]) / width

    weight = _convolved(measured.astype(np.float64), kernel)
    return _convolved(light, kernel) / np.where(weight > 0, weight, 1)


def _convolved(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    rows = ndimage.convolve1d(values, kernel, axis=0, mode="constant")
    return ndimage.convolve1d(rows, kernel, axis=1, mode="constant")
