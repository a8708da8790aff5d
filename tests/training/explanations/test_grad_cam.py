"""Grad-CAM against hand computations and places that are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from explained_networks import NETWORKS, SIZE, STACKS, STAMPS, Means, classifier_of, convolution, means_of

from galmorph.training import grad_cam
from galmorph.training._engine.state import split_model
from galmorph.training._explanations.feature_maps import feature_layers
from galmorph.training._explanations.grad_cam import choose_layer

# AlexNet's other maps have 3 x 3 pixels.
LAYERS = {
    "lenet5": "conv2",
    "alexnet": "conv1",
    "resnet": "blocks.1",
    "bottleneck": "blocks.0",
    "dai_tong": "units.0",
    "own": "twice",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_layers_that_are_explained_by_default(name):
    """The last maps of 7 x 7 pixels or more, blocks whole."""
    parts = split_model(classifier_of(NETWORKS[name](), classes=3).model)
    assert choose_layer(feature_layers(parts, (SIZE, SIZE, 1)), None).name == LAYERS[name]


def test_grad_cam_by_hand():
    """Maps x and 2 x - 1 with weights 3 and -1 make x + 1; with -1 and 0 there is only what speaks against."""
    maps = convolution([[[[1.0, 2.0]]]])
    maps.bias[...] = jnp.asarray([0.0, -1.0])
    classifier = classifier_of(Means([maps], [[3.0, -1.0], [-1.0, 0.0]]))
    x = STAMPS[..., 0]
    expected = (x + 1) / (x + 1).max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(grad_cam(classifier, STAMPS, "a"), expected, rtol=1e-5)
    assert not grad_cam(classifier, STAMPS, "b").any()


def test_rectified_maps_are_rectified():
    """Where the network cuts x - 1/2 at zero, dark pixels don't speak for the class that light speaks against."""
    maps = convolution([[[[1.0]]]], bias=-0.5)
    classifier = classifier_of(Means([maps], [[1.0, -1.0]], rectified=True))
    cut = np.maximum(STAMPS[..., 0] - 0.5, 0)
    np.testing.assert_allclose(grad_cam(classifier, STAMPS, "a"), cut / cut.max(axis=(1, 2), keepdims=True), atol=1e-6)
    assert not grad_cam(classifier, STAMPS, "b").any()
    open_ended = classifier_of(Means([maps], [[1.0, -1.0]]))
    assert grad_cam(open_ended, STAMPS, "b").max() == 1


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_a_blob_is_found(stack):
    """The map of a network that sees bright light peaks on the blob, to half a pixel of the map."""
    y, x = np.indices((SIZE, SIZE))
    spots = np.array([(9.0, 21.0), (16.0, 12.0), (22.0, 22.0), (13.0, 18.0)])
    stamps = np.stack([np.exp(-((y - v) ** 2 + (x - u) ** 2) / 8) for v, u in spots])[..., None].astype(np.float32)
    maps = grad_cam(classifier_of(means_of(stack)), stamps, "a")
    found = [np.unravel_index(each.argmax(), each.shape) for each in maps]
    spacing = np.prod([step for _, step, _ in stack])
    assert np.abs(found - spots).max() <= spacing / 2 + 0.5
