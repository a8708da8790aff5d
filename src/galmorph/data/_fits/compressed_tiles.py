"""Tile-compressed images: the header of the table that holds the tiles, and the size that tiles unpack to."""

import io
import itertools
import math
import re
import struct
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
    """Refuse an image of which a tile unpacks to more than its pixels.

    Of gzip, astropy would unpack gigabytes. Of HCOMPRESS, it would write beyond the memory of the tile, which ends
    Python.
    """
    header = stored_header(hdu, file)
    rows = hdu.compressed_data
    heap = hdu.fileinfo()["datLoc"] + header.get("THEAP", header["NAXIS1"] * header["NAXIS2"])
    limit = _LARGEST_PIXEL * math.prod(hdu.tile_shape)
    packed = ["GZIP_COMPRESSED_DATA"] + ["COMPRESSED_DATA"] * hdu.compression_type.startswith(("GZIP", "HCOMPRESS"))
    sizes = list[int]()
    if hdu.compression_type == "HCOMPRESS_1":
        sizes = _tile_sizes(tuple(map(int, hdu.shape)), tuple(map(int, hdu.tile_shape)), len(rows))
    for column in range(1, header["TFIELDS"] + 1):
        name = header[f"TTYPE{column}"]
        form = _FORMAT.match(header[f"TFORM{column}"])
        if name not in packed or form is None:
            continue
        for tile, (length, offset) in enumerate(rows[name].tolist()):
            file.seek(heap + offset)
            if name == "COMPRESSED_DATA" and hdu.compression_type == "HCOMPRESS_1":
                _check_sides(file.read(10), sizes, tile, path)
                continue
            unpacker = zlib.decompressobj(_GZIP)
            unpacker.decompress(file.read(max(length, 0) * _ELEMENT[form[1]]), limit)
            if unpacker.unconsumed_tail:
                raise UnreadableImageError(
                    f"{path}: tile {tile + 1} unpacks to more than {limit} bytes, which its pixels can't fill; "
                    "fetch the file again"
                )


def _tile_sizes(shape: tuple[int, ...], tile: tuple[int, ...], rows: int) -> list[int]:
    """Numbers of pixels of the tiles of an image, in their order; those at its end may be smaller."""
    if math.prod(-(-length // side) for length, side in zip(shape, tile, strict=True)) != rows:
        return []
    sides = [
        [min(side, length - start) for start in range(0, length, side)]
        for length, side in zip(shape, tile, strict=True)
    ]
    return [math.prod(of_one) for of_one in itertools.product(*sides)]


def _check_sides(start: bytes, sizes: list[int], tile: int, path: Path) -> None:
    """Compare the sides that a tile packed by HCOMPRESS names with its pixels (White, Postman & Lattanzi 1992)."""
    if len(start) == 10 and tile < len(sizes):
        rows, columns = struct.unpack(">ii", start[2:])
        if rows > 0 and columns > 0 and rows * columns == sizes[tile]:
            return
    raise UnreadableImageError(
        f"{path}: tile {tile + 1} does not unpack to the pixels that the header gives it; fetch the file again"
    )
