"""FITS images, read with astropy."""

import io
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import angular_separation
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS, FITSFixedWarning
from jaxtyping import Bool, Float32

from galmorph.data._images.quiet import quiet
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["read_fits"]

_MAX_PLANES = 16
# Types of axes that are not on the sky: FITS Standard 4.0, tables 25 and 28, and older ones of AIPS and IRAF.
_SPECTRAL = re.compile("FREQ|ENER|WAVN|VRAD|WAVE|VOPT|ZOPT|AWAV|VELO|BETA|FELO|LAMBDA|STOKES|MULTISPE")
_DESCRIPTIONS = ("OBJECT", "TELESCOP", "INSTRUME", "SURVEY", "ORIGIN", "DATE-OBS", "EXPTIME", "BUNIT")


def read_fits(
    file: io.BufferedReader | io.BytesIO, path: Path, hdu: int | str | None, name: str, max_pixels: int
) -> GalaxyImage:
    """Read an open, unpacked FITS file; see `galmorph.data.read_image`."""
    try:
        # Many headers in archives break the letter of the standard, and astropy warns of each. Damage that affects the
        # pixels (a file that is cut short) is checked below.
        with (
            quiet(AstropyUserWarning, FITSFixedWarning),
            fits.open(file, mode="readonly", memmap=False, do_not_scale_image_data=True) as hdus,
        ):
            chosen = _choose(hdus, path, hdu)
            _check_size(chosen, path, max_pixels)
            _check_complete(chosen, path, file)
            planes = _values(chosen)
            header = chosen.header
            scale = _pixel_scale(header, planes.shape[-1], planes.shape[-2])
            bands = _bands(header, len(planes))
            metadata = {"format": "FITS", "hdu": str(hdus.index_of(chosen))} | {
                key: str(header[key]).strip() for key in _DESCRIPTIONS if key in header
            }
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except Exception as error:
        # Damaged headers make astropy fail in many ways: OSError, VerifyError, TypeError, KeyError, IndexError, ...
        raise UnreadableImageError(f"{path}: damaged FITS file ({error}); fetch it again") from error
    pixels = np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    finite = np.isfinite(pixels)
    mask: Bool[np.ndarray, "height width"] = ~finite.all(axis=-1)
    pixels[~finite] = 0
    if mask.all():
        raise UnsuitableImageError(f"{path}: no pixel holds a measurement: all are blank, NaN or infinite in some band")
    return GalaxyImage(pixels=pixels, mask=mask, name=name, pixel_scale=scale, bands=bands, metadata=metadata)


def _choose(hdus: Any, path: Path, wanted: int | str | None) -> Any:
    if wanted is not None:
        try:
            chosen = hdus[wanted]
        except (KeyError, IndexError) as error:
            raise UnsuitableImageError(f"{path}: no HDU {wanted!r}; there are {_listing(hdus)}") from error
    else:
        chosen = next((hdu for hdu in hdus if hdu.is_image and hdu.size > 0), None)
        if chosen is None:
            raise UnsuitableImageError(f"{path}: no HDU holds an image: {_listing(hdus)}; look for another file")
    refusal = _refusal(chosen)
    if refusal:
        raise UnsuitableImageError(
            f"{path}: expected one image of one galaxy, got {refusal} in HDU {hdus.index_of(chosen)}; "
            f"choose another with hdu=, if one of these is an image: {_listing(hdus)}"
        )
    return chosen


def _refusal(hdu: Any) -> str | None:
    """Say what an HDU holds if it is not an image of a galaxy."""
    if not hdu.is_image:
        return "a table"
    if hdu.size == 0:
        return "no data"
    shape = " x ".join(map(str, hdu.shape))
    types = [str(hdu.header.get(f"CTYPE{axis}", "")).strip().upper() for axis in range(len(hdu.shape), 0, -1)]
    planes = [(length, type_) for length, type_ in zip(hdu.shape[:-2], types, strict=False) if length > 1]
    if min(hdu.shape[-2:]) < 2 or len(hdu.shape) < 2:
        return f"a spectrum or a single row ({shape})"
    if any(map(_SPECTRAL.match, types[-2:])) or "spec" in str(hdu.header.get("WAT0_001", "")):
        return f"spectra ({shape})"
    if len(planes) > 1:
        return f"a hypercube ({shape})"
    for length, type_ in planes:
        if _SPECTRAL.match(type_):
            return f"a cube ({shape}) with an axis of {type_}"
        if length > _MAX_PLANES:
            return f"a cube of {length} planes ({shape}; a stack of bands has at most {_MAX_PLANES}: bands, y, x)"
    return None


def _listing(hdus: Any) -> str:
    kinds = []
    for number, hdu in enumerate(hdus):
        kind = (" x ".join(map(str, hdu.shape)) or "empty") if hdu.is_image else "table"
        kinds.append(f"{number} {hdu.name} ({kind})".replace("  ", " "))
    return ", ".join(kinds[:8]) + (f" and {len(kinds) - 8} more" if len(kinds) > 8 else "")


def _check_size(hdu: Any, path: Path, max_pixels: int) -> None:
    # A tile of a compressed image is unpacked as a whole, even if the image is smaller than its tile.
    size = max(math.prod(hdu.shape), math.prod(getattr(hdu, "tile_shape", ())))
    if size > max_pixels:
        shape = " x ".join(map(str, hdu.shape))
        raise UnsuitableImageError(
            f"{path}: {shape} pixels are more than {max_pixels}; cut out the galaxy, or raise max_pixels"
        )


def _check_complete(hdu: Any, path: Path, file: io.BufferedReader | io.BytesIO) -> None:
    length = file.seek(0, os.SEEK_END)
    where = hdu.fileinfo()
    # hdu.size of a compressed HDU is the size of the unpacked image, not of the data in the file.
    needed = where["datLoc"] + (where["datSpan"] if isinstance(hdu, fits.CompImageHDU) else hdu.size)
    if length < needed:
        raise UnreadableImageError(f"{path}: the file is cut short: {length} of {needed} bytes; fetch it again")


def _values(hdu: Any) -> Float32[np.ndarray, "bands height width"]:
    header = hdu.header
    data = hdu.data
    scale, zero = float(header.get("BSCALE", 1)), float(header.get("BZERO", 0))
    with np.errstate(over="ignore", invalid="ignore"):  # values beyond float32 become infinite and are masked
        values: Float32[np.ndarray, "..."] = (
            data.astype(np.float32) if (scale, zero) == (1, 0) else (data * scale + zero).astype(np.float32)
        )
    if "BLANK" in header and data.dtype.kind in "iu":
        values[data == header["BLANK"]] = np.nan
    return values.reshape(-1, *values.shape[-2:])


def _bands(header: fits.Header, planes: int) -> tuple[str, ...] | None:
    if planes == 1:
        found = (str(header[key]).strip() for key in ("FILTER", "FILTNAM", "BAND", "SURVEY") if key in header)
        band = next(filter(None, found), None)
        return None if band is None else (band,)
    together = str(header.get("BANDS", "")).strip()
    names = tuple(together.split(",") if "," in together else together)
    return tuple(name.strip() for name in names) if len(names) == planes else None


def _pixel_scale(header: fits.Header, width: int, height: int) -> float | None:
    """Side of a pixel at the centre in arcsec, or None if the header gives no single value."""
    if not any(key in header for key in ("CDELT1", "CD1_1", "CD1_2", "PC1_1", "PC1_2", "AMDX1")):
        return None
    x, y = (width - 1) / 2, (height - 1) / 2
    try:
        sky = WCS(header).celestial
        lon, lat = np.deg2rad(sky.all_pix2world([[x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]], 0)).T
    except Exception:
        # If astropy can't interpret the coordinates, for any reason, the scale is unknown; the pixels are still good.
        return None
    across, along = np.rad2deg(angular_separation(lon[::2], lat[::2], lon[1::2], lat[1::2])) * 3600
    square = across > 0 and along > 0 and abs(across / along - 1) < 0.05
    return math.sqrt(across * along) if square else None
