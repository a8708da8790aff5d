"""Radii that contain parts of the light, and the concentration."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from galmorph._checks import check, check_positive
from galmorph.measures._aperture import Apertures
from galmorph.measures._plane import check_ellipse, check_point, plane_of

__all__ = ["concentration", "light_radii", "radii_in"]

_LEAST_STEP, _GROWTH = 0.1, 0.02  # pixels; of the radius: steps of the curve of growth


def light_radii(
    image: ArrayLike,
    centre: Sequence[float],
    total_radius: float,
    *,
    fractions: Sequence[float] = (0.2, 0.5, 0.8),
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    mask: ArrayLike | None = None,
) -> tuple[float, ...]:
    """Measure the radii that contain fractions of the light, in circles or in ellipses of one shape.

    The light of a ring is its mean brightness times its whole area, so that masked pixels, and those outside of the
    frame, count as the mean of the others at the same radius.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels.
    total_radius
        Radius in pixels within which the light is the total: 1.5 Petrosian radii in Conselice (2003, ApJS 147, 1) and
        Lotz et al. (2004, AJ 128, 163).
    fractions
        Fractions of the total, each between 0 and 1.
    axis_ratio, angle
        Minor over major axis, and degrees from the x axis towards the y axis; by default circles.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    tuple of float
        A radius (for ellipses, a semi-major axis) in pixels for each fraction: the smallest one. NaN if there is no
        positive light, or none was measured near the centre.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    Half of the light of an exponential disc is within 1.678 scale lengths:

    >>> import numpy as np
    >>> from galmorph.measures import light_radii
    >>> y, x = np.indices((201, 201))
    >>> (half,) = light_radii(np.exp(-np.hypot(x - 100, y - 100) / 8), (100, 100), 98, fractions=(0.5,))
    >>> round(half / 8, 2)
    1.68
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("total_radius", total_radius)
    check_ellipse(axis_ratio, angle)
    wrong = [each for each in fractions if not 0 < each < 1]
    check(not wrong, f"fractions: expected numbers between 0 and 1, got {wrong}")
    return radii_in(Apertures(plane, x, y, axis_ratio=axis_ratio, angle=angle), total_radius, fractions)


def radii_in(apertures: Apertures, total_radius: float, fractions: Sequence[float]) -> tuple[float, ...]:
    """Measure the radii that contain fractions of the light in apertures."""
    radii = [0.0]
    while radii[-1] < total_radius:
        radii.append(radii[-1] + max(_LEAST_STEP, _GROWTH * radii[-1]))
    edges = np.array([*radii[:-1], total_radius])
    light, area = (np.diff(each) for each in apertures.sums(edges))
    full = np.diff(apertures.full_area(edges))
    seen = area > 1e-3 * full
    if not seen.any():
        return (math.nan,) * len(fractions)
    # A ring without a measured pixel is between two that have some, or beyond the last.
    middles = (edges[1:] + edges[:-1]) / 2
    brightness = np.interp(middles, middles[seen], light[seen] / area[seen])
    growth = np.concatenate([[0.0], np.cumsum(brightness * full)])
    if not growth[-1] > 0:
        return (math.nan,) * len(fractions)
    return tuple(_crossing(edges, growth / growth[-1], fraction) for fraction in fractions)


def _crossing(edges: np.ndarray, growth: np.ndarray, fraction: float) -> float:
    """Return the first radius at which the curve of growth reaches a fraction, for rings of constant brightness."""
    index = int(np.argmax(growth >= fraction))
    low, high = growth[index - 1], growth[index]
    part = (fraction - low) / (high - low)
    inner, outer = edges[index - 1] ** 2, edges[index] ** 2
    return float(np.sqrt(inner + part * (outer - inner)))


def concentration(r20: float, r80: float) -> float:
    r"""Concentration of the light (Bershady, Jangren & Conselice 2000, AJ 119, 2645; Conselice 2003, ApJS 147, 1).

    .. math:: C = 5 \log_{10} \frac{r_{80}}{r_{20}}

    With a total within 1.5 Petrosian radii, an exponential disc has 2.7 and a de Vaucouleurs profile 4.3 (less if the
    seeing blurs it).

    Parameters
    ----------
    r20, r80
        Radii that contain 20 % and 80 % of the light, in one unit.

    Returns
    -------
    float
        C; NaN if a radius is NaN.

    Raises
    ------
    InvalidValueError
        If a radius is not above 0.

    Examples
    --------
    >>> from galmorph.measures import concentration
    >>> concentration(2.0, 20.0)
    5.0
    """
    for name, radius in (("r20", r20), ("r80", r80)):
        if not math.isnan(radius):
            check_positive(name, radius)
    return 5 * math.log10(r80 / r20)
