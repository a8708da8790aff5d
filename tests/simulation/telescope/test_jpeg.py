"""JPEG compression, against Pillow and against computations by hand."""

import inspect
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from galmorph.errors import InvalidValueError
from galmorph.simulation._telescope.jpeg import jpeg_compressed

compressed = jax.jit(jpeg_compressed)


def noisy_galaxies(galaxies, size):
    """Coloured exponential discs on a noisy sky: whole grey values."""
    rng = np.random.default_rng(size)
    y, x = np.mgrid[:size, :size] - size / 2
    axis_ratio = rng.uniform(0.3, 1, (galaxies, 1, 1))
    discs = np.exp(-np.hypot(x, y / axis_ratio) / rng.uniform(0.08 * size, 0.2 * size, (galaxies, 1, 1)))
    light = discs[..., None] * rng.uniform(50, 250, (galaxies, 1, 1, 3)) + rng.normal(9, 4, (galaxies, size, size, 3))
    return np.clip(np.rint(light), 0, 255).astype(np.float32)


def pillows(image, quality):
    """Write an image as JPEG with Pillow, and read it again."""
    file = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(file, "jpeg", quality=int(quality), subsampling="4:2:0")
    return np.asarray(Image.open(file), np.float32)


@pytest.mark.parametrize("size", [64, 40, 35])
def test_agrees_with_pillow(size):
    """Galaxies are the same as from Pillow's encoder and decoder up to rounding, also if blocks are incomplete.

    The mean difference is a fraction of the change by JPEG. Coefficients near a half are sometimes rounded the other
    way, because Pillow computes with whole numbers: up to two steps of the tables in a pixel.
    """
    images = noisy_galaxies(24, size)
    qualities = np.linspace(75, 97, 24).round().astype(np.float32)
    expected = np.stack([pillows(image, quality) for image, quality in zip(images, qualities, strict=True)])
    difference = np.asarray(compressed(images, qualities)) - expected
    change = np.abs(expected - images).mean()
    assert change > 2
    assert np.abs(difference).mean() < 0.2 * change
    assert np.abs(difference).max() <= 10
    np.testing.assert_allclose(difference.mean(axis=(0, 1, 2)), 0, atol=0.1)


def test_smooth_images_agree_with_pillow_in_nearly_every_pixel():
    """Without noise, 9 pixels in 10 are off by at most one."""
    y, x = np.mgrid[:64, :64] - 30.0
    disc = np.exp(-np.hypot(x, 2 * y) / 9)[..., None] * np.array([220.0, 180.0, 120.0])
    image = np.rint(disc + 6).astype(np.float32)
    qualities = np.array([75, 80, 85, 90], np.float32)
    expected = np.stack([pillows(image, quality) for quality in qualities])
    difference = np.abs(np.asarray(compressed(np.stack([image] * 4), qualities)) - expected)
    assert ((difference <= 1).mean(axis=(1, 2, 3)) > 0.9).all()
    assert (difference.mean(axis=(1, 2, 3)) < 0.3).all()


@pytest.mark.parametrize(("quality", "step"), [(50, 16), (25, 32), (10, 80), (75, 8), (90, 3), (100, 1)])
def test_a_flat_grey_is_rounded_to_steps_of_the_first_coefficient(quality, step):
    """Its coefficient is 8 (v - 128), rounded to multiples of 16 times 5000 / quality or 200 - 2 quality per cent."""
    grey = np.array([4, 52, 100, 200], np.float32)  # none of them half-way between two steps
    images = np.broadcast_to(grey[:, None, None, None], (4, 40, 40, 3))
    result = np.asarray(compressed(images, np.full(4, quality, np.float32)))
    by_hand = np.clip(np.rint(128 + np.rint(8 * (grey - 128) / step) * step / 8), 0, 255)
    np.testing.assert_array_equal(result, np.broadcast_to(by_hand[:, None, None, None], result.shape))


def test_grey_stays_grey():
    """Equal channels stay equal."""
    grey = noisy_galaxies(4, 40)[..., :1].repeat(3, axis=-1)
    result = np.asarray(compressed(grey, np.array([30, 60, 85, 95], np.float32)))
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


def test_the_best_quality_changes_grey_by_one_at_most():
    """At quality 100 all steps are 1, and brightness is not halved in size."""
    grey = noisy_galaxies(4, 64)[..., :1].repeat(3, axis=-1)
    result = np.asarray(compressed(grey, np.full(4, 100, np.float32)))
    assert np.abs(result - grey).max() <= 1


def test_worse_quality_changes_more():
    """Each image has its own quality; the lower it is, the more the image changes."""
    images = noisy_galaxies(1, 64).repeat(4, axis=0)
    result = np.asarray(compressed(images, np.array([95, 85, 75, 50], np.float32)))
    changes = np.abs(result - images).mean(axis=(1, 2, 3))
    assert (np.diff(changes) > 0).all()


def test_gives_whole_grey_values():
    """Grey values are whole and between 0 and 255, even if rounded coefficients lead beyond."""
    images = np.random.default_rng(0).choice(np.array([0, 255], np.float32), (4, 40, 40, 3))
    result = np.asarray(compressed(images, np.full(4, 20, np.float32)))
    assert result.dtype == np.float32
    assert result.min() == 0
    assert result.max() == 255
    assert np.array_equal(result, np.rint(result))


@pytest.mark.parametrize("shape", [(2, 16, 24, 3), (2, 16, 16, 1)])
def test_other_shapes_are_refused(shape):
    """Images must be square and have three channels, which is checked without jaxtyping, too."""
    with pytest.raises(InvalidValueError, match=r"images: expected \(batch, size, size, 3\), got shape"):
        inspect.unwrap(jpeg_compressed)(jnp.zeros(shape), jnp.full(2, 90.0))
