"""Values of the pixels of a FITS HDU: size and completeness first, then scaling, blanks and Pan-STARRS's asinh."""

import io
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from jaxtyping import Float, Float32, Num

from galmorph.data._fits.compressed_tiles import stored_header
from galmorph.errors import UnreadableImageError, UnsuitableImageError

__all__ = [
    "LARGEST",
    "check_asinh",
    "check_complete",
    "check_size",
    "from_asinh",
    "image_planes",
    "is_asinh",
    "magnitude_notes",
    "scaled_data",
]

LARGEST = np.float32(1e30)  # larger values fill pixels without a measurement; sums of them overflow float32
_UNIT_OF_MAGNITUDES = re.compile(r"(?<![a-z])(?:ab|st|vega)?_?mag(?!g)", re.IGNORECASE)  # not nanomaggy
_MAGNITUDES = 1.08573620476  # 2.5 log10(e), to the digits that Pan-STARRS's software uses


def check_size(hdus: list[Any], path: Path, max_pixels: int) -> None:
    """Refuse HDUs that hold more pixels together than are allowed, before anything is allocated."""
    # A tile of a compressed image is unpacked as a whole, even if the image is smaller than its tile.
    size = sum(max(math.prod(hdu.shape), math.prod(getattr(hdu, "tile_shape", ()))) for hdu in hdus)
    if size > max_pixels:
        shape = " x ".join(map(str, hdus[0].shape)) if len(hdus) == 1 else f"{len(hdus)} images with {size}"
        raise UnsuitableImageError(
            f"{path}: {shape} pixels are more than {max_pixels}; cut out the galaxy, or raise max_pixels"
        )


def check_asinh(hdu: Any, path: Path) -> None:
    """Refuse an asinh scale that can't be undone."""
    if is_asinh(hdu.header) and not float(hdu.header["BSOFTEN"]) > 0:
        raise UnsuitableImageError(f"{path}: expected BSOFTEN above 0, got {hdu.header['BSOFTEN']}; repair the header")


def check_complete(hdu: Any, path: Path, file: io.BufferedReader | io.BytesIO) -> None:
    """Refuse an HDU whose data are cut. The padding to a multiple of 2880 bytes that follows may be missing."""
    length = file.seek(0, os.SEEK_END)
    place = hdu.fileinfo()
    if length >= place["datLoc"] + place["datSpan"]:
        return
    size = hdu.size
    if isinstance(hdu, fits.CompImageHDU):
        table = stored_header(hdu, file)
        size = table["NAXIS1"] * table["NAXIS2"] + table["PCOUNT"]
    needed = place["datLoc"] + size
    if length < needed:
        raise UnreadableImageError(f"{path}: the file is cut short: {length} of {needed} bytes; fetch it again")


def scaled_data(hdu: Any) -> Num[np.ndarray, "..."]:
    """Values with ``BSCALE`` and ``BZERO`` applied, in the type of the file or in float64."""
    return _scaled(hdu.data, hdu.header)


def image_planes(hdu: Any) -> Float32[np.ndarray, "bands height width"]:
    """Planes of an image in linear units; NaN where it is blank, infinite where it is beyond 1e30."""
    data, header = hdu.data, hdu.header
    with np.errstate(over="ignore", invalid="ignore"):
        values = _scaled(data, header)
        if is_asinh(header):
            values = from_asinh(values.astype(np.float64), float(header["BSOFTEN"]), float(header["BOFFSET"]))
        planes: Float32[np.ndarray, "..."] = values.astype(np.float32)
    planes[(planes > LARGEST) | (planes < -LARGEST)] = np.inf
    if "BLANK" in header and data.dtype.kind in "iu":
        planes[data == header["BLANK"]] = np.nan
    return planes.reshape(-1, *planes.shape[-2:])


def is_asinh(header: fits.Header) -> bool:
    """Say whether the pixels are asinh magnitudes, as in stacks of Pan-STARRS."""
    return "BSOFTEN" in header and "BOFFSET" in header


def from_asinh(values: Float[np.ndarray, "..."], soften: float, offset: float) -> Float[np.ndarray, "..."]:
    """Linear flux of pixels ``v`` in asinh magnitudes: ``offset + soften (exp(x) - exp(-x))`` with ``x = v / 1.0857``.

    Source: Waters et al. (2020, ApJS 251, 4), and "PS1 Stack images" in the documentation of the archive at STScI.
    """
    return offset + 2 * soften * np.sinh(values / _MAGNITUDES)


def magnitude_notes(unit: str) -> list[str]:
    """Note that values are magnitudes, if their unit says so."""
    if not _UNIT_OF_MAGNITUDES.search(unit):
        return []
    return [f"values are magnitudes (unit {unit}): the galaxy is darker than the sky; convert them to fluxes"]


def _scaled(data: Num[np.ndarray, "..."], header: fits.Header) -> Num[np.ndarray, "..."]:
    scale, zero = float(header.get("BSCALE", 1)), float(header.get("BZERO", 0))
    return data if (scale, zero) == (1, 0) else data * scale + zero
