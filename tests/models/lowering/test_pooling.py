"""Our pooling against XLA's, and by hand."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from galmorph.models._lowering.pooling import adaptive_average_pool, average_pool, max_pool

pytestmark = pytest.mark.usefixtures("full_optimization")


@pytest.mark.parametrize(
    ("window", "stride", "padding"), [(3, 2, 1), (3, 2, 0), (2, 2, 0), (3, 1, 1), (2, 3, 0), (3, 3, 1), (1, 2, 0)]
)
@pytest.mark.parametrize("size", [pytest.param(3, marks=pytest.mark.slow), 8])
def test_max_pool_equals_xlas(size, window, stride, padding):
    """Values are XLA's; gradients too, to the first of several equal values (few different ones: many are equal)."""
    rng = np.random.default_rng(size)
    images = jnp.asarray(rng.integers(0, 4, (2, size, size + 1, 3)), jnp.float32)

    def xlas(images):
        return nnx.max_pool(images, (window,) * 2, (stride,) * 2, ((padding, padding),) * 2)

    def ours(images):
        return max_pool(images, window, stride, padding)

    @jax.jit
    def both(images, cotangent):  # in one piece, which compiles sooner than four
        (expected, pull), (result, our_pull) = (jax.vjp(pool, images) for pool in (xlas, ours))
        return result, expected, our_pull(cotangent)[0], pull(cotangent)[0]

    cotangent = jnp.asarray(rng.normal(size=jax.eval_shape(xlas, images).shape), jnp.float32)
    result, expected, gradient, expected_gradient = both(images, cotangent)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-6)


def test_max_pool_of_bfloat16_stays_bfloat16():
    """Reduced precision goes through: the largest of some numbers is one of them."""
    images = jnp.arange(16, dtype=jnp.bfloat16).reshape(1, 4, 4, 1)
    result, pull = jax.vjp(lambda images: max_pool(images, 2, 2), images)
    assert result.ravel().tolist() == [5.0, 7.0, 13.0, 15.0]
    assert pull(result)[0].dtype == jnp.bfloat16


def test_max_pool_clips_its_window_to_the_map():
    """A map smaller than the window is one window, instead of none."""
    images = jnp.asarray([[1.0, 5.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    assert max_pool(images, window=3, stride=2).ravel().tolist() == [5.0]


def test_max_pool_by_hand():
    """A 3 x 3 window with stride 2 over a 5 x 5 ramp takes the lower right pixel of each window."""
    ramp = jnp.arange(25.0).reshape(1, 5, 5, 1)
    assert max_pool(ramp, window=3, stride=2).ravel().tolist() == [12.0, 14.0, 22.0, 24.0]


@pytest.mark.parametrize(("window", "size"), [(1, 3), (2, 4), (2, 7), (3, 8)])
def test_average_pool_equals_xlas(window, size):
    """Values and gradients are XLA's up to rounding; pixels left over at the edge count nowhere."""
    rng = np.random.default_rng(size)
    images = jnp.asarray(rng.normal(size=(2, size, size + 1, 3)), jnp.float32)

    def xlas(images):
        return nnx.avg_pool(images, (window, window), (window, window))

    @jax.jit
    def both(images):
        (expected, pull), (result, our_pull) = (
            jax.vjp(pool, images) for pool in (xlas, partial(average_pool, window=window))
        )
        return result, expected, our_pull(jnp.sin(expected))[0], pull(jnp.sin(expected))[0]

    result, expected, gradient, expected_gradient = both(images)
    assert result.shape == expected.shape == (2, size // window, (size + 1) // window, 3)
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-6)


def test_average_pool_by_hand():
    """Squares of 2 x 2 of a ramp over 3 x 5 pixels; the last row and column are left over."""
    ramp = jnp.arange(15.0).reshape(1, 3, 5, 1)
    assert average_pool(ramp, 2).ravel().tolist() == [3.0, 5.0]


@pytest.mark.parametrize("size", [1, 2, 6, 7, 13])
def test_adaptive_pool_averages_overlapping_bins(size):
    """Each output is the mean over its bin, floor(i s / 6) to ceil((i + 1) s / 6), whatever the map's size."""
    images = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    bounds = [(i * size // 6, -(-(i + 1) * size // 6)) for i in range(6)]
    expected = [[images[:, top:end, left:right].mean(axis=(1, 2)) for left, right in bounds] for top, end in bounds]
    result = adaptive_average_pool(jnp.asarray(images), 6)
    np.testing.assert_allclose(result, np.asarray(expected).transpose(2, 0, 1, 3), rtol=1e-5, atol=1e-6)
