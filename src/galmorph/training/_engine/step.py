"""The step function: how a network learns from one batch.

It is a pure function of ``(state, constants, stamps, labels, step, valid)``, so JAX can compile it, loop over it and
share it out over devices.
"""

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
from galmorph.training._engine.layers import in_layers, use_running_statistics
from galmorph.training._engine.scaling import Scaling, to_unit_floats
from galmorph.training._engine.state import (
    LossSums,
    State,
    compute_in,
    restart_random_streams,
    split_model,
    training_view,
)
from galmorph.training._soft_labels.soft_losses import dirichlet_multinomial_losses

__all__ = ["Step", "StepConstants"]

PIECES = 2  # of a batch, if it goes through the network in pieces


class StepConstants(NamedTuple):
    """Arrays that stay constant during a training, and differ between trainings.

    They are arguments of the compiled step function, so trainings that differ in them share it.

    Parameters
    ----------
    key
        Data (uint32) of the random key of the training.
    scaling
        Mean and standard deviation of each channel.
    class_weights
        Weight of each class in the loss: float32 of shape ``(classes,)``.
    others
        Random streams of the network, and any other arrays that it holds. Each step restarts the streams from its own
        key.
    votes
        Soft labels of all galaxies, of shape ``(galaxies, classes)``; None if there are none.
    """

    key: Array
    scaling: Scaling
    class_weights: Float32[np.ndarray, "classes"] | Array
    others: Any
    votes: Float32[np.ndarray, "galaxies classes"] | Array | None = None


@dataclass(frozen=True)
class Step:
    """The step function of a training: call it with a state, the constants of the training, and a batch.

    Its fields are what the compiler must know. Weights, galaxies and the seed are not among them, so the folds and
    seeds of a comparison have equal step functions and share one compiled function (`CompiledOnce`).

    Parameters
    ----------
    graph
        Structure of the training view of a model.
    config
        Augmentation, label smoothing, mixup, optimiser, averaging. Its seed is set to 0; the seed is in the constants.
    steps
        Number of steps in the whole training, for the learning rates.
    pieces
        Number of pieces in which a batch goes through the network, one after another.
    new
        Names of the layers that start at random, if the others have learned before; else None.
    """

    graph: nnx.GraphDef[nnx.Module]
    config: TrainConfig
    steps: int
    pieces: int = 1
    new: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        model: nnx.Module,
        config: TrainConfig,
        *,
        steps: int,
        scaling: Scaling,
        class_weights: Float32[np.ndarray, "classes"],
        votes: Float32[np.ndarray, "galaxies classes"] | None = None,
        new: tuple[str, ...] | None = None,
    ) -> tuple["Step", State, StepConstants]:
        """Make the step function of a training of `steps` steps, its initial state, and its constants.

        The state holds copies of the weights of `model`, because each step reuses the memory of its state.
        """
        view = training_view(model)
        use_running_statistics(view, config.frozen)
        if config.precision == "bfloat16" or (config.precision == "auto" and jax.default_backend() != "cpu"):
            compute_in(view, jnp.bfloat16)
        graph, params, statistics, others = split_model(view)
        # Without batch norm and dropout, images don't depend on each other, so a batch may be cut into pieces. On a CPU
        # XLA computes the pieces at the same time, each on its own core and in its own cache (docs/performance.md).
        independent = not jax.tree.leaves((statistics, others))
        one_cpu = jax.default_backend() == "cpu" and jax.device_count() == 1
        step = cls(graph, replace(config, seed=0), steps, pieces=PIECES if independent and one_cpu else 1, new=new)
        params, statistics = jax.tree.map(jnp.copy, (params, statistics))
        average = jax.tree.map(jnp.copy, params) if config.weight_average else None
        state = State(params, statistics, step.optimizer.init(params), average)
        key = jax.random.key_data(jax.random.key(config.seed))
        return step, state, StepConstants(key, scaling.as_arrays(), class_weights, others, votes)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        """Optimiser that turns gradients into updates of the weights."""
        return self.config.make_optimizer(self.steps, new=self.new)

    def __call__(
        self, state: State, constants: StepConstants, stamps: Array, labels: Array, step: Array, valid: Array
    ) -> tuple[State, LossSums]:
        """Learn from one batch.

        Parameters
        ----------
        state
            Weights, statistics, moments, average.
        constants
            Key, scaling, weights of the classes.
        stamps
            Uint8, float16 or float32 of shape ``(batch, size, size, channels)``.
        labels
            Int32 of shape ``(batch,)``: the labels; or the rows of the galaxies, if there are soft labels.
        step
            Number of the step, counted over the whole training. All random numbers depend on it and on the key.
        valid
            Bool of shape ``(batch,)``: False for galaxies that only fill the batch.

        Returns
        -------
        state
            Weights, statistics, moments and average after the step.
        sums
            Loss, correct answers and galaxies, summed over the batch, for the weights before the step. With mixup, an
            answer is correct if it is the label of the galaxy with the larger weight.
        """
        key = jax.random.fold_in(jax.random.wrap_key_data(constants.key), step)
        augment_key, mixup_key, model_key = jax.random.split(key, 3)
        images = constants.scaling(augment(to_unit_floats(stamps), augment_key, self.config.augmentation))
        if constants.votes is None:
            targets = jax.nn.one_hot(labels, len(constants.class_weights))
        else:
            targets = constants.votes[labels]
        if self.config.mixup:
            images, targets = _mix(images, targets, mixup_key, self.config.mixup)
        heaviest = targets.argmax(-1)
        of_counts = self.config.soft_labels is not None and self.config.soft_labels.kind == "counts"
        if not of_counts:
            targets = optax.smooth_labels(targets, self.config.label_smoothing) * constants.class_weights[np.newaxis]
        counts = valid.astype(jnp.float32)
        frozen = in_layers(state.params, self.config.frozen)

        def loss_of(params: Any, statistics: Any) -> tuple[Any, tuple[Any, LossSums]]:
            # XLA then leaves out what only the gradients of frozen weights would need.
            params = _choose(frozen, jax.lax.stop_gradient(params), params)
            model = nnx.merge(self.graph, params, statistics, constants.others, copy=True)
            restart_random_streams(model, model_key)
            pieces = jnp.array_split(images, min(self.pieces, len(images)))  # none of them empty
            logits = jnp.concatenate([model(piece) for piece in pieces])
            logits = logits.astype(jnp.float32)
            losses = (dirichlet_multinomial_losses if of_counts else optax.softmax_cross_entropy)(logits, targets)
            sums = LossSums((losses * counts).sum(), ((logits.argmax(-1) == heaviest) * counts).sum(), counts.sum())
            return sums.loss / jnp.maximum(sums.galaxies, 1), (nnx.state(model, nnx.BatchStat), sums)

        gradients, (statistics, sums) = jax.grad(loss_of, has_aux=True)(state.params, state.statistics)
        updates, moments = self.optimizer.update(gradients, state.moments, state.params)
        # Frozen weights are not even added to zero, which would turn a -0.0 into 0.0.
        params = _choose(frozen, state.params, optax.apply_updates(state.params, updates))
        statistics = _choose(in_layers(statistics, self.config.frozen), state.statistics, statistics)
        average = state.average
        if average is not None:
            # The decay grows towards its value: at full strength from the start, the average would keep the random
            # initial weights for a long time.
            decay = jnp.minimum(self.config.weight_average, (1 + step) / (10 + step))
            moved = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, average, params)
            average = _choose(frozen, average, moved)  # a weighted sum of equal numbers may round
        return State(params, statistics, moments, average), sums


def _choose(first: Any, one: Any, other: Any) -> Any:
    """Take each array from `one` where `first` is True, else from `other`."""
    return jax.tree.map(lambda chosen, a, b: a if chosen else b, first, one, other)


def _mix(images: Array, targets: Array, key: Array, alpha: float) -> tuple[Array, Array]:
    """Mix each galaxy with its neighbour in the batch, whose order is random; one weight serves the whole batch."""
    weight = jax.random.beta(key, alpha, alpha)
    images, targets = (weight * values + (1 - weight) * jnp.roll(values, 1, axis=0) for values in (images, targets))
    return images, targets
