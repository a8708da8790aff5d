"""`build_dataset`: make a data set of a catalogue and the images that were fetched for it."""

import copy
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from astropy.table import Column, Table

from galmorph._warnings import warn
from galmorph.data._catalogue.clean import with_left_out
from galmorph.data._catalogue.columns import names_of, need_columns, texts
from galmorph.data._catalogue.groups import unite
from galmorph.data._catalogue.sky import groups_of, radii_of, same_names
from galmorph.data._dataset.class_warnings import warn_of_cautions, warn_of_classes, warn_of_contradictions
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._fetch.manifest import read_manifest
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._load.loaded_stamps import LoadedStamps
from galmorph.data._load.shards import WantedStamp
from galmorph.data._load.sky_positions import groups_on_sky
from galmorph.data._load.type_labels import label_types, types_of
from galmorph.data._morphology.schemes import Scheme, get_scheme
from galmorph.errors import DatasetError, SkippedImagesWarning, UnreadableImageError
from galmorph.types import StampMaker

__all__ = ["build_dataset"]


def build_dataset(
    catalogue: Table,
    directory: str | os.PathLike[str],
    *,
    recipe: StampMaker,
    scheme: Scheme | str,
    manifest: Table | None = None,
    radius: Any = 300.0,
    hdu: int | str | tuple[str, int] | None = None,
    bands: Sequence[str] | None = None,
    workers: int | Executor | None = None,
    on_error: str = "warn",
    progress: bool = True,
    dtype: str = "uint8",
    stamps: str | os.PathLike[str] | None = None,
    shards: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Turn a catalogue, and the images that `fetch_images` fetched for it, into a data set.

    Memory stays bounded for any number of images: images are read while stamps are made, and stamps of more than 1 GiB
    go to a file that is mapped into memory. Besides the table, about 2 kB for each galaxy are kept meanwhile.

    Parameters
    ----------
    catalogue
        One row for each galaxy (see `clean`): a column ``name``, one or both of ``morphology`` and ``legacy_type``,
        and, for groups, ``ra`` and ``dec``; without these, the coordinates in the headers of the images count. The type
        of a galaxy is its ``morphology`` or, if that is empty, its ``legacy_type``.
    directory
        Where the images are.
    recipe
        Turns an image into a stamp: a `galmorph.preprocessing.Recipe`, or a `galmorph.types.StampMaker` of your own.
    scheme
        Turns a type into a class: a `Scheme`, whose rule may be any function, or the name of one.
    manifest
        Which image belongs to which galaxy: a table with the columns ``name`` (as in the catalogue), ``file`` (relative
        to the directory), ``state`` (``"done"`` if the file is there) and perhaps ``reason``. By default the
        manifest that `fetch_images` left in the directory.
    radius
        Galaxies whose circles of this radius on the sky overlap share a group; a number of arcsec, or as for
        `sky_groups`. It should be half the width of the images.
    hdu, bands
        HDU of FITS files to read, and names of the planes of each, as for `read_image`.
    workers
        Who reads and prepares the images: None for all cores, 1 for this thread alone, another number for so many
        workers, or any `concurrent.futures.Executor` (processes, Dask, MPI), which stays open. The data set does not
        depend on it.
    on_error
        ``"warn"`` leaves out images that are missing or can't become stamps; ``"raise"`` stops at the first one. A
        galaxy that was never fetched, or whose type has no class, is left out in either case.
    progress
        Whether to draw a progress bar on standard error.
    dtype
        Of the stored stamps: ``"uint8"``, ``"float16"`` or ``"float32"``.
    stamps
        A ``.npy`` file to write the stamps to, even if they are few. It appears when it is complete, belongs to you,
        and must stay for as long as the data set is used. By default, stamps of more than 1 GiB go to a file without a
        name in `directory` (or among the system's temporary files, if you can't write there), which the system deletes
        when the data set is no longer used.
    shards
        A folder that keeps the stamps made so far, 1024 files at a time, so that the same call goes on where an
        interrupted one ended, and gives the same data set. Stamps of files that have changed since are made again; for
        another recipe, dtype or list of files use another folder. It needs as much room as the stamps, and you may
        delete it when you have the data set. By default nothing is kept.

    Returns
    -------
    Dataset
        Rows in the order of the catalogue. The table has all columns of the catalogue, the string that the class comes
        from (``type``), and the columns that `load_image_folder` describes (``path``, ``class``, ``pixel_scale`` ...);
        columns of the catalogue with one of these names become ``catalogue_...``. Its ``meta`` is the catalogue's, with
        ``"scheme"``, the name of the scheme; ``"left_out"``, the number of galaxies left out for each reason, added to
        the counts of the catalogue; and ``"skipped"``, a list of ``{"name": ..., "reason": ...}`` of those left out
        here. Rows share a group if they overlap on the sky, or if their stamps are the same byte for byte.

    Raises
    ------
    InvalidValueError
        If the catalogue or the manifest lacks a column, or an option has a wrong value.
    DatasetError
        If a galaxy has several rows, the directory is missing, a file lies outside of it, stamps differ in shape or
        exceed 0 to 1, or no galaxy is left.
    ImageError
        If an image is missing or can't become a stamp, and `on_error` is ``"raise"``; the message names the file.
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
        Once, if galaxies were left out because they have no sound image: how many, and for which reasons.
    DatasetWarning
        If a class of the scheme has no galaxy, all galaxies are of one class, or equal stamps have different classes.
        If images look doubtful, or half of a stamp or more has no measurement.
    ImplausibleWarning
        If the kind of its file tells the class of a galaxy (`Dataset.cautions`).

    Examples
    --------
    >>> import tempfile
    >>> from collections import Counter
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from astropy.table import Table
    >>> from PIL import Image
    >>> from galmorph.data import build_dataset
    >>> from galmorph.types import Galaxy, Quality, Stamp
    >>> class Centre:
    ...     def __call__(self, image):
    ...         galaxy = Galaxy(x=16.0, y=16.0, radius=8.0, axis_ratio=1.0, angle=0.0)
    ...         quality = Quality(signal_to_noise=50.0, diameter=16.0, bad_fraction=0.0, truncation=0.0)
    ...         return Stamp(image.pixels[:32, :32] / 255, galaxy, quality)
    ...     def to_dict(self):
    ...         return {"size": 32}
    >>> names = ["NGC 4472", "MESSIER 058"]
    >>> catalogue = Table({"name": names, "ra": [187.4, 189.4], "dec": [8.0, 11.8], "morphology": ["E2", "SAB(rs)b"]})
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     for level, name in enumerate(names):
    ...         Image.fromarray(np.full((40, 40), 50 + level, np.uint8)).save(Path(directory, f"{name}.png"))
    ...     manifest = Table({"name": names, "file": [f"{name}.png" for name in names], "state": ["done", "done"]})
    ...     dataset = build_dataset(
    ...         catalogue, directory, recipe=Centre(), scheme="early-late", manifest=manifest, progress=False
    ...     )
    >>> dataset.class_counts()
    {'early': 1, 'late': 1}
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
    need_columns(catalogue, "name")
    radii = radii_of(catalogue, radius)
    folder = ImageFolder(directory)
    if isinstance(scheme, str):
        scheme = get_scheme(scheme)
    if manifest is None:
        manifest = read_manifest(folder.path)

    left_out = LeftOutGalaxies(_different_names(catalogue), on_error)
    types = types_of(catalogue)
    labels = label_types(types, scheme, left_out)
    wanted = [
        WantedStamp(row, path, path.relative_to(folder.path).as_posix(), scheme.classes[labels[row]])
        for row, path in _find(folder, manifest, left_out)
    ]
    with options.storage(len(wanted), folder.path) as storage:
        loaded = LoadedStamps(storage)
        rows = loaded.load(wanted, recipe, left_out, options)
        if not rows:
            raise DatasetError(
                f"{folder.path}: no galaxy of {len(catalogue)} is left: "
                f"{left_out.summary() or 'the catalogue is empty'}"
            )
        pixels = loaded.pixels()
    if left_out.images:
        message = (
            f"{left_out.images} of {len(catalogue)} galaxies left out because they have no sound image: "
            f"{left_out.summary(images=True)} (all of them: dataset.table.meta['skipped'])"
        )
        warn(message, SkippedImagesWarning)

    galaxies = Table(catalogue[rows], meta=copy.deepcopy(catalogue.meta))
    measured = loaded.measurements()
    if {"ra", "dec"} <= set(galaxies.colnames):
        groups = groups_of(galaxies, radii[rows])
        measured.remove_columns([name for name in ("ra", "dec", "field") if name in measured.colnames])
    else:
        groups = unite(same_names(galaxies), groups_on_sky(measured))
    copies = loaded.copies()
    galaxies.meta["scheme"] = scheme.name
    galaxies.meta["left_out"] = with_left_out(catalogue.meta, left_out.reasons())
    galaxies.meta["skipped"] = left_out.entries()
    dataset = Dataset(
        pixels,
        labels[rows],
        scheme.classes,
        table=_join(galaxies, [types[row] for row in rows], measured),
        groups=unite(groups, copies),
        recipe=recipe.to_dict(),
    )
    warn_of_classes(dataset)
    warn_of_cautions(dataset)
    warn_of_contradictions(dataset, copies, [left_out.names[row] for row in rows])
    return dataset


def _different_names(catalogue: Table) -> list[str]:
    names = names_of(catalogue)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DatasetError(
            f"catalogue: expected one row for each galaxy, got {len(repeated)} names more than once "
            f"({', '.join(map(repr, repeated[:3]))}{', ...' if len(repeated) > 3 else ''}); use clean(catalogue)"
        )
    return names


def _find(folder: ImageFolder, manifest: Table, left_out: LeftOutGalaxies) -> list[tuple[int, Path]]:
    """Rows that have a class and an image, with the image's file."""
    need_columns(manifest, "name", "file", "state", what="manifest")
    columns = [names_of(manifest), texts(manifest, "file"), texts(manifest, "state")]
    columns.append(texts(manifest, "reason") if "reason" in manifest.colnames else [""] * len(manifest))
    fetched = {name: rest for name, *rest in zip(*columns, strict=True)}
    found = []
    for row, name in enumerate(left_out.names):
        if row in left_out.rows:
            continue
        file, state, reason = fetched.get(name, ("", "", ""))
        path = folder.find(file) if state == "done" and file else None
        if path is not None:
            found.append((row, path))
        elif not state:
            left_out.skip(row, "image not fetched", image=True)
        elif state != "done":
            left_out.skip(row, "no image found", reason, image=True)
        else:
            error = UnreadableImageError(f"{folder.path / file}: no such image; expected what the manifest names")
            left_out.skip_image(row, error, "image missing")
    return found


def _join(galaxies: Table, types: list[str], measured: Table) -> Table:
    """Join the measurements to the columns of the catalogue."""
    measured.remove_column("name")  # the name of the file; the catalogue has that of the galaxy
    type_ = Column(types, name="type", dtype=str, description="type string that the class comes from")
    for name in ("type", *measured.colnames):
        if name in galaxies.colnames:
            galaxies.rename_column(name, f"catalogue_{name}")
    galaxies.add_columns([type_, *measured.columns.values()])
    return galaxies
