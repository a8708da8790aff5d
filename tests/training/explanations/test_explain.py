"""Saliency and Grad-CAM against finite differences, hand computations, and places that are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from galmorph.errors import InvalidValueError
from galmorph.models import AlexNet, BasicBlock, Bottleneck, DaiTongResNet26, LeNet5, ResNet
from galmorph.preprocessing import Recipe, in_orientations
from galmorph.training import Classifier, Scaling, grad_cam, saliency
from galmorph.training._engine.state import take_apart
from galmorph.training._explanations.feature_maps import map_layers, places
from galmorph.training._explanations.grad_cam import _heat, choose_layer
from galmorph.training._explanations.saliency import _slopes

SIZE = 32
STAMPS = np.random.default_rng(0).random((5, SIZE, SIZE, 1), np.float32)


def classifier_of(model, *, classes=2, size=SIZE, channels=1, scaling=None) -> Classifier:
    """Make a classifier of a network; stamps reach it as they are unless a scaling is given."""
    return Classifier(
        model=model,
        classes=tuple("abcdef"[:classes]),
        recipe=Recipe(size=size, channels=channels if channels in (1, 3) else None),
        scaling=scaling or Scaling((0.0,) * channels, (1.0,) * channels),
        channels=channels,
        dtype="float32",
    )


class Linear(nnx.Module):
    """Logits are sums of pixels with weights that are known; it makes no maps."""

    def __init__(self, weights):
        self.weights = nnx.Param(jnp.asarray(weights))  # (size, size, channels, classes)

    def __call__(self, images):
        """Turn images into logits."""
        return jnp.einsum("nhwc,hwck->nk", images, self.weights[...])


class Means(nnx.Module):
    """Convolutions whose kernels are known, then logits from the means of their maps, rectified or not."""

    def __init__(self, convolutions, dense, *, rectified=False):
        self.convolutions = nnx.List(convolutions)
        self.dense = nnx.Param(jnp.asarray(dense, jnp.float32))
        self.rectified = rectified

    def __call__(self, images):
        """Turn images into logits."""
        for convolution in self.convolutions:
            images = convolution(images)
        images = nnx.relu(images) if self.rectified else images
        return images.mean(axis=(1, 2)) @ self.dense[...]


def convolution(kernel, *, bias=0.0, strides=1, padding=0) -> nnx.Conv:
    """Make a convolution with a kernel ``(rows, columns, channels, features)`` of one's own."""
    kernel = jnp.asarray(kernel, jnp.float32)
    inputs, features = kernel.shape[2:]
    layer = nnx.Conv(inputs, features, kernel.shape[:2], strides=strides, padding=padding, rngs=nnx.Rngs(0))
    layer.kernel[...], layer.bias[...] = kernel, jnp.full(features, bias)
    return layer


def square(side, **options) -> nnx.Conv:
    """Make a convolution that averages over a square."""
    return convolution(np.full((side, side, 1, 1), side**-2), **options)


class Tower(nnx.Module):
    """A network of one's own: a block within a block, a sequence of layers, a layer that is used twice, and a tuple."""

    def __init__(self, *, rngs):
        self.first = nnx.Sequential(nnx.Conv(1, 4, (3, 3), rngs=rngs), nnx.relu)
        self.twice = nnx.Conv(4, 4, (3, 3), strides=2, rngs=rngs)
        self.both = Both(rngs=rngs)
        self.dense = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, images):
        """Turn images into logits."""
        maps, _ = self.both(self.twice(self.twice(self.first(images))))
        return self.dense(nnx.relu(maps).mean(axis=(1, 2)))


class Both(nnx.Module):
    """A block that returns more than maps."""

    def __init__(self, *, rngs):
        self.conv = nnx.Conv(4, 4, (3, 3), rngs=rngs)

    def __call__(self, maps):
        """Return maps and their mean."""
        return self.conv(maps), maps.mean()


NETWORKS = {
    "lenet5": lambda: LeNet5(3, channels=1, size=SIZE, rngs=nnx.Rngs(0)),
    "alexnet": lambda: AlexNet(3, channels=1, rngs=nnx.Rngs(0)),
    "resnet": lambda: ResNet(
        3, channels=1, depths=(1, 1, 1), block=BasicBlock, width=4, stem=3, pooling=False, rngs=nnx.Rngs(0)
    ),
    "bottleneck": lambda: ResNet(3, channels=1, depths=(1, 2), block=Bottleneck, width=2, rngs=nnx.Rngs(0)),
    "dai_tong": lambda: DaiTongResNet26(3, channels=1, depths=(1, 1, 1, 1), width=2, rngs=nnx.Rngs(0)),
    "own": lambda: Tower(rngs=nnx.Rngs(0)),
}
# AlexNet's other maps have 3 x 3 pixels.
LAYERS = {
    "lenet5": "conv2",
    "alexnet": "conv1",
    "resnet": "blocks.1",
    "bottleneck": "blocks.0",
    "dai_tong": "units.1",
    "own": "twice",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_of_all_networks(name):
    """Each map is from 0 to 1, and reaches 1 unless it is 0 throughout."""
    classifier = classifier_of(NETWORKS[name](), classes=3)
    for maps in (saliency(classifier, STAMPS[:2]), grad_cam(classifier, STAMPS[:2])):
        assert (maps.shape, maps.dtype) == ((2, SIZE, SIZE), np.float32)
        assert np.isfinite(maps).all()
        assert maps.min() >= 0
        assert set(maps.max(axis=(1, 2))) <= {0.0, 1.0}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_that_are_explained_by_default(name):
    """The last maps of 7 x 7 pixels or more, blocks whole."""
    parts = take_apart(classifier_of(NETWORKS[name](), classes=3).model)
    assert choose_layer(map_layers(parts, (SIZE, SIZE, 1)), None).name == LAYERS[name]


def test_defaults_are_the_answer_and_that_layer():
    """What is not said is the class that the classifier answers, and the layer of the rule."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    answers = classifier.logits(STAMPS).argmax(axis=1)
    np.testing.assert_array_equal(saliency(classifier, STAMPS), saliency(classifier, STAMPS, answers))
    expected = grad_cam(classifier, STAMPS, answers, layer="twice")
    np.testing.assert_array_equal(grad_cam(classifier, STAMPS), expected)
    assert np.abs(grad_cam(classifier, STAMPS, layer="first") - expected).max() > 0.1


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


# Side, stride and padding of convolutions, one after the other.
STACKS = [
    [(5, 1, 0), (5, 1, 0)],
    [(3, 2, 1)],
    [(3, 2, 1), (3, 2, 1)],
    [(7, 2, 3), (3, 1, 1)],
    [(4, 4, 0)],
    [(5, 3, 0)],
    [(2, 2, 0), (3, 1, 0), (2, 2, 0)],
]


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_pixels_of_maps_look_where_arithmetic_says(stack):
    """Row j of a convolution has its centre at ``stride j + (side - 1) / 2 - padding`` of the rows before."""
    parts = take_apart(Means([square(side, strides=step, padding=pad) for side, step, pad in stack], [[1.0, 0.0]]))
    layer = list(map_layers(parts, (SIZE, SIZE, 1)).values())[-1]
    expected = np.arange(layer.shape[0], dtype=float)
    for side, step, pad in reversed(stack):
        expected = step * expected + (side - 1) / 2 - pad
    for centres in places(parts, layer, (SIZE, SIZE, 1)):
        np.testing.assert_array_equal(centres, expected)


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_a_blob_is_found(stack):
    """The map of a network that sees bright light peaks on the blob, to half a pixel of the map."""
    model = Means([square(side, strides=step, padding=pad) for side, step, pad in stack], [[1.0, 0.0]])
    y, x = np.indices((SIZE, SIZE))
    spots = np.array([(9.0, 21.0), (16.0, 12.0), (22.0, 22.0), (13.0, 18.0)])
    stamps = np.stack([np.exp(-((y - v) ** 2 + (x - u) ** 2) / 8) for v, u in spots])[..., None].astype(np.float32)
    maps = grad_cam(classifier_of(model), stamps, "a")
    found = [np.unravel_index(each.argmax(), each.shape) for each in maps]
    spacing = np.prod([step for _, step, _ in stack])
    assert np.abs(found - spots).max() <= spacing / 2 + 0.5


class OneSize(Means):
    """A network that takes stamps of one size only."""

    def __call__(self, images):
        """Turn images into logits."""
        if images.shape[1] != SIZE:
            raise TypeError("another size")
        return super().__call__(images)


def test_a_network_for_one_size_has_its_maps_spread():
    """Sizes tell nothing, so a map of 8 rows has them at 1.5, 5.5 and so on of 32."""
    parts = take_apart(OneSize([square(4, strides=4)], [[1.0, 0.0]]))
    (layer,) = map_layers(parts, (SIZE, SIZE, 1)).values()
    np.testing.assert_allclose(places(parts, layer, (SIZE, SIZE, 1))[0], 4 * np.arange(8) + 1.5)


def test_layers_are_listed_as_they_are_done():
    """Blocks stand after their parts, what is used twice at its last use, and what returns no maps not at all."""
    layers = map_layers(take_apart(NETWORKS["own"]()), (SIZE, SIZE, 1))
    assert list(layers) == ["first.layers.0", "first", "twice", "both.conv"]
    assert layers["twice"] == ("twice", (8, 8, 4), 2, 0)
    assert [layer.depth for layer in layers.values()] == [0, 0, 0, 1]


@pytest.mark.parametrize("explain", [saliency, grad_cam])
def test_maps_turn_with_the_galaxy(explain):
    """Averaged over the orientations, the map of a stamp that is turned or mirrored is its map, turned or mirrored."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    stamps = STAMPS[:2]
    maps = explain(classifier, stamps, "c", orientations=True)
    assert np.abs(maps - explain(classifier, stamps, "c")).max() > 0.01
    for which in (1, 6):
        turned, expected = (list(in_orientations(each))[which] for each in (stamps, maps[..., None]))
        np.testing.assert_allclose(explain(classifier, turned, "c", orientations=True), expected[..., 0], atol=2e-3)


def test_batches_do_not_matter():
    """Of seventy galaxies, in two batches, each has the map that it has alone."""
    classifier = classifier_of(NETWORKS["own"](), classes=3)
    stamps = np.random.default_rng(3).random((70, SIZE, SIZE, 1), np.float32)
    for explain in (saliency, grad_cam):
        maps = explain(classifier, stamps)
        np.testing.assert_allclose(maps[[3, 69]], explain(classifier, stamps[[3, 69]]), atol=1e-4)


def test_one_kind_of_network_is_compiled_once():
    """Another call, or another network of the kind with another scaling, gives its own maps by what is compiled."""

    def means(dense, scaling=None) -> Classifier:
        return classifier_of(Means([square(3)], dense), scaling=scaling)

    one, other = means([[1.0, 2.0]]), means([[-1.0, 3.0]], Scaling((0.0,), (2.0,)))
    first, heat = saliency(one, STAMPS, "a"), grad_cam(one, STAMPS, "a")
    compiled = (_slopes._cache_size(), _heat._cache_size())
    np.testing.assert_array_equal(saliency(one, STAMPS, "a"), first)
    np.testing.assert_allclose(saliency(other, STAMPS, "a"), first, atol=1e-6)  # slopes of -1 instead of 1
    assert heat.any()
    assert not grad_cam(other, STAMPS, "a").any()
    assert (_slopes._cache_size(), _heat._cache_size()) == compiled


def test_what_cannot_be_explained_is_refused():
    """Unknown layers are answered with the names that there are; stamps and classes must be the classifier's."""
    own = classifier_of(NETWORKS["own"](), classes=3)
    with pytest.raises(
        InvalidValueError, match=r"layer: expected one of 'first\.layers\.0', 'first', 'twice', 'both\.conv'"
    ):
        grad_cam(own, STAMPS, layer="conv9")
    with pytest.raises(
        InvalidValueError, match="expected a network with layers that make maps, got none; use saliency"
    ):
        grad_cam(classifier_of(Linear(np.zeros((SIZE, SIZE, 1, 2), np.float32))), STAMPS)
    for explain in (saliency, grad_cam):
        with pytest.raises(InvalidValueError, match=r"stamps: expected shape \(n, 32, 32, 1\), got \(5, 32, 32, 3\)"):
            explain(own, np.repeat(STAMPS, 3, axis=-1))
        with pytest.raises(InvalidValueError, match="classes: expected one of 'a', 'b', 'c', got 'd'"):
            explain(own, STAMPS, "d")
        with pytest.raises(
            InvalidValueError, match="classes: expected a name, or an index for each of 5 galaxies, got"
        ):
            explain(own, STAMPS, [0, 1])
        with pytest.raises(InvalidValueError, match="classes: expected indices from 0 to 2, got 0 to 3"):
            explain(own, STAMPS, [0, 1, 2, 3, 0])
    with pytest.raises(InvalidValueError, match="samples: expected a whole number, 0 for none, got -1"):
        saliency(own, STAMPS, samples=-1)
    with pytest.raises(InvalidValueError, match="noise: expected a finite number above 0, got 0"):
        saliency(own, STAMPS, noise=0)
