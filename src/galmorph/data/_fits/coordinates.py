"""Celestial coordinates of a FITS image."""

import math
import re

import numpy as np
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.wcs import WCS

__all__ = ["celestial_wcs", "pixel_scale"]

# Keywords of the coordinates of two axes: FITS Standard 4.0, section 8, with older forms; SIP; TPV; and the plate
# solution of the Digitized Sky Survey. wcslib needs a third of the time if the others are left out.
_KEYWORDS = re.compile(
    r"(?:CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)[12]|(?:CD|PC)(?:[12]_[12]|00[12]00[12])|PV[12]_\d+|PROJP\d+"
    r"|LONPOLE|LATPOLE|EQUINOX|EPOCH|RADESYS|RADECSYS|(?:A|B|AP|BP)_(?:ORDER|DMAX|\d_\d)"
    r"|PLT(?:RA[HMS]|DEC(?:SN|[DMS])|SCALE)|CNPIX[12]|[XY]PIXELSZ|PPO\d|AMD[XY]\d+"
)
_SCALES = ("CDELT1", "CD1_1", "CD1_2", "PC1_1", "PC1_2", "CD001001", "PC001001", "AMDX1")


def celestial_wcs(header: fits.Header) -> WCS:
    """Coordinates of the first two axes of an image, whatever else its header holds."""
    return WCS(fits.Header([card for card in header.cards if _KEYWORDS.fullmatch(card.keyword)]))


def pixel_scale(header: fits.Header, width: int, height: int) -> float | None:
    """Side of a pixel at the centre in arcsec, or None if the header gives no single value."""
    if not any(key in header for key in _SCALES):
        return None
    x, y = (width - 1) / 2, (height - 1) / 2
    try:
        sky = celestial_wcs(header)
        world = sky.all_pix2world([[x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]], 0)
        if sky.wcs.lng < 0 or sky.wcs.lat < 0:
            return None
        lon, lat = np.deg2rad(world[:, [sky.wcs.lng, sky.wcs.lat]]).T
    except Exception:
        # If astropy can't interpret the coordinates, for any reason, the scale is unknown; the pixels are still good.
        return None
    across, along = np.rad2deg(angular_separation(lon[::2], lat[::2], lon[1::2], lat[1::2])) * 3600
    square = across > 0 and along > 0 and abs(across / along - 1) < 0.05
    return math.sqrt(across * along) if square else None
