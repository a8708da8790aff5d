"""Prediction of image files: which files, their stamps, and notes of what makes an answer doubtful."""

import glob
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.table import Column, MaskedColumn, Table
from jaxtyping import Float32

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.data import FileStamp, image_files, stamps_from_files
from galmorph.errors import GalmorphWarning, ImageError, MismatchWarning, SkippedImagesWarning
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.domain import Domain

__all__ = ["FileStamps", "expand_patterns", "prediction_table", "read_stamps", "warn_of_notes"]


class FileStamps(NamedTuple):
    """Stamps of image files, and what to say about each file.

    Parameters
    ----------
    names, notes
        One for each file: its name, and what makes its answer doubtful or why it can't be used; empty if nothing does.
    usable
        Whether each file has a stamp.
    pixels
        The stamps of the usable files, between 0 and 1.
    """

    names: list[str]
    notes: list[str]
    usable: list[bool]
    pixels: list[np.ndarray]


def expand_patterns(patterns: Iterable[str | Path]) -> list[Path]:
    """Replace patterns by the files that match them, and folders by the images in them.

    Raises
    ------
    InvalidValueError
        If a pattern matches no file, or there are no patterns.
    DatasetError
        If a folder has no images.
    """
    paths: list[Path] = []
    for pattern in patterns:
        if Path(pattern).is_dir():
            paths.extend(image_files(pattern))
            continue
        # A name such as "[TH2002] 433.fits" looks like a pattern, so existing files come first.
        if Path(pattern).exists() or not glob.has_magic(str(pattern)):
            paths.append(Path(pattern))
            continue
        found = sorted(glob.glob(str(pattern)))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        check(bool(found), f"expected image files, but {str(pattern)!r} matches none in {Path.cwd()}")
        paths.extend(map(Path, found))
    check(bool(paths), "expected at least one image file, got none")
    return paths


def read_stamps(
    paths: Sequence[Path],
    recipe: Recipe,
    *,
    channels: int,
    domain: Domain,
    workers: int | Executor | None,
    progress: bool,
) -> FileStamps:
    """Make stamps of files, and note what differs from the training images.

    Warns
    -----
    SkippedImagesWarning
        If a file can't be used.
    MismatchWarning
        If images differ in kind from the training images, or their stamps show nothing.
    """
    read = FileStamps([], [], [], [])
    for path, made in zip(paths, stamps_from_files(paths, recipe, workers=workers, progress=progress), strict=True):
        if isinstance(made, ImageError):
            read.names.append(path.stem)
            read.notes.append(str(made))
            read.usable.append(False)
        else:
            read.names.append(made.name)
            read.notes.append("; ".join(_doubts(made, channels, domain)))
            read.usable.append(True)
            read.pixels.append(made.stamp.pixels)
    warn_of_notes(read.notes, read.usable)
    return read


def _doubts(made: FileStamp, channels: int, domain: Domain) -> list[str]:
    doubts = domain.doubts(made.bands, made.pixel_scale)
    if made.channels != channels:
        how = "repeated" if made.channels == 1 else "averaged"
        doubts.insert(0, f"{made.channels} channel(s) {how} to make {channels}")
    if made.stamp.blank:
        message = f"nearly the whole stamp is {made.stamp.blank}: the recipe's levels don't fit the image, pass recipe="
        doubts.insert(0, message)
    return doubts


def warn_of_notes(notes: Sequence[str], usable: Sequence[bool]) -> None:
    """Warn of images that can't be used, and of those that differ from the training images."""
    pairs = list(zip(notes, usable, strict=True))
    skipped = [note for note, usable in pairs if not usable]
    doubtful = [note for note, usable in pairs if usable and note]
    kinds: list[tuple[type[GalmorphWarning], str, list[str]]] = [
        (SkippedImagesWarning, "can't be classified", skipped),
        (MismatchWarning, "differ from the training images", doubtful),
    ]
    for kind, words, found in kinds:
        if found:
            message = f"{len(found)} of {len(pairs)} images {words}, the first: {found[0]}; see the column 'note'"
            warn(message, kind)


def prediction_table(
    names: list[str],
    paths: list[Path] | None,
    classes: tuple[str, ...],
    probabilities: Float32[np.ndarray, "n classes"],
    notes: list[str],
) -> Table:
    """Put answers into a table; rows whose probabilities are NaN are masked."""
    unknown = np.isnan(probabilities).any(axis=1)
    best = np.where(unknown, 0, np.nan_to_num(probabilities).argmax(axis=1))
    table = Table()
    table["name"] = Column(names, dtype=str)
    if paths is not None:
        table["path"] = Column([str(path) for path in paths], dtype=str)
    table["class"] = MaskedColumn(np.asarray(classes)[best], mask=unknown)
    table["probability"] = MaskedColumn(probabilities[np.arange(len(best)), best], mask=unknown, format=".3f")
    for index, name in enumerate(classes):
        table[f"p({name})"] = MaskedColumn(probabilities[:, index], mask=unknown, format=".3f")
    table["note"] = Column(notes, dtype=str)
    return table
