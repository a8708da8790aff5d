"""What changes while a network learns, and a model taken apart into it."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Float32, UInt8

__all__ = ["ZERO", "Parts", "Scaling", "State", "Sums", "as_at_rest", "as_unit_floats", "take_apart", "training_view"]


class Scaling(NamedTuple):
    """What brings stamps to zero mean and unit variance, channel by channel: measured once, on the training set.

    Parameters
    ----------
    mean, std
        For each channel, on the scale from 0 (black) to 1 (white).
    """

    mean: tuple[float, ...] | Float32[Array, "channels"]
    std: tuple[float, ...] | Float32[Array, "channels"]

    def as_arrays(self) -> "Scaling":
        """Hold arrays instead of numbers, which a compiler would take for constants."""
        return Scaling(*(jnp.asarray(values, jnp.float32) for values in self))

    def __call__(self, stamps: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
        """Scale stamps between 0 and 1."""
        channels = (1,) * (stamps.ndim - 1) + (-1,)
        mean, std = (jnp.asarray(values, stamps.dtype).reshape(channels) for values in self)
        return (stamps - mean) / std


class State(NamedTuple):
    """All that changes while a network learns."""

    params: Any  # weights
    statistics: Any  # running statistics of batch norm
    moments: Any  # of the optimiser
    average: Any  # moving average of the weights; None where none is asked for

    @property
    def eval_weights(self) -> "EvalWeights":
        """What validation and prediction use."""
        return EvalWeights(self.params if self.average is None else self.average, self.statistics)


class EvalWeights(NamedTuple):
    """Weights and statistics, as validation and prediction use them."""

    params: Any
    statistics: Any


class Sums(NamedTuple):
    """Sums over galaxies, so that each counts once however the batches fall."""

    loss: Float[Array, ""] | Float[np.ndarray, ""]
    correct: Float[Array, ""] | Float[np.ndarray, ""]
    galaxies: Float[Array, ""] | Float[np.ndarray, ""]

    def plus(self, other: "Sums") -> "Sums":
        """Add up."""
        return Sums(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


ZERO = Sums(np.zeros((), np.float32), np.zeros((), np.float32), np.zeros((), np.float32))


class Parts(NamedTuple):
    """A model taken apart: ``nnx.merge(*parts)`` puts it together again."""

    graph: Any  # its structure
    params: Any  # weights
    statistics: Any  # running statistics of batch norm
    others: Any  # random streams, and whatever else it keeps


def take_apart(model: nnx.Module) -> Parts:
    """Take a model apart."""
    graph, *states = nnx.split(model, nnx.Param, nnx.BatchStat, ...)
    return Parts(graph, *states)


def training_view(model: nnx.Module, *, training: bool) -> nnx.Module:
    """View a model for training (dropout, batch statistics) or for prediction (neither)."""
    return nnx.view(model, deterministic=not training, use_running_average=not training, raise_if_not_found=False)


def compute_in(view: nnx.Module, dtype: DTypeLike) -> None:
    """Let the layers of a view compute in a type of their own; weights and statistics keep theirs."""
    for _, module in nnx.iter_modules(view):
        if isinstance(module, nnx.Conv | nnx.Linear | nnx.BatchNorm):
            module.dtype = dtype


def as_at_rest(pixels: Float32[np.ndarray, "*shape"], dtype: str) -> UInt8[np.ndarray, "*shape"] | np.ndarray:
    """Bring stamps between 0 and 1 to the type that they are kept in, as the loaders do: bytes are rounded."""
    return (np.rint(255 * pixels) if dtype == "uint8" else pixels).astype(dtype)


def as_unit_floats(stamps: Array) -> Float32[Array, "batch size size channels"]:
    """Bring stamps, which are bytes or half floats at rest, to float32 between 0 and 1."""
    return stamps.astype(jnp.float32) / 255 if stamps.dtype == jnp.uint8 else stamps.astype(jnp.float32)
