"""The state of a training, and a network split into structure and arrays."""

import zlib
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

__all__ = [
    "NO_GALAXIES",
    "EvalWeights",
    "LossSums",
    "ModelParts",
    "State",
    "compute_in",
    "prediction_view",
    "restart_random_streams",
    "split_model",
    "training_view",
]


class EvalWeights(NamedTuple):
    """Weights and running statistics, as validation and prediction use them."""

    params: Any
    statistics: Any


class State(NamedTuple):
    """All that a step function changes."""

    params: Any  # weights
    statistics: Any  # running statistics of batch norm
    moments: Any  # of the optimiser
    average: Any  # moving average of the weights, or None if the configuration asks for none

    @property
    def eval_weights(self) -> EvalWeights:
        """Weights for validation and prediction: the moving average if there is one."""
        return EvalWeights(self.params if self.average is None else self.average, self.statistics)


class LossSums(NamedTuple):
    """Sums over galaxies, not means over batches: each galaxy counts once, however large its batch is."""

    loss: Float[Array, ""] | Float[np.ndarray, ""]
    correct: Float[Array, ""] | Float[np.ndarray, ""]
    galaxies: Float[Array, ""] | Float[np.ndarray, ""]

    def plus(self, other: "LossSums") -> "LossSums":
        """Add the sums over other galaxies."""
        return LossSums(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


#: The sums at the start of an epoch.
NO_GALAXIES = LossSums(np.zeros((), np.float32), np.zeros((), np.float32), np.zeros((), np.float32))


class ModelParts(NamedTuple):
    """A network split into its structure and its arrays; ``nnx.merge(*parts)`` joins them again."""

    graph: Any  # the structure
    params: Any  # weights
    statistics: Any  # running statistics of batch norm
    others: Any  # random streams, and any other arrays of the network


def split_model(model: nnx.Module) -> ModelParts:
    """Split a network into its structure and its arrays."""
    graph, *states = nnx.split(model, nnx.Param, nnx.BatchStat, ...)
    return ModelParts(graph, *states)


def training_view(model: nnx.Module) -> nnx.Module:
    """View a network for training: with dropout, and with batch norm over the batch."""
    return nnx.view(model, deterministic=False, use_running_average=False, raise_if_not_found=False)


def prediction_view(model: nnx.Module) -> nnx.Module:
    """View a network for prediction: without dropout, and with the running statistics of batch norm."""
    return nnx.view(model, deterministic=True, use_running_average=True, raise_if_not_found=False)


def restart_random_streams(model: nnx.Module, key: Array) -> None:
    """Restart all random streams of a network from a key, whatever their names.

    A layer such as dropout takes the stream of its own name, "dropout", if the network was made with one,
    ``nnx.Rngs(0, dropout=1)``, and else that of the default, ``nnx.Rngs(0)``.
    """
    streams = [node for _, node in nnx.iter_graph(model) if isinstance(node, nnx.RngStream)]
    names = sorted({stream.key.tag for stream in streams} - {"dropout"})
    keys: dict[str, Any] = {name: jax.random.fold_in(key, zlib.crc32(name.encode())) for name in names}
    nnx.reseed(model, policy="match_shape", dropout=key, **keys)


def compute_in(view: nnx.Module, dtype: DTypeLike) -> None:
    """Make the layers of a view compute in a type; weights and statistics keep theirs."""
    for _, module in nnx.iter_modules(view):
        if isinstance(module, nnx.Conv | nnx.Linear | nnx.BatchNorm):
            module.dtype = dtype
