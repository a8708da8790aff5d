"""Surveys of many telescopes, beside SDSS, and a mixture of all of them for training.

Pixels, seeing and bands come from the papers of the surveys. Levels, noise and stretch are ranges that contain what
their archives show, wider than any one archive: a network that learns from them should not depend on such details.
"""

from dataclasses import replace
from typing import Any

from galmorph.simulation._telescope.survey import SDSS, Band, Survey

__all__ = [
    "DSS",
    "HST",
    "JWST",
    "KIDS",
    "LEGACY_SURVEY",
    "MANY_TELESCOPES",
    "PAN_STARRS",
    "UKIDSS",
]


def _grey(band: Band) -> tuple[Band, Band, Band]:
    """Repeat a band in three channels; with `noise_in_common` of 1 they are equal."""
    return (band, band, band)


_GREY: dict[str, Any] = {"noise_in_common": 1.0, "channel_shift": 0.0, "balance": 0.0}

# Dey et al. (2019), AJ 157, 168: 0.262 arcsec, seeing of 1.1 to 1.3 arcsec in grz. Pictures as in Galaxy Zoo DECaLS
# (Walmsley et al. 2022, MNRAS 509, 3966): less coloured, with more light on the sky.
LEGACY_SURVEY = Survey(
    name="Legacy Survey",
    pixel_scale=0.262,
    angular_size=1.4,
    stamp_pixels=(24, 72),
    frame=(1.0, 0.15),
    brightness=(1.45, 0.2),
    psf_fwhm=(1.2, 0.12),
    channel_shift=0.05,
    noise=(0.02, 0.28),
    photons=6.0,
    noise_in_common=0.1,
    sky=(0.35, 0.2),
    glow=0.08,
    neighbours=(4.0, 4.0),
    bands=(
        Band("z", 1.0, 0.30, extinction=0.6, sky=1.0, noise=1.2),
        Band("r", 1.0, 0.0, extinction=1.0, sky=1.0),
        Band("g", 1.1, -0.50, extinction=1.3, sky=1.0, noise=0.9),
    ),
    arm_sharpness=(2.5, 9.0),
    knots=(0.2, 1.0),
    disc_index=(1.0, 2.0),
    stretch=(50.0, 85.0),
    saturation=235.0,
    gamma=(0.85, 1.1),
    colour_factor=(0.25, 1.0),
    balance=0.06,
    jpeg=(75.0, 96.0),
)

# de Jong et al. (2015), A&A 582, A62: OmegaCAM on the VST, 0.21 arcsec, seeing from 0.65 (r) to 0.85 arcsec (g).
KIDS = Survey(
    name="KiDS",
    pixel_scale=0.214,
    angular_size=1.1,
    stamp_pixels=(24, 72),
    frame=(1.0, 0.15),
    brightness=(1.15, 0.25),
    psf_fwhm=(0.78, 0.15),
    channel_shift=0.04,
    noise=(0.01, 0.2),
    photons=5.0,
    noise_in_common=0.1,
    sky=(0.4, 0.2),
    glow=0.1,
    neighbours=(4.0, 4.0),
    bands=(
        Band("i", 1.02, 0.31, extinction=0.8, sky=0.95, noise=1.07),
        Band("r", 1.0, 0.0, extinction=1.0, sky=1.0),
        Band("g", 1.2, -0.74, extinction=1.25, sky=1.0, noise=0.87),
    ),
    arm_sharpness=(2.5, 9.0),
    knots=(0.2, 1.0),
    disc_index=(1.0, 2.0),
    stretch=(40.0, 75.0),
    gamma=(0.85, 1.1),
    colour_factor=(0.4, 1.1),
    balance=0.06,
    jpeg=(75.0, 96.0),
)

# Chambers et al. (2016), arXiv:1612.05560: 0.258 arcsec (0.25 in the stacks), median seeing of 1.0 to 1.3 arcsec.
PAN_STARRS = Survey(
    name="Pan-STARRS",
    pixel_scale=0.25,
    angular_size=1.2,
    stamp_pixels=(24, 72),
    frame=(1.0, 0.15),
    brightness=(1.2, 0.3),
    psf_fwhm=(1.2, 0.15),
    channel_shift=0.06,
    noise=(0.05, 0.35),
    photons=4.0,
    noise_in_common=0.1,
    noise_smoothing=0.15,
    sky=(0.15, 0.15),
    glow=0.1,
    neighbours=(3.5, 3.5),
    bands=(
        Band("y", 0.95, 0.40, extinction=0.5, sky=1.0, noise=1.5),
        Band("i", 1.0, 0.15, extinction=0.8, sky=1.0),
        Band("g", 1.15, -0.65, extinction=1.3, sky=1.0, noise=0.9),
    ),
    arm_sharpness=(2.5, 5.0),
    knots=(0.3, 1.0),
    disc_index=(1.0, 2.0),
    stretch=(40.0, 90.0),
    separate=True,
    saturation=250.0,
    gamma=(0.8, 1.2),
    colour_factor=(0.4, 1.2),
    balance=0.1,
    jpeg=(75.0, 95.0),
)

# Lawrence et al. (2007), MNRAS 379, 1599: WFCAM, 0.4 arcsec (0.2 by micro-stepping), seeing below 1.2 arcsec, YJHK. Old
# stars dominate infrared light, so arms are fainter.
UKIDSS = Survey(
    name="UKIDSS",
    pixel_scale=0.35,
    angular_size=1.2,
    stamp_pixels=(24, 72),
    frame=(1.0, 0.2),
    brightness=(0.95, 0.35),
    psf_fwhm=(0.95, 0.15),
    channel_shift=0.06,
    noise=(0.08, 0.45),
    photons=6.0,
    noise_in_common=0.1,
    sky=(0.05, 0.08),
    glow=0.06,
    neighbours=(3.0, 2.5),
    bands=(
        Band("K", 1.0, 0.25, extinction=0.15, sky=1.0, noise=1.3),
        Band("H", 0.85, 0.05, extinction=0.2, sky=0.8),
        Band("J", 1.15, -0.10, extinction=0.3, sky=1.2, noise=1.0),
    ),
    arm_sharpness=(2.0, 4.0),
    knots=(0.3, 1.0),
    disc_index=(1.0, 1.8),
    young_stars=(0.5, 1.0),
    stretch=(35.0, 70.0),
    gamma=(0.85, 1.15),
    colour_factor=(0.5, 1.3),
    balance=0.12,
    jpeg=(75.0, 96.0),
)

# Photographic plates, scanned (Lasker et al. 1996, ASP Conf. 101, 88): 1.7 or 1.0 arcsec, one band. Their density
# grows with the logarithm of the light and saturates; their noise is the grain, which scanning smooths.
DSS = Survey(
    name="DSS",
    pixel_scale=1.2,
    angular_size=5.0,
    stamp_pixels=(24, 72),
    frame=(1.0, 0.2),
    brightness=(1.3, 0.3),
    psf_fwhm=(3.2, 0.25),
    psf_wing=(0.25, 2.5),
    noise=(0.08, 0.4),
    photons=20.0,
    noise_smoothing=0.3,
    sky=(0.8, 0.4),
    glow=0.15,
    neighbours=(4.0, 2.0),
    bands=_grey(Band("red plate", 1.0, 0.0)),
    arm_sharpness=(2.5, 5.0),
    knots=(0.3, 1.0),
    disc_index=(1.0, 2.0),
    stretch=(40.0, 90.0),
    saturation=190.0,
    gamma=(0.7, 1.3),
    jpeg=(80.0, 97.0),
    **_GREY,
)

# Deep fields with ACS (Giavalisco et al. 2004, ApJ 600, L93: 0.03 arcsec, F850LP, F606W, F435W) and WFC3 (Koekemoer et
# al. 2011, ApJS 197, 36: 0.06 arcsec, resolution of 0.18 arcsec).
HST = Survey(
    name="HST",
    pixel_scale=0.04,
    angular_size=0.17,
    stamp_pixels=(20, 72),
    frame=(1.0, 0.25),
    brightness=(0.9, 0.35),
    psf_fwhm=(0.13, 0.25),
    psf_wing=(0.2, 2.5),
    noise=(0.02, 0.45),
    photons=6.0,
    noise_in_common=0.1,
    noise_smoothing=0.2,
    sky=(0.05, 0.08),
    glow=0.05,
    neighbours=(0.6, 4.0),
    bands=(
        Band("red", 0.85, 0.55, extinction=0.6, sky=1.0, noise=1.1),
        Band("green", 1.0, 0.0, extinction=1.0, sky=1.0),
        Band("blue", 1.25, -0.95, extinction=1.4, sky=0.9, noise=0.9),
    ),
    arm_sharpness=(2.5, 8.0),
    knots=(0.3, 1.2),
    disc_index=(1.0, 1.6),
    stretch=(35.0, 75.0),
    gamma=(0.8, 1.2),
    colour_factor=(0.5, 1.5),
    balance=0.15,
    jpeg=(75.0, 97.0),
)

# Bagley et al. (2023), ApJ 946, L12: NIRCam, 0.03 arcsec, resolution from 0.04 to 0.16 arcsec. One
# band, from 1 to 4.4 micrometres.
JWST = Survey(
    name="JWST",
    pixel_scale=0.03,
    angular_size=0.13,
    stamp_pixels=(20, 72),
    frame=(1.0, 0.25),
    psf_fwhm=(0.09, 0.45),
    psf_wing=(0.25, 3.0),
    noise=(0.005, 0.35),
    photons=6.0,
    noise_smoothing=0.2,
    sky=(0.0, 0.12),
    glow=0.05,
    neighbours=(0.6, 4.0),
    bands=_grey(Band("NIRCam", 1.0, 0.3, extinction=0.3)),
    arm_sharpness=(2.0, 7.0),
    knots=(0.3, 1.0),
    disc_index=(1.0, 2.0),
    young_stars=(0.5, 1.0),
    stretch=(60.0, 110.0),
    automatic=True,
    gamma=(0.9, 1.1),
    **_GREY,
)

# SDSS at the limit of its resolution, and in frames that miss the radius.
_SDSS_SMALL = replace(
    SDSS,
    name="SDSS, small galaxies",
    angular_size=0.62,
    stamp_pixels=(20, 72),
    frame=(1.0, 0.18),
    noise=(0.11, 0.32),
    brightness=(0.95, 0.2),
)
_SDSS_GREY = replace(
    LEGACY_SURVEY,
    name="SDSS, one band",
    pixel_scale=0.396,
    angular_size=1.3,
    psf_fwhm=(1.3, 0.1),
    noise=(0.05, 0.5),
    sky=(0.7, 0.4),
    brightness=(1.35, 0.2),
    saturation=float("inf"),
    bands=_grey(Band("r", 1.0, 0.0)),
    stretch=(50.0, 90.0),
    gamma=(0.8, 1.2),
    colour_factor=(1.0, 1.0),
    **_GREY,
)
# A FITS image of one band, as a classifier of pictures is shown it: no sky, white at the 99.5th percentile, and a
# softening of a tenth of white (stretch = 255 / asinh(10)).
_LINEAR = replace(
    KIDS,
    name="linear image",
    angular_size=1.2,
    psf_fwhm=(1.0, 0.3),
    noise=(0.01, 0.3),
    sky=(0.0, 0.08),
    bands=_grey(Band("r", 1.0, 0.1)),
    stretch=(80.0, 90.0),
    automatic=True,
    gamma=(1.0, 1.0),
    colour_factor=(1.0, 1.0),
    jpeg=None,
    **_GREY,
)
_LINEAR_COLOUR = replace(LEGACY_SURVEY, name="linear image in colour", sky=(0.0, 0.1), automatic=True, jpeg=None)
_BLURRED = replace(
    LEGACY_SURVEY,
    name="any, poorly resolved",
    angular_size=0.6,
    psf_fwhm=(1.3, 0.3),
    sky=(0.1, 0.15),
    frame=(1.0, 0.25),
    colour_factor=(0.0, 1.3),
    stretch=(40.0, 80.0),
    stamp_pixels=(20, 72),
    balance=0.15,
)

#: All surveys, some of them in variants: for a network that knows many telescopes.
MANY_TELESCOPES = (
    LEGACY_SURVEY,
    KIDS,
    PAN_STARRS,
    UKIDSS,
    DSS,
    HST,
    JWST,
    _SDSS_SMALL,
    _SDSS_SMALL,
    _SDSS_GREY,
    _LINEAR,
    _LINEAR_COLOUR,
    _BLURRED,
)
