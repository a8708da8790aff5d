"""Plain values: what a stamp says about itself."""

import numpy as np
import pytest

from galmorph.types import Galaxy, Quality, Stamp


def stamp(pixels: np.ndarray) -> Stamp:
    """Make a stamp of some pixels."""
    quality = Quality(signal_to_noise=9.0, diameter=20.0, bad_fraction=0.0, truncation=0.0)
    return Stamp(pixels.astype(np.float32), Galaxy(5.0, 5.0, 4.0, 1.0, 0.0), quality)


def disc(*, sky: float, light: float, side: int = 40, radius: float = 8.0) -> np.ndarray:
    """Draw a disc of three channels."""
    y, x = np.indices((side, side)) - (side - 1) / 2
    return np.repeat(np.where(np.hypot(x, y) < radius, light, sky)[..., None], 3, axis=-1)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (disc(sky=0.0, light=1.0), ""),
        (disc(sky=0.0, light=0.05), ""),
        (disc(sky=0.0, light=0.015), "black"),
        (disc(sky=1.0, light=1.0), "white"),
        (disc(sky=1.0, light=0.2), "white"),  # a negative, or a sky beyond the white level
        (disc(sky=0.5, light=0.6), ""),
        (disc(sky=0.0, light=1.0, radius=1.9), ""),  # twelve pixels of 1,600: a small galaxy
        (disc(sky=0.0, light=1.0, radius=1.2), "black"),  # four pixels: a star
    ],
)
def test_blank_stamps(pixels, expected):
    """A stamp is blank if nearly all of it is within five grey values of black, or if most of it is white."""
    assert stamp(pixels).blank == expected
