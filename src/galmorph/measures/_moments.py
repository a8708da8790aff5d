"""Shape of the light by its second moments."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from galmorph.measures._m20 import check_segment
from galmorph.measures._plane import Plane, check_point, plane_of

__all__ = ["LightShape", "light_shape", "shape_in_ellipse"]

_PIXEL = 1 / 12  # variance of the light of one pixel along an axis, in square pixels
_LEAST = 0.05  # axis ratio
_MOST_STEPS, _AT_REST = 50, 0.001  # of the search for an ellipse; change of the axis ratio at which it ends


class LightShape(NamedTuple):
    """Axis ratio and direction of the light.

    Parameters
    ----------
    axis_ratio
        Minor over major axis, in (0, 1].
    angle
        Angle of the major axis in degrees, in [0, 180): from the x axis (columns) towards the y axis (rows).
    """

    axis_ratio: float
    angle: float


def light_shape(image: ArrayLike, segment: ArrayLike, centre: Sequence[float]) -> LightShape:
    """Measure axis ratio and position angle of the light by its second moments about a centre.

    The axes are the square roots of the eigenvalues of the matrix of moments (as in SExtractor: Bertin & Arnouts 1996,
    A&AS 117, 393). A pixel is not a point: its own moment, 1/12 of a square pixel along each axis, is added.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    segment
        True for a pixel of the galaxy (`petrosian_segment`).
    centre
        ``(x, y)`` in pixels.

    Returns
    -------
    LightShape
        Both values; NaN if there is no positive light, or noise leaves no ellipse.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import light_shape
    >>> y, x = np.indices((101, 101))
    >>> disc = np.exp(-np.hypot((x - 50) / 2, y - 50) / 5)
    >>> shape = light_shape(disc, np.hypot((x - 50) / 2, y - 50) < 22, (50, 50))
    >>> round(shape.axis_ratio, 2), round(shape.angle, 2)
    (0.5, 0.0)
    """
    plane = plane_of(image, None)
    members = check_segment(segment, plane.light.shape)
    x, y = check_point("centre", centre, plane.light.shape)
    return _shape(plane.light, members, x, y)


def shape_in_ellipse(plane: Plane, x: float, y: float, radius: float) -> LightShape:
    """Measure the shape of the light within an ellipse of that shape, whose area is that of a circle.

    The light in a circle is rounder than the galaxy. So the ellipse takes the shape of the light that it contains until
    it has it.
    """
    height, width = plane.light.shape
    dx, dy = np.arange(width) - x, (np.arange(height) - y)[:, np.newaxis]
    form = LightShape(1.0, 0.0)
    for _ in range(_MOST_STEPS):
        cos, sin = math.cos(math.radians(form.angle)), math.sin(math.radians(form.angle))
        distance = np.hypot(cos * dx + sin * dy, (cos * dy - sin * dx) / form.axis_ratio)
        members = plane.measured & (distance <= radius / math.sqrt(form.axis_ratio))
        last, form = form, _shape(plane.light, members, x, y)
        if math.isnan(form.axis_ratio) or abs(form.axis_ratio - last.axis_ratio) < _AT_REST:
            break
    return form


def _shape(plane: np.ndarray, members: np.ndarray, x: float, y: float) -> LightShape:
    """Return the shape of the light of some pixels."""
    light = plane[members]
    total = float(light.sum())
    if not total > 0:
        return LightShape(math.nan, math.nan)
    rows, columns = np.nonzero(members)
    dy, dx = rows - y, columns - x
    xx, yy, xy = light @ dx**2 / total + _PIXEL, light @ dy**2 / total + _PIXEL, light @ (dx * dy) / total
    middle, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    if not middle - half > 0:
        return LightShape(math.nan, math.nan)
    angle = math.degrees(math.atan2(2 * xy, xx - yy) / 2) % 180 % 180  # a tiny negative angle % 180 is 180 itself
    return LightShape(max(math.sqrt((middle - half) / (middle + half)), _LEAST), angle)
