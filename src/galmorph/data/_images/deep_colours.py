"""Colours of 16 bits, of which pillow gives the upper or the lower halves, read whole."""

import io
import sys
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt16
from PIL import Image

__all__ = ["has_deep_colours", "raw_mode", "read_deep_colours"]

# Pillow's names of values in a file, and of the same bytes in the other order, whose upper halves are the lower ones.
_HALVES = {
    "RGB;16": ("RGB;16B", "RGB;16L"),
    "RGBX;16": ("RGBX;16B", "RGBX;16L"),
    "RGBA;16": ("RGBA;16B", "RGBA;16L"),
    "RGBa;16": ("RGBA;16B", "RGBA;16L"),
}
_GREY_ALPHA = "LA;16B"  # of PNG; its four bytes are read as if they were four colours
_WHITE = 65535


def raw_mode(image: Image.Image) -> str:
    """Pillow's name of the values in the file of a picture that is not loaded yet, such as ``"RGB;16B"``."""
    tile = next(iter(getattr(image, "tile", ())), None)
    args = () if tile is None else tile.args
    return str(args if isinstance(args, str) else next(iter(args or ()), ""))


def has_deep_colours(image: Image.Image) -> bool:
    """Say whether a picture has colours, or grey with transparency, of 16 bits that `read_deep_colours` reads."""
    raw = raw_mode(image)
    return raw == _GREY_ALPHA or raw[:-1] in _HALVES


def read_deep_colours(
    file: io.BufferedReader | io.BytesIO, image: Image.Image
) -> tuple[UInt16[np.ndarray, "height width channels"], Bool[np.ndarray, "height width"] | None]:
    """Read a picture for which `has_deep_colours` is True.

    Pillow's pictures have bytes, so the file is decoded twice: once for the upper and once for the lower bytes.

    Parameters
    ----------
    file
        The open file of the picture.
    image
        The picture, not loaded yet.

    Returns
    -------
    tuple
        Its values, and a mask of the pixels that are fully transparent, or None if the picture knows no transparency.
    """
    raw, clear = raw_mode(image), image.info.get("transparency")
    if raw == _GREY_ALPHA:
        upper_and_lower = _decode(file, image, "RGBA").astype(np.uint16)
        values = upper_and_lower[..., ::2] << 8 | upper_and_lower[..., 1::2]
    else:
        upper, lower = _HALVES[raw[:-1]]
        if raw[-1] == "L" or (raw[-1] == "N" and sys.byteorder == "little"):
            upper, lower = lower, upper
        values = _decode(file, image, upper).astype(np.uint16) << 8 | _decode(file, image, lower)
    if values.shape[2] in (2, 4):
        colours, alpha = values[..., :-1], values[..., -1:]
        if raw.startswith("RGBa"):  # colours were multiplied by their opacity
            colours = np.minimum(np.rint(colours * (_WHITE / np.maximum(alpha, 1))), _WHITE).astype(np.uint16)
        return colours, alpha[..., 0] == 0
    return values, None if clear is None else (values == np.array(clear)).all(axis=-1)


def _decode(file: io.BufferedReader | io.BytesIO, image: Image.Image, raw: str) -> np.ndarray:
    """Decode a file as if its values were others of the same number of bits."""
    file.seek(0)
    with Image.open(file, formats=[image.format or ""]) as again:
        tiles: list[Any] = again.tile
        again.tile = [
            tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:])) for tile in tiles
        ]
        return np.asarray(again)
