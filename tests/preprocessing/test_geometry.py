"""Resampling of windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import resample

IMAGE = np.random.default_rng(1).normal(size=(30, 40, 2)).astype(np.float32)


def gaussian(x: float, y: float, sigma: float, shape: tuple[int, int]) -> np.ndarray:
    """A round Gaussian with a total flux of 1."""
    rows, columns = np.indices(shape)
    squared = (columns - x) ** 2 + (rows - y) ** 2
    return (np.exp(-squared / (2 * sigma**2)) / (2 * np.pi * sigma**2)).astype(np.float32)[..., np.newaxis]


@given(left=st.integers(0, 30), top=st.integers(0, 20))
def test_whole_pixels_are_a_crop(left: int, top: int) -> None:
    """A window of whole pixels at the image's own scale is a slice of the image."""
    cut = resample(IMAGE, left + 4.5, top + 4.5, 10.0, 10)
    np.testing.assert_allclose(cut, IMAGE[top : top + 10, left : left + 10], atol=1e-6)


@given(x=st.floats(10, 30), y=st.floats(10, 20), width=st.floats(2, 12), pad=st.integers(1, 9))
def test_crop_of_pad(x: float, y: float, width: float, pad: int) -> None:
    """Padding the image moves the window and changes nothing else."""
    padded = np.pad(IMAGE, ((pad, pad), (pad, pad), (0, 0)))
    mask = np.pad(np.zeros(IMAGE.shape[:2], bool), pad, constant_values=True)
    moved = resample(padded, x + pad, y + pad, width, 8, mask=mask)
    np.testing.assert_allclose(moved, resample(IMAGE, x, y, width, 8), atol=1e-5)


@given(
    x=st.floats(45, 55), y=st.floats(45, 55), sigma=st.floats(6, 9), width=st.floats(85, 89), size=st.integers(32, 120)
)
def test_gaussian_survives(x: float, y: float, sigma: float, width: float, size: int) -> None:
    """Flux and centroid of a Gaussian survive, at smaller, equal and larger scale."""
    image = gaussian(x, y, sigma, (101, 101))
    cut = resample(image, 50.0, 50.0, width, size, conserve_flux=True)[..., 0].astype(float)
    places = 50 + (np.arange(size) - (size - 1) / 2) * width / size
    assert cut.sum() == pytest.approx(1, abs=2e-3)
    assert cut.sum(axis=0) @ places / cut.sum() == pytest.approx(x, abs=0.02)
    assert cut.sum(axis=1) @ places / cut.sum() == pytest.approx(y, abs=0.02)


@given(flip_x=st.booleans(), flip_y=st.booleans(), width=st.floats(3, 60))
def test_flips_commute(flip_x: bool, flip_y: bool, width: float) -> None:
    """Flipping before or after is the same."""
    step_y, step_x = -1 if flip_y else 1, -1 if flip_x else 1
    x, y = 17.3, 13.9
    other_x, other_y = 39 - x if flip_x else x, 29 - y if flip_y else y
    after = resample(IMAGE, x, y, width, 9)[::step_y, ::step_x]
    before = resample(np.ascontiguousarray(IMAGE[::step_y, ::step_x]), other_x, other_y, width, 9)
    np.testing.assert_allclose(before, after, atol=1e-5)


def test_plane_is_kept() -> None:
    """The cubic kernel reproduces a plane (Keys 1981: it reproduces polynomials of the second degree)."""
    rows, columns = np.indices((50, 50), dtype=np.float32)
    cut = resample((3 * columns - 2 * rows)[..., np.newaxis], 24.2, 25.1, 10.0, 20)[..., 0]
    places = (np.arange(20) - 9.5) / 2
    np.testing.assert_allclose(cut, 3 * (24.2 + places) - 2 * (25.1 + places)[:, np.newaxis], atol=1e-3)


def test_kernel_by_hand() -> None:
    """Half way between pixels the weights of Keys' kernel are -1/16, 9/16, 9/16, -1/16."""
    image = np.array([1.0, 2.0, 5.0, 3.0], np.float32).reshape(1, 4, 1).repeat(4, axis=0)
    expected = (-1 + 9 * 2 + 9 * 5 - 3) / 16
    assert resample(image, 1.5, 1.0, 1.0, 1)[0, 0, 0] == pytest.approx(expected)


def test_no_aliasing() -> None:
    """A chequerboard becomes even grey when it shrinks, not a pattern."""
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)[..., np.newaxis]
    np.testing.assert_allclose(resample(board, 31.5, 31.5, 40.0, 10), 0.5, atol=0.01)


def test_outside_is_filled() -> None:
    """Pixels beyond the frame have the fill value of their channel; those in the frame do not become darker."""
    cut = resample(np.ones((20, 20, 2), np.float32), 0.0, 9.5, 20.0, 20, fill=np.array([7.0, 8.0], np.float32))
    np.testing.assert_allclose(cut[:, :9], np.broadcast_to([7.0, 8.0], (20, 9, 2)))
    np.testing.assert_allclose(cut[:, 10:], 1, atol=1e-6)
    far = resample(np.ones((20, 20, 2), np.float32), 500.0, -500.0, 20.0, 20, fill=3.0)
    np.testing.assert_array_equal(far, np.full((20, 20, 2), 3, np.float32))


def test_masked_pixels_weigh_nothing() -> None:
    """Masked pixels of NaN have weight zero: a constant image stays constant."""
    image = np.ones((40, 40, 1), np.float32)
    mask = np.random.default_rng(0).random((40, 40)) < 0.1
    image[mask] = np.nan
    np.testing.assert_allclose(resample(image, 19.5, 19.5, 36.0, 9, mask=mask), 1, atol=1e-5)


def test_batch_axes() -> None:
    """A batch of batches, with a mask for each image, gives the same as each image alone."""
    images = np.random.default_rng(2).normal(size=(2, 3, 20, 25, 1)).astype(np.float32)
    masks = np.random.default_rng(3).random((2, 3, 20, 25)) < 0.1
    together = resample(images, 12.0, 9.0, 12.0, 6, mask=masks)
    alone = resample(images[1, 2], 12.0, 9.0, 12.0, 6, mask=masks[1, 2])
    assert together.shape == (2, 3, 6, 6, 1)
    np.testing.assert_allclose(together[1, 2], alone, atol=1e-6)


@pytest.mark.parametrize(
    ("x", "width", "size", "text"),
    [
        (1.0, 0.0, 8, "width: expected a finite number above 0, got 0.0"),
        (1.0, 5.0, 0, "size: expected a whole number of at least 1, got 0"),
        (np.nan, 5.0, 8, "x, y: expected finite numbers, got nan"),
    ],
)
def test_wrong_windows(x: float, width: float, size: int, text: str) -> None:
    """A window without extent or position is refused."""
    with pytest.raises(InvalidValueError, match=text):
        resample(IMAGE, x, 1.0, width, size)
