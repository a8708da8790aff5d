"""Appended maps are concatenated maps, with their gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from galmorph.models._lowering.concatenation import append_maps


@pytest.mark.usefixtures("full_optimization")
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_appended_maps_are_concatenated(dtype):
    """Values, types and gradients of a chain are those of `jax.numpy.concatenate`."""
    rng = np.random.default_rng(0)
    first, second, third = (jnp.asarray(rng.normal(size=(2, 3, 4, n)), dtype) for n in (5, 2, 3))
    weights = jnp.asarray(rng.normal(size=(2, 3, 4, 10)), dtype)

    def chain(append):
        def total(*maps):
            x, y, z = maps
            return (append(append(x, y), z) ** 2 * weights).sum()

        return jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2)))(first, second, third)

    value, gradients = chain(append_maps)
    expected, expected_gradients = chain(lambda x, y: jnp.concatenate([x, y], axis=-1))
    tolerance = 1e-6 if dtype == jnp.float32 else 1e-2
    np.testing.assert_allclose(np.float32(value), np.float32(expected), rtol=tolerance)
    for ours, theirs in zip(gradients, expected_gradients, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(np.float32(ours), np.float32(theirs), rtol=tolerance)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0])
def test_any_number_stays_as_it_is(value):
    """NaN, infinity and the sign of zero survive, also where the branch depends on them."""
    new = jnp.full((1, 1, 1, 2), value, jnp.float32)
    appended = np.asarray(append_maps(jnp.ones((1, 1, 1, 1)), new))
    np.testing.assert_array_equal(appended[0, 0, 0], np.array([1, value, value], np.float32))
    assert np.signbit(appended[0, 0, 0, 1]) == np.signbit(np.float32(value))
