"""A folder of labelled images to a data set."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from galmorph.data._dataset.dataset import Dataset
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.from_labels import load_labelled
from galmorph.data._load.label_files import read_labels
from galmorph.errors import DatasetError
from galmorph.types import StampMaker

__all__ = ["load_image_folder"]


def load_image_folder(
    folder: str | os.PathLike[str],
    *,
    recipe: StampMaker,
    labels: str | os.PathLike[str] | Mapping[str, str] | None = None,
    classes: Sequence[str] | None = None,
    executor: Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
) -> Dataset:
    """Load a folder of labelled images as a data set: one sub-folder a class, or a table of labels.

    Images are read (`read_image`) and turned into stamps, in parallel if asked, and stay in the order of the table or,
    in sub-folders, of their names. Hidden files and files with other endings than those of images are passed over.

    Parameters
    ----------
    folder
        Where the images are.
    recipe
        What turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or something of your own.
    labels
        None if there is one sub-folder a class. Otherwise a CSV file with a header: the first column names the image,
        with or without extension, relative to the folder; the second one is its class (empty: none); others are passed
        over, and so are lines that begin with ``#``. Or a mapping of names to classes.
    classes
        The classes in the order wanted; by default sorted by name.
    executor
        Where to read and compute: any `concurrent.futures.Executor`; None does it in this thread. It stays open.
    on_error
        What to do with an image that can't become a stamp: ``"warn"`` leaves it out, ``"raise"`` raises.
    progress
        Whether to draw a progress bar on standard error.
    dtype
        ``"uint8"`` rounds stamps to 256 levels; ``"float16"`` keeps eleven bits of each value in twice the space, and
        ``"float32"`` all of them in four times. Floats are for stamps that range over more than a screen shows.

    Returns
    -------
    Dataset
        Stamps with their labels. Its table has the columns name, path, class, pixel_scale and what the recipe measured
        (x, y, radius, axis_ratio, angle, signal_to_noise, diameter, bad_fraction, truncation), with units and
        descriptions. ``table.meta`` keeps account of the rest: ``"skipped"``, a list of
        ``{"path": ..., "reason": ...}`` of labelled images that were left out or are not there; ``"unlabelled"``, the
        number of images that no label names; ``"no_class"``, the number of images whose label is empty. Rows whose
        stamps are the same byte for byte share a group.

    Raises
    ------
    DatasetError
        If the folder or the labels can't be read or contradict themselves, a label is none of the classes or leads out
        of the folder, stamps differ in shape or exceed 0 to 1, or no image is left.
    ImageError
        If an image can't become a stamp, or is not there, and `on_error` is ``"raise"``; the message names the file.
    InvalidValueError
        If `on_error` or `dtype` has another value.

    Warns
    -----
    SkippedImagesWarning
        Once, if images were left out: how many, and the first few reasons.

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
    ...         Image.fromarray(np.full((40, 40), level, np.uint8)).save(Path(folder, name, "a.png"))
    ...     load_image_folder(folder, recipe=Centre(), progress=False)
    Dataset(2 galaxies of 32 x 32 x 1 uint8: smooth 1, spiral 1)
    """
    images = ImageFolder(folder)
    if labels is None:
        names = images.sub_folders()
        if not names:
            raise DatasetError(f"{images.path}: expected one sub-folder a class, got none; give labels=")
        images.images()
        labels = {f"{name}/{path.name}": name for name in names for path in images.images(name)}
        classes = names if classes is None else classes
    elif not isinstance(labels, Mapping):
        labels = read_labels(labels, images)
    return load_labelled(
        images,
        labels,
        sorted({label for label in labels.values() if label}) if classes is None else classes,
        recipe=recipe,
        executor=executor,
        on_error=on_error,
        progress=progress,
        dtype=dtype,
    )
