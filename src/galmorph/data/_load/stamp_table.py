"""What comes from image files, gathered row by row: stamps, groups of equal ones, and a table of measurements."""

import hashlib
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import astuple
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, UInt8

from galmorph.data._load.stamps import FileStamp, stamps_from_files
from galmorph.errors import DatasetError, ImageError
from galmorph.types import StampMaker

__all__ = ["StampTable"]

_TEXTS = ("name", "path", "class", "bands")
_COLUMNS = [
    ("name", None, "file name without its extension"),
    ("path", None, "image file, relative to the folder"),
    ("class", None, "class"),
    ("pixel_scale", "arcsec", "side of a pixel of the image on the sky; NaN where the file does not tell"),
    ("bands", None, "names of the image's channels, joined by /; empty where the file does not tell"),
    ("x", "pix", "column of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("y", "pix", "row of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("radius", "pix", "semi-major axis of the galaxy in the image"),
    ("axis_ratio", None, "semi-minor over semi-major axis"),
    ("angle", "deg", "angle of the major axis, from the x axis towards the y axis"),
    ("signal_to_noise", None, "mean over the galaxy's pixels of signal over the noise of one background pixel"),
    ("diameter", None, "diameter of the galaxy in resolution elements"),
    ("bad_fraction", None, "part of the stamp's area without measurement"),
    ("truncation", None, "part of the galaxy's ellipse outside of the image"),
]


class StampTable:
    """Stamps of one shape, a group for each different one, and a table row for each.

    Parameters
    ----------
    length
        The most stamps that will come.
    dtype
        Of the stamps at rest: ``"uint8"``, ``"float16"`` or ``"float32"``.
    most_bytes
        Stamps beyond this size go to a file; the table and a digest of each stamp stay in memory.
    file
        Opens the file for them; called once, at the first stamp, if it is needed.
    """

    def __init__(
        self,
        length: int,
        dtype: str,
        *,
        most_bytes: float = float("inf"),
        file: Callable[[], BinaryIO] | None = None,
    ) -> None:
        self.groups: list[int] = []
        self._length = length
        self._dtype = np.dtype(dtype)
        self._most_bytes = most_bytes
        self._open = file
        self._file: BinaryIO | None = None
        self._shape: tuple[int, ...] = ()
        self._array = np.empty((0, 0, 0, 0), self._dtype)
        self._seen: dict[bytes, int] = {}
        self._texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        self._numbers = array("d")

    def __len__(self) -> int:
        return len(self.groups)

    def fill(
        self,
        files: Sequence[tuple[Path, str, str]],
        recipe: StampMaker,
        *,
        executor: Executor | None,
        progress: bool,
        skip: Callable[[ImageError, int], None],
    ) -> list[int]:
        """Make the stamps of files, each with its path as the table shall give it and its class.

        `skip` gets the error of a file that can't become a stamp, and the file's number. Returned are the numbers of
        the others.
        """
        kept = []
        paths = [path for path, _, _ in files]
        with closing(stamps_from_files(paths, recipe, executor=executor, progress=progress)) as results:
            for number, (result, (_, path, label)) in enumerate(zip(results, files, strict=True)):
                if isinstance(result, ImageError):
                    skip(result, number)
                else:
                    self.add(result, path, label)
                    kept.append(number)
        return kept

    def add(self, result: FileStamp, path: str, label: str) -> None:
        """Put a stamp behind the others."""
        pixels = result.stamp.pixels
        if not self.groups:
            self._prepare(pixels.shape)
        if pixels.shape != self._shape:
            raise DatasetError(
                f"{result.path}: got a stamp of shape {pixels.shape}, where earlier ones have {self._shape}; "
                "set the recipe's channels, so that grey and colour images become alike"
            )
        low, high = float(pixels.min()), float(pixels.max())
        if not (low >= 0 and high <= 1):
            raise DatasetError(
                f"{result.path}: expected stamps between 0 and 1, got {low:g} to {high:g}; check the recipe"
            )
        stamp = (np.rint(255 * pixels) if self._dtype == np.uint8 else pixels).astype(self._dtype)
        content = stamp.tobytes()
        if self._file is None:
            self._array[len(self)] = stamp
        else:
            self._file.write(content)
        self.groups.append(self._seen.setdefault(hashlib.blake2b(content, digest_size=16).digest(), len(self)))
        for name, text in zip(_TEXTS, (result.name, path, label, "/".join(result.bands or ())), strict=True):
            self._texts[name].append(text)
        scale = float("nan") if result.pixel_scale is None else result.pixel_scale
        self._numbers.extend((scale, *astuple(result.stamp.galaxy), *astuple(result.stamp.quality)))

    def _prepare(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        if self._open is not None and self._length * np.prod(shape) * self._dtype.itemsize > self._most_bytes:
            # Written in order rather than through a map, where a full disk would kill the process.
            self._file = self._open()
            self._write_header(self._length)
        else:
            self._array = np.empty((self._length, *shape), self._dtype)

    def _write_header(self, rows: int) -> None:
        assert self._file is not None  # noqa: S101  (for mypy)
        # NumPy leaves room in a header for the number of rows to grow, so that it may be written again.
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(self._file, header | {"shape": (rows, *self._shape)})

    def stamps(
        self,
    ) -> UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"]:
        """All stamps: an array in memory, or mapped from the file, which is closed and complete then."""
        if self._file is None:
            return self._array[: len(self)]
        offset = self._file.tell() - len(self) * int(np.prod(self._shape)) * self._dtype.itemsize
        self._file.seek(0)
        self._write_header(len(self))
        self._file.flush()
        mapped = np.memmap(self._file, self._dtype, "r", offset, (len(self), *self._shape))
        self._file.close()
        return mapped

    def table(self, meta: dict[str, Any]) -> Table:
        """One row for each stamp."""
        numbers = np.array(self._numbers).reshape(len(self), -1).T
        columns: dict[str, Any] = dict(self._texts)
        names = [name for name, _, _ in _COLUMNS if name not in _TEXTS]
        columns.update(zip(names, numbers, strict=True))
        return Table(
            [
                Column(
                    columns[name],
                    name=name,
                    dtype=str if name in _TEXTS else float,
                    unit=unit,
                    description=description,
                )
                for name, unit, description in _COLUMNS
            ],
            meta=meta,
        )
