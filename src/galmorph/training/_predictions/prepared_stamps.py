"""Stamps that are ready for a network, with the names of their galaxies and what makes them doubtful."""

import math
import re
from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from galmorph.data import Dataset, FileStamp, files_of, image_stem, stamps_from_files
from galmorph.errors import ImageError
from galmorph.preprocessing import GalaxyCrop, QualityLimits, Recipe
from galmorph.training._predictions.domain import Domain, ImageKind
from galmorph.training._predictions.picture_recipe import PictureRecipe
from galmorph.types import GalaxyImage

__all__ = ["Preparation", "PreparedStamp", "dataset_names"]

_BANDS = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MANY_BANDS = 8  # that are named as missing
_DARK = 0.25  # of white; in pictures of galaxies from nine surveys, the brightest pixel has 0.45 at least


class PreparedStamp(NamedTuple):
    """A stamp, or the reason why there is none.

    Parameters
    ----------
    name
        Name of the galaxy.
    doubt
        What makes the answer doubtful, or why there is no stamp; empty if nothing does.
    stamp
        Stamp of shape ``(size, size, channels)``: uint8 (0 to 255) or floats (0 to 1). None if there is none.
    path
        Image file; empty if there is none.
    remark
        What was done to the image, which is no reason to doubt the answer.
    """

    name: str
    doubt: str
    stamp: np.ndarray | None
    path: str = ""
    remark: str = ""

    @property
    def note(self) -> str:
        """The doubt, then the remark."""
        return "; ".join(filter(None, (self.doubt, self.remark)))


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How images become stamps.

    Parameters
    ----------
    maker
        Turns an image into a stamp: a recipe, or a `PictureRecipe` of it.
    channels, dtype
        Channels and type of the training stamps.
    domain
        Kind of the training images.
    workers
        Who reads and prepares files, as in `galmorph.data.stamps_from_files`.
    hdu, bands
        What is read from a file, as in `galmorph.data.read_image`.
    """

    maker: Recipe | PictureRecipe
    channels: int
    dtype: str
    domain: Domain
    workers: int | Executor | None
    hdu: int | str | tuple[str, int] | None = None
    bands: tuple[str, ...] | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe of the maker."""
        return self.maker.recipe if isinstance(self.maker, PictureRecipe) else self.maker

    def __call__(self, images: Sequence[str | GalaxyImage]) -> Generator[PreparedStamp]:
        """Prepare images one after the other, while the workers are ahead; only a few hundred stamps are held."""
        results = stamps_from_files(
            images,
            self.maker,
            hdu=self.hdu,
            bands=self.bands,
            workers=self.workers,
            progress=False,
            dtype=self.dtype,
        )
        with closing(results):
            for image, made in zip(images, results, strict=True):
                path, name = ("", image.name) if isinstance(image, GalaxyImage) else (image, image_stem(image))
                if isinstance(made, ImageError):
                    yield PreparedStamp(name, _missing_bands(path) or " ".join(str(made).split()), None, path)
                elif made.stamp.blank:
                    # A network answers anything to a flat stamp, and is sure of it.
                    note = f"nearly the whole stamp is {made.stamp.blank}: {self._remedy(made)}"
                    yield PreparedStamp(made.name, "; ".join((note, *made.doubts)), None, path, "; ".join(made.notes))
                else:
                    doubt, remark = "; ".join(self._doubts(made)), "; ".join(self._remarks(made))
                    yield PreparedStamp(made.name, doubt, made.stamp.pixels, path, remark)

    def _remarks(self, made: FileStamp) -> list[str]:
        averaged = [f"{made.channels} channels averaged to make one"] if self.channels == 1 < made.channels else []
        return [*averaged, *made.notes]

    def _doubts(self, made: FileStamp) -> list[str]:
        adapted = self._is_adapted(made)
        kind = ImageKind(
            bands=None if adapted else made.bands,
            linear=None if adapted else made.linear,
            pixel_scale=made.pixel_scale,
            radius=made.stamp.galaxy.radius if isinstance(self.recipe.crop, GalaxyCrop) else None,
        )
        doubts = [*made.doubts, *self._frame_doubts(made), *self.domain.doubts(kind)]
        if made.channels == 1 < self.channels and not made.linear:  # for others, the recipe has a note
            doubts.append(f"one channel repeated to make {self.channels}")
        white = 255 if made.stamp.pixels.dtype == np.uint8 else 1
        brightest = float(made.stamp.pixels.max()) / white
        if self.domain.linear is False and not made.linear and brightest < _DARK:
            doubts.append(f"dark: no pixel is brighter than {brightest:.0%} of white, as in no picture of the training")
        return doubts

    def _frame_doubts(self, made: FileStamp) -> list[str]:
        """Say if a galaxy is too small for its class to be seen, too large for its frame, or far from its middle.

        A recipe says the first of linear images only, and its limit to what may be missing does not depend on the crop.
        A galaxy whose radius is half of the frame fills it; what is then missing in the stamp decides here.
        """
        crop, quality, galaxy = self.recipe.crop, made.stamp.quality, made.stamp.galaxy
        if not isinstance(crop, GalaxyCrop) or self.recipe.limits is not None:
            return []
        # The signal-to-noise ratio of a picture is that of its stretch and its compression.
        limits = QualityLimits()
        doubts = [] if made.linear else [*limits.misses(replace(quality, signal_to_noise=np.inf))]
        if limits.bad_fraction >= quality.bad_fraction > 1 - (2 / crop.radii) ** 2 > 0:
            doubts.append(
                f"{quality.bad_fraction:.0%} of the stamp is without data: does the galaxy overfill the frame?"
            )
        middle = (made.width - 1) / 2, (made.height - 1) / 2
        if math.dist(middle, (galaxy.x, galaxy.y)) > galaxy.radius:
            doubts.append("off centre: the middle of the image is outside of the galaxy")
        return doubts

    def _is_adapted(self, made: FileStamp) -> bool:
        """Say whether a linear image was stretched as pictures are."""
        return made.linear and isinstance(self.maker, PictureRecipe)

    def _remedy(self, made: FileStamp) -> str:
        if self._is_adapted(made):  # its levels are those of the image
            return "the image shows nothing"
        return "the recipe's levels don't fit the image, pass recipe="


def _missing_bands(path: str) -> str:
    """Name the bands of a galaxy whose files are missing, without their paths; empty if none are."""
    found = _BANDS.search(path)
    files = files_of(path) if found else []
    if found is None or len(files) < 2:
        return ""
    bands = [band.strip() for band in found[1].split(",")]
    missing = [band for band, file in zip(bands, files, strict=True) if not file.is_file()]
    more = f" and {len(missing) - _MANY_BANDS} more" if len(missing) > _MANY_BANDS else ""
    return f"missing bands: there is no file of {', '.join(missing[:_MANY_BANDS])}{more}" if missing else ""


def dataset_names(dataset: Dataset) -> list[str]:
    """Names of the galaxies of a data set; their row numbers if it has none."""
    if "name" in dataset.table.colnames:
        return [str(name) for name in dataset.table["name"]]
    return [str(row) for row in range(len(dataset))]
