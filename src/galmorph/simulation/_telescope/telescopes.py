"""Numbers of the surveys that observe galaxies, as arrays: one compiled function serves all surveys."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float32, Int

from galmorph.simulation._telescope.survey import Survey

__all__ = ["Telescopes", "telescopes_of"]

PerGalaxy = Float32[Array, "galaxies"]
Pairs = Float32[Array, "galaxies 2"]
PerBand = Float32[Array, "galaxies bands"]


class Telescopes(NamedTuple):
    """Survey of each galaxy, in arrays; the fields have the names and meanings of `Survey` and `Band`.

    A pair is a median or mean with its scatter, or the lower end and the width of a range. The other fields:

    Parameters
    ----------
    own_noise, common_noise
        Weights of a channel's own noise, and of the sum over the channels, which give them their correlation.
    jpeg
        Qualities; 0 for none.
    """

    pixel_scale: PerGalaxy
    angular_size: PerGalaxy
    stamp_pixels: Pairs
    frame: Pairs
    brightness: Pairs
    psf_fwhm: Pairs
    psf_wing: Pairs
    channel_shift: PerGalaxy
    noise: Pairs
    photons: PerGalaxy
    own_noise: PerGalaxy
    common_noise: PerGalaxy
    noise_smoothing: PerGalaxy
    noise_radius: PerGalaxy
    sky: Pairs
    glow: PerGalaxy
    neighbours: Pairs
    arm_sharpness: Pairs
    knots: Pairs
    disc_index: Pairs
    young_stars: Pairs
    stretch: Pairs
    automatic: PerGalaxy
    separate: PerGalaxy
    saturation: PerGalaxy
    gamma: Pairs
    colour_factor: Pairs
    balance: PerGalaxy
    jpeg: Pairs
    level: PerBand
    slope: PerBand
    extinction: PerBand
    band_sky: PerBand
    band_noise: PerBand

    def taken(self, places: Int[np.ndarray, "some"]) -> "Telescopes":
        """Return the surveys of some of the galaxies."""
        return Telescopes(*(values[places] for values in self))


def telescopes_of(surveys: Sequence[Survey], which: Int[np.ndarray, "galaxies"]) -> Telescopes:
    """Give each galaxy the numbers of its survey.

    Parameters
    ----------
    surveys
        Surveys with the same number of bands.
    which
        Index of the survey of each galaxy.

    Returns
    -------
    Telescopes
        Float32 arrays.
    """
    rows = [_numbers(survey) for survey in surveys]
    # NumPy arrays until they are compiled with: most of them go into several blocks.
    arrays: list[Any] = [np.array([row[name] for row in rows], np.float32)[which] for name in Telescopes._fields]
    return Telescopes(*arrays)


def _numbers(survey: Survey) -> dict[str, Any]:
    bands, common = survey.bands, survey.noise_in_common
    # The square root of the covariance: a matrix with ones on its diagonal and the correlation everywhere else.
    own = np.sqrt(1 - common)
    same = {name: getattr(survey, name) for name in Telescopes._fields if hasattr(survey, name)}
    ranges = ("noise", "arm_sharpness", "knots", "disc_index", "young_stars", "stretch", "gamma", "colour_factor")
    return (
        same
        | {name: _width(same[name]) for name in ranges}
        | {
            "jpeg": _width(survey.jpeg or (0.0, 0.0)),
            "own_noise": own,
            "common_noise": (np.sqrt(1 + (len(bands) - 1) * common) - own) / len(bands),
            "band_sky": [band.sky for band in bands],
            "band_noise": [band.noise for band in bands],
        }
        | {name: [getattr(band, name) for band in bands] for name in ("level", "slope", "extinction")}
    )


def _width(limits: tuple[float, float]) -> tuple[float, float]:
    return limits[0], limits[1] - limits[0]
