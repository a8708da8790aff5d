"""Names of photometric bands, and their wavelengths, by which the colours of a picture are ordered."""

import re
from collections.abc import Sequence

__all__ = ["band_name", "lower_sloan", "wavelength"]

# Effective wavelengths in nm. Sources: Fukugita et al. (1996, AJ 111, 1748) for SDSS and, near enough for an order,
# DECam, KiDS, Pan-STARRS and HSC; Bessell (2005, ARA&A 43, 293) for Johnson, Cousins and JHK. F062 to F213 are Roman's;
# F200LP and F350LP are so wide that their numbers, which are where they begin, would mislead.
_WAVELENGTHS = {
    "u": 355, "g": 477, "r": 623, "i": 763, "z": 905, "y": 962, "w": 608,
    "U": 366, "B": 436, "V": 545, "R": 641, "I": 798, "Z": 882, "Y": 1031, "J": 1220, "H": 1630, "K": 2190, "Ks": 2150,
    "j": 1220, "h": 1630, "k": 2190, "ks": 2150, "W1": 3370, "W2": 4620, "W3": 12080, "W4": 22190,
    "blue": 450, "green": 550, "red": 650, "FUV": 153, "NUV": 227, "VIS": 720,
    "F062": 620, "F087": 870, "F106": 1060, "F129": 1290, "F146": 1460, "F158": 1580, "F184": 1840, "F213": 2130,
    "F200LP": 487, "F350LP": 585,
}  # fmt: skip
# Other names of the same: primes and standards of SDSS's and Cousins's systems as LCO and others write them.
_ALIASES = {
    "up": "u", "gp": "g", "rp": "r", "ip": "i", "zs": "z", "uprime": "u", "gprime": "g", "rprime": "r", "iprime": "i",
    "zprime": "z", "Rc": "R", "Ic": "I", "Kshort": "Ks", "KS": "Ks", "Kp": "K",
}  # fmt: skip
# Filters of space telescopes are called F, a number and a letter for the width. The number is the wavelength in nm for
# HST's detectors of visible light (WFC3 UVIS, ACS WFC, WFPC2), and in 10 nm for infrared ones (WFC3 IR, NICMOS; NIRCam,
# NIRISS and MIRI of JWST). Sources: the instrument handbooks of HST (STScI), and "NIRCam Filters", "NIRISS Filters" and
# "MIRI Filters" of the JWST User Documentation. Below 200 it counts 10 nm, except in the far ultraviolet; from 200
# on nm, except for JWST's and NICMOS's. Names that HST has, too, such as F410M, are taken for JWST's.
_SPACE = re.compile(r"F(\d{3,4})(?:W2|LP|BW|[WMNXC])", re.IGNORECASE)
_FAR_ULTRAVIOLET = re.compile(r"F1(?:(?:15|25|30|40|50|65)LP|22M|60BW|70W|85W)")
_INFRARED = re.compile(
    r"F(?:(?:200|277|356|444|560|770|1000|1280|1500|1800|2100|2550|1130|205)W|(?:1065|1140|1550|2300)C|322W2"
    r"|(?:210|250|300|335|360|380|410|430|460|480|204|207|222|237|240)M|(?:212|323|405|466|470|215|216)N)"
)

_SLOAN = ("U", "G", "R", "I", "Z", "Y")

# What headers write around the name of a band: "r DECam SDSS c0002 6415.0 1480.0", "r.MP9601", "OCAM_r_SDSS", "ZTF_r".
_BREAKS = re.compile("[\\s.,;:/_+'\u2032\u2019-]+")
_SUBARU = re.compile(r"HSC-([GRIZY])2?|W-S-([GRIZ])\+", re.IGNORECASE)
_GLUED = re.compile(r"(?:SDSS|PS1|DES|LSST|SDSS-?DR\d+)([ugrizy])")  # "SDSSr"
_LINES = re.compile(r"\b(?:alpha|beta|continuum|narrow|off)\b|\bN\d{3,4}\b|\bNB", re.IGNORECASE)  # "H alpha" is not H


def band_name(text: str) -> str:
    """Short name of a band, from what a header says: ``"r"`` from ``"r DECam SDSS c0002 6415.0 1480.0"``.

    Examples
    --------
    >>> [band_name(text) for text in ("HSC-I2", "r.MP9601", "r.00000", "SDSS g'", "f814w ", "DSS2 Red")]
    ['i', 'r', 'r', 'g', 'F814W', 'DSS2 Red']
    """
    text = text.strip()
    text = _ALIASES.get(text, text)
    if text in _WAVELENGTHS:
        return text
    if _SPACE.fullmatch(text):
        return text.upper()
    if match := _SUBARU.fullmatch(text) or _GLUED.fullmatch(text):
        return next(filter(None, match.groups())).lower()
    if _LINES.search(text):
        return text
    words = [_ALIASES.get(word, word) for word in _BREAKS.split(text)]
    known = {word.upper() if _SPACE.fullmatch(word) else word for word in words if wavelength(word)}
    return known.pop() if len(known) == 1 else text


def lower_sloan(bands: Sequence[str]) -> tuple[str, ...]:
    """Write the bands of a set in small letters if they are SDSS's or the like in capitals, which ``G`` shows.

    Johnson's and Cousins's bands have no G, so that U, B, V or R, I stay.

    Examples
    --------
    >>> lower_sloan(("G", "R", "Z")), lower_sloan(("U", "B", "V"))
    (('g', 'r', 'z'), ('U', 'B', 'V'))
    """
    if "G" not in bands or {"B", "V"} & set(bands):
        return tuple(bands)
    return tuple(band.lower() if band in _SLOAN else band for band in bands)


def wavelength(band: str) -> float | None:
    """Wavelength of a band in nm, near enough to order the bands of an image; None if the band is unknown.

    Examples
    --------
    >>> [wavelength(band) for band in ("r", "F555W", "F160W", "F444W", "white light")]
    [623.0, 555.0, 1600.0, 4440.0, None]
    """
    band = _ALIASES.get(band, band)
    if band in _WAVELENGTHS:
        return float(_WAVELENGTHS[band])
    match = _SPACE.fullmatch(band)
    if match is None:
        return None
    name, number = band.upper(), int(match[1])
    tens = _INFRARED.fullmatch(name) or (number < 200 and not _FAR_ULTRAVIOLET.fullmatch(name))
    return float(10 * number if tens else number)
