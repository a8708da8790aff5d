"""Image files with labels to a data set: what the loaders of folders and of Galaxy Zoo share."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, UInt8

from galmorph._checks import check_choice
from galmorph.data._dataset import Dataset
from galmorph.data._labels import ImageFolder
from galmorph.data._stamps import FileStamp, stamps_from_files
from galmorph.errors import DatasetError, ImageError, SkippedImagesWarning, UnreadableImageError
from galmorph.types import StampMaker

__all__ = ["load_labelled"]

_TEXTS = ("name", "path", "class", "bands")
_COLUMNS = [
    ("name", None, "file name without its extension"),
    ("path", None, "image file, relative to the folder"),
    ("class", None, "class"),
    ("pixel_scale", "arcsec", "side of a pixel of the image on the sky; NaN where the file does not tell"),
    ("bands", None, "names of the image's channels, joined by /; empty where the file does not tell"),
    ("x", "pix", "column of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("y", "pix", "row of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("radius", "pix", "semi-major axis of the galaxy in the image"),
    ("axis_ratio", None, "semi-minor over semi-major axis"),
    ("angle", "deg", "angle of the major axis, from the x axis towards the y axis"),
    ("signal_to_noise", None, "mean over the galaxy's pixels of signal over the noise of one background pixel"),
    ("resolution", None, "diameter of the galaxy in resolution elements"),
    ("bad_fraction", None, "part of the stamp's area without measurement"),
    ("truncation", None, "part of the galaxy's ellipse outside of the image"),
]


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
    files = {path: label for path, label in files.items() if label}

    shelf = _Shelf(len(files), dtype)
    rows: list[tuple[object, ...]] = []
    with closing(stamps_from_files(files, recipe, executor=executor, progress=progress)) as results:
        for (path, label), result in zip(files.items(), results, strict=True):
            relative = path.relative_to(folder.path).as_posix()
            if isinstance(result, ImageError):
                _skip(result, relative, skipped, on_error)
            else:
                shelf.add(result)
                rows.append(_row(result, relative, label))

    left_out = f"{len(skipped)} of {len(skipped) + len(rows)} labelled images left out: " + "; ".join(
        [entry["reason"] for entry in skipped[:3]] + ["..."] * (len(skipped) > 3)
    )
    if not rows:
        raise DatasetError(
            f"{folder.path}: no image is left; {meta['unlabelled']} have no label, {meta['no_class']} an empty one; "
            f"{left_out if skipped else 'check the names in the labels'}"
        )
    if skipped:
        message = f"{left_out} (all of them: dataset.table.meta['skipped'])"
        warnings.warn(message, SkippedImagesWarning, stacklevel=3)
    table = _table(rows, {"skipped": skipped, **meta})
    numbers = {name: number for number, name in enumerate(classes)}
    return Dataset(
        shelf.stamps,
        [numbers[label] for label in table["class"]],
        classes,
        table=table,
        groups=shelf.groups,
        recipe=recipe.to_dict(),
    )


class _Shelf:
    """Stamps of one shape in one array, and a group for each different one."""

    def __init__(self, length: int, dtype: str) -> None:
        self.groups: list[int] = []
        self._length = length
        self._dtype = np.dtype(dtype)
        self._array = np.empty((0, 0, 0, 0), self._dtype)
        self._seen: dict[bytes, int] = {}

    @property
    def stamps(
        self,
    ) -> UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"]:
        return self._array[: len(self.groups)]

    def add(self, result: FileStamp) -> None:
        pixels = result.stamp.pixels
        if not self.groups:
            self._array = np.empty((self._length, *pixels.shape), self._dtype)
        if pixels.shape != self._array.shape[1:]:
            raise DatasetError(
                f"{result.path}: got a stamp of shape {pixels.shape}, where earlier ones have {self._array.shape[1:]}; "
                "set the recipe's channels, so that grey and colour images become alike"
            )
        low, high = float(pixels.min()), float(pixels.max())
        if not (low >= 0 and high <= 1):
            raise DatasetError(
                f"{result.path}: expected stamps between 0 and 1, got {low:g} to {high:g}; check the recipe"
            )
        stamp = np.rint(255 * pixels) if self._dtype == np.uint8 else pixels
        self._array[len(self.groups)] = stamp
        digest = hashlib.blake2b(self._array[len(self.groups)].tobytes()).digest()
        self.groups.append(self._seen.setdefault(digest, len(self.groups)))


def _skip(error: ImageError, path: str, skipped: list[dict[str, str]], on_error: str) -> None:
    if on_error == "raise":
        raise error
    skipped.append({"path": path, "reason": str(error)})


def _row(result: FileStamp, path: str, label: str) -> tuple[object, ...]:
    scale = float("nan") if result.pixel_scale is None else result.pixel_scale
    bands = "/".join(result.bands or ())
    return (result.name, path, label, scale, bands, *astuple(result.stamp.galaxy), *astuple(result.stamp.quality))


def _table(rows: list[tuple[object, ...]], meta: dict[str, Any]) -> Table:
    columns = [
        Column(values, name=name, dtype=str if name in _TEXTS else float, unit=unit, description=description)
        for values, (name, unit, description) in zip(zip(*rows, strict=True), _COLUMNS, strict=True)
    ]
    return Table(columns, meta=meta)
