"""The argument `galaxies` of predictions: files, a manifest, a data set, images in memory, or stamps."""

import os
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np

from galmorph._checks import check
from galmorph.data import Dataset, list_images, read_manifest
from galmorph.training._predictions.galaxy_parts import FileList, GalaxyParts, StampSeries
from galmorph.training._predictions.prepared_stamps import Preparation

__all__ = ["galaxies_in_parts", "image_paths"]

_MANIFEST = "manifest.sqlite"  # of `galmorph.data.fetch_images`


def image_paths(galaxies: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """List image files, as `galmorph.data.list_images` does.

    Raises
    ------
    InvalidValueError
        If a pattern matches no file, something is no path, or there is nothing.
    DatasetError
        If a folder has no images.
    """
    paths = list_images(galaxies)
    other = next((each for each in paths if not isinstance(each, str)), None)
    check(
        other is None,
        f"galaxies: expected image files, or pairs of a name and a stamp, got {other!r}; predict() takes images",
    )
    return cast("list[str]", paths)


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
