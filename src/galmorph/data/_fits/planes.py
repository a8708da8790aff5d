"""Masks, weights and errors that accompany an image in its file, as one mask."""

import re
from typing import Any

import numpy as np
from astropy.io import fits
from jaxtyping import Bool

from galmorph._bands import wavelength
from galmorph.data._fits.hdus import hdu_bands, hdu_label, hdu_role, headers_of
from galmorph.data._fits.header_bands import image_band
from galmorph.data._fits.percent import percent
from galmorph.data._fits.pixel_values import scaled_data

__all__ = ["planes_mask", "planes_of"]

# LSST's and HSC's mask planes that say that a pixel holds no measurement; others mark what was detected or repaired.
_LSST_PLANES = ("BAD", "NO_DATA", "CR", "SAT", "UNMASKEDNAN")
_LSST = re.compile(r"MP_\w+")
_JWST_DO_NOT_USE = 1
_MOST = 0.5  # planes that hide more than this are no masks, or mean something else


def planes_of(hdus: Any, image: Any) -> list[Any]:
    """Masks, weights and errors of an image: HDUs of its shape, its ``EXTVER`` and its band."""
    if hdu_role(image) not in ("science", "image", "unknown"):
        return []
    return [
        hdu
        for hdu in hdus
        if hdu.is_image
        and hdu is not image
        and _fits(hdu.shape, image.shape)
        and hdu.ver == image.ver
        and hdu_role(hdu) in ("mask", "weight", "error")
        and len({*hdu_bands([hdu, image])} - {None}) < 2
        and len({*map(_header_band, (hdu, image))} - {None}) < 2
    ]


def planes_mask(
    hdus: Any, planes: list[Any], mask: Bool[np.ndarray, "height width"]
) -> tuple[Bool[np.ndarray, "height width"], list[str]]:
    """Join the mask of an image with what the planes hide, and describe in notes what each of them did."""
    joined = mask
    measured = max(int(np.count_nonzero(~mask)), 1)
    notes = []
    for hdu in planes:
        hidden = _hidden(hdus, hdu)
        share = np.count_nonzero(hidden & ~mask) / measured
        label = hdu_label(hdus, hdu)
        # Frames that drizzling has rotated may be half empty, as their weights say.
        if share == 1 or (share > _MOST and hdu_role(hdu) != "weight"):
            notes.append(f"HDU {label} not used as a mask: it would hide {percent(share)} of the pixels")
        elif share > 0:
            notes.append(f"{percent(share)} of the pixels masked by HDU {label}")
            joined = joined | hidden
    return joined, notes


def _header_band(hdu: Any) -> str | None:
    band = image_band([hdu.header])
    return band if band and wavelength(band) else None


def _fits(shape: tuple[int, ...], image: tuple[int, ...]) -> bool:
    return len(shape) >= 2 and shape[-2:] == image[-2:] and int(np.prod(shape[:-2])) in (1, int(np.prod(image[:-2])))


def _hidden(hdus: Any, hdu: Any) -> Bool[np.ndarray, "height width"]:
    """Pixels that a mask, weight or error plane declares useless."""
    values = scaled_data(hdu)
    if hdu_role(hdu) == "mask":
        bits = _bits(headers_of(hdus, hdu))
        bad = values != 0 if bits is None else (values.astype(np.int64) & bits) != 0
    else:
        bad = ~(np.isfinite(values) & (values > 0))
    return bad.reshape(-1, *bad.shape[-2:]).any(axis=0)


def _bits(headers: list[fits.Header]) -> int | None:
    """Bits of a mask that hide a pixel; None if all do."""
    lsst = [key for key in headers[0] if _LSST.fullmatch(key)]
    if lsst:
        return sum(1 << int(headers[0][f"MP_{name}"]) for name in _LSST_PLANES if f"MP_{name}" in lsst)
    if any(str(header.get("TELESCOP", "")).strip().upper() == "JWST" for header in headers):
        return _JWST_DO_NOT_USE
    return None
