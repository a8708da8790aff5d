"""Galaxy Zoo 2: its images, and the five classes of Dai & Tong from its votes."""

import os
from collections.abc import Mapping
from concurrent.futures import Executor

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Int32

from galmorph._checks import check, check_between
from galmorph.data._dataset import Dataset
from galmorph.data._labelled import load_labelled
from galmorph.data._labels import ImageFolder, read_labels, read_rows
from galmorph.errors import DatasetError
from galmorph.types import StampMaker

__all__ = ["GALAXY_ZOO_2_CLASSES", "galaxy_zoo_classes", "load_galaxy_zoo_2"]

GALAXY_ZOO_2_CLASSES = ("completely_round_smooth", "in_between_smooth", "cigar_shaped_smooth", "edge_on", "spiral")

_SPIRAL_THRESHOLD = 0.619
_USED = ("Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2", "Class7.3")


def galaxy_zoo_classes(
    votes: Mapping[str, Float[np.ndarray, "galaxies"]] | Table, *, spiral_threshold: float = _SPIRAL_THRESHOLD
) -> Int32[np.ndarray, "galaxies"]:
    r"""Class of each galaxy from the fractions of its Galaxy Zoo 2 votes, where they are clear enough.

    =======================  ==========================================================================
    completely_round_smooth  smooth (Class1.1 ≥ 0.469) and completely round (Class7.1 ≥ 0.50)
    in_between_smooth        smooth (Class1.1 ≥ 0.469) and in between (Class7.2 ≥ 0.50)
    cigar_shaped_smooth      smooth (Class1.1 ≥ 0.469) and cigar-shaped (Class7.3 ≥ 0.50)
    edge_on                  features or disk (Class1.2 ≥ 0.430) and edge-on (Class2.1 ≥ 0.602)
    spiral                   features or disk (Class1.2 ≥ 0.430), not edge-on (Class2.2 ≥ 0.715) and with spiral
                             arms (Class4.1 ≥ 0.619)
    =======================  ==========================================================================

    The fractions are those of the Kaggle challenge, which fall from question to question down the decision tree. So no
    galaxy satisfies two rows of this table, save on their very limits; then the upper row counts.

    Parameters
    ----------
    votes
        Columns of vote fractions from 0 to 1, each of shape ``(galaxies,)``, by their names in the challenge. The
        thresholds need Class1.1, 1.2, 2.1, 2.2, 4.1, 7.1, 7.2 and 7.3; others are passed over.
    spiral_threshold
        Least fraction for spiral arms.

    Returns
    -------
    Int32
        For each galaxy an index into `GALAXY_ZOO_2_CLASSES`, or -1 where none fits; of shape ``(galaxies,)``.

    Raises
    ------
    InvalidValueError
        If a column is missing or holds anything but numbers from 0 to 1, or `spiral_threshold` lies outside of these.

    References
    ----------
    Dai & Tong (2018), "Galaxy Morphology Classification with Deep Convolutional Neural Networks", arXiv:1807.10406.
    Willett et al. (2013), MNRAS 435, 2835: Galaxy Zoo 2 and its decision tree.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes
    >>> votes = {f"Class{answer}": np.zeros(2) for answer in ("1.1", "1.2", "2.1", "2.2", "4.1", "7.1", "7.2", "7.3")}
    >>> votes["Class1.2"] = np.array([0.9, 0.5])
    >>> votes["Class2.1"] = np.array([0.8, 0.3])
    >>> galaxy_zoo_classes(votes)
    array([ 3, -1], dtype=int32)
    >>> GALAXY_ZOO_2_CLASSES[3]
    'edge_on'
    """
    check_between("spiral_threshold", spiral_threshold, 0.0, 1.0)
    missing = [name for name in _USED if name not in votes.keys()]  # noqa: SIM118  (a Table iterates over rows)
    check(not missing, f"votes: expected the columns {', '.join(_USED)}; {', '.join(missing)} are missing")
    fractions = {name: np.asarray(votes[name], np.float64) for name in _USED}
    for name, values in fractions.items():
        check(
            bool(((values >= 0) & (values <= 1)).all()),
            f"votes: expected fractions from 0 to 1, got {np.min(values)} to {np.max(values)} in {name}",
        )
    smooth, disk, edge_on, face_on, arms, round_, between, cigar = fractions.values()
    return np.select(
        [
            (smooth >= 0.469) & (round_ >= 0.50),
            (smooth >= 0.469) & (between >= 0.50),
            (smooth >= 0.469) & (cigar >= 0.50),
            (disk >= 0.430) & (edge_on >= 0.602),
            (disk >= 0.430) & (face_on >= 0.715) & (arms >= spiral_threshold),
        ],
        np.arange(5, dtype=np.int32),
        np.int32(-1),
    )


def load_galaxy_zoo_2(
    images: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    *,
    recipe: StampMaker,
    spiral_threshold: float = _SPIRAL_THRESHOLD,
    executor: Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
) -> Dataset:
    """Load Galaxy Zoo 2 images, as of the Kaggle "Galaxy Challenge", with the five classes of Dai & Tong.

    Parameters
    ----------
    images
        Folder of images named by GalaxyID (``100008.jpg``).
    labels
        CSV file of votes (``GalaxyID,Class1.1,...,Class11.6``; ``training_solutions_rev1.csv`` of the challenge) or of
        classes (``GalaxyID,class``, named as in `GALAXY_ZOO_2_CLASSES`), told apart by the header.
    recipe
        What turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or something of your own.
    spiral_threshold
        Least fraction of votes for spiral arms, where `labels` are votes; see `galaxy_zoo_classes`.
    executor, on_error, progress, dtype
        As for `load_image_folder`.

    Returns
    -------
    Dataset
        With the table that `load_image_folder` describes; ``table.meta["no_class"]`` is the number of images whose
        votes fit none of the classes.

    Raises
    ------
    DatasetError, ImageError
        As `load_image_folder`, and if votes are no fractions.
    InvalidValueError
        If an option has a wrong value.

    Warns
    -----
    SkippedImagesWarning
        Once, if images were left out because they can't become stamps or are not there.

    References
    ----------
    Dai & Tong (2018), arXiv:1807.10406.
    """
    check_between("spiral_threshold", spiral_threshold, 0.0, 1.0)
    folder = ImageFolder(images)
    header, rows = read_rows(labels)
    if "Class1.1" in header:
        names = _classes_from_votes(labels, header, rows, spiral_threshold)
    else:
        names = read_labels(labels, folder)
    return load_labelled(
        folder,
        names,
        GALAXY_ZOO_2_CLASSES,
        recipe=recipe,
        executor=executor,
        on_error=on_error,
        progress=progress,
        dtype=dtype,
    )


def _classes_from_votes(
    path: str | os.PathLike[str], header: list[str], rows: list[list[str]], spiral_threshold: float
) -> dict[str, str]:
    names = [row[0] for row in rows]
    if len(set(names)) < len(names):
        raise DatasetError(f"{path}: expected each GalaxyID once, got {len(names) - len(set(names))} more than once")
    try:
        votes = np.array([row[1:] for row in rows], np.float64).T
        indices = galaxy_zoo_classes(dict(zip(header[1:], votes, strict=True)), spiral_threshold=spiral_threshold)
    except ValueError as error:
        raise DatasetError(f"{path}: expected a column of vote fractions for each answer ({error})") from error
    return {name: GALAXY_ZOO_2_CLASSES[i] if i >= 0 else "" for name, i in zip(names, indices, strict=True)}
