"""Prediction: the logits of many stamps, each computed exactly once."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import NamedSharding
from jaxtyping import Array, Float32

from galmorph.data import epoch_order
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.scaling import Scaling, to_unit_floats
from galmorph.training._engine.state import EvalWeights, prediction_view, split_model

__all__ = ["Predictor"]

BATCH_SIZE = 64


class Predictor:
    """The compiled prediction view of a network: call it with weights and stamps.

    Parameters
    ----------
    model
        Any `flax.nnx.Module` that turns images into logits. Only its structure is used, not its weights.
    scaling
        Mean and standard deviation of each channel of the stamps.
    placement
        How devices and processes share the work; by default the first device of this process does it all.
    """

    def __init__(self, model: nnx.Module, scaling: Scaling, placement: Placement | None = None) -> None:
        parts = split_model(prediction_view(model))
        self._placement = placement
        self._constants = scaling.as_arrays(), parts.others
        if placement is not None:
            self._constants = placement.copy(self._constants)
        self._predict = _compiled(parts.graph, None if placement is None else placement.everywhere)

    def __call__(self, weights: EvalWeights, stamps: np.ndarray | Array) -> Float32[np.ndarray, "galaxies classes"]:
        """Predict all stamps, in batches of one shape.

        Parameters
        ----------
        weights
            Weights and running statistics.
        stamps
            Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``; may be memory-mapped.

        Returns
        -------
        logits
            One row for each galaxy, in order.
        """
        size = min(BATCH_SIZE, len(stamps))
        if self._placement is None:
            order, _ = epoch_order(len(stamps), size)
            given = (stamps[rows] for rows in order)
        else:
            order, _ = epoch_order(len(stamps), self._placement.whole(size))
            shared = (self._placement.share(np.asarray(stamps[rows])) for rows in self._placement.own(order))
            given = (part for (part,) in shared)
        logits = [self._predict(weights, *self._constants, part) for part in given]
        return np.concatenate([np.asarray(part) for part in logits])[: len(stamps)]


@CompiledOnce
def _compiled(graph: nnx.GraphDef[nnx.Module], sharding: NamedSharding | None) -> Any:
    """Compile the prediction view of a network: its structure is fixed, weights, scaling and stamps are arguments."""

    def predict(weights: EvalWeights, scaling: Scaling, others: Any, stamps: Array) -> Array:
        network = nnx.merge(graph, *weights, others, copy=True)
        return network(scaling(to_unit_floats(stamps))).astype(jnp.float32)

    return jax.jit(predict, out_shardings=sharding)
