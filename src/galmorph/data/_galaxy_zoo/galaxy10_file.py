"""HDF5 files of Galaxy10: what they must hold, and their images, read in pieces."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from galmorph.data._images.as_image import as_image
from galmorph.errors import DatasetError
from galmorph.types import GalaxyImage

__all__ = ["Galaxy10File", "open_galaxy10"]

_PIECE = 16 << 20  # bytes of images that are read at once
_LARGEST = 256 << 20  # bytes of a compressed block, which the library reads as a whole
_MOST = 10_000_000  # galaxies


@contextmanager
def open_galaxy10(path: str | os.PathLike[str]) -> Iterator["Galaxy10File"]:
    """Open a file of Galaxy10.

    Raises
    ------
    ImportError
        If h5py is not installed.
    DatasetError
        If the file can't be read, or does not hold images and labels.
    """
    h5py = _h5py()
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DatasetError(
            f"{path}: expected an HDF5 file of Galaxy10 ({error}); if it was fetched, fetch it again"
        ) from error
    with file:
        yield Galaxy10File(Path(path), h5py, file)


class Galaxy10File:
    """An open file of Galaxy10. Its length is the number of galaxies, `side` that of the images in pixels."""

    def __init__(self, path: Path, h5py: ModuleType, file: Any) -> None:
        self.path = path
        self._h5py = h5py
        self._file = file
        self._images = self._column("images", "u")
        shape = self._images.shape
        if len(shape) != 4 or shape[1] != shape[2] or not 1 <= shape[3] <= 4 or self._images.dtype != np.uint8:
            raise DatasetError(
                f"{path}: expected images of uint8 and shape (galaxies, side, side, channels), got "
                f"{self._images.dtype} and {shape}"
            )
        if not (0 < shape[0] <= _MOST and 0 < np.prod(shape[1:], dtype=object) <= _PIECE):
            raise DatasetError(
                f"{path}: expected up to {_MOST} images of up to {_PIECE >> 20} MiB, got the shape {shape}"
            )
        self.side = int(shape[1])

    def __len__(self) -> int:
        return int(self._images.shape[0])

    def labels(self, classes: int) -> Int[np.ndarray, "galaxies"]:
        """Read the number of each galaxy's class."""
        labels = self._read("ans", "iu").astype(np.int64)
        if labels.min() < 0 or labels.max() >= classes:
            raise DatasetError(
                f"{self.path}: expected classes from 0 to {classes - 1} in 'ans', got {labels.min()} to {labels.max()}"
            )
        return labels

    def numbers(self, *names: str) -> dict[str, Float[np.ndarray, "galaxies"]]:
        """Read the columns of numbers that the file has, of these."""
        return {name: self._read(name, "fiu").astype(np.float64) for name in names if name in self._file}

    def images(self, scales: Float[np.ndarray, "galaxies"]) -> "_Images":
        """Give the images one by one. Their pixel scales in arcsec are unknown where they are not positive numbers."""
        return _Images(self.path, self._images, scales)

    def _read(self, name: str, kinds: str) -> np.ndarray:
        column = self._column(name, kinds)
        if column.shape != (len(self),):
            raise DatasetError(f"{self.path}: expected {name!r} of shape {(len(self),)}, got {column.shape}")
        with _readable(self.path):
            return column[...]

    def _column(self, name: str, kinds: str) -> Any:
        """Find an array in the file; a link to another file is none."""
        if not isinstance(self._file.get(name, getlink=True), self._h5py.HardLink):
            there = ", ".join(self._file) or "nothing"
            raise DatasetError(f"{self.path}: expected {name!r} in the file, as in Galaxy10, got {there}")
        column = self._file[name]
        if not isinstance(column, self._h5py.Dataset) or column.dtype.kind not in kinds:
            got = getattr(column, "dtype", "a group")
            raise DatasetError(f"{self.path}: expected an array of numbers under the name {name!r}, got {got}")
        if column.is_virtual or column.external:
            raise DatasetError(f"{self.path}: expected {name!r} in the file, got a reference to another file")
        if column.chunks and np.prod(column.chunks, dtype=object) * column.dtype.itemsize > _LARGEST:
            raise DatasetError(
                f"{self.path}: expected {name!r} in blocks of up to {_LARGEST >> 20} MiB, got {column.chunks}"
            )
        return column


class _Images:
    """Images of a file, of known number, read in pieces while one goes through them."""

    def __init__(self, path: Path, images: Any, scales: Float[np.ndarray, "galaxies"]) -> None:
        self._path, self._images, self._scales = path, images, scales

    def __len__(self) -> int:
        return len(self._scales)

    def __iter__(self) -> Iterator[GalaxyImage]:
        step = max(1, _PIECE // int(np.prod(self._images.shape[1:])))
        for start in range(0, len(self), step):
            with _readable(self._path):
                piece = self._images[start : start + step]
            for row, pixels in enumerate(piece, start=start):
                scale = float(self._scales[row])
                # A copy, so that an image that waits does not keep the others of its piece in memory.
                yield as_image(pixels.copy(), name=str(row), pixel_scale=scale if 0 < scale < np.inf else None)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(f"{path}: can't be read to its end ({error}); fetch it again") from error


def _h5py() -> ModuleType:
    try:
        return import_module("h5py")
    except ImportError as error:
        raise ImportError(
            'the files of Galaxy10 need h5py, which is not installed: pip install "galmorph-jax[hdf5]"'
        ) from error
