"""Surveys: how telescope, sky and archive change the image of a galaxy."""

import math
from dataclasses import dataclass, fields

from galmorph._checks import check, check_between, check_positive

__all__ = ["SDSS", "Band", "Survey"]


@dataclass(frozen=True)
class Band:
    """A channel of a survey's images: how bright young and old stars are in it.

    Parameters
    ----------
    name
        Name of the band.
    level
        Brightness of light of colour 0 (blue: young stars), relative to the reference for fluxes.
    slope
        Brightness of light of colour 1 (red: old stars) minus `level`.
    extinction
        Optical depth of dust in this band, relative to the reference.
    sky
        Brightness of the residual sky, relative to the reference.
    noise
        Noise, relative to the reference.
    """

    name: str
    level: float
    slope: float
    extinction: float = 1.0
    sky: float = 1.0
    noise: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """How a telescope sees galaxies, and how an archive stores their pictures.

    Brightness is in units of the softening of the stretch: light of brightness I has the grey value
    ``stretch * asinh(I)``. Each galaxy's value is drawn at random. A pair is the range of the values or, if the
    description says so, their mean and scatter.

    Parameters
    ----------
    name
        Name of the survey.
    pixel_scale
        Side of a pixel on the sky, in arcsec.
    angular_size
        Angular size of the survey's galaxies, relative to those of Galaxy Zoo 2.
    stamp_pixels
        Smallest and largest side of what is drawn, in pixels, from 16 to 72. The pixels are the survey's between them.
    frame
        Width of a stamp, in units of 4 r90: median, and scatter of its logarithm. It stands for errors of the radius.
    brightness
        Grey value of the galaxies, relative to those of SDSS: median, and scatter of its logarithm.
    psf_fwhm
        Full width at half maximum of the point-spread function, in arcsec: median, and scatter of its logarithm.
    psf_wing
        Fraction of a star's light in the wing of the point-spread function, and width of the wing over the core's.
    channel_shift
        Standard deviation of the offsets between channels, in arcsec.
    noise
        Range of the standard deviation of a pixel's noise in each channel.
    photons
        Brightness of the sky before its subtraction; light of this brightness doubles the variance of the noise.
    noise_in_common
        Correlation of the noise between channels, from 0 to 1.
    noise_smoothing
        Weight, from 0 to 0.5, with which interpolation in the archive mixes the noise of neighbouring pixels.
    noise_radius
        Galaxies with a larger r90, in arcsec, are near and bright: their noise is lower, in proportion to 1 / r90.
    sky
        Mean and standard deviation of the residual sky after its subtraction.
    glow
        Probability of light from a bright star or galaxy outside the stamp.
    neighbours
        Mean number of stars, and of other galaxies, on a stamp.
    bands
        The channels, in their order.
    arm_sharpness
        Range of the concentration of an arm's light, as in `arm_pattern`: a sharp telescope shows thinner arms.
    knots
        Range of the factor of a galaxy's irregularity: those of SDSS stand for structure that it does not resolve.
    disc_index
        Range of the factor of the Sérsic index of discs with arms: deep images show more of their faint outskirts.
    young_stars
        Range of the brightness of arms, rings and knots, relative to optical light. It is lower in infrared light.
    stretch
        Range of the grey value (0 to 255) per unit of asinh(I).
    automatic
        Whether the picture's levels come from the stamp: the 99.5th percentile of its light is white.
    separate
        Whether each channel is stretched for itself, so that bright cores are white. Otherwise, colours are kept.
    saturation
        Grey value at which photographic plates begin to saturate.
    gamma
        Range of the exponent of grey values, which are divided by white.
    colour_factor
        Range of the factor of the differences between channels.
    balance
        Scatter of the logarithm of the gains of the first and the last channel.
    jpeg
        Range of the quality of JPEG compression; None means no compression.

    Raises
    ------
    InvalidValueError
        If a number is out of its range, or if JPEG is used with any number of channels but three.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from galmorph.simulation import SDSS
    >>> sharp = replace(SDSS, name="SDSS without seeing", psf_fwhm=(0.0, 0.0))
    """

    name: str
    pixel_scale: float
    angular_size: float = 1.0
    stamp_pixels: tuple[int, int] = (32, 72)
    frame: tuple[float, float] = (1.0, 0.0)
    brightness: tuple[float, float] = (1.0, 0.0)
    psf_fwhm: tuple[float, float]
    psf_wing: tuple[float, float] = (0.15, 2.2)
    channel_shift: float = 0.0
    noise: tuple[float, float]
    photons: float = float("inf")
    noise_in_common: float = 0.0
    noise_smoothing: float = 0.0
    noise_radius: float = float("inf")
    sky: tuple[float, float] = (0.0, 0.0)
    glow: float = 0.0
    neighbours: tuple[float, float] = (0.0, 0.0)
    bands: tuple[Band, ...]
    arm_sharpness: tuple[float, float] = (3.0, 3.0)
    knots: tuple[float, float] = (1.0, 1.0)
    disc_index: tuple[float, float] = (1.0, 1.0)
    young_stars: tuple[float, float] = (1.0, 1.0)
    stretch: tuple[float, float]
    automatic: bool = False
    separate: bool = False
    saturation: float = float("inf")
    gamma: tuple[float, float] = (1.0, 1.0)
    colour_factor: tuple[float, float] = (1.0, 1.0)
    balance: float = 0.0
    jpeg: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check_positive("pixel_scale", self.pixel_scale)
        check_positive("angular_size", self.angular_size)
        least, most = self.stamp_pixels
        check(16 <= least <= most <= 72, f"stamp_pixels: expected a range within 16 to 72, got {self.stamp_pixels!r}")
        for name in ("noise_radius", "photons", "saturation"):
            check(getattr(self, name) > 0, f"{name}: expected a number above 0, got {getattr(self, name)!r}")
        for name in ("frame", "brightness"):
            pair = getattr(self, name)
            check(pair[0] > 0 and pair[1] >= 0, f"{name}: expected a median above 0 and a scatter, got {pair!r}")
        check(self.balance >= 0, f"balance: expected at least 0, got {self.balance!r}")
        for name in ("arm_sharpness", "disc_index", "gamma"):
            pair = getattr(self, name)
            check(0 < pair[0] <= pair[1], f"{name}: expected a range above 0, got {pair!r}")
        for name in ("noise", "knots", "young_stars", "stretch", "colour_factor", "jpeg"):
            pair = getattr(self, name)
            check(pair is None or 0 <= pair[0] <= pair[1], f"{name}: expected a range from 0 up, got {pair!r}")
        for name in ("psf_fwhm", "neighbours"):
            pair = getattr(self, name)
            check(min(pair) >= 0, f"{name}: expected numbers of at least 0, got {pair!r}")
        check(self.sky[1] >= 0, f"sky: expected a scatter of at least 0, got {self.sky[1]!r}")
        check(self.channel_shift >= 0, f"channel_shift: expected at least 0, got {self.channel_shift!r}")
        check_between("noise_in_common", self.noise_in_common, 0, 1)
        check_between("noise_smoothing", self.noise_smoothing, 0, 0.5)
        check_between("glow", self.glow, 0, 1)
        check_between("psf_wing[0]", self.psf_wing[0], 0, 1)
        check(
            self.psf_wing[1] >= 1,
            f"psf_wing[1]: expected a wing at least as wide as the core, got {self.psf_wing[1]!r}",
        )
        check(self.stretch[0] > 0, f"stretch: expected numbers above 0, got {self.stretch!r}")
        check(len(self.bands) > 0, "bands: expected at least one band, got none")
        if self.jpeg is not None:
            check(
                self.jpeg[0] >= 1 and self.jpeg[1] <= 100, f"jpeg: expected qualities from 1 to 100, got {self.jpeg!r}"
            )
            check(len(self.bands) == 3, f"jpeg: expected three bands, got {len(self.bands)}; pass jpeg=None")

    def to_dict(self) -> dict[str, object]:
        """Describe the survey in values that JSON can hold; infinite values become None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        described = {name: None if value == math.inf else value for name, value in values.items()}
        return described | {"bands": [vars(band) for band in self.bands]}


# The pictures of Galaxy Zoo 2: pixel and seeing from York et al. (2000) and the survey's web pages, everything else
# calibrated on the pictures themselves (docs/science.md).
SDSS = Survey(
    name="SDSS",
    pixel_scale=0.396,
    psf_fwhm=(1.32, 0.10),
    channel_shift=0.07,
    noise=(0.11, 0.235),
    photons=3.0,
    noise_in_common=0.2,
    noise_smoothing=0.0,
    noise_radius=8.0,
    sky=(0.05, 0.055),
    glow=0.08,
    neighbours=(2.8, 2.8),
    bands=(
        Band("i", 1.02, 0.31, extinction=0.8, sky=1.1, noise=1.07),
        Band("r", 1.0, 0.0, extinction=1.0, sky=1.0),
        Band("g", 1.2, -0.74, extinction=1.25, sky=0.4, noise=0.87),
    ),
    stretch=(44.0, 56.0),
    jpeg=(78.0, 95.0),
)
