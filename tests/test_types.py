"""Plain values: what a stamp says about itself."""

import numpy as np
import pytest

from galmorph.errors import InvalidValueError, PoorImageError
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp


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
    as_bytes = Stamp(np.rint(255 * pixels).astype(np.uint8), Galaxy(5.0, 5.0, 4.0, 1.0, 0.0), stamp(pixels).quality)
    assert as_bytes.blank == expected


@pytest.mark.usefixtures("unchecked_shapes")
def test_image_of_bytes():
    """A picture keeps its bytes; pixels are floats, and no pixel is masked unless the caller says so."""
    stored = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = GalaxyImage(pixels=stored, name="NGC 1")
    assert image.stored_pixels is stored
    assert image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, stored)
    assert (image.height, image.width, image.channels, image.has_mask) == (2, 4, 3, False)
    assert not image.mask.any()
    floats = np.ones((2, 2, 1), np.float32)
    mask = np.array([[True, False], [False, False]])
    masked = GalaxyImage(pixels=floats, mask=mask, name="NGC 2", pixel_scale=0.4)
    assert masked.pixels is floats
    assert masked.has_mask
    assert repr(masked) == "GalaxyImage('NGC 2': 2 x 2 x 1, 0.4 arcsec/pixel, 25.0% masked)"
    with pytest.raises(InvalidValueError, match=r"mask: expected the image's shape \(2, 2\), got \(3, 2\)"):
        GalaxyImage(pixels=floats, mask=np.zeros((3, 2), bool), name="NGC 2")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_stamps_are_finite(value: float):
    """A stamp with a pixel that is no number is refused where it is made, whoever made it."""
    pixels = np.zeros((4, 4, 1), np.float32)
    pixels[1, 2] = value
    with pytest.raises(PoorImageError, match="not finite numbers"):
        Stamp(pixels, Galaxy(2, 2, 1, 1, 0), Quality(1.0, 1.0, 0.0, 0.0))
