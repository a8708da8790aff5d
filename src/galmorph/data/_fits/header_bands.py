"""Bands of an image, from its FITS headers."""

import re
from collections.abc import Sequence

from astropy.io import fits

from galmorph._bands import band_name, wavelength

__all__ = ["image_band", "stack_bands"]

# In this order. FPA.FILTERID is Pan-STARRS's, ESO INS FILT1 NAME is ESO's; both are HIERARCH keywords.
_KEYWORDS = (
    "FILTER",
    "FILTNAM",
    "FILTNAM1",
    "BAND",
    "FPA.FILTERID",
    "ESO INS FILT1 NAME",
    "FILTER1",
    "FILTER2",
    "SURVEY",
)
_WHEELS = ("FILTER1", "FILTER2")  # numbers with some cameras (WFPC2), names with others (ACS)
_NO_FILTER = re.compile(r"clear\w*|open|none|empty|blank|n/?a|-*", re.IGNORECASE)
_WIDTHS = ("N", "M", "W", "W2")  # of JWST's filters, from narrow to wide
_LEGACY_SURVEYS = re.compile(r"decals|legacy.?survey|\bls.?dr\d|bass|mzls", re.IGNORECASE)
_PLANES_OF_LEGACY_SURVEYS = {3: ("g", "r", "z"), 4: ("g", "r", "i", "z")}


def image_band(headers: Sequence[fits.Header]) -> str | None:
    """Band of an image, from its header or else from the next one (that of an empty primary HDU)."""
    for header in headers:
        for key in _KEYWORDS:
            text = _text(header, key)
            if key in _WHEELS and text.isdigit():
                continue
            if key == "FILTER" and "PUPIL" in header:
                text = _narrower(text, _text(header, "PUPIL"))
            if not _NO_FILTER.fullmatch(text):
                return band_name(text)
    return None


def stack_bands(header: fits.Header, planes: int) -> tuple[str, ...] | None:
    """Bands of a stack of planes: ``BANDS``, ``BAND0`` ..., ``FILTER0`` ..., then conventions of surveys."""
    together = _text(header, "BANDS")
    words = [word for word in re.split(r"[\s,;/]+", together) if word]
    candidates = [tuple(words), tuple(together)]
    for stem in ("BAND", "FILTER"):
        candidates += [tuple(_text(header, f"{stem}{number + first}") for number in range(planes)) for first in (0, 1)]
    for names in candidates:
        bands = tuple(band_name(name) for name in names)
        if len(bands) == planes == len(set(bands)) and not any(map(_NO_FILTER.fullmatch, bands)):
            return bands
    if _LEGACY_SURVEYS.search(_text(header, "SURVEY")):
        return _PLANES_OF_LEGACY_SURVEYS.get(planes)
    return None


def _text(header: fits.Header, key: str) -> str:
    value = header.get(key, "")
    return "" if isinstance(value, fits.card.Undefined) else str(value).strip()


def _narrower(filter_: str, pupil: str) -> str:
    """Choose the narrower one of the two filters that light passes in NIRCam and NIRISS."""

    def width(name: str) -> int:
        letters = name.upper().lstrip("F0123456789")
        return _WIDTHS.index(letters) if wavelength(name) and letters in _WIDTHS else len(_WIDTHS)

    return min(filter_, pupil, key=width)
