"""Prediction: logits of many stamps, each exactly once."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float32, Int
from scipy.special import log_softmax

from galmorph.data import epoch_order
from galmorph.training._placement import Placement
from galmorph.training._state import Judged, Scaling, as_unit_floats, take_apart, training_view

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

        def predict(judged: Judged, stamps: Array) -> Array:
            network = nnx.merge(parts.graph, *judged, parts.others, copy=True)
            return network(scaling(as_unit_floats(stamps))).astype(jnp.float32)

        self._placement = placement
        self._predict = jax.jit(predict, out_shardings=None if placement is None else placement.everywhere)

    def __call__(self, judged: Judged, stamps: np.ndarray | Array) -> Float32[np.ndarray, "galaxies classes"]:
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
        if self._placement is None:
            order, _ = epoch_order(len(stamps), min(BATCH_SIZE, len(stamps)))
            logits = [self._predict(judged, stamps[rows]) for rows in order]
        else:
            order, _ = epoch_order(len(stamps), self._placement.whole(min(BATCH_SIZE, len(stamps))))
            own = self._placement.own(order)
            logits = [self._predict(judged, *self._placement.share(np.asarray(stamps[rows]))) for rows in own]
        return np.concatenate([np.asarray(part) for part in logits])[: len(stamps)]


def mean_loss(logits: Float32[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Mean cross entropy, each galaxy counted once, in double precision."""
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return -float(log_probabilities[np.arange(len(labels)), labels].mean())
