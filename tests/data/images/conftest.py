"""Files of more than 8 bits, which pillow does not write."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # Adam7


@pytest.fixture
def write_png() -> Callable[..., Path]:
    """A function that writes a PNG of 16 bits; 1 to 4 channels are grey, grey and alpha, colours, colours and alpha."""

    def write(path: Path, values: np.ndarray, *, interlaced: bool = False, clear: tuple[int, ...] = ()) -> Path:
        values = values.reshape(*values.shape[:2], -1).astype(">u2")
        height, width, channels = values.shape
        colour = (0, 4, 2, 6)[channels - 1]
        parts = [values[y::down, x::right] for x, y, right, down in _PASSES] if interlaced else [values]
        rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
        chunks = [
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, interlaced)),
            *([(b"tRNS", np.array(clear, ">u2").tobytes())] if clear else []),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        ]
        content = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
        return path

    return write


@pytest.fixture
def write_tiff() -> Callable[..., Path]:
    """A function that writes a TIFF of any type; `tags` are added to those that it needs, or replace them."""

    def write(
        path: Path, values: np.ndarray, *, order: str = "<", rows: int = 99, packed: bool = False, **tags: Any
    ) -> Path:
        values = values.reshape(*values.shape[:2], -1)
        height, width, channels = values.shape
        planes = np.moveaxis(values, -1, 0) if tags.get("planes") == 2 else [values]
        strips = [plane[start : start + rows] for plane in planes for start in range(0, height, rows)]
        contents = [strip.astype(strip.dtype.newbyteorder(order)).tobytes() for strip in strips]
        contents = [zlib.compress(content) for content in contents] if packed else contents
        starts = np.cumsum([8, *map(len, contents)]).tolist()
        entries = {
            256: [width],
            257: [height],
            258: [8 * values.dtype.itemsize] * channels,
            259: [8 if packed else 1],
            262: [tags.get("colours", 2 if channels > 2 else 1)],
            273: starts[:-1],
            277: [channels],
            278: [rows],
            279: [len(content) for content in contents],
            284: [tags.get("planes", 1)],
            **({338: [tags["alpha"]]} if "alpha" in tags else {}),
            339: [{"u": 1, "i": 2, "f": 3, "c": 6}[values.dtype.kind]] * channels,
        }
        directory, beyond = struct.pack(f"{order}H", len(entries)), b""
        place = starts[-1] + 2 + 12 * len(entries) + 4
        for tag, numbers in entries.items():
            packed_numbers = struct.pack(f"{order}{len(numbers)}I", *numbers)
            if len(numbers) > 1:
                field = struct.pack(f"{order}I", place + len(beyond))
                beyond += packed_numbers
            else:
                field = packed_numbers
            directory += struct.pack(f"{order}HHI", tag, 4, len(numbers)) + field
        header = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, starts[-1])
        path.write_bytes(header + b"".join(contents) + directory + bytes(4) + beyond)
        return path

    return write
