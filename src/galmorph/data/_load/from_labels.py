"""Image files with labels to a data set: what the loaders of folders and of Galaxy Zoo share."""

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from galmorph._checks import check_choice
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.stamp_table import StampTable
from galmorph.errors import DatasetError, ImageError, SkippedImagesWarning, UnreadableImageError
from galmorph.types import StampMaker

__all__ = ["load_labelled"]


def load_labelled(
    folder: ImageFolder,
    labels: Mapping[str, str],
    classes: Sequence[str],
    *,
    recipe: StampMaker,
    executor: Executor | None,
    on_error: str,
    progress: bool,
    dtype: str,
) -> Dataset:
    """Load the images that labels name; called straight from a public loader, so that warnings point to its caller."""
    check_choice("on_error", on_error, ("warn", "raise"))
    check_choice("dtype", dtype, ("uint8", "float16", "float32"))
    unknown = sorted({label for label in labels.values() if label} - set(classes))
    if unknown:
        raise DatasetError(f"labels: expected the classes {', '.join(classes)}; got {', '.join(unknown[:8])} too")

    found = {name: folder.find(name) for name in labels}
    folder.images()
    skipped: list[dict[str, str]] = []
    files: dict[Path, str] = {}
    for name, path in found.items():
        if path is None and labels[name]:
            error = UnreadableImageError(f"{folder.path / name}: no image of this name; expected a file for each label")
            _skip(error, name, skipped, on_error)
        elif path is not None and files.setdefault(path, labels[name]) != labels[name]:
            raise DatasetError(
                f"labels: {path} is named twice, as {files[path]!r} and as {labels[name]!r}; keep one name"
            )
    meta = {"unlabelled": folder.seen() - len(files), "no_class": sum(not label for label in files.values())}
    labelled = [(path, path.relative_to(folder.path).as_posix(), label) for path, label in files.items() if label]

    stamp_table = StampTable(len(labelled), dtype)
    stamp_table.fill(
        labelled,
        recipe,
        executor=executor,
        progress=progress,
        skip=lambda error, number: _skip(error, labelled[number][1], skipped, on_error),
    )

    left_out = f"{len(skipped)} of {len(skipped) + len(stamp_table)} labelled images left out: " + "; ".join(
        [entry["reason"] for entry in skipped[:3]] + ["..."] * (len(skipped) > 3)
    )
    if not len(stamp_table):
        raise DatasetError(
            f"{folder.path}: no image is left; {meta['unlabelled']} have no label, {meta['no_class']} an empty one; "
            f"{left_out if skipped else 'check the names in the labels'}"
        )
    if skipped:
        message = f"{left_out} (all of them: dataset.table.meta['skipped'])"
        warnings.warn(message, SkippedImagesWarning, stacklevel=3)
    table = stamp_table.table({"skipped": skipped, **meta})
    numbers = {name: number for number, name in enumerate(classes)}
    return Dataset(
        stamp_table.stamps(),
        [numbers[label] for label in table["class"]],
        classes,
        table=table,
        groups=stamp_table.groups,
        recipe=recipe.to_dict(),
    )


def _skip(error: ImageError, path: str, skipped: list[dict[str, str]], on_error: str) -> None:
    if on_error == "raise":
        raise error
    skipped.append({"path": path, "reason": str(error)})
