"""`stamps_from_files`: turn many images into stamps, in parallel and in order."""

import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from galmorph._checks import check, check_choice
from galmorph._progress import tqdm
from galmorph._workers import check_workers, run_in_order
from galmorph.data._images.read import read_image
from galmorph.data._images.sky_frame import sky_frame
from galmorph.errors import DatasetError, ImageError
from galmorph.types import GalaxyImage, Stamp, StampMaker

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
        The image file; None for an image in memory.
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
    linear
        Whether the pixels of the image are proportional to flux; False for a picture.
    notes
        What was done to the image, in short texts.
    doubts
        What makes the image doubtful, in short texts.
    format
        Format of the file: ``"FITS"``, ``"JPEG"``, ``"PNG"`` or ``"TIFF"``; of an image in memory, what it says.
    width, height
        Width and height of the image in pixels.
    ra, dec, field
        ICRS position of the centre of the image in degrees, and the length of its longer side in arcsec; NaN if they
        are unknown or were not asked for.
    """

    path: Path | None
    stamp: Stamp
    name: str
    pixel_scale: float | None
    bands: tuple[str, ...] | None
    channels: int
    linear: bool = True
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    format: str = ""
    width: int = 0
    height: int = 0
    ra: float = math.nan
    dec: float = math.nan
    field: float = math.nan


def stamps_from_files(
    paths: Iterable[str | os.PathLike[str] | GalaxyImage],
    recipe: StampMaker,
    *,
    hdu: int | str | tuple[str, int] | None = None,
    bands: Sequence[str] | None = None,
    workers: int | Executor | None = None,
    progress: bool = True,
    dtype: str = "float32",
    positions: bool = False,
) -> Generator[FileStamp | ImageError, None, None]:
    """Read image files and turn them into stamps, in the order of the files, and in parallel.

    Results come one by one while later files are still in work, and only a few hundred wait in memory. Closing the
    generator cancels tasks that have not started.

    Parameters
    ----------
    paths
        The image files, or images in memory. They may come from a generator, which is read as the work goes on. A path
        such as ``"M51_{g,r,z}.fits"`` stands for one file a band.
    recipe
        Turns an image into a stamp. A process pool must be able to pickle it.
    hdu, bands
        HDU of FITS files to read, and names of the planes of each, as for `read_image`.
    workers
        Who reads and prepares the images: None for all cores, 1 for this thread alone, another number for so many
        workers, or any `concurrent.futures.Executor` (processes, Dask, MPI), which stays open.
    progress
        Whether to draw a progress bar on standard error.
    dtype
        Type of the stamps' pixels: ``"float32"`` or ``"float16"`` (0 to 1), or ``"uint8"`` (0 to 255, rounded), as in a
        `Dataset`.
    positions
        Whether to find where on the sky the images lie, by the coordinates in the headers of FITS files. It takes some
        milliseconds a file.

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
    read = partial(read_image, hdu=hdu, bands=None if bands is None else tuple(bands))
    return _generate(paths, partial(_stamps, recipe, dtype, read, positions), workers, progress)


def _generate(
    paths: Iterable[str | os.PathLike[str] | GalaxyImage],
    function: Callable[[list[Path | GalaxyImage]], list[FileStamp | ImageError]],
    workers: int | Executor | None,
    progress: bool,
) -> Generator[FileStamp | ImageError, None, None]:
    total = len(paths) if isinstance(paths, Sized) else None
    length = _FILES_PER_TASK if total is None else min(_FILES_PER_TASK, 1 + total // _LEAST_TASKS)
    images = (path if isinstance(path, GalaxyImage) else Path(path) for path in paths)
    tasks = _in_lists(images, length)
    with tqdm(total=total, unit="image", disable=not progress) as bar:
        expected = None if total is None else -(-total // length)
        for results in run_in_order(function, tasks, workers, total=expected):
            for result in results:
                yield result
                bar.update()


def _in_lists(images: Iterator[Path | GalaxyImage], length: int) -> Iterator[list[Path | GalaxyImage]]:
    while some := list(islice(images, length)):
        yield some


def _stamps(
    recipe: StampMaker,
    dtype: str,
    read: Callable[[Path], GalaxyImage],
    positions: bool,
    images: Sequence[Path | GalaxyImage],
) -> list[FileStamp | ImageError]:
    return [_stamp(recipe, dtype, read, positions, image) for image in images]


def _stamp(
    recipe: StampMaker,
    dtype: str,
    read: Callable[[Path], GalaxyImage],
    positions: bool,
    given: Path | GalaxyImage,
) -> FileStamp | ImageError:
    path = None if isinstance(given, GalaxyImage) else given
    try:
        image = given if isinstance(given, GalaxyImage) else read(given)
    except ImageError as error:
        return error
    try:
        stamp = recipe(image)
    except ImageError as error:
        if path is None:
            return error
        named = type(error)(f"{path}: {error}")  # the recipe does not know the file
        named.__cause__ = error
        return named
    low, high = float(stamp.pixels.min()), float(stamp.pixels.max())
    if not (low >= 0 and high <= 1):
        raise DatasetError(
            f"{path or image.name}: expected stamps between 0 and 1, got {low:g} to {high:g}; check the recipe"
        )
    if dtype != "float32":
        pixels = (np.rint(255 * stamp.pixels) if dtype == "uint8" else stamp.pixels).astype(dtype)
        stamp = replace(stamp, pixels=pixels)
    place = sky_frame(path, image) if positions and path is not None else None
    ra, dec, field = (math.nan,) * 3 if place is None else place
    return FileStamp(
        path=path,
        stamp=stamp,
        name=image.name,
        pixel_scale=image.pixel_scale,
        bands=image.bands,
        channels=image.channels,
        linear=image.linear,
        notes=(*image.notes, *stamp.notes),
        doubts=stamp.doubts,
        format=image.metadata.get("format", ""),
        width=image.width,
        height=image.height,
        ra=ra,
        dec=dec,
        field=field,
    )
