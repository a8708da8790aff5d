"""FITS images, read with astropy."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import FITSFixedWarning
from jaxtyping import Bool, Float32

from galmorph.data._fits.compressed_tiles import check_tiles
from galmorph.data._fits.constant_border import constant_border, constant_channels
from galmorph.data._fits.constant_holes import constant_holes
from galmorph.data._fits.coordinates import pixel_scale
from galmorph.data._fits.datasum import datasum_differs
from galmorph.data._fits.hdus import HduName, choose_hdus, hdu_bands, hdu_label, hdu_role, headers_of
from galmorph.data._fits.header_bands import image_band, stack_bands
from galmorph.data._fits.header_counts import check_counts
from galmorph.data._fits.percent import percent
from galmorph.data._fits.pixel_values import (
    check_asinh,
    check_complete,
    check_size,
    image_planes,
    is_asinh,
    magnitude_notes,
)
from galmorph.data._fits.planes import planes_mask, planes_of
from galmorph.data._fits.quiet import quiet
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["read_fits"]

_DESCRIPTIONS = ("OBJECT", "TELESCOP", "INSTRUME", "SURVEY", "ORIGIN", "DATE-OBS", "EXPTIME", "BUNIT")
_PICTURE = 8  # BITPIX of pictures, whose white is no saturation of a detector
_ROLES = {"mask": "a mask", "weight": "a weight", "error": "an error", "auxiliary": "an auxiliary"}


def read_fits(
    file: io.BufferedReader | io.BytesIO,
    path: Path,
    *,
    hdu: HduName | None,
    bands: tuple[str, ...] | None,
    name: str,
    max_pixels: int,
) -> GalaxyImage:
    """Read an open, unpacked FITS file; see `galmorph.data.read_image`."""
    try:
        check_counts(file, path)
        # Many headers in archives break the letter of the standard, and astropy warns of each. Damage that affects the
        # pixels (a file that is cut short) is checked below.
        with (
            quiet(AstropyUserWarning, FITSFixedWarning),
            np.errstate(over="ignore"),  # astropy casts quantised pixels; those beyond float32 are masked
            fits.open(file, mode="readonly", memmap=False, do_not_scale_image_data=True) as hdus,
        ):
            try:
                return _read(hdus, file, path, hdu, bands, name, max_pixels)
            except fits.VerifyError:  # a card such as FILTER = r, without quotes
                hdus.verify("silentfix+ignore")
                return _read(hdus, file, path, hdu, bands, name, max_pixels)
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except fits.VerifyError as error:
        reason = " ".join(str(error).split())
        raise UnreadableImageError(f"{path}: the header breaks the FITS standard ({reason}); repair it") from error
    except Exception as error:
        # Damaged headers make astropy fail in many ways: OSError, TypeError, KeyError, IndexError, ...
        raise UnreadableImageError(f"{path}: damaged FITS file ({error}); fetch it again") from error


def _read(
    hdus: Any,
    file: io.BufferedReader | io.BytesIO,
    path: Path,
    wanted: HduName | None,
    bands: tuple[str, ...] | None,
    name: str,
    max_pixels: int,
) -> GalaxyImage:
    chosen = choose_hdus(hdus, path, wanted)
    first = chosen.hdus[0]
    headers = headers_of(hdus, first)
    # One plane may belong to several images; a dictionary keeps each once, in order.
    planes = list({id(plane): plane for image in chosen.hdus for plane in planes_of(hdus, image)}.values())
    check_size(chosen.hdus, path, max_pixels)
    for plane in planes:
        check_size([plane], path, max_pixels)
    for each in (*chosen.hdus, *planes):
        check_complete(each, path, file)
        if isinstance(each, fits.CompImageHDU):
            check_tiles(each, path, file)
    for each in chosen.hdus:
        check_asinh(each, path)

    pixels = np.ascontiguousarray(np.moveaxis(np.concatenate([image_planes(each) for each in chosen.hdus]), 0, -1))
    found = chosen.bands or _bands(first, headers, pixels.shape[-1])
    if bands is not None and len(bands) != pixels.shape[-1]:
        have = f" ({', '.join(found)})" if found else ""
        raise UnsuitableImageError(
            f"{path}: expected {len(bands)} planes for bands={bands!r}, the file has {pixels.shape[-1]}{have}; "
            "give one band for each plane"
        )
    notes = [
        f"HDU {hdu_label(hdus, each)} may be damaged: its data do not add up to its DATASUM"
        for each in (*chosen.hdus, *planes)
        if datasum_differs(each, file)
    ]
    if hdu_role(first) in _ROLES:
        notes.append(f"HDU {hdu_label(hdus, first)} is {_ROLES[hdu_role(first)]} plane, not an image")
    if any(is_asinh(each.header) for each in chosen.hdus):
        notes.append("pixels made linear (BSOFTEN, BOFFSET)")
    notes += magnitude_notes(str(headers[0].get("BUNIT", ""))) if not is_asinh(first.header) else []
    bands = found if bands is None else bands
    pixels, bands, left_out = _measured(pixels, bands, path)
    notes += left_out
    mask, hidden = planes_mask(hdus, planes, _blank(pixels))
    notes += hidden
    if mask.all():
        raise UnsuitableImageError(
            f"{path}: no pixel holds a measurement: all are blank, NaN or beyond 1e30 in some band"
        )
    border = constant_border(pixels, mask)
    if border is not None:
        notes.append(f"{percent(border.mean())} of the pixels masked: a border of constant value")
        mask |= border
    if first.header["BITPIX"] != _PICTURE:
        for what, holes in constant_holes(pixels, mask).items():
            notes.append(f"{percent(holes.mean())} of the pixels masked: {what}")
            mask |= holes
    for channel, share in constant_channels(pixels).items():
        band = f"band {bands[channel]}" if bands else f"plane {channel + 1}"
        notes.append(f"{percent(share)} of the pixels of {band} have one value, but not in other bands")
    return GalaxyImage(
        pixels=pixels,
        mask=mask,
        name=name,
        pixel_scale=pixel_scale(first.header, pixels.shape[1], pixels.shape[0]),
        bands=bands,
        metadata=_metadata(headers) | {"hdu": str(hdus.index_of(first))},
        notes=tuple(notes),
    )


def _measured(
    pixels: Float32[np.ndarray, "height width bands"], bands: tuple[str, ...] | None, path: Path
) -> tuple[Float32[np.ndarray, "height width rest"], tuple[str, ...] | None, list[str]]:
    """Leave out bands of a stack that hold no measurement, and say so."""
    empty = ~np.isfinite(pixels).any(axis=(0, 1))
    if not empty.any() or empty.all():
        return pixels, bands, []
    places = np.flatnonzero(empty)
    if bands is None:
        raise UnsuitableImageError(
            f"{path}: no pixel of plane {', '.join(str(place + 1) for place in places)} of {len(empty)} holds a "
            "measurement; name the planes with bands=, and those that are empty are left out"
        )
    lost = ", ".join(bands[place] for place in places)
    note = f"band {lost} left out: no pixel holds a measurement"
    rest = tuple(band for band, none in zip(bands, empty, strict=True) if not none)
    return np.ascontiguousarray(pixels[..., ~empty]), rest, [note]


def _blank(pixels: Float32[np.ndarray, "height width bands"]) -> Bool[np.ndarray, "height width"]:
    """Mask pixels that are not finite in some band, and set these values to 0."""
    finite = np.isfinite(pixels)
    pixels[~finite] = 0
    return ~finite.all(axis=-1)


def _bands(image: Any, headers: list[fits.Header], planes: int) -> tuple[str, ...] | None:
    if planes > 1:
        return stack_bands(headers[0], planes)
    band = image_band(headers) or hdu_bands([image])[0]
    return None if band is None else (band,)


def _metadata(headers: list[fits.Header]) -> dict[str, str]:
    found = {key: str(header[key]).strip() for header in reversed(headers) for key in _DESCRIPTIONS if key in header}
    return {"format": "FITS"} | found
