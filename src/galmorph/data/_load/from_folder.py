"""`load_image_folder`: make a data set of a folder of labelled images."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from astropy.table import Table

from galmorph.data._dataset.dataset import Dataset
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.class_folders import labels_of_folders
from galmorph.data._load.labelled_images import load_labelled
from galmorph.data._load.labels import check_classes, labels_of
from galmorph.data._load.load_options import LoadOptions
from galmorph.types import StampMaker

__all__ = ["load_image_folder"]


def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    recipe: StampMaker,
    labels: str | os.PathLike[str] | Table | Mapping[Any, Any] | Any | None = None,
    name_column: str | None = None,
    class_column: str | None = None,
    classes: Sequence[str] | None = None,
    files: str | None = None,
    hdu: int | str | tuple[str, int] | None = None,
    bands: Sequence[str] | None = None,
    workers: int | Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
    stamps: str | os.PathLike[str] | None = None,
    shards: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load a folder of labelled images as a data set: one sub-folder for each class, or a table of labels.

    Images are read (`read_image`) and turned into stamps, in parallel if an executor is given. They keep the order of
    the table or, in sub-folders, of their paths. Hidden files, files without an image extension, and folders whose
    names begin with a dot or two underscores (``__MACOSX``) are ignored.

    Parameters
    ----------
    folder
        Where the images are.
    recipe
        Turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or a `galmorph.types.StampMaker` of your own.
    labels
        None if there is one sub-folder for each class; images in folders inside of it count for the class. Otherwise
        the class of each image:

        - the path of a text file with a header, its columns separated by commas, semicolons, tabs, vertical bars or
          blanks; lines that begin with ``#`` are ignored;
        - an astropy table, or a pandas data frame;
        - a mapping of names to classes.

        Names are texts or whole numbers: file names with or without extension, relative to the folder. If no image of
        a name is there, it is sought in all sub-folders. An empty class, ``nan`` or ``null`` is none.
    name_column, class_column
        Columns of the names and of the classes. By default they are found by their headers: name, id, file, GalaxyID,
        objid, asset_id and the like; class or label or, without these, type, morphology and the like.
    classes
        The classes in your order; by default sorted by name.
    files
        Which files are images: a pattern such as ``"*_r.fits"``; or ``"{name}_{band}.fits"``, if each galaxy has one
        file a band, which are then read together (`read_bands`). With ``"{name}_{g,r,z}.fits"`` you choose the bands
        and their order. By default all image files, each for itself.
    hdu, bands
        HDU of FITS files to read, and names of the planes of each, as for `read_image`.
    workers
        Who reads and prepares the images: None for all cores, 1 for this thread alone, another number for so many
        workers, or any `concurrent.futures.Executor`, which stays open.
    on_error
        What to do with an image that can't become a stamp: ``"warn"`` leaves it out, ``"raise"`` raises.
    progress
        Whether to draw a progress bar on standard error.
    dtype
        ``"uint8"`` rounds stamps to 256 levels; ``"float16"`` keeps eleven bits of each value in twice the space, and
        ``"float32"`` all of them in four times. Floats are for stamps with a larger dynamic range than a screen shows.
    stamps
        A ``.npy`` file to write the stamps to, even if they are few. It appears when it is complete, belongs to you,
        and must stay for as long as the data set is used. By default, stamps of more than 1 GiB go to a file without a
        name in `folder` (or among the system's temporary files, if you can't write there), which the system deletes
        when the data set is no longer used.
    shards
        A folder that keeps the stamps made so far, 1024 files at a time, so that the same call goes on where an
        interrupted one ended, and gives the same data set. Stamps of files that have changed since are made again; for
        another recipe, dtype or list of files use another folder. It needs as much room as the stamps, and you may
        delete it when you have the data set. By default nothing is kept.

    Returns
    -------
    Dataset
        Stamps with their labels. Its table has the columns name, path, class, pixel_scale, bands, linear, format,
        channels, width, height; ra, dec (ICRS, of the image's centre) and field (its longer side on the sky), if the
        header of any file has coordinates, else NaN; what the recipe measured (x, y, radius, axis_ratio, angle,
        signal_to_noise, diameter, bad_fraction, truncation), and note, what was done to the image and what makes it
        doubtful; with units and descriptions. ``table.meta``
        says what is not in it: ``"skipped"``, a list of ``{"name": ..., "reason": ...}`` of labelled images that are
        missing or can't become a stamp, under the names that the labels give them; ``"left_out"``, the number of images
        left out for each reason; ``"unlabelled"``, the number of images, in the folder and all that is in it, that no
        label names; ``"no_class"``, the number of images whose label is empty; ``"unmatched"``, the number of images
        that don't fit `files`, if there are any. Rows share a group if their stamps are the same byte for byte, or if
        their images overlap on the sky: circles around ``ra`` and ``dec`` as wide as ``field`` (see `sky_groups`). An
        image without coordinates overlaps none.

    Raises
    ------
    DatasetError
        If the folder or the labels can't be read, the columns are not clear, labels contradict each other, a label is
        not one of the classes, or the labels are no classes: numbers with fractions, or nearly as many classes as
        images. If the sub-folders are parts (``train``, ``test``) or hold the folders of the classes. If a name leads
        out of the folder or fits several images, stamps differ in shape or exceed 0 to 1, or no image is left.
    ImageError
        If an image is missing or can't become a stamp, and `on_error` is ``"raise"``; the message names the file.
    InvalidValueError
        If `workers`, `on_error`, `dtype` or `files` is not one of its values.
    WorkerError
        If a process that prepares images dies.
    FileExistsError
        If the file `stamps` already exists.
    FileFormatError
        If `shards` holds stamps of another recipe, dtype or list of files, or a damaged file.
    BlockingIOError
        If another run uses the folder `shards`.
    OSError
        If stamps can't be written: the disk is full, or a folder is not writable.

    Warns
    -----
    SkippedImagesWarning
        If labelled images were left out: how many, and the first few reasons. If images have an empty class, or no
        label names them. If images lie beside the sub-folders, or are in formats that are not read.
    DatasetWarning
        If a class has no image, there is only one class, two classes differ in spelling only, equal stamps have
        different classes, or a sub-folder holds no image. If images look doubtful, or half of a stamp or more has no
        measurement.
    ImplausibleWarning
        If the kind of its file tells the class of an image (`Dataset.cautions`), a class is called ``-99``, ``?`` or
        the like, or most images lie at one position on the sky.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from PIL import Image
    >>> from galmorph.data import load_image_folder
    >>> from galmorph.types import Galaxy, Quality, Stamp
    >>> class Centre:
    ...     def __call__(self, image):
    ...         galaxy = Galaxy(x=16.0, y=16.0, radius=8.0, axis_ratio=1.0, angle=0.0)
    ...         quality = Quality(signal_to_noise=50.0, diameter=16.0, bad_fraction=0.0, truncation=0.0)
    ...         return Stamp(image.pixels[:32, :32] / 255, galaxy, quality)
    ...     def to_dict(self):
    ...         return {"size": 32}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for level, name in enumerate(["smooth", "spiral"]):
    ...         Path(folder, name).mkdir()
    ...         Image.fromarray(np.full((40, 40), 50 + level, np.uint8)).save(Path(folder, name, "a.png"))
    ...     load_image_folder(folder, recipe=Centre(), progress=False)
    Dataset(2 galaxies of 32 x 32 x 1 uint8: smooth 1, spiral 1)
    """
    options = LoadOptions(
        workers=workers,
        on_error=on_error,
        progress=progress,
        dtype=dtype,
        stamps=stamps,
        shards=shards,
        hdu=hdu,
        bands=bands,
    )
    images = ImageFolder(folder, files)
    if labels is None:
        names, source = labels_of_folders(images, classes), str(images.path)
        advice = "if each sub-folder is one galaxy, give the classes with labels="
    else:
        names, source = labels_of(labels, images, name_column=name_column, class_column=class_column)
        advice = "name the column of classes with class_column="
    if classes is None:
        check_classes(names, source, advice)
        classes = _sorted({label for label in names.values() if label})
    return load_labelled(images, names, classes, recipe, options, all_labelled=labels is not None)


def _sorted(classes: set[str]) -> list[str]:
    """Sort classes by name; whole numbers by value."""
    return sorted(classes, key=int if all(map(str.isdecimal, classes)) else None)
