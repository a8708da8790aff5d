"""What the tags of a TIFF file say of its values, for the kinds that pillow does not read, or reads wrongly."""

import io

from PIL import Image, TiffImagePlugin

__all__ = ["is_white_zero", "unread_kind", "unread_planes"]

_BITS, _COLOURS, _PLANES, _SAMPLES = 258, 262, 284, 339
_FORMATS = {1: "unsigned integers", 2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex numbers"}


def unread_kind(file: io.BufferedReader | io.BytesIO) -> str:
    """Describe the values of a TIFF, such as ``"3 channels of floats of 32 bits"``; empty if they are not known."""
    try:
        file.seek(0)
        tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
        file.seek(tags.next)
        tags.load(file)
        bits, kinds = tags[_BITS], tags.get(_SAMPLES, (1,))
        channels, kind = tags.get(277, len(bits)), _FORMATS[kinds[0]]
        return f"{channels} channel{'s' if channels > 1 else ''} of {kind} of {bits[0]} bits"
    except Exception:  # as for pillow, damaged files fail in many ways
        return ""


def unread_planes(image: Image.Image) -> bool:
    """Say whether each colour is a plane of 16 bits, of which pillow would show the bytes in a row."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(_PLANES, 1) == 2 and len(image.getbands()) > 1 and max(tags.get(_BITS, (1,))) > 8


def is_white_zero(image: Image.Image) -> bool:
    """Say whether a file declares that 0 is white. Pillow inverts such pictures if they have at most 8 bits."""
    return getattr(image, "tag_v2", {}).get(_COLOURS) == 0
