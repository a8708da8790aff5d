"""The training step, the prediction, and how both run over many batches.

A step is one pure function of ``(state, stamps, labels, rows, valid)``. How steps are strung together depends on the
platform alone: on accelerators many steps are one compiled loop; on CPUs each is a call of its own, because XLA runs
convolutions inside of loops on one thread and up to 25 times slower there, while a call costs a fraction of a
millisecond (docs/performance.md).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import lax
from jaxtyping import Array, Float, Float32, Int, Int32
from scipy.special import log_softmax

from galmorph.preprocessing import Augmentation, augment

__all__ = [
    "ZERO",
    "Parts",
    "Scaling",
    "State",
    "Sums",
    "Trainer",
    "make_predict",
    "mean_loss",
    "predict_logits",
    "take_apart",
    "training_view",
]


class Scaling(NamedTuple):
    """What brings stamps to zero mean and unit variance, channel by channel: measured once, on the training set.

    Parameters
    ----------
    mean, std
        For each channel, on the scale from 0 (black) to 1 (white).
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

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


def as_unit_floats(stamps: Array) -> Float32[Array, "batch size size channels"]:
    """Bring stamps, which are bytes at rest, to float32 between 0 and 1."""
    return stamps.astype(jnp.float32) / 255 if stamps.dtype == jnp.uint8 else stamps.astype(jnp.float32)


@dataclass(frozen=True, eq=False)
class Trainer:
    """A network and how it learns, compiled once for a whole training.

    Parameters
    ----------
    parts
        The training view of a model, taken apart. Of these only structure and random streams are used again: every step
        starts the streams from a key of its own.
    optimizer
        What turns gradients into new weights.
    scaling
        What brings stamps to zero mean and unit variance.
    augmentation
        What may happen to a stamp.
    label_smoothing
        Part of the target that is spread over all classes.
    key
        The random key that steps take theirs from.
    """

    parts: Parts
    optimizer: optax.GradientTransformation
    scaling: Scaling
    augmentation: Augmentation
    label_smoothing: float
    key: Array

    @classmethod
    def start(
        cls,
        model: nnx.Module,
        optimizer: optax.GradientTransformation,
        scaling: Scaling,
        augmentation: Augmentation,
        *,
        label_smoothing: float,
        seed: int,
    ) -> tuple["Trainer", State]:
        """Take a model apart, and make the state that learning begins with."""
        parts = take_apart(training_view(model, training=True))
        trainer = cls(parts, optimizer, scaling, augmentation, label_smoothing, jax.random.key(seed))
        # Copies, since steps reuse the memory of the state that they are given.
        params, statistics = jax.tree.map(jnp.copy, (parts.params, parts.statistics))
        return trainer, State(params, statistics, optimizer.init(params))

    def step(self, state: State, stamps: Array, labels: Array, step: Array, valid: Array) -> tuple[State, Sums]:
        """Learn from one batch.

        Parameters
        ----------
        state
            Weights, statistics, moments.
        stamps
            Uint8 or float32 of shape ``(batch, size, size, channels)``.
        labels
            Int32 of shape ``(batch,)``.
        step
            Number of the step, counted over the whole training: all randomness depends on it and on the seed.
        valid
            Bool of shape ``(batch,)``: False for galaxies that only fill up the batch.

        Returns
        -------
        state
            Weights, statistics and moments afterwards.
        sums
            Loss, correct answers and galaxies, summed over the batch, before the weights changed.
        """
        augment_key, model_key = jax.random.split(jax.random.fold_in(self.key, step))
        images = self.scaling(augment(as_unit_floats(stamps), augment_key, self.augmentation))
        counts = valid.astype(jnp.float32)

        def loss_of(params: Any, statistics: Any) -> tuple[Any, tuple[Any, Sums]]:
            model = nnx.merge(self.parts.graph, params, statistics, self.parts.others, copy=True)
            nnx.reseed(model, dropout=model_key)
            logits = model(images).astype(jnp.float32)
            targets = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), self.label_smoothing)
            losses = optax.softmax_cross_entropy(logits, targets)
            sums = Sums((losses * counts).sum(), ((logits.argmax(-1) == labels) * counts).sum(), counts.sum())
            return sums.loss / jnp.maximum(sums.galaxies, 1), (nnx.state(model, nnx.BatchStat), sums)

        gradients, (statistics, sums) = jax.grad(loss_of, has_aux=True)(state.params, state.statistics)
        updates, moments = self.optimizer.update(gradients, state.moments, state.params)
        return State(optax.apply_updates(state.params, updates), statistics, moments), sums

    def compile(self) -> Callable[..., tuple[State, Sums]]:
        """Compile ``run(state, stamps, labels, order, valid, first_step, start, end)``.

        It takes the steps from `start` up to, not including, `end` of an epoch whose first step is number `first_step`
        of the training, from stamps that lie on the device, and returns the state and the sums over those steps. The
        memory of the state that goes in is used again.
        """

        def one(
            state: State, stamps: Array, labels: Array, order: Array, valid: Array, first_step: Array, i: Array
        ) -> tuple[State, Sums]:
            rows = order[i]
            return self.step(state, stamps[rows], labels[rows], first_step + i, valid[i])

        if jax.default_backend() == "cpu":
            return partial(_one_by_one, jax.jit(one, donate_argnums=0))
        return jax.jit(partial(_in_a_loop, one), donate_argnums=0)


def _one_by_one(one: Callable[..., tuple[State, Sums]], state: State, *epoch: Any) -> tuple[State, Sums]:
    *data, start, end = epoch
    total = ZERO
    for i in range(start, end):
        state, sums = one(state, *data, np.int32(i))
        total = total.plus(sums)
    return state, total


def _in_a_loop(one: Callable[..., tuple[State, Sums]], state: State, *epoch: Any) -> tuple[State, Sums]:
    *data, start, end = epoch

    def body(i: Array, carry: tuple[State, Sums]) -> tuple[State, Sums]:
        state, total = carry
        state, sums = one(state, *data, i)
        return state, total.plus(sums)

    return lax.fori_loop(start, end, body, (state, jax.tree.map(jnp.asarray, ZERO)))


def make_predict(model: nnx.Module, scaling: Scaling) -> Callable[[State, Array], Array]:
    """Compile ``predict(state, stamps) -> logits`` for the prediction view of a model."""
    parts = take_apart(training_view(model, training=False))

    @jax.jit
    def predict(params: Any, statistics: Any, stamps: Array) -> Array:
        network = nnx.merge(parts.graph, params, statistics, parts.others, copy=True)
        return network(scaling(as_unit_floats(stamps))).astype(jnp.float32)

    return lambda state, stamps: predict(state.params, state.statistics, stamps)


def predict_logits(
    predict: Callable[[State, Array], Array],
    state: State,
    stamps: Array | np.ndarray,
    order: Int32[np.ndarray, "steps batch"],
) -> Float32[np.ndarray, "galaxies classes"]:
    """Predict all stamps, in batches of one shape; each galaxy's answer once, in order."""
    logits = [predict(state, stamps[rows]) for rows in order]
    return np.concatenate([np.asarray(part) for part in logits])[: len(stamps)]


def mean_loss(logits: Float32[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Mean cross entropy, each galaxy counted once, in double precision."""
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    return -float(log_probabilities[np.arange(len(labels)), labels].mean())
