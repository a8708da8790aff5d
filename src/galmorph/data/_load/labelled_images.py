"""Images and a label for each to a data set: what the loaders of folders and of Galaxy Zoo 2 share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table
from jaxtyping import Int

from galmorph._warnings import warn
from galmorph.data._catalogue.clean import with_left_out
from galmorph.data._catalogue.groups import unite
from galmorph.data._dataset.class_warnings import (
    warn_of_cautions,
    warn_of_classes,
    warn_of_contradictions,
    warn_of_misspellings,
)
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._load.loaded_stamps import LoadedStamps
from galmorph.data._load.shards import WantedStamp
from galmorph.data._load.sky_positions import groups_on_sky
from galmorph.errors import DatasetError, SkippedImagesWarning, UnreadableImageError
from galmorph.types import StampMaker

__all__ = ["load_labelled"]


def load_labelled(
    folder: ImageFolder,
    labels: Mapping[str, str],
    classes: Sequence[str],
    recipe: StampMaker,
    options: LoadOptions,
    *,
    known: Table | None = None,
    groups: Int[np.ndarray, "labels"] | None = None,
    all_labelled: bool = False,
) -> Dataset:
    """Load the images that labels name.

    `known` has a row for each label, whose columns are added to the table. Labels that share one of the `groups` share
    a group in the data set, and so do images that overlap on the sky by their headers, unless the known columns have
    positions. Images without a class are warned of if they were meant to be `all_labelled`.
    """
    unknown = sorted({label for label in labels.values() if label} - set(classes))
    if unknown:
        raise DatasetError(f"labels: expected the classes {', '.join(classes)}; got {', '.join(unknown[:8])} too")

    left_out = LeftOutGalaxies(list(labels), options.on_error)
    files = _find(folder, labels, left_out)
    named = {file.path for file in files}
    without = [path.relative_to(folder.path).as_posix() for path in folder.tree() if path not in named]
    unlabelled = len(folder.tree()) - len(files)
    wanted = [file for file in files if file.label]
    empty = [file.relative for file in files if not file.label]
    no_class = len(empty)

    with options.storage(len(wanted), folder.path) as storage:
        loaded = LoadedStamps(storage)
        rows = loaded.load(wanted, recipe, left_out, options)
        reasons = [entry["reason"] for entry in left_out.entries()]
        some = f"{len(reasons)} of {len(reasons) + len(loaded)} labelled images left out: " + "; ".join(
            reasons[:3] + ["..."] * (len(reasons) > 3)
        )
        if not len(loaded):
            images = folder.tree()
            example = f" (an image is {images[0].relative_to(folder.path).as_posix()!r})" if images else ""
            raise DatasetError(
                f"{folder.path}: no image is left; {unlabelled} have no label, {no_class} an empty one; "
                f"{some if reasons else 'check the names in the labels'}{example}"
            )
        pixels = loaded.pixels()

    if reasons:
        message = f"{some} (all of them: dataset.table.meta['skipped'])"
        warn(message, SkippedImagesWarning)
    if all_labelled:
        _warn_of_no_class(empty, without, len(folder.tree()))
    table = loaded.measurements()
    table.meta = {
        "skipped": left_out.entries(),
        "left_out": with_left_out({}, [*left_out.reasons(), *["no class"] * no_class]),
        "unlabelled": unlabelled,
        "no_class": no_class,
    }
    if unmatched := folder.unmatched():
        table.meta["unmatched"] = len(unmatched)
    if known is not None and {"ra", "dec"} <= set(known.colnames):
        table.remove_columns([name for name in ("ra", "dec", "field") if name in table.colnames])
    copies = loaded.copies()
    shared = unite(copies, groups_on_sky(table))
    if known is not None:
        for name, column in known[rows].columns.items():
            table[name if name not in table.colnames else f"catalogue_{name}"] = column
    numbers = {name: number for number, name in enumerate(classes)}
    dataset = Dataset(
        pixels,
        [numbers[label] for label in table["class"]],
        classes,
        table=table,
        groups=shared if groups is None else unite(shared, groups[rows]),
        recipe=recipe.to_dict(),
    )
    warn_of_classes(dataset)
    warn_of_misspellings(dataset)
    warn_of_cautions(dataset)
    warn_of_contradictions(dataset, copies, table["path"].tolist())
    return dataset


def _warn_of_no_class(empty: Sequence[str], without: Sequence[str], images: int) -> None:
    """Count the images that have an empty class, and those that no label names."""
    for names, what in (
        (empty, "have an empty class in the labels (nothing, nan, null ...)"),
        (without, "are not named in the labels"),
    ):
        if names:
            warn(
                f"{len(names)} of {images} images {what} and are left out, the first: {names[0]}", SkippedImagesWarning
            )


def _find(folder: ImageFolder, labels: Mapping[str, str], left_out: LeftOutGalaxies) -> list[WantedStamp]:
    """Find the file of each label. One that two labels name counts once."""
    files: dict[Path, WantedStamp] = {}
    paths = [folder.find(name, below=True) for name in labels]
    for row, ((name, label), path) in enumerate(zip(labels.items(), paths, strict=True)):
        if path is not None:
            file = files.setdefault(path, WantedStamp(row, path, path.relative_to(folder.path).as_posix(), label))
            if file.label != label:
                raise DatasetError(f"labels: {path} is named twice, as {file.label!r} and as {label!r}; keep one name")
        elif label:
            alike = folder.alike(name)
            hint = "expected a file for each label" if alike is None else f"did you mean {alike!r}?"
            error = UnreadableImageError(f"{folder.path / name}: no image of this name; {hint}")
            left_out.skip_image(row, error, "image missing")
    return list(files.values())
