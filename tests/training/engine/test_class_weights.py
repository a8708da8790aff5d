"""Weights of the classes in the loss."""

import numpy as np

from galmorph.training import TrainConfig
from galmorph.training._engine.class_weights import class_weights


def test_class_weights_are_inverse_frequencies(blobs):
    """Ten galaxies of one class weigh three times as much as thirty of the other, with a mean of 1."""
    uneven = blobs[np.concatenate([np.arange(0, 60, 2)[:10], np.arange(1, 60, 2)])]
    weights = class_weights(uneven, TrainConfig(class_weighting=True))
    np.testing.assert_allclose(weights, [40 / (2 * 10), 40 / (2 * 30)], rtol=1e-6)
    np.testing.assert_array_equal(class_weights(uneven, TrainConfig()), [1, 1])
