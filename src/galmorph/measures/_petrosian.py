"""Petrosian radius: where the surface brightness has fallen to a fifth of the mean within."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from galmorph._checks import check_between
from galmorph.measures._aperture import Apertures
from galmorph.measures._plane import check_ellipse, check_point, plane_of

__all__ = ["petrosian_radius", "radius_in"]

_RING = 1.0  # pixels; width of the ring whose brightness is that at a radius
_GROWTH = 1.05  # from one trial radius to the next
_LEAST_STEP = 0.5  # pixels
_LEAST_MEASURED = 0.5  # fraction of a ring's area


def petrosian_radius(
    image: ArrayLike,
    centre: Sequence[float],
    *,
    eta: float = 0.2,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    mask: ArrayLike | None = None,
) -> float:
    r"""Measure the Petrosian radius, in circles or in ellipses of one shape.

    It is the smallest radius r at which

    .. math:: \eta(r) = \frac{\bar I(r)}{\bar I(<r)}

    falls to `eta`: the mean surface brightness in a ring one pixel wide, over the mean within its middle (Petrosian
    1976, ApJ 209, L1, equation 7, inverted; Lotz, Primack & Madau 2004, AJ 128, 163, equation 4). An exponential disc
    of scale length h has 3.63 h. (`galmorph.preprocessing.locate` uses the wide ring of SDSS, for which that is 3.5 h,
    and cuts neighbours: use it to find galaxies, and this to compare with the literature on C, A, S, Gini and M20.)

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels.
    eta
        The ratio, between 0 and 1.
    axis_ratio, angle
        Minor over major axis, and degrees from the x axis towards the y axis; by default circles.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    float
        Radius (for ellipses, the semi-major axis) in pixels. NaN if the ratio is not reached where at least half of the
        ring is measured, or if there is no positive light within.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import petrosian_radius
    >>> y, x = np.indices((121, 121))
    >>> round(petrosian_radius(np.exp(-np.hypot(x - 60, y - 60) / 8), (60, 60)) / 8, 2)
    3.62
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_between("eta", eta, 0.01, 0.99)
    check_ellipse(axis_ratio, angle)
    return radius_in(Apertures(plane, x, y, axis_ratio=axis_ratio, angle=angle), eta)


def radius_in(apertures: Apertures, eta: float = 0.2) -> float:
    """Measure the Petrosian radius in apertures."""
    # Below the width of the ring, the ratio says nothing.
    before, inner, within, radius = math.nan, 0.0, 0.0, _RING
    while radius <= apertures.largest + _RING:
        here, next_within = _look(apertures, eta, radius, inner, within)
        if here <= 0:
            if not before > 0:
                return radius
            return float(brentq(partial(_excess, apertures, eta, inner, within), inner + 1e-9, radius, xtol=1e-6))
        if math.isnan(here) and not math.isnan(before):
            return math.nan
        before, inner, within = here, radius, next_within
        radius += max(_LEAST_STEP, (_GROWTH - 1) * radius)
    return math.nan


def _look(apertures: Apertures, eta: float, radius: float, inner: float, light_within: float) -> tuple[float, float]:
    """Return the ratio minus `eta`, NaN where it is not known, and the light within a radius.

    The light within is that within an inner radius, and that of the ring between, of which masked pixels count as
    the others do.
    """
    radii = np.array([inner, radius - _RING / 2, radius, radius + _RING / 2])
    light, area = apertures.sums(radii)
    full = apertures.full_area(radii)
    ring_area, ring_full = area[3] - area[1], full[3] - full[1]
    if ring_area < _LEAST_MEASURED * ring_full:
        return math.nan, light_within
    local = (light[3] - light[1]) / ring_area
    between = (light[2] - light[0]) / (area[2] - area[0]) if area[2] - area[0] > 0 else local
    light_within += float(between * (full[2] - full[0]))
    if light_within <= 0:
        return math.nan, light_within
    return float(local * full[2] / light_within) - eta, light_within


def _excess(apertures: Apertures, eta: float, inner: float, light_within: float, radius: float) -> float:
    return _look(apertures, eta, radius, inner, light_within)[0]
