"""Petrosian radius of a galaxy, in ellipses of its shape."""

import numpy as np

from galmorph.preprocessing._ellipse import squared_ellipse_radius
from galmorph.types import Galaxy

__all__ = ["petrosian_radius"]

_RATIO = 0.2  # of local to mean surface brightness
_ANNULUS = 0.8, 1.25  # borders of the annulus for the local surface brightness, in units of the radius
_STEP = 0.5  # pixels; width of the bins of the profile


def petrosian_radius(signal: np.ndarray, ellipse: Galaxy, unevenness: float) -> float:
    r"""Measure the Petrosian radius along the major axis.

    It is the smallest radius r at which the Petrosian ratio falls to 0.2:

    .. math:: \mathcal R(r) = \frac{\int_{0.8 r}^{1.25 r} I(r')\, r'\, dr' \,/\, [(1.25^2 - 0.8^2)\, r^2]}
                                   {\int_0^r I(r')\, r'\, dr' \,/\, r^2}

    where r' is the semi-major axis of ellipses of one shape and I the surface brightness on them. If the local surface
    brightness first falls to the unevenness of the sky, or if less than half of the annulus is measured, the radius is
    that at which this happens: a lower limit.

    Parameters
    ----------
    signal
        Brightness above the sky, of shape ``(height, width)``; NaN for pixels without measurement.
    ellipse
        Centre and shape of the ellipses. The search begins at its radius.
    unevenness
        Faintest brightness that can be distinguished from the sky.

    Returns
    -------
    float
        Petrosian radius in pixels.

    References
    ----------
    Petrosian (1976), ApJ 209, L1 (equation 7, the inverse of this ratio); Blanton et al. (2001), AJ 121, 2358
    (the annulus and the ratio of SDSS).
    """
    height, width = signal.shape
    radius = np.sqrt(squared_ellipse_radius(ellipse, np.arange(height), np.arange(width)))
    unmeasured = np.isnan(signal)
    if unmeasured.any():
        radius, signal = radius[~unmeasured], signal[~unmeasured]
    bins = (radius.ravel() / _STEP).astype(np.intp)
    # Area and light within each edge. Differences of these two curves give the mean over any annulus.
    area = np.concatenate([[0], np.cumsum(np.bincount(bins))])
    light = np.concatenate([[0], np.cumsum(np.bincount(bins, weights=signal.ravel()))])
    edges = _STEP * np.arange(len(area))
    inner, outer = _ANNULUS
    radii = np.arange(ellipse.radius, max(edges[-1] / outer, ellipse.radius + _STEP), _STEP)
    ring_area = np.interp(outer * radii, edges, area) - np.interp(inner * radii, edges, area)
    ring_light = np.interp(outer * radii, edges, light) - np.interp(inner * radii, edges, light)
    local = ring_light / np.maximum(ring_area, 1)
    mean = np.interp(radii, edges, light) / np.maximum(np.interp(radii, edges, area), 1)
    excess = local - np.maximum(_RATIO * mean, unevenness)
    # At least half of the full annulus, pi q (outer² - inner²) r², must be measured.
    in_frame = ring_area > np.pi / 2 * ellipse.axis_ratio * (outer**2 - inner**2) * radii**2
    ends = np.flatnonzero((excess <= 0) | ~in_frame)
    last = ends[0] if len(ends) else len(radii) - 1
    petrosian = radii[last]
    if last > 0 and excess[last] <= 0 < excess[last - 1]:
        # The ratio is reached between two radii: interpolate.
        petrosian -= _STEP * excess[last] / (excess[last] - excess[last - 1])
    return float(petrosian)
