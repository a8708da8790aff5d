"""`stamps_from_files`: turn many image files into stamps, in parallel and in order."""

import os
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from galmorph._checks import check
from galmorph.data._images.read import read_image
from galmorph.data._load.workers import check_workers, run_in_order
from galmorph.errors import ImageError
from galmorph.types import Stamp, StampMaker

__all__ = ["FileStamp", "stamps_from_files"]

_FILES_PER_TASK = 4  # a few files in each task keep the overhead of the workers small


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
) -> Generator[FileStamp | ImageError, None, None]:
    """Read image files and turn them into stamps, in the order of the files, and in parallel.

    Results come one by one while later files are still in work, and only a few hundred wait in memory. Closing the
    generator cancels tasks that have not started.

    Parameters
    ----------
    paths
        The image files.
    recipe
        Turns an image into a stamp. A process pool must be able to pickle it.
    workers
        Who reads and prepares the images: None for all cores, 1 for this thread alone, another number for so many
        workers, or any `concurrent.futures.Executor` (processes, Dask, MPI), which stays open.
    progress
        Whether to draw a progress bar on standard error.

    Yields
    ------
    FileStamp or ImageError
        For each file its stamp, or the error that says why there is none. Errors are not raised; the caller decides.

    Raises
    ------
    InvalidValueError
        If `paths` is one path, not several, or `workers` is none of its values.

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
    files = [Path(path) for path in paths]
    tasks = [files[start : start + _FILES_PER_TASK] for start in range(0, len(files), _FILES_PER_TASK)]
    with tqdm(total=len(files), unit="image", disable=not progress) as bar:
        for results in run_in_order(partial(_stamps, recipe), tasks, workers):
            for result in results:
                yield result
                bar.update()


def _stamps(recipe: StampMaker, paths: Sequence[Path]) -> list[FileStamp | ImageError]:
    return [_stamp(recipe, path) for path in paths]


def _stamp(recipe: StampMaker, path: Path) -> FileStamp | ImageError:
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
    return FileStamp(
        path=path,
        stamp=stamp,
        name=image.name,
        pixel_scale=image.pixel_scale,
        bands=image.bands,
        channels=image.channels,
    )
