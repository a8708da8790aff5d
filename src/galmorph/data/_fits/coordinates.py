"""Celestial coordinates of a FITS image."""

import math
import re

import numpy as np
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.wcs import WCS

__all__ = ["celestial_wcs", "pixel_scale"]

# Keywords of the coordinates of two axes: FITS Standard 4.0, section 8, with older forms; SIP; TPV. wcslib needs a
# third of the time if the others are left out.
_KEYWORDS = re.compile(
    r"(?:CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)[12]|(?:CD|PC)(?:[12]_[12]|00[12]00[12])|PV[12]_\d+|PROJP\d+"
    r"|LONPOLE|LATPOLE|EQUINOX|EPOCH|RADESYS|RADECSYS|(?:A|B|AP|BP)_(?:ORDER|DMAX|\d_\d)"
)
# The plate solution of the Digitized Sky Survey. wcslib (8.4) ends Python if one of them is a text or a truth value, or
# if a coefficient after the 13th, for which it has no place, is not 0.
_PLATE = re.compile(r"PLT(?:RA[HMS]|DEC(?:SN|[DMS])|SCALE)|CNPIX[12]|[XY]PIXELSZ|PPO\d|AMD[XY]\d+")
_COEFFICIENTS = [f"AMD{axis}{number}" for axis in "XY" for number in range(1, 14)]
_LATER = re.compile(r"AMD[XY](?!(?:[1-9]|1[0-3])$)\d+")
_SCALES = ("CDELT1", "CD1_1", "CD1_2", "PC1_1", "PC1_2", "CD001001", "PC001001", "AMDX1")


def celestial_wcs(header: fits.Header) -> WCS:
    """Coordinates of the first two axes of an image, whatever else its header holds.

    Raises
    ------
    ValueError
        If a plate solution can't be used, and the header has no other coordinates.
    Exception
        What astropy raises for coordinates that it can't interpret, which are many kinds.
    """
    cards = _first(header)
    chosen = [card for card in cards if _KEYWORDS.fullmatch(card.keyword)]
    plate = [card for card in cards if _PLATE.fullmatch(card.keyword)]
    if plate and _is_usable(plate):
        chosen += [card for card in plate if not _LATER.fullmatch(card.keyword)]
    elif plate and "CTYPE1" not in header:
        raise ValueError("the plate solution (AMDX1 ...) is not complete, or holds values that are no numbers")
    return WCS(fits.Header(chosen))


def _first(header: fits.Header) -> list[fits.Card]:
    """The first card of each keyword, which counts. wcslib (8.4) writes beyond its memory if many are repeated."""
    found: dict[str, fits.Card] = {}
    for card in header.cards:
        found.setdefault(card.keyword, card)
    return list(found.values())


def _is_usable(plate: list[fits.Card]) -> bool:
    """Whether wcslib can use a plate solution: the numbers are numbers, and no coefficient stands after the 13th."""
    values = {card.keyword: card.value for card in plate}
    numbers = {key: value for key, value in values.items() if key != "PLTDECSN"}
    return (
        all(key in numbers for key in _COEFFICIENTS)
        and values.get("PLTDECSN") in ("+", "-")
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in numbers.values())
        and not any(value for key, value in numbers.items() if _LATER.fullmatch(key))
    )


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
    with np.errstate(all="ignore"):  # damaged coordinates may be infinite
        across, along = np.rad2deg(angular_separation(lon[::2], lat[::2], lon[1::2], lat[1::2])) * 3600
        square = across > 0 and along > 0 and abs(across / along - 1) < 0.05
    return math.sqrt(across * along) if square else None
