"""Bands of an image, from its FITS headers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from astropy.io import fits

from galmorph._bands import band_name, lower_sloan, wavelength

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
    "BANDS",
    "BAND0",
    "SURVEY",
)
# Bands that are numbered: the header of GALEX says "1=NUV,2=FUV". Other numbers are places in a wheel of filters.
_NUMBERED = {
    "WISE": {"1": "W1", "2": "W2", "3": "W3", "4": "W4"},
    "GALEX": {"1": "NUV", "2": "FUV"},
}
_NO_FILTER = re.compile(r"clear\w*|open|none|empty|blank|n/?a|-*", re.IGNORECASE)
_WIDTHS = ("N", "M", "W", "W2")  # of JWST's filters, from narrow to wide
_LEGACY_SURVEYS = re.compile(r"decals|legacy.?survey|\bls.?dr\d|bass|mzls", re.IGNORECASE)
_PLANES_OF_LEGACY_SURVEYS = {3: ("g", "r", "z"), 4: ("g", "r", "i", "z")}


def image_band(headers: Sequence[Mapping[str, Any]]) -> str | None:
    """Band of an image, from its header or else from the next one (that of an empty primary HDU)."""
    for header in headers:
        for key in _KEYWORDS:
            text = _text(header, key)
            if key == "BANDS" and not wavelength(band_name(text)):
                continue  # of a stack
            if text.isdigit():
                text = _numbered(text, headers) if key == "BAND" else ""
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
        bands = lower_sloan([band_name(name) for name in names])
        none = any(_NO_FILTER.fullmatch(band) or band.isdigit() for band in bands)
        if len(bands) == planes == len(set(bands)) and not none:
            return bands
    if _LEGACY_SURVEYS.search(_text(header, "SURVEY")):
        return _PLANES_OF_LEGACY_SURVEYS.get(planes)
    return None


def _text(header: Mapping[str, Any], key: str) -> str:
    value = header.get(key, "")
    return "" if isinstance(value, fits.card.Undefined | bool) else str(value).strip()


def _numbered(number: str, headers: Sequence[Mapping[str, Any]]) -> str:
    words = " ".join(_text(header, key) for header in headers for key in ("TELESCOP", "INSTRUME", "ORIGIN")).upper()
    return next((bands.get(number, "") for mission, bands in _NUMBERED.items() if mission in words), "")


def _narrower(filter_: str, pupil: str) -> str:
    """Choose the narrower one of the two filters that light passes in NIRCam and NIRISS."""

    def width(name: str) -> int:
        letters = name.upper().lstrip("F0123456789")
        return _WIDTHS.index(letters) if wavelength(name) and letters in _WIDTHS else len(_WIDTHS)

    return min(filter_, pupil, key=width)
