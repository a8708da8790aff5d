"""Summary of a network: layers, output shapes, weights and operations."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array

from galmorph._checks import check_positive_int

__all__ = ["LayerSummary", "ModelSummary", "summary"]


@dataclass(frozen=True)
class LayerSummary:
    """One layer that has weights.

    Parameters
    ----------
    name
        Its place in the model: ``"blocks.0.conv1"`` is ``model.blocks[0].conv1``.
    kind
        Its class: ``"Conv"``, ``"Linear"``, ``"BatchNorm"``.
    shape
        Shape of its output for one image: ``(height, width, features)`` or ``(features,)``.
    parameters
        Number of weights that training changes.
    flops
        Operations for one image; a multiplication and an addition count as two. 0 for layers that are neither
        convolutions nor dense.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    flops: int


@dataclass(frozen=True, repr=False)
class ModelSummary:
    """Layers of a model in the order of their calls; prints as a table.

    Parameters
    ----------
    title
        Class of the model, and shape of its stamps.
    layers
        One entry for each layer that has weights.
    """

    title: str
    layers: tuple[LayerSummary, ...]

    @property
    def parameters(self) -> int:
        """Number of weights that training changes."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def flops(self) -> int:
        """Operations for one image; a multiplication and an addition count as two."""
        return sum(layer.flops for layer in self.layers)

    def __repr__(self) -> str:
        rows = [("layer", "kind", "output", "parameters", "FLOPs")]
        rows += [
            (layer.name, layer.kind, " x ".join(map(str, layer.shape)), f"{layer.parameters:,}", f"{layer.flops:,}")
            for layer in self.layers
        ]
        rows.append(("total", "", "", f"{self.parameters:,}", f"{self.flops:,}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.rjust(width) if i >= 3 else cell.ljust(width) for i, (cell, width) in enumerate(cells))
            for cells in (zip(row, widths, strict=True) for row in rows)
        ]
        rule = "-" * len(lines[0])
        return "\n".join([self.title, lines[0], rule, *lines[1:-1], rule, lines[-1]])


def summary(model: nnx.Module, *, size: int, channels: int) -> ModelSummary:
    """List the layers of a model with output shapes, weights and operations. Nothing is computed.

    Operations (FLOPs) are those of convolutions and dense layers when one image is predicted; a multiplication and an
    addition count as two. Tables of "multiply-adds", such as those of He et al. (2016) and of torchvision, give half of
    that. Biases, norms, pooling and activations are left out, as in those tables; they add one or two per cent. A
    training step costs about three times as much for each image.

    Parameters
    ----------
    model
        Any `flax.nnx.Module` that turns images into logits. Its weights may be shapes only, as from
        ``flax.nnx.eval_shape(lambda: create_model(...))``.
    size
        Side of the stamps in pixels.
    channels
        Number of channels of the stamps.

    Returns
    -------
    summary
        A table when printed; ``summary.parameters`` and ``summary.flops`` are the totals.

    Raises
    ------
    InvalidValueError
        If `size` or `channels` is not a whole number of at least 1.

    Examples
    --------
    >>> from galmorph.models import create_model, summary
    >>> summary(create_model("lenet5", classes=10, channels=1, size=32), size=32, channels=1)
    LeNet5 for stamps of 32 x 32 x 1
    layer   kind    output        parameters    FLOPs
    -------------------------------------------------
    conv1   Conv    28 x 28 x 6          156  235,200
    conv2   Conv    10 x 10 x 16       2,416  480,000
    dense1  Linear  120               48,120   96,000
    dense2  Linear  84                10,164   20,160
    dense3  Linear  10                   850    1,680
    -------------------------------------------------
    total                             61,706  833,040
    """
    check_positive_int("size", size)
    check_positive_int("channels", channels)
    layers: list[LayerSummary] = []
    graph, state = nnx.split(model)

    def predict(state: Any, images: Array) -> Array:
        view = nnx.view(nnx.merge(graph, state), deterministic=True, use_running_average=True, raise_if_not_found=False)
        _note_layers(view, layers)
        return view(images)

    jax.eval_shape(predict, state, jax.ShapeDtypeStruct((1, size, size, channels), jnp.float32))
    return ModelSummary(f"{type(model).__name__} for stamps of {size} x {size} x {channels}", tuple(layers))


def _note_layers(model: nnx.Module, layers: list[LayerSummary]) -> None:
    """Replace each layer that holds weights by a function that calls it and notes shape and costs."""
    modules = dict(nnx.iter_modules(model))
    for path, module in modules.items():
        if path and any(isinstance(value, nnx.Param) for value in vars(module).values()):
            parent, name = modules[path[:-1]], path[-1]
            noting = _noting(".".join(map(str, path)), module, layers)
            if isinstance(parent, nnx.List) and isinstance(name, int):
                parent[name] = noting
            else:
                setattr(parent, str(name), noting)


def _noting(name: str, layer: Callable[..., Any], layers: list[LayerSummary]) -> Callable[..., Any]:
    parameters = sum(math.prod(each.shape) for each in vars(layer).values() if isinstance(each, nnx.Param))

    def call(*args: Any, **options: Any) -> Any:
        output = layer(*args, **options)
        shape = output.shape[1:]
        layers.append(LayerSummary(name, type(layer).__name__, shape, parameters, _flops(layer, shape)))
        return output

    return call


def _flops(layer: Callable[..., Any], shape: tuple[int, ...]) -> int:
    if isinstance(layer, nnx.Conv | nnx.Linear):
        # Each weight of the kernel is used once for each pixel of the output.
        return 2 * math.prod(layer.kernel.shape) * math.prod(shape[:-1])
    return 0
