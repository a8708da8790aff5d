"""Saliency against finite differences and networks whose gradients are known."""

import numpy as np
from explained_networks import NETWORKS, SIZE, STAMPS, Linear, classifier_of

from galmorph.training import Scaling, saliency


def test_saliency_is_the_slope():
    """The logit changes by as much as the gradient says when a pixel changes a little, in ratio to the largest."""
    classifier = classifier_of(NETWORKS["lenet5"](), classes=3, scaling=Scaling((0.4,), (0.3,)))
    (salient,) = saliency(classifier, STAMPS[:1], [2])
    pixels = [(16, 16), (4, 9), (20, 7), (27, 30), np.unravel_index(salient.argmax(), salient.shape)]
    step = 0.02
    changed = np.repeat(STAMPS[:1], 2 * len(pixels), axis=0)
    for place, (y, x) in enumerate(pixels):
        changed[2 * place : 2 * place + 2, y, x, 0] += (-step, step)
    logits = classifier.logits(changed)[:, 2].reshape(-1, 2)
    slopes = np.abs(logits[:, 1] - logits[:, 0])
    np.testing.assert_allclose([salient[pixel] for pixel in pixels], slopes / slopes[-1], atol=0.01)


def test_saliency_of_a_linear_network_is_its_weights():
    """The largest absolute weight over the channels; noise doesn't matter to a slope that is the same everywhere."""
    weights = np.random.default_rng(1).normal(size=(SIZE, SIZE, 3, 2)).astype(np.float32)
    classifier = classifier_of(Linear(weights), channels=3)
    stamps = np.random.default_rng(2).integers(0, 255, (3, SIZE, SIZE, 3), np.uint8)
    expected = np.abs(weights).max(axis=2) / np.abs(weights).max(axis=(0, 1, 2))  # (size, size, classes)
    for samples in (0, 3):
        maps = saliency(classifier, stamps, [0, 1, 1], samples=samples)
        np.testing.assert_allclose(maps, expected[..., [0, 1, 1]].transpose(2, 0, 1), rtol=1e-5)
    np.testing.assert_array_equal(saliency(classifier, stamps, "b"), saliency(classifier, stamps, [1, 1, 1]))


def test_noise_has_a_seed():
    """The same seed makes the same maps; another one, or more noise, makes others."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    maps = saliency(classifier, STAMPS, samples=2, seed=1)
    np.testing.assert_array_equal(maps, saliency(classifier, STAMPS, samples=2, seed=1))
    for other in ({"seed": 2}, {"seed": 1, "noise": 0.3}):
        assert np.abs(maps - saliency(classifier, STAMPS, samples=2, **other)).max() > 0.01


def test_no_pixel_matters():
    """A network that sees nothing has maps of zeros, not of numbers that are none."""
    classifier = classifier_of(Linear(np.zeros((SIZE, SIZE, 1, 2), np.float32)))
    assert not saliency(classifier, STAMPS).any()
