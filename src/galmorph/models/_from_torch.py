"""Conversion of weights from PyTorch, without PyTorch."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float

from galmorph._checks import check
from galmorph.errors import InvalidValueError
from galmorph.models._alexnet import AlexNet
from galmorph.models._densenet import DenseNet
from galmorph.models._lenet import LeNet5
from galmorph.models._resnet import ResNet, Shortcut
from galmorph.models._vgg import STAGES, VGG16

__all__ = ["check_entries", "from_torch_state_dict", "torch_entries"]

LENET5 = {"conv1": "conv1", "conv2": "conv2", "fc1": "dense1", "fc2": "dense2", "fc3": "dense3"}

ALEXNET = {
    "features.0": "conv1",
    "features.3": "conv2",
    "features.6": "conv3",
    "features.8": "conv4",
    "features.10": "conv5",
    "classifier.1": "dense1",
    "classifier.4": "dense2",
    "classifier.6": "dense3",
}

ENTRIES = (
    ("weight", "kernel"),
    ("weight", "scale"),
    ("bias", "bias"),
    ("running_mean", "mean"),
    ("running_var", "var"),
)

# The first dense layers after flattening, and the number of channels of the flattened map.
AFTER_FLATTENING = {"fc1.weight": 16, "classifier.1.weight": 256, "classifier.0.weight": 512}

# Axes of PyTorch's arrays in the order of Flax, by the number of axes: vectors, dense layers, convolutions.
TO_FLAX = {1: (0,), 2: (1, 0), 4: (2, 3, 1, 0)}


def from_torch_state_dict(model: nnx.Module, state_dict: Mapping[str, Any]) -> nnx.Module:
    """Make a model with weights from PyTorch: those of torchvision, or your own under the same names.

    The names are torchvision's for AlexNet and VGG-16 (``features.0.weight``, ``classifier.6.bias``, ...), for ResNets
    (``conv1.weight``, ``bn1.running_mean``, ``layer2.0.conv1.weight``, ``layer2.0.downsample.0.weight``, ``fc.bias``,
    ...) and for DenseNets (``features.conv0.weight``, ``features.denseblock1.denselayer1.norm1.weight``,
    ``features.transition1.conv.weight``, ``classifier.bias``, ...; its files of weights have ``norm.1`` for ``norm1``,
    which will do, too), and ``conv1``, ``conv2``, ``fc1``, ``fc2``, ``fc3`` for LeNet-5. PyTorch need not be installed
    here. On a machine that has it, save ``{name: tensor.numpy() for name, tensor in
    network.state_dict().items()}`` with `numpy.savez`.

    Parameters
    ----------
    model
        `LeNet5`, `AlexNet`, `VGG16`, `ResNet` or `DenseNet` with the same classes and channels (and size, for LeNet-5).
        It is not changed.
    state_dict
        Arrays by name, or anything that `numpy.asarray` accepts, in PyTorch's layout: kernels of shape
        ``(features, channels, rows, columns)``, dense layers ``(outputs, inputs)``. Entries ``num_batches_tracked`` are
        ignored.

    Returns
    -------
    model
        A new model with these weights and running statistics.

    Raises
    ------
    InvalidValueError
        If the model is of another kind, or entries are missing, left over, or of the wrong shape. The message names
        them.

    Examples
    --------
    >>> import numpy as np
    >>> from flax import nnx
    >>> from galmorph.models import LeNet5, from_torch_state_dict
    >>> shapes = {"conv1": (6, 1, 5, 5), "conv2": (16, 6, 5, 5), "fc1": (120, 400), "fc2": (84, 120), "fc3": (10, 84)}
    >>> weights = {f"{name}.weight": np.ones(shape) for name, shape in shapes.items()}
    >>> biases = {f"{name}.bias": np.zeros(shape[0]) for name, shape in shapes.items()}
    >>> model = from_torch_state_dict(LeNet5(10, rngs=nnx.Rngs(0)), weights | biases)
    >>> model.conv2.kernel.shape
    (5, 5, 6, 16)
    """
    filled = nnx.clone(model)
    arrays = {
        _current(name): np.asarray(array)
        for name, array in state_dict.items()
        if not name.endswith("num_batches_tracked")
    }
    check_entries(filled, {name: array.shape for name, array in arrays.items()})
    for name, variable in _entries(filled).items():
        array = arrays[name]
        if name in AFTER_FLATTENING:
            array = _channels_last(array, channels=AFTER_FLATTENING[name])
        # A copy: on CPUs the array may else share its memory with PyTorch, which changes weights in place.
        variable[...] = jnp.array(array.transpose(TO_FLAX[array.ndim]), variable.dtype)
    return filled


def check_entries(model: nnx.Module, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `InvalidValueError` unless these are the names and shapes of a model's entries in PyTorch."""
    expected = torch_entries(model)
    got = {_current(name): tuple(shape) for name, shape in shapes.items()}
    for problem, names in [("missing", expected.keys() - got), ("left over", got.keys() - expected)]:
        check(
            not names,
            f"state_dict: expected the {len(expected)} entries of this {type(model).__name__}, but {len(names)} are "
            f"{problem}: {', '.join(sorted(names))}; make a model of the same depth",
        )
    wrong = [f"{name} {shape}, not {expected[name]}" for name, shape in got.items() if shape != expected[name]]
    check(
        not wrong,
        f"state_dict: expected other shapes, got {', '.join(wrong)}; make a model with the same classes, channels and "
        "size",
    )


def torch_entries(model: nnx.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a model's entries in PyTorch."""
    return {name: _torch_shape(variable.shape) for name, variable in _entries(model).items()}


def _entries(model: nnx.Module) -> dict[str, nnx.Variable[Any]]:
    """Weights and running statistics of a model, by their names in PyTorch."""
    layers = _layers(model)
    return {f"{layer}.{entry}": variable for layer, module in layers for entry, variable in _variables(module)}


def _layers(model: nnx.Module) -> Iterator[tuple[str, nnx.Module]]:
    """Layers that have weights, with their names in PyTorch."""
    match model:
        case LeNet5():
            yield from ((name, getattr(model, ours)) for name, ours in LENET5.items())
        case AlexNet():
            yield from ((name, getattr(model, ours)) for name, ours in ALEXNET.items())
        case VGG16():
            yield from _vgg_layers(model)
        case ResNet():
            yield from _residual_layers(model)
        case DenseNet():
            yield from _dense_layers(model)
        case _:
            raise InvalidValueError(
                f"model: expected a LeNet5, AlexNet, VGG16, ResNet or DenseNet, got a {type(model).__name__}"
            )


def _vgg_layers(model: VGG16) -> Iterator[tuple[str, nnx.Module]]:
    layers, place = iter(model.convolutions), 0
    for count, _ in STAGES:
        for _ in range(count):
            yield f"features.{place}", next(layers)
            place += 2  # ReLU follows
        place += 1  # and pooling
    for place, name in ((0, "dense1"), (3, "dense2"), (6, "dense3")):
        yield f"classifier.{place}", getattr(model, name)


def _residual_layers(model: ResNet) -> Iterator[tuple[str, nnx.Module]]:
    yield from (("conv1", model.conv), ("bn1", model.norm), ("fc", model.dense))
    names = [f"layer{stage}.{i}" for stage, depth in enumerate(model.depths, start=1) for i in range(depth)]
    for name, block in zip(names, model.blocks, strict=True):
        for i in range(1, block.convolutions + 1):
            yield f"{name}.conv{i}", getattr(block, f"conv{i}")
            yield f"{name}.bn{i}", getattr(block, f"norm{i}")
        if isinstance(block.shortcut, Shortcut):
            yield f"{name}.downsample.0", block.shortcut.conv
            yield f"{name}.downsample.1", block.shortcut.norm


def _dense_layers(model: DenseNet) -> Iterator[tuple[str, nnx.Module]]:
    yield from (("features.conv0", model.conv), ("features.norm0", model.norm))
    blocks = [(block, i) for block, depth in enumerate(model.depths, start=1) for i in range(1, depth + 1)]
    for (block, i), layer in zip(blocks, model.layers, strict=True):
        for part in ("norm1", "conv1", "norm2", "conv2"):
            yield f"features.denseblock{block}.denselayer{i}.{part}", getattr(layer, part)
    for i, transition in enumerate(model.transitions, start=1):
        yield f"features.transition{i}.norm", transition.norm
        yield f"features.transition{i}.conv", transition.conv
    yield from ((f"features.norm{len(model.depths) + 1}", model.last_norm), ("classifier", model.dense))


def _current(name: str) -> str:
    """Spell the name of an entry as torchvision does today: files of its DenseNets have "norm.1" for "norm1"."""
    return re.sub(r"(\.denselayer\d+\.(?:norm|conv))\.(\d\.)", r"\1\2", name)


def _variables(layer: nnx.Module) -> Iterator[tuple[str, nnx.Variable[Any]]]:
    for entry, ours in ENTRIES:
        variable = getattr(layer, ours, None)
        if variable is not None:
            yield entry, variable


def _torch_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(shape[TO_FLAX[len(shape)].index(axis)] for axis in range(len(shape)))


def _channels_last(
    weight: Float[np.ndarray, "outputs inputs"], *, channels: int
) -> Float[np.ndarray, "outputs inputs"]:
    """Reorder the inputs of a dense layer: PyTorch flattens maps channel by channel, Flax pixel by pixel."""
    outputs = len(weight)
    return weight.reshape(outputs, channels, -1).transpose(0, 2, 1).reshape(outputs, -1)
