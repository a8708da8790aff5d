"""Names of photometric bands, and their wavelengths, by which the colours of a picture are ordered."""

import re

__all__ = ["band_name", "wavelength"]

# Effective wavelengths in nm. Sources: Fukugita et al. (1996, AJ 111, 1748) for SDSS and, near enough for an order,
# DECam, KiDS, Pan-STARRS and HSC; Bessell (2005, ARA&A 43, 293) for Johnson, Cousins and JHK.
_WAVELENGTHS = {
    **{"u": 355, "g": 477, "r": 623, "i": 763, "z": 905, "y": 962, "w": 608},
    **{"U": 366, "B": 436, "V": 545, "R": 641, "I": 798, "Z": 882, "Y": 1031, "J": 1220, "H": 1630, "K": 2190, "Ks": 2150},
    **{"j": 1220, "h": 1630, "k": 2190, "ks": 2150, "W1": 3370, "W2": 4620, "W3": 12080, "W4": 22190},
    **{"blue": 450, "green": 550, "red": 650, "FUV": 153, "NUV": 227, "VIS": 720},
}
# Filters of JWST from 2 micrometres on; in the names of HST's filters such numbers are nm, in all others 10 nm.
_JWST = {
    *(200, 210, 212, 250, 277, 300, 322, 323, 335, 356, 360, 405, 410, 430, 444, 460, 466, 470, 480),
    *(560, 770, 1000, 1130, 1280, 1500, 1800, 2100, 2550),
}
_SPACE = re.compile(r"f(\d{3,4})(?:w|m|n|x|lp|w2)", re.IGNORECASE)


def band_name(text: str) -> str:
    """Short name of a band, from what a header says: ``"r"`` from ``"r DECam SDSS c0002 6415.0 1480.0"``."""
    return text.strip()


def wavelength(band: str) -> float | None:
    """Wavelength of a band in nm, near enough to order the bands of an image; None if the band is unknown."""
    if band in _WAVELENGTHS:
        return float(_WAVELENGTHS[band])
    match = _SPACE.fullmatch(band)
    if match is None:
        return None
    number = int(match[1])
    return float(10 * number if number < 200 or number in _JWST else number)
