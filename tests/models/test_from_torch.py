"""Weights in PyTorch's names and layout; tests/parity compares with PyTorch itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from galmorph.errors import InvalidValueError
from galmorph.models import BasicBlock, Bottleneck, DenseNet, LeNet5, ResNet, from_torch_state_dict


def blank(make):
    """Make a model whose weights are all zero, for drawing random ones takes seconds."""
    graph, state = nnx.split(nnx.eval_shape(make))
    return nnx.merge(graph, jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), state))


def state_dict(shapes):
    """Make arrays of given shapes whose values are all different from each other."""
    sizes = np.cumsum([0] + [int(np.prod(shape)) for shape in shapes.values()])
    return {
        name: np.arange(first, last, dtype=np.float32).reshape(shape)
        for (name, shape), first, last in zip(shapes.items(), sizes[:-1], sizes[1:], strict=True)
    }


LENET5 = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (120, 400),
    "fc1.bias": (120,),
    "fc2.weight": (84, 120),
    "fc2.bias": (84,),
    "fc3.weight": (3, 84),
    "fc3.bias": (3,),
}


@pytest.fixture(scope="module")
def lenet5():
    """Give a LeNet-5 of three classes."""
    return blank(lambda: LeNet5(3, rngs=nnx.Rngs(0)))


def test_axes_are_reordered(lenet5):
    """Kernels go from (features, channels, y, x) to (y, x, channels, features), dense layers are transposed."""
    weights = state_dict(LENET5)
    model = from_torch_state_dict(lenet5, weights)
    assert model.conv2.kernel[1, 2, 3, 4] == weights["conv2.weight"][4, 3, 1, 2]
    assert model.dense2.kernel[5, 6] == weights["fc2.weight"][6, 5]
    np.testing.assert_array_equal(model.conv1.bias, weights["conv1.bias"])


def test_flattened_map_is_reordered(lenet5):
    """The first dense layer meets its map pixel by pixel here, and channel by channel in PyTorch."""
    weights = state_dict(LENET5)
    model = from_torch_state_dict(lenet5, weights)
    y, x, channel, output = 1, 2, 3, 4  # of a map of 5 x 5 pixels and 16 channels
    assert (
        model.dense1.kernel[(y * 5 + x) * 16 + channel, output]
        == weights["fc1.weight"][output, channel * 25 + y * 5 + x]
    )


def test_model_given_stays_as_it_is(lenet5):
    """The weights go into a new model."""
    before = np.array(lenet5.conv1.kernel)
    model = from_torch_state_dict(lenet5, state_dict(LENET5))
    assert model is not lenet5
    np.testing.assert_array_equal(lenet5.conv1.kernel, before)


def test_weights_are_copied():
    """Training that goes on in the arrays given doesn't reach the model."""
    weights = state_dict(residual_shapes(BasicBlock))
    model = from_torch_state_dict(residual(BasicBlock, (1, 1)), weights)
    mean = weights["layer2.0.bn1.running_mean"]
    before = mean.copy()
    for array in weights.values():
        array += 1
    np.testing.assert_array_equal(model.blocks[1].norm1.mean, before)


def residual(block, depths):
    """Make a blank ResNet, 4 features wide, of three classes."""
    return blank(lambda: ResNet(3, depths=depths, block=block, width=4, rngs=nnx.Rngs(0)))


def residual_shapes(block):
    """Write down the entries of a ResNet with one block in each of two stages, 4 features wide, 3 classes."""
    shapes = {"conv1.weight": (4, 3, 7, 7), "fc.weight": (3, 8 * block.expansion), "fc.bias": (3,)}
    norms = {"bn1": 4}
    for stage, (inputs, width) in enumerate([(4, 4), (4 * block.expansion, 8)], start=1):
        prefix, out = f"layer{stage}.0", width * block.expansion
        if block is BasicBlock:
            kernels = [(width, inputs, 3, 3), (width, width, 3, 3)]
        else:
            kernels = [(width, inputs, 1, 1), (width, width, 3, 3), (out, width, 1, 1)]
        for i, kernel in enumerate(kernels, start=1):
            shapes[f"{prefix}.conv{i}.weight"] = kernel
            norms[f"{prefix}.bn{i}"] = kernel[0]
        if inputs != out:
            shapes[f"{prefix}.downsample.0.weight"] = (out, inputs, 1, 1)
            norms[f"{prefix}.downsample.1"] = out
    for norm, features in norms.items():
        shapes |= {f"{norm}.{entry}": (features,) for entry in ("weight", "bias", "running_mean", "running_var")}
        shapes[f"{norm}.num_batches_tracked"] = ()
    return shapes


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_residual_networks_take_torchvisions_names(block):
    """Stem, blocks, shortcuts, running statistics and the dense layer are found by torchvision's names."""
    weights = state_dict(residual_shapes(block))
    model = from_torch_state_dict(residual(block, (1, 1)), weights)
    np.testing.assert_array_equal(model.norm.mean, weights["bn1.running_mean"])
    np.testing.assert_array_equal(model.norm.scale, weights["bn1.weight"])
    np.testing.assert_array_equal(model.blocks[1].norm2.var, weights["layer2.0.bn2.running_var"])
    np.testing.assert_array_equal(model.blocks[1].shortcut.norm.bias, weights["layer2.0.downsample.1.bias"])
    np.testing.assert_array_equal(model.dense.kernel, weights["fc.weight"].T)


def dense_shapes(spelling):
    """Write down the entries of a DenseNet of two blocks of one layer, which adds 2 maps to 4 of 3; 3 classes."""
    shapes = {"features.conv0.weight": (4, 3, 7, 7), "classifier.weight": (3, 5), "classifier.bias": (3,)}
    norms = {"features.norm0": 4, "features.transition1.norm": 6, "features.norm3": 5}
    shapes["features.transition1.conv.weight"] = (3, 6, 1, 1)
    for block, inputs in [(1, 4), (2, 3)]:
        layer = f"features.denseblock{block}.denselayer1"
        norms |= {f"{layer}.{spelling.format('norm', 1)}": inputs, f"{layer}.{spelling.format('norm', 2)}": 8}
        shapes[f"{layer}.{spelling.format('conv', 1)}.weight"] = (8, inputs, 1, 1)
        shapes[f"{layer}.{spelling.format('conv', 2)}.weight"] = (2, 8, 3, 3)
    for norm, features in norms.items():
        shapes |= {f"{norm}.{entry}": (features,) for entry in ("weight", "bias", "running_mean", "running_var")}
    return shapes


@pytest.mark.parametrize("spelling", ["{}{}", "{}.{}"], ids=["norm1", "norm.1"])
def test_dense_networks_take_torchvisions_names(spelling):
    """Stem, layers, transitions, the last norm and the dense layer are found, in both spellings of torchvision."""
    weights = state_dict(dense_shapes(spelling))
    bare = blank(lambda: DenseNet(3, depths=(1, 1), growth=2, rngs=nnx.Rngs(0)))
    model = from_torch_state_dict(bare, weights)
    layer = f"features.denseblock2.denselayer1.{spelling.format('norm', 2)}"
    np.testing.assert_array_equal(model.layers[1].norm2.mean, weights[f"{layer}.running_mean"])
    np.testing.assert_array_equal(model.transitions[0].norm.scale, weights["features.transition1.norm.weight"])
    np.testing.assert_array_equal(model.last_norm.var, weights["features.norm3.running_var"])
    np.testing.assert_array_equal(model.dense.kernel, weights["classifier.weight"].T)


def without(weights, *names):
    """Leave entries out."""
    return {name: array for name, array in weights.items() if name not in names}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            without(state_dict(LENET5), "fc2.bias", "fc3.weight"),
            r"expected the 10 entries of this LeNet5, but 2 are missing: fc2\.bias, fc3\.weight",
        ),
        (state_dict(LENET5 | {"fc4.bias": (3,)}), r"but 1 are left over: fc4\.bias"),
        (
            state_dict(LENET5 | {"conv1.weight": (6, 3, 5, 5)}),
            r"got conv1\.weight \(6, 3, 5, 5\), not \(6, 1, 5, 5\); make a model with the same classes",
        ),
    ],
)
def test_weights_that_dont_fit_are_named(lenet5, weights, message):
    """Entries that are missing, left over or misshapen are named."""
    with pytest.raises(InvalidValueError, match=message):
        from_torch_state_dict(lenet5, weights)


def test_other_depth_is_told_by_its_blocks():
    """Weights of a deeper network leave blocks over, instead of being used in part."""
    weights = state_dict(residual_shapes(BasicBlock))
    model = residual(BasicBlock, (1,))
    with pytest.raises(InvalidValueError, match=r"left over: layer2\.0\.bn1\.bias"):
        from_torch_state_dict(model, weights)


def test_other_models_are_refused():
    """A model without names in PyTorch can't be filled."""
    model = nnx.Linear(2, 3, rngs=nnx.Rngs(0))
    with pytest.raises(
        InvalidValueError, match="model: expected a LeNet5, AlexNet, VGG16, ResNet or DenseNet, got a Linear"
    ):
        from_torch_state_dict(model, {})
