"""`measure_galaxy`: all measures of one galaxy, and what makes them doubtful."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from galmorph._checks import check, check_not_negative, check_positive
from galmorph.measures._aperture import Apertures, disc_weights
from galmorph.measures._asymmetry import asymmetry_of
from galmorph.measures._gini import gini
from galmorph.measures._light_radii import radii_in
from galmorph.measures._m20 import m20
from galmorph.measures._moments import shape_in_ellipse
from galmorph.measures._petrosian import radius_in
from galmorph.measures._plane import Plane, check_point, plane_of
from galmorph.measures._segment import segment_of
from galmorph.measures._sersic import LEAST_INDEX, MOST_INDEX, fit_sersic_in
from galmorph.measures._sky import sky_boxes
from galmorph.measures._smoothness import BOX, smoothness_of
from galmorph.preprocessing import estimate_background, locate

__all__ = ["Measures", "measure_galaxy"]

_TOTAL = 1.5  # Petrosian radii; the light within is the total
_LEAST_SIGNAL = 2.5  # signal-to-noise ratio of a pixel; Lotz et al. (2004), section 4
_LEAST_FWHM = 2.0  # Petrosian radius in units of the PSF's FWHM; Lotz et al. (2004), section 4
_LEAST_BOX = 3.0  # pixels; smaller squares smooth nothing
_MOST_UNMEASURED = 0.1  # fraction of the circle of the total light
_MOVED = 0.25  # Petrosian radii that the centre may move
_SKY = 0.3  # noise of a pixel; a sky further from 0 was not subtracted
_LEAST_ASYMMETRY = -0.05  # noise alone makes a little less than 0
_CORE = 1.5  # pixels around the centre that must be measured


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Measures of the light of a galaxy. A value that can't be measured is NaN, and `flags` says why.

    Parameters
    ----------
    x, y
        Centre in pixels, about which the asymmetry is smallest; ``(0, 0)`` is the centre of the first pixel.
    petrosian_radius
        Petrosian radius in circles, in pixels (`petrosian_radius`).
    r20, r50, r80
        Radii of circles that contain 20, 50 and 80 % of the light within 1.5 Petrosian radii, in pixels
        (`light_radii`).
    concentration, asymmetry, smoothness
        C, A and S (`concentration`, `asymmetry`, `smoothness`).
    gini, m20
        Gini coefficient and M20 of the segment (`gini`, `m20`, `petrosian_segment`).
    axis_ratio
        Minor over major axis of the light (`light_shape`), within an ellipse of the same shape.
    angle
        Angle of the major axis in degrees, in [0, 180): from the x axis towards the y axis.
    semi_major_axis
        Petrosian radius in ellipses of this shape, in pixels.
    sersic_index
        Sérsic index of the profile in these ellipses (`fit_sersic`).
    signal_to_noise
        Mean of signal over noise of the segment's pixels; NaN if there is no noise.
    flags
        What makes values doubtful, or why there are none, in short texts; empty if nothing does.
    """

    x: float
    y: float
    petrosian_radius: float
    r20: float
    r50: float
    r80: float
    concentration: float
    asymmetry: float
    smoothness: float
    gini: float
    m20: float
    axis_ratio: float
    angle: float
    semi_major_axis: float
    sersic_index: float
    signal_to_noise: float
    flags: tuple[str, ...] = ()


def measure_galaxy(
    image: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    centre: Sequence[float] | None = None,
    noise: float | ArrayLike | None = None,
    psf_fwhm: float | None = None,
) -> Measures:
    """Measure size, concentration, asymmetry, smoothness, Gini, M20, shape and Sérsic index of a galaxy.

    The measures are those of Conselice (2003, ApJS 147, 1) and Lotz, Primack & Madau (2004, AJ 128, 163), and each has
    a function of its own, which has the formula. Their order:

    1. A first Petrosian radius about `centre`, in circles.
    2. The centre that makes the asymmetry within 1.5 Petrosian radii smallest; Petrosian radius, light radii, C and S
       about it.
    3. The shape of the light within an ellipse as large as the Petrosian circle, which takes this shape; the Petrosian
       radius in ellipses of this shape, and the pixels brighter than those at it: the segment, of which Gini, M20 and
       the signal-to-noise ratio are measured.
    4. A Sérsic profile, fitted in these ellipses.

    Parameters
    ----------
    image
        Linear image with its sky subtracted, of shape ``(height, width)``, in any unit, and with blank sky around the
        galaxy. All light in it that is not masked counts as the galaxy's (`mask_neighbours`).
    mask
        True for a pixel without a measurement.
    centre
        ``(x, y)`` in pixels, near which the galaxy is. By default `galmorph.preprocessing.locate` finds it.
    noise
        Standard deviation of the noise of a pixel, in the unit of the image, or an array with one for each pixel. By
        default that of the sky in the border of the frame.
    psf_fwhm
        Full width at half maximum of the point spread function in pixels, if known: smaller galaxies are flagged, and
        the Sérsic profile is blurred by it.

    Returns
    -------
    Measures
        All values, with flags.

    Raises
    ------
    InvalidValueError
        If an argument has a wrong shape or value.
    PoorImageError
        If no `centre` is given, and no galaxy is found.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.measures import measure_galaxy
    >>> y, x = np.indices((200, 200))
    >>> disc = 100 * np.exp(-np.hypot((x - 103) / 1.0, (y - 98) / 0.6) / 9)
    >>> image = disc + np.random.default_rng(0).normal(0, 0.5, disc.shape)
    >>> measures = measure_galaxy(image)
    >>> round(measures.concentration, 1), round(measures.sersic_index, 1), round(measures.axis_ratio, 1)
    (2.8, 1.0, 0.6)
    >>> abs(measures.asymmetry) < 0.02, measures.flags
    (True, ())
    """
    plane = plane_of(image, mask)
    shape = plane.light.shape
    if psf_fwhm is not None:
        check_positive("psf_fwhm", psf_fwhm)
    sigma = None if noise is None else _noise_plane(noise, shape)
    if centre is None:
        with np.errstate(over="ignore", invalid="ignore"):
            found = locate(plane.light.astype(np.float32)[..., np.newaxis], _hidden(plane))
        start = found.x, found.y
    else:
        start = check_point("centre", centre, shape)
    flags: list[str] = []
    sky = _sky(plane, flags)
    if sigma is None:
        sigma = np.full(shape, sky)
    return _Work(plane, start, sigma, psf_fwhm, flags).measures()


def _noise_plane(noise: float | ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    sigma = np.asarray(noise)
    if sigma.ndim == 0:
        check_not_negative("noise", sigma.item())
        return np.full(shape, float(sigma))
    check(
        sigma.dtype.kind in "fiu" and sigma.shape == shape,
        f"noise: expected a number, or one for each pixel in the image's shape {shape}, got shape {sigma.shape} of "
        f"{sigma.dtype}",
    )
    check(
        bool(np.isfinite(sigma).all() and (sigma >= 0).all()),
        "noise: expected finite numbers of at least 0; mask pixels without a measurement, and set their noise to 0",
    )
    return sigma.astype(np.float64)


def _hidden(plane: Plane) -> np.ndarray | None:
    return None if plane.measured.all() else ~plane.measured


def _sky(plane: Plane, flags: list[str]) -> float:
    """Return the noise of a pixel of the border, and flag a border that is not dark."""
    border = estimate_background(plane.light[..., np.newaxis], _hidden(plane))
    level, noise = float(border.level[0]), float(border.noise[0])
    # The level is the lower quartile of sixteen patches: a galaxy may leave the frame at some of them.
    brightest = float(plane.light.max())
    if abs(level) > max(_SKY * noise, 0.01 * brightest):
        flags.append(f"the border of the frame is at {level:.3g}, not at 0: subtract the sky, or take a wider frame")
    return noise


class _Work:
    """The measurement of one galaxy."""

    def __init__(
        self, plane: Plane, start: tuple[float, float], sigma: np.ndarray, psf_fwhm: float | None, flags: list[str]
    ) -> None:
        self.plane, self.start, self.sigma, self.psf_fwhm, self.flags = plane, start, sigma, psf_fwhm, flags
        self.values = dict.fromkeys((name for name in Measures.__dataclass_fields__ if name != "flags"), math.nan)
        self.values["x"], self.values["y"] = start

    def measures(self) -> Measures:
        """Measure everything that can be measured."""
        radius = self._first_radius()
        if not math.isnan(radius):
            radius = self._light_about_centre(radius)
        if not math.isnan(radius):
            self._segment(radius)
        without = [name for name, value in self.values.items() if math.isnan(value)]
        if without:
            self.flags.append(f"no value of {', '.join(without)}")
        return Measures(**self.values, flags=tuple(self.flags))

    def _first_radius(self) -> float:
        x, y = self.start
        radius = radius_in(Apertures(self.plane, x, y))
        if math.isnan(radius):
            near, _ = Apertures(self.plane, x, y).sums(np.array([3.0]))
            self.flags.append(
                "no positive light at the centre"
                if near[0] <= 0
                else "the Petrosian radius is not reached within the frame"
            )
        return radius

    def _light_about_centre(self, first: float) -> float:
        """Measure the centre and everything in circles; return the Petrosian radius."""
        values, plane = self.values, self.plane
        boxes = sky_boxes(plane, *self.start, _TOTAL * first)
        noisy = bool((self.sigma > 0).any())
        if noisy and len(boxes) == 0:
            self.flags.append("no blank sky beside the galaxy: asymmetry and smoothness contain the noise")
        found = asymmetry_of(plane, *self.start, _TOTAL * first, sky=boxes)
        moved = math.hypot(found.x - self.start[0], found.y - self.start[1])
        if moved > _MOVED * first:
            self.flags.append(f"the centre moved by {moved:.1f} pixels from where the galaxy was expected")
        values["x"], values["y"], values["asymmetry"] = found.x, found.y, found.value
        if found.value < _LEAST_ASYMMETRY:
            self.flags.append("the asymmetry is negative: the sky beside the galaxy is not blank, or its noise uneven")
        apertures = Apertures(plane, found.x, found.y)
        radius = radius_in(apertures)
        values["petrosian_radius"] = radius
        if math.isnan(radius):
            self.flags.append("the Petrosian radius is not reached within the frame")
            return radius
        r20, r50, r80 = radii_in(apertures, _TOTAL * radius, (0.2, 0.5, 0.8))
        values["r20"], values["r50"], values["r80"] = r20, r50, r80
        values["concentration"] = 5 * math.log10(r80 / r20) if r20 > 0 else math.nan
        values["smoothness"] = smoothness_of(plane, found.x, found.y, radius, sky=boxes)
        self._flag_circles(apertures, radius, r20)
        return radius

    def _flag_circles(self, apertures: Apertures, radius: float, r20: float) -> None:
        total = np.array([_TOTAL * radius])
        missing = 1 - float(apertures.sums(total)[1][0] / apertures.full_area(total)[0])
        if missing > _MOST_UNMEASURED:
            self.flags.append(
                f"{missing:.0%} of the circle of {_TOTAL:g} Petrosian radii is masked or outside of the frame"
            )
        x, y = self.values["x"], self.values["y"]
        height, width = self.plane.light.shape
        core = disc_weights(np.arange(width) - x, np.arange(height) - y, _CORE) > 0.5
        if not self.plane.measured[core].all():
            self.flags.append("the centre is masked: concentration, Gini and M20 lack the brightest light")
        fwhm = self.psf_fwhm
        if fwhm is not None and radius < _LEAST_FWHM * fwhm:
            self.flags.append(
                f"the Petrosian radius is {radius:.1f} pixels, below {_LEAST_FWHM:g} FWHM of the PSF ({fwhm:g} pixels)"
            )
        if fwhm is not None and r20 < fwhm / 2:
            self.flags.append(
                f"r20 is {r20:.1f} pixels, below half the FWHM of the PSF ({fwhm:g} pixels): the concentration is a "
                "lower limit"
            )
        if BOX * radius < _LEAST_BOX:
            self.flags.append(
                f"a quarter of the Petrosian radius is {BOX * radius:.1f} pixels, below {_LEAST_BOX:g}: smoothness "
                "can't see clumps"
            )

    def _segment(self, radius: float) -> None:
        """Measure the pixels brighter than at the Petrosian radius."""
        values, plane = self.values, self.plane
        x, y = values["x"], values["y"]
        form = shape_in_ellipse(plane, x, y, radius)
        values["axis_ratio"], values["angle"] = form
        if math.isnan(form.axis_ratio):
            self.flags.append("the light has no shape")
            return
        apertures = Apertures(plane, x, y, axis_ratio=form.axis_ratio, angle=form.angle)
        major = radius_in(apertures)
        values["semi_major_axis"] = major
        if math.isnan(major):
            self.flags.append("the Petrosian ellipse does not end within the frame: no segment")
            return
        segment = segment_of(plane, x, y, major, axis_ratio=form.axis_ratio, angle=form.angle)
        values["gini"], values["m20"] = gini(plane.light[segment]), m20(plane.light, segment)
        if segment[0].any() or segment[-1].any() or segment[:, 0].any() or segment[:, -1].any():
            self.flags.append("the galaxy reaches the edge of the frame")
        sigma = self.sigma[segment]
        known = sigma > 0
        if known.any():
            ratio = float((plane.light[segment][known] / sigma[known]).mean())
            values["signal_to_noise"] = ratio
            if ratio < _LEAST_SIGNAL:
                self.flags.append(f"the signal-to-noise ratio of a pixel is {ratio:.1f}, below {_LEAST_SIGNAL:g}")
        fit = fit_sersic_in(apertures, _TOTAL * major, float(np.median(self.sigma)), self.psf_fwhm)
        values["sersic_index"] = fit.index
        if math.isnan(fit.index):
            self.flags.append("too few rings for a Sérsic profile")
        elif not 1.02 * LEAST_INDEX < fit.index < 0.98 * MOST_INDEX:
            self.flags.append(f"the Sérsic index is at its limit, {fit.index:.2g}")
