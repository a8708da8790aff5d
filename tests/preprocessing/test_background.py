"""Level and noise of the sky."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from galmorph.errors import PoorImageError
from galmorph.preprocessing import estimate_background
from galmorph.preprocessing._background import _quartiles, border_samples, mean_background, sky_patches


def noisy_sky(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """A sky of 100 with noise 5."""
    return np.random.default_rng(seed).normal(100, 5, shape).astype(np.float32)


def test_known_sky() -> None:
    """Level and noise of pure noise come back, for each channel of each image of a batch."""
    scale = np.array([1.0, 2.0, 0.0], np.float32)
    sky = estimate_background(noisy_sky((4, 200, 160, 1)) * scale)
    np.testing.assert_allclose(sky.level, np.broadcast_to(100 * scale, (4, 3)), atol=1)
    np.testing.assert_allclose(sky.noise, np.broadcast_to(5 * scale, (4, 3)), rtol=0.08)


def test_stars_on_the_border_do_not_count() -> None:
    """Every fortieth pixel a bright star: the level moves by less than a quarter of the noise."""
    image = noisy_sky((120, 120, 1))
    image.reshape(-1)[::40] += 3000
    sky = estimate_background(image)
    assert abs(sky.level[0] - 100) < 1.25
    assert abs(sky.noise[0] - 5) < 0.5


def test_galaxy_across_the_frame_is_not_sky() -> None:
    """An edge-on galaxy that crosses the frame from side to side does not change the level of the sky."""
    image = noisy_sky((128, 128, 1))
    image[44:84] += 500
    sky = estimate_background(image)
    assert abs(sky.level[0] - 100) < 1
    assert sky.unevenness[0] > 100


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 1), (64, 64, 3)])
def test_constant_image(shape: tuple[int, int, int]) -> None:
    """A constant image of any size has its value as level, and no noise."""
    sky = estimate_background(np.full(shape, 7, np.float32))
    np.testing.assert_array_equal(sky.level, np.full(shape[2], 7, np.float32))
    np.testing.assert_array_equal(sky.noise, np.zeros(shape[2], np.float32))


def test_masked_margin() -> None:
    """A masked margin, as of a mosaic, is ignored: the border is that of the measured pixels."""
    image = noisy_sky((150, 150, 1))
    mask = np.ones((150, 150), bool)
    mask[40:120, 30:110] = False
    image[mask] = np.nan
    sky = estimate_background(image, mask)
    assert abs(sky.level[0] - 100) < 1
    assert abs(sky.noise[0] - 5) < 0.5


def test_round_field_of_view() -> None:
    """The sky is found in a round field of view, too, in which nearly all of the border is masked."""
    image = noisy_sky((151, 151, 1))
    y, x = np.indices((151, 151)) - 75
    mask = np.hypot(x, y) > 75
    image[mask] = np.nan
    assert abs(estimate_background(image, mask).level[0] - 100) < 2


def test_patches_without_a_sample() -> None:
    """If no sample of the border is measured, all measured pixels (here a thin cross) are one patch."""
    image = noisy_sky((151, 151, 1))
    mask = np.ones((151, 151), bool)
    mask[75, :] = mask[:, 75] = False
    assert abs(estimate_background(image, mask).level[0] - 100) < 2


def test_nothing_measured() -> None:
    """A completely masked image is refused."""
    with pytest.raises(PoorImageError, match="no measured pixel: all are masked"):
        estimate_background(np.zeros((8, 8, 1), np.float32), np.ones((8, 8), bool))


@given(shift=st.floats(-1e3, 1e3, width=32), factor=st.floats(0.125, 64, width=32))
def test_linear_in_brightness(shift: float, factor: float) -> None:
    """If brightness is multiplied and shifted, the level changes in the same way, and the noise by the factor."""
    image = noisy_sky((60, 70, 1))
    sky = estimate_background(image)
    other = estimate_background(image * np.float32(factor) + np.float32(shift))
    np.testing.assert_allclose(other.level, sky.level * factor + shift, atol=1e-3 * (factor + 1), rtol=1e-4)
    np.testing.assert_allclose(other.noise, sky.noise * factor, rtol=1e-2)


@given(arrays(float, st.tuples(st.integers(1, 3), st.integers(1, 20)), elements=st.floats(-1e6, 1e6)))
def test_quartiles_are_numpys(values: np.ndarray) -> None:
    """The quartiles are those of NumPy, with linear interpolation."""
    np.testing.assert_allclose(_quartiles(values), np.quantile(values, [0.25, 0.75], axis=-1), atol=1e-9, rtol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_mean_and_channels_agree_with_one_by_one(masked: bool) -> None:
    """The sky of the mean of the channels, and that of each channel, are those of planes on their own."""
    image = noisy_sky((90, 100, 3)) * np.array([1.0, 2.0, 0.5], np.float32)
    mask = np.zeros((90, 100), bool)
    mask[:20, 30:] = masked
    given_mask = mask if masked else None
    mean, channels = mean_background(image, given_mask, channels=True)
    alone = mean_background(image, given_mask, channels=False)
    assert alone[1] is None
    expected = estimate_background(image.mean(axis=-1, keepdims=True), mask), estimate_background(image, mask)
    for found, wanted in zip((mean, channels, alone[0]), (*expected, expected[0]), strict=True):
        np.testing.assert_allclose(found.level, wanted.level, rtol=1e-5)
        np.testing.assert_allclose(found.noise, wanted.noise, rtol=1e-4)
        np.testing.assert_allclose(found.unevenness, wanted.unevenness, rtol=1e-2)


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (30, 50), (240, 100)])
@pytest.mark.parametrize("masked", ["nothing", "margin", "half", "cross"])
def test_sky_patches_are_where_the_samples_are(shape: tuple[int, int], masked: str) -> None:
    """Samples of an image whose pixels hold their own places have the columns and rows of the patches."""
    height, width = shape
    places = np.stack(np.indices(shape, np.float32)[::-1], axis=-1)  # x, y
    mask = np.zeros(shape, bool)
    if masked == "margin":
        mask[: height // 4] = True
    if masked == "half":
        mask[::2, ::2] = height > 1
    if masked == "cross":
        mask[:] = height > 1
        mask[height // 2] = mask[:, width // 2] = False
    patches = sky_patches(height, width, mask)
    samples = border_samples(places, mask)
    measured = ~np.ma.getmaskarray(samples).all(axis=(0, -1))
    assert len(patches) == measured.sum()
    low, high = samples.min(axis=-1)[:, measured], samples.max(axis=-1)[:, measured]
    for patch, x_low, y_low, x_high, y_high in zip(patches, *low, *high, strict=True):
        assert patch[0] <= x_low
        assert patch[1] <= y_low
        assert patch[2] >= x_high
        assert patch[3] >= y_high
        if masked in ("nothing", "margin"):
            assert patch.tolist() == [x_low, y_low, x_high, y_high]


def test_sky_patches_of_frames_without_a_border() -> None:
    """If no sample of the border is measured, the whole frame is the only patch; without measurements there is none."""
    mask = np.ones((999, 999), bool)
    mask[500, 500] = mask[0, 4] = mask[-1, 4] = mask[4, 0] = mask[4, -1] = False  # samples are about 7.8 pixels apart
    assert border_samples(np.zeros((999, 999, 1), np.float32), mask).shape == (1, 1, 999 * 999)
    assert sky_patches(999, 999, mask).tolist() == [[0, 0, 998, 998]]
    assert len(sky_patches(4, 4, np.ones((4, 4), bool))) == 0
