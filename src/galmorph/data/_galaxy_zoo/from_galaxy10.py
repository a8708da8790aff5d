"""`load_galaxy10`: make a data set of an HDF5 file of Galaxy10."""

import os
from concurrent.futures import Executor
from typing import Any

import numpy as np
from astropy.table import Column, Table

from galmorph._checks import check, check_choice
from galmorph._warnings import warn
from galmorph.data._catalogue.clean import with_left_out
from galmorph.data._catalogue.groups import unite
from galmorph.data._catalogue.sky import groups_of, radii_of
from galmorph.data._dataset.class_warnings import warn_of_classes, warn_of_contradictions
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._galaxy_zoo.galaxy10_file import Galaxy10File, open_galaxy10
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._load.loaded_stamps import LoadedStamps
from galmorph.data._load.shards import WantedStamp
from galmorph.errors import DatasetError, SkippedImagesWarning
from galmorph.types import StampMaker

__all__ = ["GALAXY10_CLASSES", "load_galaxy10"]

#: The ten classes of each version of Galaxy10, in the order of its labels, as their authors name them.
GALAXY10_CLASSES = {
    "decals": (
        "Disturbed Galaxies",
        "Merging Galaxies",
        "Round Smooth Galaxies",
        "In-between Round Smooth Galaxies",
        "Cigar Shaped Smooth Galaxies",
        "Barred Spiral Galaxies",
        "Unbarred Tight Spiral Galaxies",
        "Unbarred Loose Spiral Galaxies",
        "Edge-on Galaxies without Bulge",
        "Edge-on Galaxies with Bulge",
    ),
    "sdss": (
        "Disk, Face-on, No Spiral",
        "Smooth, Completely round",
        "Smooth, in-between round",
        "Smooth, Cigar shaped",
        "Disk, Edge-on, Rounded Bulge",
        "Disk, Edge-on, Boxy Bulge",
        "Disk, Edge-on, No Bulge",
        "Disk, Face-on, Tight Spiral",
        "Disk, Face-on, Medium Spiral",
        "Disk, Face-on, Loose Spiral",
    ),
}
_SIDES = {256: "decals", 69: "sdss"}
_RADIUS = 30.0  # arcsec, where the file does not give the pixel scale


def load_galaxy10(
    path: str | os.PathLike[str],
    *,
    recipe: StampMaker,
    version: str | None = None,
    radius: Any = None,
    workers: int | Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
    stamps: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load Galaxy10: ``Galaxy10_DECals.h5`` (17,736 images of 256 x 256) or ``Galaxy10.h5`` (SDSS, 69 x 69).

    The file is read in pieces, so memory stays bounded. It needs the package h5py: ``pip install
    "galmorph-jax[hdf5]"``.

    Parameters
    ----------
    path
        The file: ``images``, uint8 of shape ``(galaxies, side, side, channels)``, and ``ans``, the number of each
        class; perhaps ``ra`` and ``dec`` (degrees), ``redshift``, and ``pxscale`` (arcsec).
    recipe
        Turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or a `galmorph.types.StampMaker` of your own.
    version
        ``"decals"`` or ``"sdss"``: which classes ``ans`` means. By default the side of the images tells, 256 or 69.
    radius
        If there are positions, galaxies whose circles of this radius overlap on the sky share a group; a number of
        arcsec, or as for `sky_groups`. By default half the width of each image, or 30 arcsec where ``pxscale`` is
        unknown.
    workers, on_error, progress, dtype, stamps
        As for `load_image_folder`.

    Returns
    -------
    Dataset
        With the classes `GALAXY10_CLASSES` of the version, and the table that `load_image_folder` describes, with ra,
        dec and redshift as far as the file has them. An image is named by its row in the file. Rows share a group if
        they overlap on the sky, or if their stamps are the same byte for byte.

    Raises
    ------
    ImportError
        If h5py is not installed.
    DatasetError
        If the file can't be read, or holds something else than described above; the message says what. If stamps differ
        in shape or exceed 0 to 1, or no image is left.
    ImageError
        If an image can't become a stamp, and `on_error` is ``"raise"``.
    InvalidValueError
        If an option has a wrong value, or a position or the radius is none.
    WorkerError
        If a process that prepares images dies.
    FileExistsError
        If the file `stamps` already exists.
    OSError
        If stamps can't be written.

    Warns
    -----
    SkippedImagesWarning
        Once, if images were left out: how many, and the first few reasons.
    MismatchWarning
        If stamps are nearly black or white.
    DatasetWarning
        If a class has no image, or equal stamps have different classes.

    References
    ----------
    Leung & Bovy, Galaxy10 DECaLS and Galaxy10 SDSS: https://github.com/henrysky/Galaxy10
    """
    options = LoadOptions(
        workers=workers, on_error=on_error, progress=progress, dtype=dtype, stamps=stamps, shards=None
    )
    if version is not None:
        check_choice("version", version, GALAXY10_CLASSES)
    with open_galaxy10(path) as file:
        return _load(file, recipe, version or _version(file), radius, options)


def _version(file: Galaxy10File) -> str:
    check(
        file.side in _SIDES,
        f"version: expected images of 256 x 256 (decals) or 69 x 69 (sdss), got {file.side} x {file.side}; say which "
        "classes the labels mean: version='decals' or version='sdss'",
    )
    return _SIDES[file.side]


def _load(file: Galaxy10File, recipe: StampMaker, version: str, radius: Any, options: LoadOptions) -> Dataset:
    classes = GALAXY10_CLASSES[version]
    labels = file.labels(len(classes))
    known = Table(file.numbers("ra", "dec", "redshift"))
    groups = np.arange(len(file))
    scales = file.numbers("pxscale").get("pxscale", np.full(len(file), np.nan))
    if {"ra", "dec"} <= set(known.colnames):
        half = file.side * scales / 2
        radii = radii_of(known, np.where(half > 0, half, _RADIUS) if radius is None else radius)
        groups = groups_of(known, radii)
    names = [str(row) for row in range(len(file))]
    left_out = LeftOutGalaxies(names, options.on_error)
    wanted = [
        WantedStamp(row, file.path, f"{file.path.name}[{row}]", classes[label]) for row, label in enumerate(labels)
    ]
    with options.storage(len(wanted), file.path.parent) as storage:
        loaded = LoadedStamps(storage)
        rows = loaded.load(wanted, recipe, left_out, options, images=file.images(scales))
        some = "; ".join(entry["reason"] for entry in left_out.entries()[:3])
        if not rows:
            raise DatasetError(f"{file.path}: no image of {len(file)} is left: {some}")
        pixels = loaded.pixels()
    if left_out.images:
        message = (
            f"{left_out.images} of {len(file)} images left out: {some} (all of them: dataset.table.meta['skipped'])"
        )
        warn(message, SkippedImagesWarning)

    table, copies, known = loaded.measurements(), loaded.copies(), known[rows]
    table.meta = {"skipped": left_out.entries(), "left_out": with_left_out({}, left_out.reasons())}
    for name in known.colnames:
        unit = "deg" if name in ("ra", "dec") else None
        table.add_column(Column(known[name], name=name, unit=unit))
    dataset = Dataset(
        pixels, labels[rows], classes, table=table, groups=unite(copies, groups[rows]), recipe=recipe.to_dict()
    )
    warn_of_classes(dataset)
    warn_of_contradictions(dataset, copies, table["path"].tolist())
    return dataset
