"""Random initial weights against the formula of He et al."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from galmorph.models._initializers import CHUNK, he_normal


@pytest.mark.parametrize(
    ("fan", "shape", "expected"),
    [
        ("in", (3, 3, 64, 128), 9 * 64),
        ("out", (3, 3, 64, 128), 9 * 128),
        ("in", (1000, 300), 1000),
        ("out", (1000, 300), 300),
    ],
)
def test_weights_are_normal_with_the_variance_of_the_paper(fan, shape, expected):
    """Divided by the square root of two over the fan, weights follow the standard normal distribution."""
    weights = he_normal(fan)(jax.random.key(0), shape)
    assert weights.shape == shape
    assert weights.dtype == jnp.float32
    assert stats.kstest(np.ravel(weights) * np.sqrt(expected / 2), "norm").pvalue > 0.01


def test_weights_do_not_repeat():
    """Where more weights are needed than are drawn at a time, all differ from each other but for rounding."""
    weights = np.ravel(he_normal("in")(jax.random.key(0), (2, CHUNK + 1)))
    first, second = weights[:CHUNK], weights[CHUNK : 2 * CHUNK]
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(CHUNK)


def test_key_fixes_the_weights():
    """The same key draws the same weights, compiled or not; another key draws others."""
    init = he_normal("out")
    weights = init(jax.random.key(1), (3, 3, 2, 4))
    compiled = jax.jit(lambda key: init(key, (3, 3, 2, 4)))(jax.random.key(1))
    np.testing.assert_allclose(compiled, weights, rtol=1e-6)
    assert not np.allclose(init(jax.random.key(2), (3, 3, 2, 4)), weights)
