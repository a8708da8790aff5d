"""Segment of a galaxy: the pixels brighter than its light at the Petrosian radius."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike
from scipy import ndimage

from galmorph._checks import check_positive
from galmorph.measures._aperture import Apertures
from galmorph.measures._plane import Plane, check_ellipse, check_point, plane_of

__all__ = ["petrosian_segment", "segment_of"]

_SMOOTHING = 0.2  # standard deviation of the Gaussian in Petrosian radii
_RING = 1.0  # pixels


def petrosian_segment(
    image: ArrayLike,
    centre: Sequence[float],
    radius: float,
    *,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    mask: ArrayLike | None = None,
) -> Bool[np.ndarray, "height width"]:
    """Find the pixels of a galaxy down to its surface brightness at the Petrosian radius.

    The image is smoothed by a Gaussian whose standard deviation is a fifth of the Petrosian radius. The pixels that are
    then at least as bright as the mean on the Petrosian ellipse are the galaxy; of several groups of them, the one with
    the most light (Lotz, Primack & Madau 2004, AJ 128, 163, section 3.1). So the segment does not depend on the depth
    of the image, or on the distance of the galaxy.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels.
    radius
        Petrosian radius in pixels (for ellipses, the semi-major axis).
    axis_ratio, angle
        Minor over major axis, and degrees from the x axis towards the y axis; by default circles.
    mask
        True for a pixel without a measurement. It does not count for the smoothing, and is not in the segment.

    Returns
    -------
    numpy.ndarray
        True for a pixel of the galaxy; all False if the ellipse has no measured pixel, or no pixel is so bright.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import petrosian_segment
    >>> y, x = np.indices((121, 121))
    >>> segment = petrosian_segment(np.exp(-np.hypot(x - 60, y - 60) / 8), (60, 60), 29)
    >>> round(float(np.sqrt(segment.sum() / np.pi)))
    29
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("radius", radius)
    check_ellipse(axis_ratio, angle)
    return segment_of(plane, x, y, radius, axis_ratio=axis_ratio, angle=angle)


def segment_of(
    plane: Plane, x: float, y: float, radius: float, *, axis_ratio: float = 1.0, angle: float = 0.0
) -> Bool[np.ndarray, "height width"]:
    """Find the pixels of a galaxy in a plane."""
    sigma = _SMOOTHING * radius
    weight = ndimage.gaussian_filter(plane.measured.astype(np.float64), sigma, mode="constant")
    smooth = ndimage.gaussian_filter(plane.light, sigma, mode="constant") / np.where(weight > 1e-6, weight, 1)
    known = weight > 1e-6
    rings = Apertures(Plane(np.where(known, smooth, 0), known), x, y, axis_ratio=axis_ratio, angle=angle)
    (inner, outer), (inner_area, outer_area) = rings.sums(np.array([radius - _RING / 2, radius + _RING / 2]))
    segment: np.ndarray = np.zeros(plane.light.shape, np.bool_)
    if not outer_area > inner_area:
        return segment
    bright = plane.measured & (smooth >= (outer - inner) / (outer_area - inner_area))
    labels, count = ndimage.label(bright, np.ones((3, 3)))
    if count == 0:
        return segment
    light = np.bincount(labels.ravel(), weights=plane.light.ravel(), minlength=count + 1)
    return labels == 1 + int(np.argmax(light[1:]))
