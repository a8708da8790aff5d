"""Pictures of bytes that were saved with more bits, and become bytes again."""

import numpy as np

__all__ = ["DISPLAYED", "without_scale"]

DISPLAYED = 0.45
"""Brightness of the brightest pixel, at least, in pictures of galaxies from nine surveys, as a fraction of white."""

_BYTE = 255
_FACTORS = {2: (1 << 8, 0x101), 4: (1 << 8, 0x101, 1 << 24, 0x1010101)}  # by the bytes of a number


def without_scale(pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """Undo what made more bits of the bytes of a picture: a shift of bits, 255 becoming the largest number, or nothing.

    Parameters
    ----------
    pixels
        Pixels of any type.

    Returns
    -------
    tuple
        Pixels of uint8, or those that were given if they are no bytes; and what had to be assumed. Values below 256
        may be counts of a detector, too, and surely are if they would make a picture darker than any.
    """
    if pixels.dtype.kind not in "iu" or pixels.dtype == np.uint8 or pixels.min() < 0:
        return pixels, ""
    brightest = int(pixels.max())
    if DISPLAYED * _BYTE <= brightest <= _BYTE:
        return pixels.astype(np.uint8), "all values below 256, taken as a picture of 8 bits"
    for factor in _FACTORS[pixels.dtype.itemsize]:
        if 0 < brightest <= _BYTE * factor and not (pixels % factor).any():
            return (pixels // factor).astype(np.uint8), ""
    return pixels, ""
