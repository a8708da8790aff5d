"""Stamps made from image files, gathered row by row: pixels, groups of equal stamps, and a table of measurements."""

import math
from array import array
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, Int, UInt8

from galmorph._checks import is_utf8
from galmorph._warnings import warn
from galmorph.data._dataset.stamp_digests import StampDigests
from galmorph.data._dataset.stamp_storage import StampStorage
from galmorph.data._load.left_out import LeftOutGalaxies, plain
from galmorph.data._load.load_options import LoadOptions
from galmorph.data._load.shards import StoredStamp, WantedStamp, in_shards
from galmorph.data._load.stamps_from_files import FileStamp, stamps_from_files
from galmorph.errors import DatasetWarning, ImageError, MismatchWarning, UnreadableImageError
from galmorph.types import GalaxyImage, StampMaker

__all__ = ["LoadedStamps"]

_TEXTS = ("name", "path", "class", "bands", "note", "format")
_PLACES = ("ra", "dec", "field")
_COLUMNS = [
    ("name", None, "file name without its extension"),
    ("path", None, "image file, relative to the folder"),
    ("class", None, "class"),
    ("pixel_scale", "arcsec", "side of a pixel of the image on the sky; NaN if the file does not say"),
    ("bands", None, "names of the image's channels, joined by /; empty if the file does not say"),
    ("linear", None, "whether the pixels of the image are proportional to flux; False for a picture"),
    ("format", None, "format of the image file"),
    ("channels", None, "number of channels of the image"),
    ("width", "pix", "width of the image"),
    ("height", "pix", "height of the image"),
    ("ra", "deg", "ICRS right ascension of the image's centre; NaN if the file does not say"),
    ("dec", "deg", "ICRS declination of the image's centre; NaN if the file does not say"),
    ("field", "arcsec", "longer side of the image on the sky; NaN if the file does not say"),
    ("x", "pix", "column of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("y", "pix", "row of the galaxy's centre in the image; 0 is the centre of the first pixel"),
    ("radius", "pix", "Petrosian radius of the galaxy along its major axis, in the image"),
    ("axis_ratio", None, "minor over major axis of the galaxy"),
    ("angle", "deg", "angle of the major axis, from the x axis towards the y axis"),
    ("signal_to_noise", None, "mean over the galaxy's pixels of signal over the noise of one background pixel"),
    ("diameter", "pix", "diameter of the galaxy along its major axis in the image: twice the radius"),
    ("bad_fraction", None, "fraction of the stamp's area without measurement"),
    ("truncation", None, "fraction of the galaxy's ellipse outside the image"),
    ("note", None, "what was done to the image, and what makes it doubtful"),
]
_DTYPES = {"linear": bool, "channels": int, "width": int, "height": int} | dict.fromkeys(_TEXTS, str)

_BAD = [name for name, _, _ in _COLUMNS if name not in _TEXTS].index("bad_fraction")
_MOST_BAD = 0.5


class LoadedStamps:
    """Stamps with a table row for each, and groups of equal stamps.

    Parameters
    ----------
    storage
        Where the pixels go. A digest of each stamp and the table stay in memory.
    """

    def __init__(self, storage: StampStorage) -> None:
        self._storage = storage
        self._digests = StampDigests()
        self._texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        self._numbers = array("d")

    def __len__(self) -> int:
        return len(self._digests)

    def load(
        self,
        files: Sequence[WantedStamp],
        recipe: StampMaker,
        left_out: LeftOutGalaxies,
        options: LoadOptions,
        *,
        images: Iterable[GalaxyImage] | None = None,
    ) -> list[int]:
        """Make and add the stamps of files; return the row of each. Files that can't become a stamp are left out.

        If there are `images`, one for each of the files, these are not read.

        Warns
        -----
        MismatchWarning
            If stamps are nearly black or white.
        DatasetWarning
            If images look doubtful: fields of many galaxies, masks, maps of noise. If half of a stamp, or more, has no
            measurement.
        """
        rows, blank, doubtful, empty = [], [], [], []
        if images is None:
            files = [file for file in files if _has_plain_name(file, left_out)]
        if options.shards is None:
            results = _made([file.path for file in files] if images is None else images, recipe, options)
        else:
            results = in_shards(
                options.shards,
                files,
                {"recipe": recipe.to_dict(), "dtype": options.dtype, **options.reading()},
                lambda paths: _made(paths, recipe, options),
            )
        with closing(results):
            for result, file in zip(results, files, strict=True):
                if isinstance(result, ImageError):
                    left_out.skip_image(file.row, result)
                else:
                    self.add(result, file)
                    rows.append(file.row)
                    if result.shade:
                        blank.append(f"{file.relative} ({result.shade})")
                    if result.doubt:
                        doubtful.append(f"{file.relative} ({result.doubt})")
                    bad = result.numbers[_BAD]
                    if bad >= _MOST_BAD:
                        empty.append(f"{file.relative} ({100 * bad:.0f} %)")
        if blank:
            examples = ", ".join(blank[:3] + ["..."] * (len(blank) > 3))
            message = (
                f"{len(blank)} of {len(rows)} stamps are nearly black or white: {examples}; the recipe's levels don't "
                "fit these images: let it find them for each image, with Stretch(black=None, white=None)"
            )
            warn(message, MismatchWarning)
        if doubtful:
            message = f"{len(doubtful)} of {len(rows)} images look doubtful, the first: {doubtful[0]}; look at them"
            warn(f"{message} (all of them: the column 'note' of dataset.table)", DatasetWarning)
        if empty:
            warn(
                f"half or more of {len(empty)} of {len(rows)} stamps has no measurement and is filled with sky, the "
                f"first: {empty[0]}; leave them out with Recipe(limits=QualityLimits()), or by the column "
                "'bad_fraction' of dataset.table",
                DatasetWarning,
            )
        return rows

    def add(self, stamp: StoredStamp, file: WantedStamp) -> None:
        """Add a stamp after the others."""
        self._storage.append(stamp.pixels, of=str(file.path))
        self._digests.add(stamp.pixels)
        texts = (stamp.name, file.relative, file.label, stamp.bands, stamp.note, stamp.format)
        for name, text in zip(_TEXTS, texts, strict=True):
            self._texts[name].append(text)
        self._numbers.extend(stamp.numbers)

    def copies(self) -> Int[np.ndarray, "stamps"]:
        """Give for each stamp the first row that has the same one."""
        return self._digests.first_rows()

    def pixels(
        self,
    ) -> UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"]:
        """Give all stamps; none can be added later."""
        return self._storage.finish()

    def measurements(self) -> Table:
        """Give a table with one row for each stamp; with positions if any is known."""
        numbers = np.array(self._numbers).reshape(len(self), -1).T
        columns: dict[str, Any] = dict(self._texts)
        names = [name for name, _, _ in _COLUMNS if name not in _TEXTS]
        columns.update(zip(names, numbers, strict=True))
        known = np.isfinite(columns["ra"]).any()
        return Table(
            [
                Column(
                    columns[name],
                    name=name,
                    dtype=_DTYPES.get(name, float),
                    unit=unit,
                    description=description,
                )
                for name, unit, description in _COLUMNS
                if known or name not in _PLACES
            ]
        )


def _has_plain_name(file: WantedStamp, left_out: LeftOutGalaxies) -> bool:
    """Leave out a file whose name is not UTF-8: no table could hold it."""
    if is_utf8(str(file.path)):
        return True
    message = f"{plain(str(file.path))}: the name of this file or its folder is not UTF-8; rename it"
    left_out.skip_image(file.row, UnreadableImageError(message))
    return False


def _made(
    paths: Iterable[Path | GalaxyImage], recipe: StampMaker, options: LoadOptions
) -> Generator[StoredStamp | ImageError, None, None]:
    """Make stamps of files or images, as they are stored, in their order."""
    results = stamps_from_files(
        paths,
        recipe,
        **options.reading(),
        workers=options.workers,
        progress=options.progress,
        dtype=options.dtype,
        positions=True,
    )
    with closing(results):
        for result in results:
            yield result if isinstance(result, ImageError) else _stored(result)


def _stored(result: FileStamp) -> StoredStamp:
    stamp = result.stamp
    scale = math.nan if result.pixel_scale is None else result.pixel_scale
    return StoredStamp(
        pixels=stamp.pixels,
        name=result.name,
        bands="/".join(result.bands or ()),
        # `dataclasses.astuple` would copy each number, which takes longer than to read a small image.
        numbers=(
            float(scale),
            float(result.linear),
            *map(float, (result.channels, result.width, result.height)),
            *map(float, (result.ra, result.dec, result.field)),
            *map(float, (*vars(stamp.galaxy).values(), *vars(stamp.quality).values())),
        ),
        shade=stamp.blank,
        note="; ".join((*result.doubts, *result.notes)),
        doubt="; ".join(result.doubts),
        format=result.format,
    )
