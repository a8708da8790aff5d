"""Photometry of augmentation: variances that add up, means that scale, noise of the asked strength."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from galmorph.preprocessing._augment_photometry import add_noise, blur, change_colours

STAMPS = jnp.asarray(np.random.default_rng(0).random((3, 12, 12, 2), dtype=np.float32))
blurred = jax.jit(blur)


def test_a_point_becomes_the_discrete_gaussian():
    """A point in the middle becomes the product of two rows of Lindeberg's kernel exp(-t) I_n(t), with t = sigma**2."""
    point = np.zeros((3, 41, 41, 1), np.float32)
    point[:, 20, 20] = 1
    sigmas = np.array([0.3, 1.0, 2.5])
    kernels = scipy.special.ive(np.abs(np.arange(-20, 21)), sigmas[:, None] ** 2)
    expected = kernels[:, :, None] * kernels[:, None, :]
    np.testing.assert_allclose(blurred(point, jnp.asarray(sigmas, jnp.float32))[..., 0], expected, atol=1e-6)


@given(st.floats(0, 4), st.floats(0, 4))
def test_variances_add_up(first, second):
    """To blur twice is to blur once with the sum of the variances, up to the edges; no light is lost."""
    once = blurred(STAMPS, jnp.full(3, np.hypot(first, second), jnp.float32))
    twice = blurred(blurred(STAMPS, jnp.full(3, first, jnp.float32)), jnp.full(3, second, jnp.float32))
    np.testing.assert_allclose(twice, once, atol=5e-6)
    np.testing.assert_allclose(once.mean(axis=(1, 2)), STAMPS.mean(axis=(1, 2)), rtol=1e-5)


def test_each_stamp_has_its_own_blur():
    """A sigma of 0 changes nothing but roundings, a very large one leaves the mean of each channel."""
    result = np.asarray(blurred(STAMPS, jnp.array([0.0, 50.0, 1.0])))
    np.testing.assert_allclose(result[0], STAMPS[0], atol=1e-6)
    np.testing.assert_allclose(result[1], np.broadcast_to(STAMPS[1].mean(axis=(0, 1)), (12, 12, 2)), atol=1e-5)
    assert STAMPS[2].std() / 5 < result[2].std() < STAMPS[2].std() / 2


def test_colour_contrast_and_brightness_by_hand():
    """(0.2, 0.6) in one channel: times 2 is (0.4, 1.2), half the contrast (0.6, 1), times 1.5 is (0.9, 1.5)."""
    stamp = jnp.array([0.2, 0.6, 0.2, 0.6]).reshape(1, 2, 2, 1)
    result = change_colours(stamp, jnp.array([[2.0]]), jnp.array([0.5]), jnp.array([1.5]))
    np.testing.assert_allclose(result.ravel(), [0.9, 1.5, 0.9, 1.5], rtol=1e-6)
    assert change_colours(stamp, None, None, None) is stamp


def test_means_and_deviations_scale():
    """Brightness and colours multiply the means of channels; contrast their standard deviations, but no mean."""
    colours, others = jnp.array([[1.0, 2.0], [0.5, 3.0], [1.0, 1.0]]), jnp.array([0.5, 1.0, 2.0])
    means, deviations = STAMPS.mean(axis=(1, 2)), STAMPS.std(axis=(1, 2))
    coloured = np.asarray(change_colours(STAMPS, colours, None, None))
    np.testing.assert_allclose(coloured.mean(axis=(1, 2)), means * colours, rtol=1e-5)
    brighter = np.asarray(change_colours(STAMPS, None, None, others))
    np.testing.assert_allclose(brighter.mean(axis=(1, 2)), means * others[:, None], rtol=1e-5)
    steeper = np.asarray(change_colours(STAMPS, None, others, None))
    np.testing.assert_allclose(steeper.mean(axis=(1, 2)), means, rtol=1e-5)
    np.testing.assert_allclose(steeper.std(axis=(1, 2)), deviations * others[:, None], rtol=1e-5)


@pytest.mark.parametrize("implementation", ["threefry2x32", "rbg"])
def test_noise_is_gaussian_and_independent(implementation):
    """Noise has the asked deviation, the quantiles of a Gaussian, and no correlation of pixels, channels or stamps."""
    sigmas = jnp.array([0.01, 0.2])
    keys = jax.random.split(jax.random.key(3, impl=implementation), 2)
    noise = np.asarray(add_noise(jnp.zeros((2, 151, 151, 3)), sigmas, keys) / sigmas[:, None, None, None])
    count = noise[0].size  # odd, so not a multiple of the four numbers that share a hash
    np.testing.assert_allclose(noise.mean(axis=(1, 2, 3)), 0, atol=5 / count**0.5)
    np.testing.assert_allclose(noise.std(axis=(1, 2, 3)), 1, atol=5 / (2 * count) ** 0.5)
    levels = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    below = (noise.ravel()[:, None] < levels).mean(axis=0)
    np.testing.assert_allclose(below, scipy.special.ndtr(levels), atol=5 * 0.5 / (2 * count) ** 0.5)
    for other in (np.roll(noise, 1, axis=1), np.roll(noise, 1, axis=2), np.roll(noise, 1, axis=3), noise[::-1]):
        assert abs((noise * other).mean()) < 5 / count**0.5
