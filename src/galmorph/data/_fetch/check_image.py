"""Check that a downloaded file shows its galaxy."""

import math
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import FITSFixedWarning

from galmorph.data._fetch.image_source import Target
from galmorph.data._fits.coordinates import celestial_wcs
from galmorph.data._fits.quiet import quiet
from galmorph.data._images.read import read_image
from galmorph.errors import UnsuitableImageError

__all__ = ["check_image"]

_MIN_VALID = 0.5  # fraction of the pixels


def check_image(path: Path, galaxy: Target, *, max_pixels: int) -> None:
    """Check that a file holds an image that shows a galaxy.

    Parameters
    ----------
    path
        The file.
    galaxy
        The galaxy, with its position if that is known.
    max_pixels
        The largest image that is read, in pixels of all channels together.

    Raises
    ------
    UnreadableImageError
        If the file is damaged or not an image.
    UnsuitableImageError
        If the file can be read, but is not one image; is too large; has less than half valid pixels; has only equal
        pixels; or has celestial coordinates that put the galaxy outside the image.
    """
    image = read_image(path, name=galaxy.name, max_pixels=max_pixels)
    valid = 1 - float(image.mask.mean())
    if valid < _MIN_VALID:
        raise UnsuitableImageError(f"{galaxy.name}: only {valid:.0%} of the pixels are valid")
    if not np.ptp(image.pixels[~image.mask], axis=0).any():
        raise UnsuitableImageError(f"{galaxy.name}: all pixels are equal; the survey may not cover this position")
    if image.metadata.get("format") != "FITS" or galaxy.ra is None or galaxy.dec is None:
        return
    with (
        quiet(AstropyUserWarning, FITSFixedWarning),
        fits.open(path, mode="readonly", memmap=False, do_not_scale_image_data=True) as hdus,
    ):
        header = hdus[int(image.metadata["hdu"])].header
        inside = _is_inside(header, galaxy.ra, galaxy.dec, image.width, image.height)
    if inside is False:
        raise UnsuitableImageError(
            f"{galaxy.name}: the image does not show its position (ra {galaxy.ra:.5f}, dec {galaxy.dec:.5f})"
        )


def _is_inside(header: fits.Header, ra: float, dec: float, width: int, height: int) -> bool | None:
    """Whether a position lies in an image; None if the header does not say."""
    x = np.array([(width - 1) / 2, -0.5, width - 0.5, -0.5, width - 0.5])
    y = np.array([(height - 1) / 2, -0.5, -0.5, height - 0.5, height - 0.5])
    try:
        sky = celestial_wcs(header).celestial
        centre, *corners = sky.pixel_to_world(x, y).icrs
        reach = max(float(centre.separation(corner).deg) for corner in corners)
        galaxy = SkyCoord(ra, dec, unit="deg", frame="icrs")
        away = float(centre.separation(galaxy).deg)
    except Exception:
        # astropy raises many kinds of errors for unusable coordinates; the image then counts as having none.
        return None
    if not (math.isfinite(reach) and math.isfinite(away)):
        return None
    if away > reach:  # the projection may have no pixel for a position that is far away
        return False
    try:
        at_x, at_y = sky.world_to_pixel(galaxy)
    except Exception:
        return True
    return bool(-0.5 <= at_x <= width - 0.5 and -0.5 <= at_y <= height - 0.5)
