"""``DATASUM``: the sum over the data of an HDU that its writer left in the header."""

import io
from typing import Any

import numpy as np

from galmorph.data._fits.compressed_tiles import stored_header

__all__ = ["datasum_differs"]

_PIECE = 1 << 24  # bytes, a multiple of 4


def datasum_differs(hdu: Any, file: io.BufferedReader | io.BytesIO) -> bool:
    """Say whether the data of an HDU differ from its ``DATASUM``; False if it has none.

    The sum is the one of 32-bit words in ones' complement: FITS Standard 4.0, section 4.4.2.7 and appendix J. Writers
    that change pixels without a new sum exist, so a difference is a doubt and no proof of damage.
    """
    try:
        expected = int(stored_header(hdu, file)["DATASUM"])
    except (KeyError, ValueError, TypeError):
        return False
    place = hdu.fileinfo()
    file.seek(place["datLoc"])
    left, total = place["datSpan"], 0
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        total += int(np.frombuffer(piece + bytes(-len(piece) % 4), ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total != expected
