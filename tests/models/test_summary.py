"""Layers, shapes, weights and operations, against published numbers and counts by hand."""

import jax
import pytest
from flax import nnx

from galmorph.errors import InvalidValueError
from galmorph.models import BasicBlock, LayerSummary, ModelSummary, ResNet, create_model, parameter_count, summary


def test_lenet5_by_hand():
    """Every layer of LeNet-5: two operations for each weight of its kernel at each pixel of its output."""
    model = nnx.eval_shape(lambda: create_model("lenet5", classes=10, channels=1, size=32))
    assert summary(model, size=32, channels=1) == ModelSummary(
        "LeNet5 for stamps of 32 x 32 x 1",
        (
            LayerSummary("conv1", "Conv", (28, 28, 6), 25 * 6 + 6, 2 * 28 * 28 * 25 * 6),
            LayerSummary("conv2", "Conv", (10, 10, 16), 25 * 6 * 16 + 16, 2 * 10 * 10 * 25 * 6 * 16),
            LayerSummary("dense1", "Linear", (120,), 400 * 120 + 120, 2 * 400 * 120),
            LayerSummary("dense2", "Linear", (84,), 120 * 84 + 84, 2 * 120 * 84),
            LayerSummary("dense3", "Linear", (10,), 84 * 10 + 10, 2 * 84 * 10),
        ),
    )


@pytest.fixture(scope="module")
def network():
    """Give a small residual network whose weights are only shapes."""
    return nnx.eval_shape(lambda: ResNet(3, channels=2, depths=(1, 1), block=BasicBlock, width=4, rngs=nnx.Rngs(0)))


def test_layers_come_in_the_order_of_the_image(network):
    """Layers stand in the order of their calls, each under its place in the model, with norms and shortcuts."""
    layers = summary(network, size=32, channels=2).layers
    names = ["conv1", "norm1", "conv2", "norm2"]
    first, second = ([f"blocks.{i}.{name}" for name in names] for i in (0, 1))
    shortcut = ["blocks.1.shortcut.conv", "blocks.1.shortcut.norm"]
    assert [layer.name for layer in layers] == ["conv", "norm", *first, *second, *shortcut, "dense"]
    assert [layer.shape for layer in layers[::5]] == [(16, 16, 4), (8, 8, 4), (4, 4, 8)]
    assert layers[-1] == LayerSummary("dense", "Linear", (3,), 8 * 3 + 3, 2 * 8 * 3)


def test_total_is_the_number_of_parameters(network):
    """The layers hold all weights of the model, each once."""
    weights = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(network, nnx.Param)))
    assert summary(network, size=32, channels=2).parameters == weights == parameter_count(network)


def test_model_stays_as_it_is(network):
    """A summary leaves the model's layers, weights and running statistics alone, and whether it is training."""
    before, kernel = nnx.graphdef(network), network.conv.kernel
    summary(network, size=32, channels=2)
    assert nnx.graphdef(network) == before
    assert network.conv.kernel is kernel


def test_model_of_ones_own():
    """Any Flax module that is called with images will do, layers in lists among them."""
    rngs = nnx.Rngs(0)
    model = nnx.Sequential(
        nnx.Conv(1, 2, (3, 3), rngs=rngs), lambda x: x.mean(axis=(1, 2)), nnx.Linear(2, 5, rngs=rngs)
    )
    layers = summary(model, size=8, channels=1).layers
    assert layers == (
        LayerSummary("layers.0", "Conv", (8, 8, 2), 9 * 2 + 2, 2 * 8 * 8 * 9 * 2),
        LayerSummary("layers.2", "Linear", (5,), 2 * 5 + 5, 2 * 2 * 5),
    )


@pytest.mark.parametrize(("name", "value"), [("size", 0), ("channels", -1)])
def test_impossible_stamps_are_refused(network, name, value):
    """Stamps need at least one pixel and one channel."""
    with pytest.raises(InvalidValueError, match=f"{name}: expected a whole number of at least 1, got {value}"):
        summary(network, **{"size": 32, "channels": 2} | {name: value})
