"""`load_galaxy_zoo_2`: load the images of Galaxy Zoo 2 with classes from its votes."""

import os
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
from astropy.table import Table

from galmorph._checks import check, check_between, check_choice
from galmorph._warnings import warn
from galmorph.data._catalogue.clean import with_left_out
from galmorph.data._catalogue.sky import groups_of, radii_of
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._galaxy_zoo.fractions import galaxy_zoo_fractions, majority
from galmorph.data._galaxy_zoo.gz2_galaxies import GZ2Galaxies, read_galaxies
from galmorph.data._galaxy_zoo.tuning_fork import TUNING_FORK_ANSWERS, tuning_fork_indices
from galmorph.data._galaxy_zoo.vote_table import CHALLENGE, open_vote_table
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.label_columns import VOTES, find_columns
from galmorph.data._load.labelled_images import load_labelled
from galmorph.data._load.labels import LabelTable, is_mapping, label_table, labels_of
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._morphology.galaxy_zoo import GALAXY_ZOO_2_CLASSES, SPIRAL_THRESHOLD, galaxy_zoo_classes
from galmorph.data._morphology.gz2_class import TUNING_FORK_CLASSES
from galmorph.errors import DatasetError, SkippedImagesWarning
from galmorph.types import StampMaker

__all__ = ["load_galaxy_zoo_2"]

_CLASSES = {"galaxy-zoo-2": GALAXY_ZOO_2_CLASSES, "tuning-fork": TUNING_FORK_CLASSES}


def load_galaxy_zoo_2(
    images: str | os.PathLike[str],
    labels: str | os.PathLike[str] | Table | Mapping[Any, Any] | Any,
    *,
    recipe: StampMaker,
    mapping: str | os.PathLike[str] | Table | Any | None = None,
    scheme: str = "galaxy-zoo-2",
    radius: Any = 30.0,
    name_column: str | None = None,
    class_column: str | None = None,
    spiral_threshold: float = SPIRAL_THRESHOLD,
    votes: str = "clear",
    workers: int | Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
    stamps: str | os.PathLike[str] | None = None,
    shards: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load Galaxy Zoo 2 images with classes from its votes: the published tables, or those of Kaggle's challenge.

    Parameters
    ----------
    images
        Folder of images: ``images_gz2`` of the Galaxy Zoo team (``images/58957.jpg``, named by asset_id), or those of
        the challenge, named by GalaxyID (``100008.jpg``).
    labels
        One of these, told apart by their headers:

        - the published table, ``gz2_hart16.csv`` or ``gz2_hart16.csv.gz`` (``dr7objid, ra, dec, ..., gz2_class, ...,
          t01_smooth_or_features_a01_smooth_debiased, ...``), or an older one with the same columns. It is read row by
          row, and only rows with an image in the folder are kept;
        - the votes of the challenge (``GalaxyID,Class1.1,...,Class11.6``; ``training_solutions_rev1.csv``);
        - classes (``GalaxyID,class``, named as in the scheme).

        A path, an astropy table or a data frame; classes in any form that `load_image_folder` takes.
    recipe
        Turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or a `galmorph.types.StampMaker` of your own.
    mapping
        ``gz2_filename_mapping.csv`` (``objid, sample, asset_id``), which leads from the objects of the published table
        to their images. Without it, images are named by the table's column asset_id if it has one, else by dr7objid.
    scheme
        ``"galaxy-zoo-2"``: the five classes of Dai & Tong (2018), `GALAXY_ZOO_2_CLASSES`, by thresholds on the
        fractions of votes. ``"tuning-fork"``: four classes, `TUNING_FORK_CLASSES`, E (smooth), edge-on, S and SB (other
        disks without and with a bar), by ``gz2_class`` of the published table. The challenge has none, but it is made
        of the answers with most votes (Willett et al. 2013), and so are the classes of the challenge.
    radius
        Galaxies of a published table whose circles of this radius overlap on the sky share a group; a number of
        arcsec, or as for `sky_groups`.
    name_column, class_column
        Columns of the names of images (or of identifiers, in a published table) and of the classes, if their headers
        don't tell.
    spiral_threshold
        Smallest fraction of votes for spiral arms; see `galaxy_zoo_classes`.
    votes
        ``"clear"``: only galaxies whose votes pass the thresholds of `galaxy_zoo_classes`. ``"all"``: every galaxy with
        a vote for one of the five classes; its label is the class with most of them (`galaxy_zoo_fractions`), however
        few these are. The numbers of votes of a published table are kept, too (`GALAXY_ZOO_2_COUNTS`). For training on
        fractions or counts (`galmorph.training.SoftLabels`), which needs no thresholds. For the scheme
        ``"galaxy-zoo-2"``, and labels that are votes.
    workers, on_error, progress, dtype, stamps, shards
        As for `load_image_folder`.

    Returns
    -------
    Dataset
        With the table that `load_image_folder` describes and, if `labels` are votes, the columns that the classes come
        from: the fractions of the challenge, or of a published table dr7objid, sample, gz2_class, ra, dec and the
        debiased fractions (NaN where nobody was asked). ``table.meta["no_class"]`` is the number of images whose votes
        fit none of the classes, and ``table.meta["left_out"]["no image"]`` the number of rows of a published table
        without an image in the folder.

    Raises
    ------
    DatasetError, ImageError
        As for `load_image_folder`; if votes are not fractions, an identifier is not a whole number with all of its
        digits, a row has more or fewer columns than the header, or no row has an image.
    InvalidValueError
        If an option has a wrong value, or `mapping` needs a published table and `labels` are none.
    FileExistsError, FileFormatError, OSError
        As for `load_image_folder`, if `stamps` or `shards` can't be used.

    Warns
    -----
    SkippedImagesWarning
        Once, if images were left out because they are missing or can't become stamps; once if a class of a published
        table can't be read.
    DatasetWarning
        If a class has no image, or equal stamps have different classes.

    Notes
    -----
    The fractions of a published table are those of the volunteers who were asked a question. In the challenge they are
    multiplied by the fraction of the answer that led to it, and so they are here before they are compared with the
    thresholds; the columns of the data set's table are those published. Debiasing changed between the two tables, so
    galaxies near a threshold may differ.

    If several images belong to an object (Stripe 82 was shown several times), that of the row's sample counts; a row
    for which this does not decide is left out, as ``"several images"``.

    References
    ----------
    Dai & Tong (2018), arXiv:1807.10406.
    Willett et al. (2013), MNRAS 435, 2835: Galaxy Zoo 2.
    Hart et al. (2016), MNRAS 461, 3663: the debiased fractions.
    """
    check_between("spiral_threshold", spiral_threshold, 0.0, 1.0)
    check_choice("votes", votes, ("clear", "all"))
    check(
        votes == "clear" or scheme == "galaxy-zoo-2",
        f"votes: expected 'clear' for the scheme {scheme!r}, whose classes are those of gz2_class, got {votes!r}",
    )
    options = LoadOptions(
        workers=workers, on_error=on_error, progress=progress, dtype=dtype, stamps=stamps, shards=shards
    )
    check_choice("scheme", scheme, _CLASSES)
    folder = ImageFolder(images)
    published = open_vote_table(labels) if class_column is None else None
    if published is not None:
        galaxies = read_galaxies(
            published,
            folder,
            mapping,
            scheme=scheme,
            name_column=name_column or "dr7objid",
            spiral_threshold=spiral_threshold,
            unclear=votes == "all",
        )
        return _load_published(galaxies, folder, recipe, options, scheme, radius)
    check(
        mapping is None,
        "mapping: expected labels with dr7objid and votes or gz2_class, such as gz2_hart16.csv; leave it out",
    )
    table = None if is_mapping(labels) else label_table(labels)
    known = None
    if table is not None and "Class1.1" in table.header and class_column is None:
        names, known = _classes_from_votes(table, folder, name_column, scheme, spiral_threshold, unclear=votes == "all")
    else:
        check(votes == "clear", f"votes: expected labels that are votes for {votes!r}, got classes; leave it out")
        names, _ = labels_of(labels, folder, name_column=name_column, class_column=class_column)
    return load_labelled(folder, names, _CLASSES[scheme], recipe, options, known=known)


def _load_published(
    galaxies: GZ2Galaxies, folder: ImageFolder, recipe: StampMaker, options: LoadOptions, scheme: str, radius: Any
) -> Dataset:
    if galaxies.unparsed:
        message = f"a gz2_class can't be read, and so its galaxy has no class; the first: {galaxies.unparsed}"
        warn(message, SkippedImagesWarning)
    known, groups = galaxies.known, None
    if {"ra", "dec"} <= set(known.colnames):
        groups = groups_of(known, radii_of(known, radius))
    dataset = load_labelled(folder, galaxies.labels, _CLASSES[scheme], recipe, options, known=known, groups=groups)
    dataset.table.meta["left_out"] = with_left_out(dataset.table.meta, galaxies.left_out.elements())
    return dataset


def _classes_from_votes(
    table: LabelTable,
    folder: ImageFolder,
    name_column: str | None,
    scheme: str,
    spiral_threshold: float,
    *,
    unclear: bool,
) -> tuple[dict[str, str], Table]:
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
        if scheme == "tuning-fork":
            indices = tuning_fork_indices(votes)
        else:
            indices = galaxy_zoo_classes(votes, spiral_threshold=spiral_threshold)
        if unclear:
            indices = majority(galaxy_zoo_fractions(votes))
    except ValueError as error:
        raise DatasetError(f"{table.source}: expected a column of vote fractions for each answer ({error})") from error
    used = Table({name: votes[name] for name in (TUNING_FORK_ANSWERS if scheme == "tuning-fork" else CHALLENGE)})
    return {name: _CLASSES[scheme][i] if i >= 0 else "" for name, i in zip(names, indices, strict=True)}, used
