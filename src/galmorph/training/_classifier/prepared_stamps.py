"""Stamps that are ready for a network, with the names of their galaxies and what makes them doubtful."""

from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from galmorph.data import Dataset, FileStamp, stamps_from_files
from galmorph.errors import ImageError
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.domain import Domain

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
    """How image files become stamps.

    Parameters
    ----------
    recipe
        Turns an image into a stamp.
    channels, dtype
        Channels and type of the training stamps.
    domain
        Kind of the training images.
    workers
        Who reads and prepares files, as in `galmorph.data.stamps_from_files`.
    """

    recipe: Recipe
    channels: int
    dtype: str
    domain: Domain
    workers: int | Executor | None

    def __call__(self, paths: Sequence[str]) -> Generator[PreparedStamp]:
        """Prepare files one after the other, while the workers are ahead; only a few hundred stamps are held."""
        results = stamps_from_files(paths, self.recipe, workers=self.workers, progress=False, dtype=self.dtype)
        with closing(results):
            for path, made in zip(paths, results, strict=True):
                if isinstance(made, ImageError):
                    yield PreparedStamp(Path(path).stem, " ".join(str(made).split()), None, path)
                else:
                    yield PreparedStamp(made.name, "; ".join(self._doubts(made)), made.stamp.pixels, path)

    def _doubts(self, made: FileStamp) -> list[str]:
        doubts = self.domain.doubts(made.bands, made.pixel_scale)
        if made.channels != self.channels:
            how = "repeated" if made.channels == 1 else "averaged"
            doubts.insert(0, f"{made.channels} channel(s) {how} to make {self.channels}")
        if made.stamp.blank:
            level = made.stamp.blank
            message = f"nearly the whole stamp is {level}: the recipe's levels don't fit the image, pass recipe="
            doubts.insert(0, message)
        return doubts


def dataset_names(dataset: Dataset) -> list[str]:
    """Names of the galaxies of a data set; their row numbers if it has none."""
    if "name" in dataset.table.colnames:
        return [str(name) for name in dataset.table["name"]]
    return [str(row) for row in range(len(dataset))]
