"""Sérsic index, fitted to the profile of a galaxy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares
from scipy.special import gammaincinv, ive

from galmorph._checks import check_not_negative, check_positive
from galmorph.measures._aperture import Apertures
from galmorph.measures._plane import check_ellipse, check_point, plane_of

__all__ = ["LEAST_INDEX", "MOST_INDEX", "SersicFit", "fit_sersic", "fit_sersic_in"]

LEAST_INDEX, MOST_INDEX = 0.2, 10.0
_GROWTH = 1.12  # from one ring to the next
_FWHM = math.sqrt(8 * math.log(2))  # of a Gaussian, in standard deviations
_SOURCES = 240  # radii, at least, from which the blur takes light
_PIXEL = 1 / 12  # variance of a pixel, in which the light is a mean
_RINGS = 5  # at least
_MODEL = (
    0.02  # real galaxies differ from the formula by more than their noise: so much of the brightness is added to it
)


@dataclass(frozen=True)
class SersicFit:
    """A Sérsic profile, of ellipses.

    Parameters
    ----------
    index
        Sérsic index n: 1 for an exponential disc, 4 for de Vaucouleurs; from 0.2 to 10.
    radius
        Effective radius, the semi-major axis that contains half of the light of the formula, in pixels.
    brightness
        Surface brightness at the effective radius, in the unit of the image.
    """

    index: float
    radius: float
    brightness: float


def fit_sersic(
    image: ArrayLike,
    centre: Sequence[float],
    outer_radius: float,
    *,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    noise: float = 0.0,
    psf_fwhm: float | None = None,
    mask: ArrayLike | None = None,
) -> SersicFit:
    r"""Fit a Sérsic profile to the mean brightness in elliptical rings.

    .. math:: I(r) = I_e \exp\left(-b_n \left[(r / r_e)^{1/n} - 1\right]\right)

    (Sérsic 1968; Graham & Driver 2005, PASA 22, 118; :math:`b_n` exactly, from the inverse of the incomplete gamma
    function). Rings are 12 % and at least one pixel wide. Each is weighted by its noise and 2 % of its brightness. With
    `psf_fwhm`, the profile is blurred by a round Gaussian, as if the galaxy were round as well. For indices that are a
    result of their own, fit the whole image with its PSF (GALFIT, for example).

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit.
    centre
        ``(x, y)`` in pixels.
    outer_radius
        Semi-major axis in pixels up to which the profile is fitted.
    axis_ratio, angle
        Minor over major axis, and degrees from the x axis towards the y axis; by default circles.
    noise
        Standard deviation of a pixel of the sky, in the unit of the image.
    psf_fwhm
        Full width at half maximum of the point spread function in pixels. None if there is none: the innermost pixel,
        in which the formula changes too much, is then left out.
    mask
        True for a pixel without a measurement.

    Returns
    -------
    SersicFit
        The fit; NaN if fewer than five rings are measured, or have no positive light.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import fit_sersic
    >>> y, x = np.indices((121, 121))
    >>> fit = fit_sersic(np.exp(-np.hypot(x - 60, y - 60) / 8), (60, 60), 40)
    >>> round(fit.index, 1), round(fit.radius / 8, 2)
    (1.0, 1.68)
    """
    plane = plane_of(image, mask)
    x, y = check_point("centre", centre, plane.light.shape)
    check_positive("outer_radius", outer_radius)
    check_not_negative("noise", noise)
    if psf_fwhm is not None:
        check_positive("psf_fwhm", psf_fwhm)
    check_ellipse(axis_ratio, angle)
    apertures = Apertures(plane, x, y, axis_ratio=axis_ratio, angle=angle)
    return fit_sersic_in(apertures, outer_radius, noise, psf_fwhm)


def fit_sersic_in(apertures: Apertures, outer_radius: float, noise: float, psf_fwhm: float | None) -> SersicFit:
    """Fit a Sérsic profile to the rings of apertures."""
    edges = [1.0 if psf_fwhm is None else 0.0]
    while edges[-1] < outer_radius:
        edges.append(max(edges[-1] + 1, _GROWTH * edges[-1]))
    ends = np.array(edges[:-1])
    light, area = (np.diff(each) for each in apertures.sums(ends))
    full = np.diff(apertures.full_area(ends))
    seen = area > full / 2
    if np.count_nonzero(seen) < _RINGS or not light[seen].sum() > 0 or not light[seen].max() > 0:
        return SersicFit(math.nan, math.nan, math.nan)
    light, area, inner, outer = light[seen], area[seen], ends[:-1][seen], ends[1:][seen]
    brightness = light / area
    weight = 1 / np.hypot(noise / np.sqrt(area), _MODEL * np.abs(brightness) + 1e-6 * brightness.max())
    # Three places in each ring: the mean over its area by Gauss's rule in r².
    nodes, shares = np.polynomial.legendre.leggauss(3)
    squares = (inner**2 + outer**2) / 2 + nodes[:, np.newaxis] * (outer**2 - inner**2) / 2
    places, shares = np.sqrt(squares), shares / 2
    sigma = None if psf_fwhm is None else math.sqrt(((psf_fwhm / _FWHM) ** 2 + _PIXEL) / apertures.axis_ratio)
    blur = None if sigma is None else _blur(places, sigma)

    def profile(index: float, radius: float) -> np.ndarray:
        shape = gammaincinv(2 * index, 0.5)
        if blur is None:
            return np.exp(-shape * ((places / radius) ** (1 / index) - 1))
        matrix, sources = blur
        return matrix @ np.exp(-shape * ((sources / radius) ** (1 / index) - 1))

    def residuals(values: np.ndarray) -> np.ndarray:
        index, radius, height = np.exp(values)
        return weight * (height * (shares @ profile(index, radius)) - brightness)

    half = float(np.interp(light.sum() / 2, np.cumsum(np.maximum(light, 0)), outer))
    height = max(float(np.interp(half, outer, brightness)), 1e-3 * float(brightness.max()))
    low = np.log([LEAST_INDEX, 0.05 * half, 1e-8 * height])
    high = np.log([MOST_INDEX, 100 * outer_radius, 1e8 * height])
    fits = [
        least_squares(residuals, np.log([index, half, height]), bounds=(low, high), method="trf")
        for index in (1.0, 4.0)
    ]
    best = min(fits, key=lambda fit: fit.cost)
    return SersicFit(*map(float, np.exp(best.x)))


def _blur(places: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the matrix that blurs a round profile by a Gaussian, and the radii at which it takes the profile.

    It holds the weights of the integral of :math:`I(s)\, s\, e^{-(r^2 + s^2) / 2 \sigma^2} I_0(r s / \sigma^2) /
    \sigma^2` over s, with Bessel's function, which is scaled here so that it does not overflow. The radii are denser in
    the middle, where the profile is steep.
    """
    reach = float(places.max()) + 5 * sigma
    count = max(_SOURCES, math.ceil(6 * reach / sigma))
    roots = (np.arange(count) + 0.5) / count
    sources, steps = reach * roots**2, 2 * reach * roots / count
    apart = places[..., np.newaxis] - sources
    scaled = ive(0, places[..., np.newaxis] * sources / sigma**2)
    return steps * sources * np.exp(-(apart**2) / (2 * sigma**2)) * scaled / sigma**2, sources
