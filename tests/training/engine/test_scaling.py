"""The scaling of stamps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning
from galmorph.training import Scaling
from galmorph.training._engine.scaling import measure_scaling


def test_scaling_gives_zero_mean_and_unit_variance():
    """Measured in pieces, over all pixels of each channel, and the same for bytes and floats."""
    stamps = np.random.default_rng(0).integers(0, 256, (1500, 4, 4, 3)).astype(np.uint8)
    stamps[..., 1] //= 2
    for data in (stamps, (stamps / 255).astype(np.float32)):
        scaling = measure_scaling(Dataset(data, np.zeros(1500, int), ("a",)))
        np.testing.assert_allclose(scaling.mean, stamps.mean((0, 1, 2)) / 255, rtol=1e-6)
        np.testing.assert_allclose(scaling.std, stamps.std((0, 1, 2)) / 255, rtol=1e-5)


def test_a_channel_without_contrast_is_said():
    """A band that is missing, and was filled with zeros, scales whatever comes later by a million."""
    stamps = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 3)).astype(np.uint8)
    stamps[..., 2] = 0
    with pytest.warns(
        GalmorphWarning, match="channel 2 is 0 in all pixels of all stamps: a network can't learn from it"
    ):
        measure_scaling(Dataset(stamps, np.zeros(9, int), ("a",)))


def test_each_stamp_by_itself():
    """Each stamp has mean 0 and deviation 1 over its pixels and channels, whatever was added to it or multiplied."""
    stamps = jnp.asarray(np.random.default_rng(0).random((3, 8, 8, 3), np.float32))
    scaled = np.asarray(jax.jit(lambda stamps: Scaling()(stamps))(stamps))
    np.testing.assert_allclose(scaled.mean((1, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std((1, 2, 3)), 1, rtol=1e-5)
    brighter = 0.2 * stamps + np.array([0.1, 0.25, 0.7], np.float32).reshape(3, 1, 1, 1)
    np.testing.assert_allclose(Scaling()(brighter), scaled, atol=1e-4)
    np.testing.assert_allclose(Scaling()(stamps[0]), scaled[0], atol=1e-5)


def test_a_stamp_without_contrast_stays_finite():
    """Its deviation counts as a level of a byte over the square root of its 192 values."""
    flat = jnp.full((1, 8, 8, 3), 0.5)
    np.testing.assert_array_equal(Scaling()(flat), 0)
    scaled = np.asarray(Scaling()(flat.at[0, 0, 0, 0].add(1e-6)))
    assert scaled.max() == pytest.approx(1e-6 * (1 - 1 / 192) * 255 * 192**0.5, rel=0.1)  # the sum of floats rounds
