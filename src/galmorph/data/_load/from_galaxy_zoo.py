"""`load_galaxy_zoo_2`: load the images of Galaxy Zoo 2 with the five classes of Dai & Tong (2018)."""

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
from astropy.table import Table

from galmorph._checks import check_between
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.label_columns import VOTES, find_columns
from galmorph.data._load.labelled_images import load_labelled
from galmorph.data._load.labels import LabelTable, is_mapping, label_table, labels_of
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._morphology.galaxy_zoo import GALAXY_ZOO_2_CLASSES, SPIRAL_THRESHOLD, galaxy_zoo_classes
from galmorph.errors import DatasetError
from galmorph.types import StampMaker

__all__ = ["load_galaxy_zoo_2"]


def load_galaxy_zoo_2(
    images: str | os.PathLike[str],
    labels: str | os.PathLike[str] | Table | Mapping[Any, Any] | Any,
    *,
    recipe: StampMaker,
    name_column: str | None = None,
    class_column: str | None = None,
    spiral_threshold: float = SPIRAL_THRESHOLD,
    workers: int | Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
    stamps: str | os.PathLike[str] | None = None,
    shards: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load Galaxy Zoo 2 images, such as those of the Kaggle "Galaxy Challenge", with the five classes of Dai & Tong.

    Parameters
    ----------
    images
        Folder of images that are named by GalaxyID (``100008.jpg``).
    labels
        Votes (``GalaxyID,Class1.1,...,Class11.6``; ``training_solutions_rev1.csv`` of the challenge) or classes
        (``GalaxyID,class``, named as in `GALAXY_ZOO_2_CLASSES`), in any form that `load_image_folder` takes. The header
        decides which it is.
    recipe
        Turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or a `galmorph.types.StampMaker` of your own.
    name_column, class_column
        Columns of the names of images and of the classes, if their headers don't tell.
    spiral_threshold
        Smallest fraction of votes for spiral arms, if `labels` are votes; see `galaxy_zoo_classes`.
    workers, on_error, progress, dtype, stamps, shards
        As for `load_image_folder`.

    Returns
    -------
    Dataset
        With the table that `load_image_folder` describes; ``table.meta["no_class"]`` is the number of images whose
        votes fit none of the classes.

    Raises
    ------
    DatasetError, ImageError
        As for `load_image_folder`, and if votes are not fractions.
    InvalidValueError
        If an option has a wrong value.
    FileExistsError, FileFormatError, OSError
        As for `load_image_folder`, if `stamps` or `shards` can't be used.

    Warns
    -----
    SkippedImagesWarning
        Once, if images were left out because they are missing or can't become stamps.
    DatasetWarning
        If a class has no image, or equal stamps have different classes.

    References
    ----------
    Dai & Tong (2018), arXiv:1807.10406.
    """
    check_between("spiral_threshold", spiral_threshold, 0.0, 1.0)
    options = LoadOptions(
        workers=workers, on_error=on_error, progress=progress, dtype=dtype, stamps=stamps, shards=shards
    )
    folder = ImageFolder(images)
    table = None if is_mapping(labels) else label_table(labels)
    if table is not None and "Class1.1" in table.header and class_column is None:
        names = _classes_from_votes(table, folder, name_column, spiral_threshold)
    else:
        names, _ = labels_of(labels, folder, name_column=name_column, class_column=class_column)
    return load_labelled(folder, names, GALAXY_ZOO_2_CLASSES, recipe, options)


def _classes_from_votes(
    table: LabelTable, folder: ImageFolder, name_column: str | None, spiral_threshold: float
) -> dict[str, str]:
    name, _ = find_columns(
        table.header, table.cells, folder, source=table.source, name_column=name_column, class_column="Class1.1"
    )
    names = table.cells(name)
    if len(set(names)) < len(names):
        raise DatasetError(
            f"{table.source}: expected each GalaxyID once, got {len(names) - len(set(names))} more than once"
        )
    try:
        votes = {
            answer: np.array(table.cells(column), np.float64)
            for column, answer in enumerate(table.header)
            if VOTES.fullmatch(answer)
        }
        indices = galaxy_zoo_classes(votes, spiral_threshold=spiral_threshold)
    except ValueError as error:
        raise DatasetError(f"{table.source}: expected a column of vote fractions for each answer ({error})") from error
    return {name: GALAXY_ZOO_2_CLASSES[i] if i >= 0 else "" for name, i in zip(names, indices, strict=True)}
