"""Flat images, a recipe that measures nothing, and a loader that shows no progress: for tests of loaders."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from galmorph.data import Dataset, load_image_folder
from galmorph.errors import MismatchWarning, PoorImageError
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp


class Corner:
    """The upper left corner of an image as its stamp. An image whose first pixel is 255 is too poor."""

    def __init__(self, side: int = 4, *, scale: float = 255.0) -> None:
        self.side = side
        self.scale = scale

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Cut out the corner."""
        if image.pixels[0, 0, 0] == 255:
            raise PoorImageError("too bright")
        galaxy = Galaxy(x=1.0, y=2.0, radius=3.0, axis_ratio=0.5, angle=30.0)
        quality = Quality(signal_to_noise=20.0, diameter=6.0, bad_fraction=0.1, truncation=0.2)
        pixels = image.pixels[: self.side, : self.side] / np.float32(self.scale)
        return Stamp(pixels=pixels, galaxy=galaxy, quality=quality)

    def to_dict(self) -> dict[str, Any]:
        """Describe the cut."""
        return {"corner": self.side}


def save(path: Path, level: int, shape: tuple[int, ...] = (6, 5)) -> Path:
    """Write a flat grey or coloured PNG."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full(shape, level, np.uint8)).save(path)
    return path


def load(folder: Path, **options: Any) -> Dataset:
    """Load a folder of images without a progress bar, and without a warning that flat stamps are black."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* stamps are nearly black or white", MismatchWarning)
        return load_image_folder(folder, **{"recipe": Corner(), "progress": False} | options)
