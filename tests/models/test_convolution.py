"""Our convolution and pooling against XLA's, SciPy's and hand computations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from galmorph.models._convolution import adaptive_average_pool, convolve, max_pool


@pytest.mark.parametrize(
    ("size", "extent", "stride", "padding"),
    [(1, 1, 1, 0), (1, 3, 1, 1), (2, 3, 1, 1), (2, 3, 2, 1), (3, 3, 2, 1), (3, 5, 1, 2), (5, 7, 2, 3), (8, 7, 2, 3)],
)
def test_convolution_equals_xlas(size, extent, stride, padding):
    """Values and both gradients agree with XLA's to rounding, below and above the size of the kernel."""
    rng = np.random.default_rng(size)
    images = jnp.asarray(rng.normal(size=(2, size, size, 3)), jnp.float32)
    kernel = jnp.asarray(rng.normal(size=(extent, extent, 3, 4)), jnp.float32)
    arguments = ((stride, stride), ((padding, padding), (padding, padding)))

    @jax.jit
    def ours(images, kernel):
        return convolve(images, kernel, *arguments)

    @jax.jit
    def xlas(images, kernel):
        return lax.conv_general_dilated(images, kernel, *arguments, dimension_numbers=("NHWC", "HWIO", "NHWC"))

    expected, pull = jax.vjp(xlas, images, kernel)
    result, our_pull = jax.vjp(ours, images, kernel)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-4)
    for mine, theirs in zip(our_pull(expected), pull(expected), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-3)


def test_convolution_by_hand():
    """A kernel of ones over a 2 x 2 map with a margin of zeros sums all four pixels everywhere."""
    images = jnp.asarray([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    result = convolve(images, jnp.ones((3, 3, 1, 1)), (1, 1), ((1, 1), (1, 1)))
    np.testing.assert_array_equal(result[0, :, :, 0], np.full((2, 2), 10.0))


def test_max_pool_clips_its_window_to_the_map():
    """A map smaller than the window is one window, instead of none."""
    images = jnp.asarray([[1.0, 5.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    assert max_pool(images, window=3, stride=2).ravel().tolist() == [5.0]


def test_max_pool_by_hand():
    """A 3 x 3 window with stride 2 over a 5 x 5 ramp takes the lower right pixel of each window."""
    ramp = jnp.arange(25.0).reshape(1, 5, 5, 1)
    assert max_pool(ramp, window=3, stride=2).ravel().tolist() == [12.0, 14.0, 22.0, 24.0]


@pytest.mark.parametrize("size", [1, 2, 6, 7, 13])
def test_adaptive_pool_averages_overlapping_bins(size):
    """Each output is the mean over its bin, floor(i s / 6) to ceil((i + 1) s / 6), whatever the map's size."""
    images = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    bounds = [(i * size // 6, -(-(i + 1) * size // 6)) for i in range(6)]
    expected = [[images[:, top:end, left:right].mean(axis=(1, 2)) for left, right in bounds] for top, end in bounds]
    result = adaptive_average_pool(jnp.asarray(images), 6)
    np.testing.assert_allclose(result, np.asarray(expected).transpose(2, 0, 1, 3), rtol=1e-5, atol=1e-6)
