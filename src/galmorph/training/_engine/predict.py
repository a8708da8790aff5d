"""Prediction: logits of many stamps, each exactly once."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import NamedSharding
from jaxtyping import Array, Float32, Int
from scipy.special import log_softmax

from galmorph.data import epoch_order
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.state import EvalWeights, Scaling, as_unit_floats, take_apart, training_view

__all__ = ["Predictor", "mean_loss"]

BATCH_SIZE = 64


class Predictor:
    """The prediction view of a model, compiled: call it with weights and stamps.

    Parameters
    ----------
    model
        Any `flax.nnx.Module` that turns images into logits; only its structure is used.
    scaling
        What brings stamps to zero mean and unit variance.
    placement
        Where several devices or processes share the work; by default the first device of this process does it.
    """

    def __init__(self, model: nnx.Module, scaling: Scaling, placement: Placement | None = None) -> None:
        parts = take_apart(training_view(model, training=False))
        self._placement = placement
        self._constants = scaling.as_arrays(), parts.others
        if placement is not None:
            self._constants = placement.copy(self._constants)
        self._predict = _compiled(parts.graph, None if placement is None else placement.everywhere)

    def __call__(self, judged: EvalWeights, stamps: np.ndarray | Array) -> Float32[np.ndarray, "galaxies classes"]:
        """Predict all stamps, in batches of one shape.

        Parameters
        ----------
        judged
            Weights and statistics.
        stamps
            Uint8 (0 to 255) or floats (0 to 1) of shape ``(galaxies, size, size, channels)``; may be memory-mapped.

        Returns
        -------
        logits
            One row a galaxy, in order.
        """
        size = min(BATCH_SIZE, len(stamps))
        if self._placement is None:
            order, _ = epoch_order(len(stamps), size)
            given = (stamps[rows] for rows in order)
        else:
            order, _ = epoch_order(len(stamps), self._placement.whole(size))
            shared = (self._placement.share(np.asarray(stamps[rows])) for rows in self._placement.own(order))
            given = (part for (part,) in shared)
        logits = [self._predict(judged, *self._constants, part) for part in given]
        return np.concatenate([np.asarray(part) for part in logits])[: len(stamps)]


@CompiledOnce
def _compiled(graph: nnx.GraphDef[nnx.Module], sharding: NamedSharding | None) -> Any:
    """Compile the prediction view of a model; weights, scaling and all that is no structure are arguments."""

    def predict(judged: EvalWeights, scaling: Scaling, others: Any, stamps: Array) -> Array:
        network = nnx.merge(graph, *judged, others, copy=True)
        return network(scaling(as_unit_floats(stamps))).astype(jnp.float32)

    return jax.jit(predict, out_shardings=sharding)


def mean_loss(logits: Float32[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Mean cross entropy, each galaxy counted once, in double precision."""
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return -float(log_probabilities[np.arange(len(labels)), labels].mean())
