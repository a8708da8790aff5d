"""JPEG, PNG and TIFF pictures, read with pillow."""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from galmorph.data._fits.quiet import quiet
from galmorph.data._images.deep_colours import has_deep_colours, raw_mode, read_deep_colours
from galmorph.data._images.jpeg import decode_jpeg
from galmorph.data._images.picture_bytes import DISPLAYED, without_scale
from galmorph.data._images.tiff_tags import is_white_zero, unread_kind, unread_planes
from galmorph.errors import UnreadableImageError, UnsuitableImageError
from galmorph.types import GalaxyImage

__all__ = ["read_picture"]

_TAIL = 1 << 16
_WHOLE = 1 << 26  # bytes; larger files are read piece by piece
_LOCK = threading.Lock()
_DEEP_GREY = {"I", "I;16", "I;16B", "I;16L", "F"}
_KEPT = {"RGB", "L", *_DEEP_GREY}
_OTHER_COLOURS = {"CMYK", "YCbCr", "LAB"}
_WHITE = {bits: 2**bits - 1 for bits in (12, 16, 32)}


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
            return _to_image(image, file, path, format_, name)
    except (UnreadableImageError, UnsuitableImageError):
        raise
    except Image.DecompressionBombError as error:
        raise UnsuitableImageError(f"{path}: {error}; cut out the galaxy") from error
    except UnidentifiedImageError as error:
        kind = unread_kind(file) if format_ == "TIFF" else ""
        if kind:
            raise UnsuitableImageError(f"{path}: a TIFF of {kind} is not read; save it as FITS") from error
        raise UnreadableImageError(f"{path}: damaged or cut-short {format_} file ({error}); fetch it again") from error
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
    if unread_planes(image):
        raise UnsuitableImageError(
            f"{path}: a TIFF of 16-bit colours in separate planes is not read; save it interleaved, or as FITS"
        )


def _to_image(
    image: Image.Image, file: io.BufferedReader | io.BytesIO, path: Path, format_: str, name: str
) -> GalaxyImage:
    metadata = {"format": format_, "mode": image.mode}
    raw = raw_mode(image)
    if has_deep_colours(image):
        pixels, mask = read_deep_colours(file, image)
    else:
        pixels, mask = _pixels(image)
    notes: list[str] = []
    if image.mode in _OTHER_COLOURS:
        bits = "16-bit " if ";16" in raw else ""
        notes.append(f"{bits}{image.mode} colours, converted to red, green and blue of 8 bits")
    if pixels.dtype == np.uint16 and is_white_zero(image):
        pixels = np.uint16(_WHITE[16]) - pixels
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        mask = ~np.isfinite(pixels).all(axis=-1)
    if mask is not None:
        if mask.all():
            raise UnsuitableImageError(f"{path}: no pixel holds a measurement: all are transparent or NaN")
        pixels = np.where(mask[..., np.newaxis], pixels.dtype.type(0), pixels)
    pixels, assumed = without_scale(pixels)
    notes += [assumed] if assumed else []
    linear = pixels.dtype != np.uint8
    if linear:
        notes.append(_about_levels(pixels, raw))
        pixels = pixels.astype(np.float32)
    return GalaxyImage(
        pixels=pixels,
        mask=mask,
        name=name,
        bands=_bands(pixels),
        linear=linear,
        metadata=metadata,
        notes=tuple(notes),
    )


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Pixels of a picture that pillow reads whole, ``(height, width, channels)``, and a mask of transparent ones."""
    raw, clear = raw_mode(image), image.info.get("transparency")
    transparent = clear is not None or image.mode in {"LA", "PA", "La", "RGBA", "RGBa"}
    if image.mode == "1":
        image = image.convert("L")
    if transparent and image.mode not in _DEEP_GREY:
        image = image.convert("LA" if image.mode in {"L", "LA", "La"} else "RGBA")
    elif image.mode not in _KEPT:
        image = image.convert("RGB")
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if image.mode in {"LA", "RGBA"}:
        return pixels[..., :-1], pixels[..., -1] == 0
    if raw == "I;32N":  # unsigned, in pillow's signed integers
        pixels = pixels.view(np.uint32)
    return pixels, pixels[..., 0] == clear if transparent else None


def _about_levels(pixels: np.ndarray, raw: str) -> str:
    """Say that deep pixels are taken as linear, and what to do if they are not, unless they are too dark for that."""
    colour = "grey" if pixels.shape[2] == 1 else "colour"
    if pixels.dtype.kind == "f":
        kind, white = "floats", 1
    else:
        bits = 32 if ";32" in raw else 12 if ";12" in raw else 16
        kind, white = f"{bits} bits", _WHITE[bits]
    note = f"{colour} picture of {kind}, taken as linear"
    brightest = pixels.max() / white
    return f"{note} (if it is stretched already, save it with 8 bits)" if DISPLAYED <= brightest <= 1 else note


def _bands(pixels: np.ndarray) -> tuple[str, ...] | None:
    return ("red", "green", "blue") if pixels.shape[2] == 3 else None
