"""The argument `galaxies` of predictions: files, a manifest, a data set, images in memory, or stamps."""

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
from astropy.nddata import Cutout2D, NDData

from galmorph._checks import check
from galmorph.data import Dataset, as_image, band_files, files_of, image_files, read_manifest
from galmorph.training._predictions.galaxy_parts import FileList, GalaxyParts, StampSeries
from galmorph.training._predictions.prepared_stamps import Preparation
from galmorph.types import GalaxyImage

__all__ = ["Images", "galaxies_in_parts", "image_paths", "listed_images"]

#: Image files, patterns and folders, or images in memory.
Images = str | os.PathLike[str] | GalaxyImage | np.ndarray | NDData | Cutout2D | tuple[Any, Any] | Iterable[Any]

_MANIFEST = "manifest.sqlite"  # of `galmorph.data.fetch_images`


def listed_images(galaxies: Images) -> list[str | GalaxyImage]:
    """List image files, as `image_paths` does, and images in memory, which are named by their places in the list.

    Raises
    ------
    InvalidValueError
        If a pattern matches no file, something is neither a path nor an image, or there is nothing.
    DatasetError
        If a folder has no images.
    """
    several = [galaxies] if _is_one(galaxies) else galaxies
    check(
        isinstance(several, Iterable),
        f"galaxies: expected image files or images, got a {type(galaxies).__name__} ({galaxies!r})",
    )
    images: list[str | GalaxyImage] = []
    for each in several:
        if isinstance(each, str | os.PathLike):
            images += _expanded(each)
        else:
            images.append(as_image(each, name=str(len(images))))
    check(bool(images), "expected at least one image file or image, got none")
    return images


def _is_one(galaxies: object) -> bool:
    """Say whether an argument is one image, or one path, and not several."""
    if isinstance(galaxies, tuple) and len(galaxies) == 2:  # an image and a position in it, or two images
        return _is_image(galaxies[0]) and not _is_image(galaxies[1])
    if isinstance(galaxies, np.ndarray):
        check(
            galaxies.ndim in (2, 3),
            f"galaxies: expected an image, (height, width) or (height, width, channels), got an array of shape "
            f"{galaxies.shape}; put images in a list, and pass stamps to probabilities()",
        )
        return True
    return isinstance(galaxies, str | os.PathLike) or _is_image(galaxies)


def _is_image(value: object) -> bool:
    array = isinstance(value, np.ndarray) and value.ndim > 1
    return array or isinstance(value, GalaxyImage | NDData | Cutout2D)


def image_paths(galaxies: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """List files: patterns stand for the files that match them, and folders for the images in them.

    Raises
    ------
    InvalidValueError
        If a pattern matches no file, something is no path, or there is nothing.
    DatasetError
        If a folder has no images.
    """
    patterns = [galaxies] if isinstance(galaxies, str | os.PathLike) else galaxies
    paths = [path for pattern in patterns for path in _expanded(pattern)]
    check(bool(paths), "expected at least one image file, got none")
    return paths


def galaxies_in_parts(
    galaxies: Dataset | str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Iterable[tuple[str, np.ndarray]],
    preparation: Preparation,
    check_stamps: Callable[[np.ndarray], None],
) -> GalaxyParts:
    """Find out what the argument `galaxies` holds.

    Parameters
    ----------
    galaxies
        A data set; a file, a folder, a pattern, or several of these; a text file of paths; the manifest of a folder of
        images; or pairs of a name and a stamp.
    preparation
        Makes stamps of files.
    check_stamps
        Raises an error if stamps, ``(n, size, size, channels)``, don't fit the classifier.

    Raises
    ------
    InvalidValueError
        If there are none, or they are nothing of this.
    DatasetError
        If a folder has no images.
    FileFormatError
        If a manifest is damaged.
    OSError
        If a list of paths can't be read.
    """
    if isinstance(galaxies, Dataset):
        return StampSeries.of_dataset(galaxies, preparation.domain)
    if isinstance(galaxies, str | os.PathLike):
        path = Path(galaxies)
        if path.name == _MANIFEST:
            return _manifest_files(path.parent, preparation)
        if path.suffix.lower() == ".txt":
            return FileList(_listed_paths(path), preparation)
        return FileList(image_paths(galaxies), preparation)
    each = iter(galaxies)
    first = next(each, None)
    check(first is not None, "galaxies: expected at least one, got none")
    if isinstance(first, tuple):
        return StampSeries.of_pairs(chain([first], each), check_stamps)
    check(
        isinstance(first, str | os.PathLike),
        f"galaxies: expected image files, or pairs of a name and a stamp, got a {type(first).__name__}; "
        "predict() takes images in memory",
    )
    files = cast("Iterable[str | os.PathLike[str]]", chain([first], each))
    return FileList(image_paths(files), preparation)


def _listed_paths(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
        paths = [line.rstrip("\r\n") for line in lines if line.strip()]
    check(bool(paths), f"{path}: expected one path of an image file in each line, got none")
    return paths


def _manifest_files(folder: Path, preparation: Preparation) -> FileList:
    manifest = read_manifest(folder)
    check(len(manifest) > 0, f"{folder / _MANIFEST}: expected images that fetch_images has fetched, got none")
    files, reasons = manifest["file"].tolist(), manifest["reason"].tolist()
    paths = [str(folder / file) if file else "" for file in files]
    without = {row: f"not fetched: {reasons[row]}" for row, file in enumerate(files) if not file}
    return FileList(paths, preparation, names=manifest["name"].tolist(), reasons=without)


def _expanded(pattern: str | os.PathLike[str]) -> Iterator[str]:
    check(
        isinstance(pattern, str | os.PathLike),
        f"galaxies: expected paths of image files, got a {type(pattern).__name__} ({pattern!r})",
    )
    text, path = str(pattern), Path(pattern)
    if path.is_dir():
        yield from map(str, image_files(path))
    # A name such as "[TH2002] 433.fits" looks like a pattern, so existing files come first.
    elif path.exists():
        yield str(path)
    elif "{name}" in text or "{band}" in text or ("{" in text and set(text) & set("*?")):
        yield from band_files(text)
    elif len(files_of(text)) > 1 or not glob.has_magic(text):
        yield str(path)
    else:
        found = sorted(glob.glob(text))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        check(bool(found), f"expected image files, but {text!r} matches none in {Path.cwd()}")
        yield from (str(Path(each)) for each in found)
