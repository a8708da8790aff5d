"""JPEG pictures, decoded by libjpeg-turbo straight into an array."""

import numpy as np
import simplejpeg
from jaxtyping import UInt8

__all__ = ["decode_jpeg"]

_HEADERS = 1 << 16
_COLOURS = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "GRAY"}


def decode_jpeg(content: bytes, max_pixels: int) -> tuple[UInt8[np.ndarray, "height width channels"], str] | None:
    """Decode a plain JPEG file; return its pixels and what libjpeg warns of, or None if pillow should look at it.

    The values are those of pillow, which uses the same library, but takes twice as long to copy them into an array.
    Pillow is left to read, or to refuse with a reason, what is not plain: more than one picture in the file, four
    colours, a single row, more than `max_pixels` values, and data that libjpeg can't decode.
    """
    if b"MPF\0" in content[:_HEADERS]:  # several pictures in one file
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
        size = height * width * (1 if colours == "Gray" else 3)
        if colours not in _COLOURS or min(height, width) < 2 or size > max_pixels:
            return None
        try:
            return simplejpeg.decode_jpeg(content, _COLOURS[colours]), ""
        except ValueError as warning:
            return simplejpeg.decode_jpeg(content, _COLOURS[colours], strict=False), str(warning)
    except ValueError:
        return None
