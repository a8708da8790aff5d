"""Stamps that are ready for a network, with the names of their galaxies and what makes them doubtful."""

from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from galmorph.data import Dataset, FileStamp, image_stem, stamps_from_files
from galmorph.errors import ImageError
from galmorph.preprocessing import GalaxyCrop, Recipe
from galmorph.training._predictions.domain import Domain, ImageKind
from galmorph.training._predictions.picture_recipe import PictureRecipe
from galmorph.types import GalaxyImage

__all__ = ["Preparation", "PreparedStamp", "dataset_names"]


class PreparedStamp(NamedTuple):
    """A stamp, or the reason why there is none.

    Parameters
    ----------
    name
        Name of the galaxy.
    note
        What makes the answer doubtful, or why there is no stamp; empty if nothing does.
    stamp
        Stamp of shape ``(size, size, channels)``: uint8 (0 to 255) or floats (0 to 1). None if there is none.
    path
        Image file; empty if there is none.
    """

    name: str
    note: str
    stamp: np.ndarray | None
    path: str = ""


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
                    yield PreparedStamp(name, " ".join(str(made).split()), None, path)
                elif made.stamp.blank:
                    # A network answers anything to a flat stamp, and is sure of it.
                    note = f"nearly the whole stamp is {made.stamp.blank}: {self._remedy(made)}"
                    yield PreparedStamp(made.name, "; ".join((note, *made.doubts, *made.notes)), None, path)
                else:
                    yield PreparedStamp(made.name, "; ".join(self._notes(made)), made.stamp.pixels, path)

    def _notes(self, made: FileStamp) -> list[str]:
        adapted = self._is_adapted(made)
        kind = ImageKind(
            bands=None if adapted else made.bands,
            linear=None if adapted else made.linear,
            pixel_scale=made.pixel_scale,
            radius=made.stamp.galaxy.radius if isinstance(self.recipe.crop, GalaxyCrop) else None,
        )
        notes = [*made.doubts, *made.notes, *self.domain.doubts(kind)]
        if made.channels == 1 < self.channels and not made.linear:  # for others, the recipe has a note
            notes.insert(0, f"one channel repeated to make {self.channels}")
        elif self.channels == 1 < made.channels:
            notes.insert(0, f"{made.channels} channels averaged to make one")
        return notes

    def _is_adapted(self, made: FileStamp) -> bool:
        """Say whether a linear image was stretched as pictures are."""
        return made.linear and isinstance(self.maker, PictureRecipe)

    def _remedy(self, made: FileStamp) -> str:
        if self._is_adapted(made):  # its levels are those of the image
            return "the image shows nothing"
        return "the recipe's levels don't fit the image, pass recipe="


def dataset_names(dataset: Dataset) -> list[str]:
    """Names of the galaxies of a data set; their row numbers if it has none."""
    if "name" in dataset.table.colnames:
        return [str(name) for name in dataset.table["name"]]
    return [str(row) for row in range(len(dataset))]
