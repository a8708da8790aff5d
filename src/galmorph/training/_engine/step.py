"""The training step: one pure function of ``(state, constants, stamps, labels, step, valid)``."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float32

from galmorph.preprocessing import augment
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.state import (
    Scaling,
    State,
    Sums,
    as_unit_floats,
    compute_in,
    take_apart,
    training_view,
)

__all__ = ["Step", "StepConstants"]

PIECES = 2  # of a batch, where it is taken in pieces


class StepConstants(NamedTuple):
    """What stays the same throughout a training, and differs from one to the next.

    Parameters
    ----------
    key
        Data of the key that all randomness comes from: uint32.
    scaling
        What brings stamps to zero mean and unit variance.
    class_weights
        Weight of each class in the loss: float32 of shape ``(classes,)``.
    others
        Random streams of the network, and whatever else it keeps. Every step starts the streams from a key of its own.
    """

    key: Array
    scaling: Scaling
    class_weights: Float32[np.ndarray, "classes"] | Array
    others: Any


@dataclass(frozen=True)
class Step:
    """How a network learns from one batch: call it with a state, the constants of the training, and a batch.

    It holds what a compiler must know, and nothing of weights, galaxies or seeds: the folds and seeds of a comparison
    have equal steps, and what is compiled for one of them serves all.

    Parameters
    ----------
    graph
        Structure of the training view of a model.
    config
        Augmentation, label smoothing, mixup, optimiser, averaging; with a seed of 0, since the key is given.
    steps
        Number of steps of the whole training, for the learning rates.
    pieces
        Number of pieces in which a batch goes through the network.
    """

    graph: nnx.GraphDef[nnx.Module]
    config: TrainConfig
    steps: int
    pieces: int = 1

    @classmethod
    def of(
        cls,
        model: nnx.Module,
        config: TrainConfig,
        *,
        steps: int,
        scaling: Scaling,
        class_weights: Float32[np.ndarray, "classes"],
    ) -> tuple["Step", State, StepConstants]:
        """Make the step for a training of so many steps in all, the state that it begins with, and its constants.

        The state is made of copies, since a step uses the memory of its state again.
        """
        view = training_view(model, training=True)
        if config.precision == "bfloat16" or (config.precision == "auto" and jax.default_backend() != "cpu"):
            compute_in(view, jnp.bfloat16)
        graph, params, statistics, others = take_apart(view)
        # A network without batch norm and dropout makes the same of pieces as of the whole. On a CPU the pieces are
        # worked on side by side, each on its own core and in its own cache (docs/performance.md).
        apart = not jax.tree.leaves((statistics, others))
        alone = jax.default_backend() == "cpu" and jax.device_count() == 1
        step = cls(graph, replace(config, seed=0), steps, pieces=PIECES if apart and alone else 1)
        params, statistics = jax.tree.map(jnp.copy, (params, statistics))
        average = jax.tree.map(jnp.copy, params) if config.weight_average else None
        state = State(params, statistics, step.optimizer.init(params), average)
        key = jax.random.key_data(jax.random.key(config.seed))
        return step, state, StepConstants(key, scaling.as_arrays(), class_weights, others)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """What turns gradients into new weights."""
        return self.config.make_optimizer(self.steps)

    def __call__(
        self, state: State, constants: StepConstants, stamps: Array, labels: Array, step: Array, valid: Array
    ) -> tuple[State, Sums]:
        """Learn from one batch.

        Parameters
        ----------
        state
            Weights, statistics, moments, average.
        fixed
            Key, scaling, weights of the classes.
        stamps
            Uint8, float16 or float32 of shape ``(batch, size, size, channels)``.
        labels
            Int32 of shape ``(batch,)``.
        step
            Number of the step, counted over the whole training: all randomness depends on it and on the key.
        valid
            Bool of shape ``(batch,)``: False for galaxies that only fill up the batch.

        Returns
        -------
        state
            Weights, statistics, moments and average afterwards.
        sums
            Loss, correct answers and galaxies, summed over the batch, before the weights changed. With mixup, an answer
            is correct if it is the label of the heavier galaxy.
        """
        key = jax.random.fold_in(jax.random.wrap_key_data(constants.key), step)
        augment_key, mixup_key, model_key = jax.random.split(key, 3)
        images = constants.scaling(augment(as_unit_floats(stamps), augment_key, self.config.augmentation))
        targets = jax.nn.one_hot(labels, len(constants.class_weights))
        if self.config.mixup:
            images, targets = _mix(images, targets, mixup_key, self.config.mixup)
        heaviest = targets.argmax(-1)
        targets = optax.smooth_labels(targets, self.config.label_smoothing) * constants.class_weights[np.newaxis]
        counts = valid.astype(jnp.float32)

        def loss_of(params: Any, statistics: Any) -> tuple[Any, tuple[Any, Sums]]:
            model = nnx.merge(self.graph, params, statistics, constants.others, copy=True)
            nnx.reseed(model, dropout=model_key)
            logits = jnp.concatenate([model(piece) for piece in jnp.array_split(images, self.pieces)])
            logits = logits.astype(jnp.float32)
            losses = optax.softmax_cross_entropy(logits, targets)
            sums = Sums((losses * counts).sum(), ((logits.argmax(-1) == heaviest) * counts).sum(), counts.sum())
            return sums.loss / jnp.maximum(sums.galaxies, 1), (nnx.state(model, nnx.BatchStat), sums)

        gradients, (statistics, sums) = jax.grad(loss_of, has_aux=True)(state.params, state.statistics)
        updates, moments = self.optimizer.update(gradients, state.moments, state.params)
        params = optax.apply_updates(state.params, updates)
        average = state.average
        if average is not None:
            # In the first steps a fixed decay would remember the random weights: it grows towards its value.
            decay = jnp.minimum(self.config.weight_average, (1 + step) / (10 + step))
            average = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, average, params)
        return State(params, statistics, moments, average), sums


def _mix(images: Array, targets: Array, key: Array, alpha: float) -> tuple[Array, Array]:
    """Mix each galaxy with the next of its batch (whose order is random), with one weight a batch."""
    weight = jax.random.beta(key, alpha, alpha)
    images, targets = (weight * values + (1 - weight) * jnp.roll(values, 1, axis=0) for values in (images, targets))
    return images, targets
