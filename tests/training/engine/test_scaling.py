"""The scaling of stamps."""

import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning
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
