"""Room for the pixels of stamps: in memory or, if they are too many, in a ``.npy`` file."""

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from jaxtyping import Float, UInt8

from galmorph.errors import DatasetError

__all__ = ["StampStorage"]


class StampStorage:
    """Stamps of one shape, stored one after the other.

    Parameters
    ----------
    length
        Greatest number of stamps.
    dtype
        ``"uint8"``, ``"float16"`` or ``"float32"``.
    most_bytes
        Stamps that take more bytes than this go to a file.
    file
        Opens the file, and closes it later. It is called once at most, at the first stamp.
    """

    def __init__(
        self,
        length: int,
        dtype: str,
        *,
        most_bytes: float = float("inf"),
        file: Callable[[], BinaryIO] | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.shape: tuple[int, ...] = ()
        self._length = length
        self._stored = 0
        self._most_bytes = most_bytes
        self._open = file
        self._file: BinaryIO | None = None
        self._array = np.empty((0, 0, 0, 0), self.dtype)

    def append(self, stamp: np.ndarray, *, of: str = "stamps") -> None:
        """Store a stamp of the right dtype.

        Raises
        ------
        DatasetError
            If its shape is not that of the first one; the message begins with `of`.
        """
        if not self._stored:
            self._prepare(stamp.shape)
        elif stamp.shape != self.shape:
            raise DatasetError(
                f"{of}: got a stamp of shape {stamp.shape}, but earlier ones have {self.shape}; set the recipe's "
                "channels, so that grey and colour images give stamps of one shape"
            )
        if self._file is None:
            self._array[self._stored] = stamp
        else:
            self._file.write(stamp.tobytes())
        self._stored += 1

    def finish(
        self,
    ) -> UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"]:
        """Give all stamps: an array in memory, or one mapped from the file, which is then complete."""
        if self._file is None:
            return self._array[: self._stored]
        offset = self._file.tell() - self._stored * self._bytes_of_a_stamp
        self._file.seek(0)
        self._write_header(self._file, self._stored)
        self._file.flush()
        return np.memmap(self._file, self.dtype, "r", offset, (self._stored, *self.shape))

    @property
    def _bytes_of_a_stamp(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def _prepare(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        if self._open is not None and self._length * self._bytes_of_a_stamp > self._most_bytes:
            # Stamps are written in order, not through a memory map: with a map, a full disk would kill the process.
            self._file = self._open()
            self._write_header(self._file, self._length)
        else:
            self._array = np.empty((self._length, *shape), self.dtype)

    def _write_header(self, file: BinaryIO, rows: int) -> None:
        # NumPy pads a header so that the number of rows may grow. The header that is written at the end, with the
        # number of stamps that were really stored, therefore has the same length as the one written at the start.
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, header | {"shape": (rows, *self.shape)})
