"""Pictures of frames: the galaxy is visible, colours are in order, and reduced frames stay in place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.comparison._figures.frame_picture import picture_of_frame
from galmorph.preprocessing import Composite
from galmorph.types import Galaxy, GalaxyImage


def noisy_galaxy(shape: tuple[int, int], *, peak: float, sky: float = 1000.0, noise: float = 1.0) -> np.ndarray:
    """A round galaxy in the middle of a noisy sky."""
    y, x = np.indices(shape, np.float32)
    light = peak * np.exp(-np.hypot(x - shape[1] / 2, y - shape[0] / 2) / 6)
    return (light + np.random.default_rng(0).normal(sky, noise, shape)).astype(np.float32)


@given(
    shape=st.sampled_from([(50, 70), (101, 64), (97, 203)]),
    side=st.sampled_from([20, 32, 64]),
    where=st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)),
)
def test_a_bright_pixel_stays_in_place(shape, side, where):
    """The block that the extent puts around a bright pixel is the only bright one, even an incomplete one."""
    row, column = (int(part * length) for part, length in zip(where, shape, strict=True))
    pixels = np.zeros((*shape, 1), np.float32)
    pixels[row, column] = 1000
    picture = picture_of_frame(GalaxyImage(pixels=pixels, name="dot"), None, side=side)
    rows, columns, _ = picture.colours.shape
    assert max(rows, columns) <= side
    left, right, bottom, top = picture.extent
    assert (left, top) == (-0.5, -0.5)
    found = picture.colours[..., 0].argmax()
    y, x = divmod(int(found), columns)
    height, width = (bottom - top) / rows, (right - left) / columns
    assert top + y * height < row < top + (y + 1) * height
    assert left + x * width < column < left + (x + 1) * width
    assert np.count_nonzero(picture.colours[..., 0]) == 1


def test_blocks_are_means():
    """Two frames, one of which has each pixel repeated 3 x 3 times, have the same picture."""
    small = noisy_galaxy((40, 30), peak=200)[..., np.newaxis]
    large = small.repeat(3, axis=0).repeat(3, axis=1)
    pictures = [picture_of_frame(GalaxyImage(pixels=each, name="galaxy"), None, side=40) for each in (small, large)]
    assert [picture.factor for picture in pictures] == [1, 3]
    np.testing.assert_allclose(pictures[0].colours, pictures[1].colours.astype(int), atol=1)


@pytest.mark.parametrize("peak", [20.0, 1e3, 1e6])
@pytest.mark.parametrize("scale", [1e-9, 1.0])
def test_the_galaxy_is_visible(peak, scale):
    """Whatever the units, and beside a star a thousand times as bright, sky is dark and the galaxy is bright."""
    pixels = noisy_galaxy((90, 120), peak=peak)
    pixels[10:14, 100:104] = 1000 * peak
    galaxy = Galaxy(x=60, y=45, radius=20, axis_ratio=1, angle=0)
    image = GalaxyImage(pixels=(scale * pixels[..., np.newaxis]).astype(np.float32), name="galaxy")
    grey = picture_of_frame(image, galaxy, side=200).colours[..., 0]
    assert np.median(grey) < 70
    assert grey[43:48, 58:63].min() > 200


def test_a_frame_without_galaxy_stays_dark():
    """Noise alone is not stretched to white, and a constant frame is black."""
    noise = np.random.default_rng(0).normal(100, 5, (80, 80, 1)).astype(np.float32)
    picture = picture_of_frame(GalaxyImage(pixels=noise, name="noise"), None, side=80)
    assert np.median(picture.colours) < 100
    flat = picture_of_frame(GalaxyImage(pixels=np.full((8, 9, 3), 7.0, np.float32), name="flat"), None, side=80)
    assert not flat.colours.any()


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 7])
def test_any_number_of_channels(kind, channels):
    """Three channels have colours; all other numbers, whose bands are unknown, are averaged to grey."""
    pixels = np.zeros((30, 30, channels), kind)
    pixels[10:20, 10:20, 0] = 200
    image = GalaxyImage(pixels=pixels, name="square", linear=kind is not np.uint8)
    colours = picture_of_frame(image, None, side=30).colours
    assert colours.shape == (30, 30, 3)
    expected = [255, 0, 0] if channels == 3 else [255, 255, 255]
    assert colours[15, 15].tolist() == expected
    assert colours[0, 0].tolist() == [0, 0, 0]


def test_bands_become_colours_as_in_a_recipe():
    """What is bright in z is red in a stack of g, r, z, unless the recipe's composite says otherwise."""
    pixels = np.random.default_rng(0).normal(0, 0.1, (41, 41, 3)).astype(np.float32)
    pixels[10:31, 10:31] += [1, 2, 4]
    pixels[18:23, 18:23] += [0, 0, 40]
    image = GalaxyImage(pixels=pixels, name="M1", bands=("g", "r", "z"))
    for composite, colour in [(None, 0), (Composite(("g", "r", "z")), 2), (Composite(("i", "r", "g")), 0)]:
        picture = picture_of_frame(image, None, side=41, composite=composite)  # there is no i, so the third has no use
        assert picture.colours[20, 20].argmax() == colour
    # A picture is red, green and blue already.
    stretched = GalaxyImage(pixels=pixels, name="M1", bands=("red", "green", "blue"), linear=False)
    assert picture_of_frame(stretched, None, side=41).colours[20, 20].argmax() == 2


def test_masked_pixels_leave_no_trace():
    """What lies under a mask is not drawn, and the masked fraction of each block is counted."""
    pixels = noisy_galaxy((60, 61), peak=300)[..., np.newaxis]
    mask = np.zeros((60, 61), bool)
    mask[:10] = True
    mask[30, 30] = mask[59, 60] = True
    first, second = pixels.copy(), pixels.copy()
    first[mask], second[mask] = np.nan, 1e9
    pictures = [
        picture_of_frame(GalaxyImage(pixels=each, mask=mask, name="galaxy"), None, side=30) for each in (first, second)
    ]
    np.testing.assert_array_equal(pictures[0].colours, pictures[1].colours)
    masked = pictures[0].masked
    assert masked is not None
    assert masked.shape == (20, 21)  # blocks of 3 x 3; the last column is one pixel wide
    assert masked[0, 0] == 1
    assert masked[10, 10] == pytest.approx(1 / 9)
    assert masked[19, 20] == pytest.approx(1 / 3)


def test_a_frame_without_measurements_is_black():
    """If all pixels are masked, there is nothing to see."""
    image = GalaxyImage(pixels=np.full((9, 9, 1), np.nan, np.float32), mask=np.ones((9, 9), bool), name="empty")
    picture = picture_of_frame(image, None, side=9)
    assert not picture.colours.any()
    assert picture.masked is not None
    assert picture.masked.all()
