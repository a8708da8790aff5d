"""JPEG, PNG and TIFF pictures, read with pillow."""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from galmorph.data._fits.quiet import quiet
from galmorph.data._images.jpeg import decode_jpeg
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["read_picture"]

_TAIL = 1 << 16
_WHOLE = 1 << 26  # bytes; larger files are read piece by piece
_LOCK = threading.Lock()
_BYTE = 255
_KEPT = {"RGB", "L", "I", "I;16", "I;16B", "I;16L", "F"}


def read_picture(
    file: io.BufferedReader | io.BytesIO, path: Path, format_: str, name: str, max_pixels: int
) -> GalaxyImage:
    """Read an open picture; see `galmorph.data.read_image`."""
    try:
        _check_end(file, path, format_)
        if format_ == "JPEG" and file.seek(0, os.SEEK_END) <= _WHOLE:
            file.seek(0)
            decoded = decode_jpeg(file.read(), max_pixels)
            if decoded is not None:
                pixels, warning = decoded
                return GalaxyImage(
                    pixels=pixels,
                    name=name,
                    bands=_bands(pixels),
                    linear=False,
                    metadata={"format": format_, "mode": "RGB" if pixels.shape[2] == 3 else "L"},
                    notes=(f"may be damaged: {warning}",) if warning else (),
                )
        file.seek(0)
        # _check_kind checks the size, of which pillow would warn; other warnings are about metadata.
        with quiet(Warning):
            image = Image.open(file, formats=[format_])
        # Pillow goes on to read the metadata of TIFF files as it decodes them.
        with image, _whole(), quiet(Warning) if format_ == "TIFF" else nullcontext():
            _check_kind(image, path, max_pixels)
            return _to_image(image, path, format_, name)
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except Image.DecompressionBombError as error:
        raise UnsuitableImageError(f"{path}: {error}; cut out the galaxy") from error
    except Exception as error:
        # Damaged files make pillow's parsers fail in many ways: OSError, SyntaxError, ValueError, struct.error, ...
        raise UnreadableImageError(f"{path}: damaged or cut-short {format_} file ({error}); fetch it again") from error


@contextmanager
def _whole() -> Iterator[None]:
    """Let pillow refuse damaged files, even if other code has set it to fill them up with grey."""
    if not ImageFile.LOAD_TRUNCATED_IMAGES:
        yield
        return
    with _LOCK:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = True


def _check_end(file: io.BufferedReader | io.BytesIO, path: Path, format_: str) -> None:
    # Other code may have set pillow to fill up truncated files with grey, so look for the end before pillow reads.
    if format_ == "TIFF":
        return
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _TAIL))
    tail = file.read()
    file.seek(0)
    # JPEG: the end mark must follow the last start of a scan; one before it may belong to an embedded preview.
    whole = tail.rfind(b"\xff\xd9") > tail.rfind(b"\xff\xda") if format_ == "JPEG" else b"IEND" in tail
    if not whole:
        raise UnreadableImageError(f"{path}: the {format_} file is cut short after {length} bytes; fetch it again")


def _check_kind(image: Image.Image, path: Path, max_pixels: int) -> None:
    size = image.width * image.height * len(image.getbands())
    if size > max_pixels:
        raise UnsuitableImageError(
            f"{path}: {image.width} x {image.height} x {len(image.getbands())} pixels are more than {max_pixels}; "
            "cut out the galaxy, or raise max_pixels"
        )
    if min(image.width, image.height) < 2:
        raise UnsuitableImageError(f"{path}: expected a picture, got one row of {image.width} x {image.height} pixels")
    pages = getattr(image, "n_frames", 1)
    if pages > 1:
        raise UnsuitableImageError(f"{path}: expected one picture, got {pages} pages or frames; save one of them")


def _to_image(image: Image.Image, path: Path, format_: str, name: str) -> GalaxyImage:
    metadata = {"format": format_, "mode": image.mode}
    deep = any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))  # as it is in the file
    transparent = "transparency" in image.info or image.mode in {"LA", "PA", "La", "RGBA", "RGBa"}
    if image.mode == "1":
        image = image.convert("L")
    if transparent and image.mode not in {"I", "I;16", "I;16B", "F"}:
        image = image.convert("LA" if image.mode in {"L", "LA", "La"} else "RGBA")
    elif image.mode not in _KEPT:
        image = image.convert("RGB")
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    mask = None
    if image.mode in {"LA", "RGBA"}:
        mask = pixels[..., -1] == 0
        pixels = np.where(mask[..., np.newaxis], 0, pixels[..., :-1])
    linear = False
    notes: tuple[str, ...] = ()
    if deep and image.mode != "I;16":
        notes = ("16-bit colours, of which the upper 8 bits were read, taken as a picture",)
    if pixels.dtype != np.uint8:
        pixels = _without_scale(pixels)
    if pixels.dtype != np.uint8:
        linear, notes = True, (f"grey picture of {'floats' if image.mode == 'F' else '16 bits'}, taken as linear",)
        pixels = pixels.astype(np.float32)
        finite = np.isfinite(pixels)
        if not finite.all():
            mask = ~finite.all(axis=-1)
            pixels[~finite] = 0
    if mask is not None and mask.all():
        raise UnsuitableImageError(f"{path}: no pixel holds a measurement: all are transparent or NaN")
    return GalaxyImage(
        pixels=pixels, mask=mask, name=name, bands=_bands(pixels), linear=linear, metadata=metadata, notes=notes
    )


def _without_scale(pixels: np.ndarray) -> np.ndarray:
    """Undo what made more bits of the bytes of a picture: nothing, a shift by eight bits, or 255 becoming 65535."""
    if pixels.dtype.kind not in "iu" or pixels.min() < 0:
        return pixels
    for factor in (1, 256, 257):
        bytes_, rest = np.divmod(pixels, factor)
        if bytes_.max() <= _BYTE and not rest.any():
            return bytes_.astype(np.uint8)
    return pixels


def _bands(pixels: np.ndarray) -> tuple[str, ...] | None:
    return ("red", "green", "blue") if pixels.shape[2] == 3 else None
