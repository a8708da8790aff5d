"""Options that all loaders of images take."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galmorph._checks import check_choice
from galmorph._workers import check_workers
from galmorph.data._dataset.stamp_file import stamp_file
from galmorph.data._dataset.stamp_storage import StampStorage

__all__ = ["LoadOptions"]

_IN_MEMORY = 1 << 30  # bytes of stamps; more go to a file


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How images are read and stamps are kept; `galmorph.data.load_image_folder` describes each option.

    Raises
    ------
    InvalidValueError
        If an option is not one of its values.
    """

    workers: int | Executor | None
    on_error: str
    progress: bool
    dtype: str
    stamps: str | os.PathLike[str] | None
    shards: str | os.PathLike[str] | None
    hdu: int | str | tuple[str, int] | None = None
    bands: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers)
        check_choice("on_error", self.on_error, ("warn", "raise"))
        check_choice("dtype", self.dtype, ("uint8", "float16", "float32"))

    def reading(self) -> dict[str, Any]:
        """Options that decide what is read from a file."""
        return {"hdu": self.hdu, "bands": None if self.bands is None else tuple(self.bands)}

    @contextmanager
    def storage(self, length: int, folder: Path) -> Iterator[StampStorage]:
        """Give room for stamps.

        A file without a name is in the folder of shards if there is one, else in `folder` or, if you can't write there,
        among the temporary files of the system.

        Raises
        ------
        FileExistsError
            If the file `stamps` exists.
        """
        place = (folder if os.access(folder, os.W_OK) else None) if self.shards is None else Path(self.shards)
        with stamp_file(place, self.stamps) as opener:
            most_bytes = _IN_MEMORY if self.stamps is None else -1
            yield StampStorage(length, self.dtype, most_bytes=most_bytes, file=opener)
