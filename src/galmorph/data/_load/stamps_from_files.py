"""`stamps_from_files`: turn many image files into stamps, in parallel and in order."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from galmorph._checks import check, check_choice
from galmorph.data._images.read import read_image
from galmorph.data._load.workers import check_workers, run_in_order
from galmorph.errors import DatasetError, ImageError
from galmorph.types import Stamp, StampMaker

__all__ = ["FileStamp", "stamps_from_files"]

# Some files in each task keep the overhead of the workers small, unless there are few files in all.
_FILES_PER_TASK = 16
_LEAST_TASKS = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class FileStamp:
    """A stamp made from a file, with other information about the image.

    Parameters
    ----------
    path
        The image file.
    stamp
        The stamp that the recipe made.
    name
        Name of the galaxy: the file's name without its extension.
    pixel_scale
        Side of a pixel of the image in arcsec, or None if the file does not say.
    bands
        Names of the image's channels, or None if the file does not say.
    channels
        Number of channels of the image; the stamp may have another number.
    """

    path: Path
    stamp: Stamp
    name: str
    pixel_scale: float | None
    bands: tuple[str, ...] | None
    channels: int


def stamps_from_files(
    paths: Iterable[str | os.PathLike[str]],
    recipe: StampMaker,
    *,
    workers: int | Executor | None = None,
    progress: bool = True,
    dtype: str = "float32",
) -> Generator[FileStamp | ImageError, None, None]:
    """Read image files and turn them into stamps, in the order of the files, and in parallel.

    Results come one by one while later files are still in work, and only a few hundred wait in memory. Closing the
    generator cancels tasks that have not started.

    Parameters
    ----------
    paths
        The image files. They may come from a generator, which is read as the work goes on.
    recipe
        Turns an image into a stamp. A process pool must be able to pickle it.
    workers
        Who reads and prepares the images: None for all cores, 1 for this thread alone, another number for so many
        workers, or any `concurrent.futures.Executor` (processes, Dask, MPI), which stays open.
    progress
        Whether to draw a progress bar on standard error.
    dtype
        Type of the stamps' pixels: ``"float32"`` or ``"float16"`` (0 to 1), or ``"uint8"`` (0 to 255, rounded), as in a
        `Dataset`.

    Yields
    ------
    FileStamp or ImageError
        For each file its stamp, or the error that says why there is none. Errors are not raised; the caller decides.

    Raises
    ------
    InvalidValueError
        If `paths` is one path, not several, or an option is none of its values.
    DatasetError
        If the recipe makes a stamp whose values are not from 0 to 1.
    WorkerError
        If a worker process dies.

    Examples
    --------
    >>> from galmorph.data import stamps_from_files
    >>> class Whole:
    ...     def __call__(self, image): ...
    ...     def to_dict(self): ...
    >>> [error] = stamps_from_files(["missing.fits"], recipe=Whole(), progress=False)
    >>> print(error)
    missing.fits: No such file or directory; expected a readable image file
    """
    check(
        not isinstance(paths, str | os.PathLike),
        f"paths: expected several files, got one ({paths!r}); put it in a list",
    )
    check_workers(workers)
    check_choice("dtype", dtype, ("uint8", "float16", "float32"))
    return _generate(paths, partial(_stamps, recipe, dtype), workers, progress)


def _generate(
    paths: Iterable[str | os.PathLike[str]],
    function: Callable[[list[Path]], list[FileStamp | ImageError]],
    workers: int | Executor | None,
    progress: bool,
) -> Generator[FileStamp | ImageError, None, None]:
    total = len(paths) if isinstance(paths, Sized) else None
    length = _FILES_PER_TASK if total is None else min(_FILES_PER_TASK, 1 + total // _LEAST_TASKS)
    tasks = _in_lists(map(Path, paths), length)
    with tqdm(total=total, unit="image", disable=not progress) as bar:
        expected = None if total is None else -(-total // length)
        for results in run_in_order(function, tasks, workers, total=expected):
            for result in results:
                yield result
                bar.update()


def _in_lists(paths: Iterator[Path], length: int) -> Iterator[list[Path]]:
    while some := list(islice(paths, length)):
        yield some


def _stamps(recipe: StampMaker, dtype: str, paths: Sequence[Path]) -> list[FileStamp | ImageError]:
    return [_stamp(recipe, dtype, path) for path in paths]


def _stamp(recipe: StampMaker, dtype: str, path: Path) -> FileStamp | ImageError:
    try:
        image = read_image(path)
    except ImageError as error:
        return error
    try:
        stamp = recipe(image)
    except ImageError as error:
        named = type(error)(f"{path}: {error}")  # the recipe does not know the file
        named.__cause__ = error
        return named
    low, high = float(stamp.pixels.min()), float(stamp.pixels.max())
    if not (low >= 0 and high <= 1):
        raise DatasetError(f"{path}: expected stamps between 0 and 1, got {low:g} to {high:g}; check the recipe")
    if dtype != "float32":
        pixels = (np.rint(255 * stamp.pixels) if dtype == "uint8" else stamp.pixels).astype(dtype)
        stamp = replace(stamp, pixels=pixels)
    return FileStamp(
        path=path,
        stamp=stamp,
        name=image.name,
        pixel_scale=image.pixel_scale,
        bands=image.bands,
        channels=image.channels,
    )
