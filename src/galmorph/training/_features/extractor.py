"""Features of stamps: what a layer of a network makes of them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float32

from galmorph._checks import check, check_choice
from galmorph.data import epoch_order
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.predict import BATCH_SIZE
from galmorph.training._engine.scaling import Scaling, to_unit_floats
from galmorph.training._engine.state import EvalWeights, ModelParts, prediction_view, split_model
from galmorph.training._features.intercept import intercept, layer_name

__all__ = ["FeatureExtractor"]


class FeatureExtractor:
    """Computes features of stamps, in batches of one shape.

    Parameters
    ----------
    model
        The network.
    scaling
        Scaling of its stamps.
    shape
        Shape of a stamp: ``(size, size, channels)``.
    layer
        Name of the layer whose outputs are the features, averaged over the pixels if they are feature maps. None for
        the inputs of the last layer, if that is a `flax.nnx.Linear` that returns the logits.

    Raises
    ------
    InvalidValueError
        If there is no such layer, or its outputs are neither feature maps nor features.
    """

    def __init__(
        self, model: nnx.Module, scaling: Scaling, shape: tuple[int, int, int], *, layer: str | None = None
    ) -> None:
        parts = split_model(prediction_view(model))
        if layer is None:
            named, self.width = _last_layer(parts, shape)
        else:
            known = [layer_name(path) for path, module in nnx.iter_modules(model) if path and callable(module)]
            check_choice("layer", layer, known)
            named, self.width = layer, _width(parts, shape, layer)
        self._weights = EvalWeights(parts.params, parts.statistics)
        self._constants = scaling.as_arrays(), parts.others
        self._compute = _compiled(parts.graph, named, layer is not None)

    def __call__(self, stamps: np.ndarray | Array) -> Float32[np.ndarray, "galaxies features"]:
        """Compute the features of stamps, of shape ``(galaxies, size, size, channels)``."""
        order, _ = epoch_order(len(stamps), min(BATCH_SIZE, len(stamps)))
        parts = [np.asarray(self._compute(self._weights, *self._constants, stamps[rows])) for rows in order]
        return np.concatenate(parts)[: len(stamps)]


@CompiledOnce
def _compiled(graph: nnx.GraphDef[nnx.Module], layer: str, after: bool) -> Any:
    """Compile a network up to a layer; XLA leaves out what comes after it."""

    def compute(weights: EvalWeights, scaling: Scaling, others: Any, stamps: Array) -> Array:
        parts = ModelParts(graph, *weights, others)
        return _taken(parts, scaling(to_unit_floats(stamps)), layer, after=after)

    return jax.jit(compute)


def _taken(parts: ModelParts, images: Array, layer: str, *, after: bool) -> Array:
    """What a layer returns, or gets, in its last call: averaged over the pixels if it is a stack of maps."""
    taken: list[Any] = []

    def take(name: str, inputs: tuple[Any, ...], output: Any) -> Any:
        if name == layer:
            taken.append(output if after else inputs[0])
        return output

    network = nnx.merge(*parts, copy=True)
    intercept(network, take)
    network(images)
    check(bool(taken), f"layer: expected a layer that the network calls, but {layer!r} is never called")
    values = taken[-1]
    if isinstance(values, jax.Array) and values.ndim == 4:
        values = values.mean(axis=(1, 2))
    shape = getattr(values, "shape", None)
    check(
        shape is not None and len(shape) == 2 and shape[0] == len(images),
        f"layer: expected one that returns feature maps, or features of each galaxy, but {layer!r} returns "
        f"{'a ' + type(values).__name__ if shape is None else f'shape {shape} for {len(images)} stamps'}",
    )
    return values.astype(jnp.float32)


def _width(parts: ModelParts, shape: tuple[int, int, int], layer: str) -> int:
    """Number of features of a layer; nothing is computed."""
    stamps = jax.ShapeDtypeStruct((2, *shape), jnp.float32)
    made = jax.eval_shape(lambda parts, images: _taken(parts, images, layer, after=True), parts, stamps)
    return int(made.shape[1])


def _last_layer(parts: ModelParts, shape: tuple[int, int, int]) -> tuple[str, int]:
    """Find the dense layer that returns the logits: its inputs are the features, of which it says how many."""
    found: list[tuple[str, int]] = []
    network = nnx.merge(*parts, copy=True)
    dense = {layer_name(path): module for path, module in nnx.iter_modules(network) if isinstance(module, nnx.Linear)}

    def predict(parts: ModelParts, images: Array) -> Array:
        network = nnx.merge(*parts, copy=True)
        calls: list[tuple[str, Any]] = []

        def note(name: str, _inputs: tuple[Any, ...], output: Any) -> Any:
            calls.append((name, output))
            return output

        intercept(network, note)
        logits = network(images)
        found.extend((name, dense[name].in_features) for name, output in calls if name in dense and output is logits)
        return logits

    jax.eval_shape(predict, parts, jax.ShapeDtypeStruct((2, *shape), jnp.float32))
    check(
        bool(found),
        f"model: expected a network whose last layer is a flax.nnx.Linear that returns the logits, but "
        f"{type(network).__name__} ends otherwise; choose the layer whose outputs are the features with layer=, by its "
        "name in galmorph.models.summary",
    )
    return found[-1]
