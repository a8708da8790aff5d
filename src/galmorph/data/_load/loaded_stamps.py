"""Stamps made from image files, gathered row by row: pixels, groups of equal stamps, and a table of measurements."""

import hashlib
from array import array
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, UInt8

from galmorph._warnings import warn
from galmorph.data._load.left_out import LeftOutGalaxies
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._load.stamp_storage import StampStorage
from galmorph.data._load.stamps_from_files import FileStamp, stamps_from_files
from galmorph.errors import DatasetError, ImageError, MismatchWarning
from galmorph.types import StampMaker

__all__ = ["LoadedStamps", "WantedStamp"]

_TEXTS = ("name", "path", "class", "bands")
_COLUMNS = [
    ("name", None, "file name without its extension"),
    ("path", None, "image file, relative to the folder"),
    ("class", None, "class"),
    ("pixel_scale", "arcsec", "side of a pixel of the image on the sky; NaN if the file does not say"),
    ("bands", None, "names of the image's channels, joined by /; empty if the file does not say"),
    ("x", "pix", "column of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("y", "pix", "row of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("radius", "pix", "Petrosian radius of the galaxy along its major axis, in the image"),
    ("axis_ratio", None, "minor over major axis of the galaxy"),
    ("angle", "deg", "angle of the major axis, from the x axis towards the y axis"),
    ("signal_to_noise", None, "mean over the galaxy's pixels of signal over the noise of one background pixel"),
    ("diameter", "pix", "diameter of the galaxy along its major axis in the image: twice the radius"),
    ("bad_fraction", None, "fraction of the stamp's area without measurement"),
    ("truncation", None, "fraction of the galaxy's ellipse outside the image"),
]


class WantedStamp(NamedTuple):
    """An image file that is to become a stamp.

    Parameters
    ----------
    row
        Row of the galaxy in the catalogue or in the labels.
    path
        The file.
    relative
        Its path for the table, relative to the folder.
    label
        Its class.
    """

    row: int
    path: Path
    relative: str
    label: str


class LoadedStamps:
    """Stamps with a table row for each, and groups of equal stamps.

    Parameters
    ----------
    storage
        Where the pixels go. A digest of each stamp and the table stay in memory.
    """

    def __init__(self, storage: StampStorage) -> None:
        self.groups: list[int] = []
        self._storage = storage
        self._first_rows: dict[bytes, int] = {}  # of each different stamp, by its digest
        self._texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        self._numbers = array("d")

    def __len__(self) -> int:
        return len(self.groups)

    def load(
        self, files: Sequence[WantedStamp], recipe: StampMaker, left_out: LeftOutGalaxies, options: LoadOptions
    ) -> list[int]:
        """Make and add the stamps of files; return the row of each. Files that can't become a stamp are left out.

        Warns
        -----
        MismatchWarning
            If stamps are nearly black or white.
        """
        rows, blank = [], []
        results = stamps_from_files(
            [file.path for file in files], recipe, workers=options.workers, progress=options.progress
        )
        with closing(results):
            for result, file in zip(results, files, strict=True):
                if isinstance(result, ImageError):
                    left_out.skip_image(file.row, result)
                else:
                    self.add(result, file.relative, file.label)
                    rows.append(file.row)
                    if shade := result.stamp.blank:
                        blank.append(f"{file.relative} ({shade})")
        if blank:
            examples = ", ".join(blank[:3] + ["..."] * (len(blank) > 3))
            message = (
                f"{len(blank)} of {len(rows)} stamps are nearly black or white: {examples}; the recipe's levels don't "
                "fit these images: let it find them for each image, with Stretch(black=None, white=None)"
            )
            warn(message, MismatchWarning)
        return rows

    def add(self, result: FileStamp, path: str, label: str) -> None:
        """Add a stamp after the others."""
        pixels = result.stamp.pixels
        if self.groups and pixels.shape != self._storage.shape:
            raise DatasetError(
                f"{result.path}: got a stamp of shape {pixels.shape}, but earlier ones have {self._storage.shape}; "
                "set the recipe's channels, so that grey and colour images give stamps of one shape"
            )
        low, high = float(pixels.min()), float(pixels.max())
        if not (low >= 0 and high <= 1):
            raise DatasetError(
                f"{result.path}: expected stamps between 0 and 1, got {low:g} to {high:g}; check the recipe"
            )
        dtype = self._storage.dtype
        stamp = (np.rint(255 * pixels) if dtype == np.uint8 else pixels).astype(dtype)
        self._storage.append(stamp)
        digest = hashlib.blake2b(stamp.tobytes(), digest_size=16).digest()
        self.groups.append(self._first_rows.setdefault(digest, len(self)))
        for name, text in zip(_TEXTS, (result.name, path, label, "/".join(result.bands or ())), strict=True):
            self._texts[name].append(text)
        scale = float("nan") if result.pixel_scale is None else result.pixel_scale
        self._numbers.extend((scale, *astuple(result.stamp.galaxy), *astuple(result.stamp.quality)))

    def pixels(
        self,
    ) -> UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"]:
        """Give all stamps; none can be added later."""
        return self._storage.finish()

    def measurements(self) -> Table:
        """Give a table with one row for each stamp."""
        numbers = np.array(self._numbers).reshape(len(self), -1).T
        columns: dict[str, Any] = dict(self._texts)
        names = [name for name, _, _ in _COLUMNS if name not in _TEXTS]
        columns.update(zip(names, numbers, strict=True))
        return Table(
            [
                Column(
                    columns[name],
                    name=name,
                    dtype=str if name in _TEXTS else float,
                    unit=unit,
                    description=description,
                )
                for name, unit, description in _COLUMNS
            ]
        )
