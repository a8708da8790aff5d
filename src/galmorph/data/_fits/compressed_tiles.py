"""Tile-compressed images: the header of the table that holds the tiles, and the size that tiles unpack to."""

import io
import math
import re
import zlib
from pathlib import Path
from typing import Any

from astropy.io import fits

from galmorph.errors import UnreadableImageError

__all__ = ["check_tiles", "stored_header"]

_GZIP = 31  # zlib's code for a stream with a header of gzip
_LARGEST_PIXEL = 8  # bytes
_ELEMENT = {"B": 1, "I": 2, "J": 4}
_FORMAT = re.compile(r"\d*[PQ]([BIJ])")


def stored_header(hdu: Any, file: io.BufferedReader | io.BytesIO) -> fits.Header:
    """Header of an HDU as it stands in the file: of a tile-compressed image, that of the table of tiles."""
    if not isinstance(hdu, fits.CompImageHDU):
        return hdu.header
    file.seek(hdu.fileinfo()["hdrLoc"])
    return fits.Header.fromfile(file)


def check_tiles(hdu: Any, path: Path, file: io.BufferedReader | io.BytesIO) -> None:
    """Refuse an image of which gzip unpacks a tile to more bytes than its pixels need; astropy would unpack it."""
    header = stored_header(hdu, file)
    rows = hdu.compressed_data
    heap = hdu.fileinfo()["datLoc"] + header.get("THEAP", header["NAXIS1"] * header["NAXIS2"])
    limit = _LARGEST_PIXEL * math.prod(hdu.tile_shape)
    packed = ["GZIP_COMPRESSED_DATA"] + ["COMPRESSED_DATA"] * hdu.compression_type.startswith("GZIP")
    for column in range(1, header["TFIELDS"] + 1):
        name = header[f"TTYPE{column}"]
        form = _FORMAT.match(header[f"TFORM{column}"])
        if name not in packed or form is None:
            continue
        for tile, (length, offset) in enumerate(rows[name].tolist()):
            file.seek(heap + offset)
            unpacker = zlib.decompressobj(_GZIP)
            unpacker.decompress(file.read(max(length, 0) * _ELEMENT[form[1]]), limit)
            if unpacker.unconsumed_tail:
                raise UnreadableImageError(
                    f"{path}: tile {tile + 1} unpacks to more than {limit} bytes, which its pixels can't fill; "
                    "fetch the file again"
                )
