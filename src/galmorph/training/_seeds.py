"""Training of one network from several random seeds at once."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from galmorph._checks import check, check_choice
from galmorph._progress import tqdm
from galmorph.data import Dataset, epoch_order
from galmorph.models import ARCHITECTURES, create_model
from galmorph.training._engine.class_weights import class_weights
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import EpochReport, check_finite, epoch_row, out_of_patience
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.progress import Progress
from galmorph.training._engine.state import NO_GALAXIES, LossSums, State
from galmorph.training._engine.step import Step, StepConstants
from galmorph.training._soft_labels.soft_losses import soft_losses
from galmorph.training._starting_point import StartingPoint
from galmorph.training._train import TrainResult, check_arguments, make_result
from galmorph.training._training_warnings import warn_of_arguments

__all__ = ["train_seeds"]


def train_seeds(
    architecture: str,
    dataset: Dataset,
    seeds: Sequence[int],
    *,
    validation: Dataset | None = None,
    config: TrainConfig | None = None,
    progress: bool = True,
    on_epoch: Callable[[int, EpochReport], object] | None = None,
    allow_other_recipe: bool = False,
) -> tuple[TrainResult, ...]:
    """Train a small network from several random seeds at once.

    Each result equals that of `train` with the same seed, up to rounding: each training has its own initial weights,
    order of galaxies and augmentation. All trainings take each step together (`jax.vmap`), which keeps an accelerator
    busy that one small network would leave idle. On CPUs this is mostly slower than one training after another, and at
    best as fast (docs/performance.md). The first device does all the work, and the stamps must fit into its memory.
    There are no checkpoints.

    Parameters
    ----------
    architecture
        A name that `galmorph.models.create_model` knows.
    dataset
        Training set.
    seeds
        Random seeds, all different.
    validation
        Validation set, which chooses the best epoch; of the same classes and shapes.
    config
        Configuration; its own seed is not used.
    progress
        Whether to show a progress bar.
    on_epoch
        Function of a seed and the numbers of its epoch, such as a logger. It is called after each epoch for each seed
        that has not run out of patience, in the order of the seeds. If it raises, all trainings stop with this error.
    allow_other_recipe
        Whether the stamps for validation may be made by another recipe, as in `train`.

    Returns
    -------
    results
        One result for each seed, in order. Their ``seconds`` are those of all trainings together.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, the name is unknown, a seed is negative or given twice, or the validation
        set has other classes, shapes or recipes.
    DivergenceError
        If the loss of a training becomes infinite or NaN.

    Warns
    -----
    GalmorphWarning, DatasetWarning
        For the same reasons as `train`.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig, train_seeds
    >>> galaxies = simulate_galaxies(60, seed=0)
    >>> results = train_seeds("lenet5", galaxies, (0, 1), config=TrainConfig(epochs=1), progress=False)
    >>> [result.classifier.notes["config"]["seed"] for result in results]
    [0, 1]
    """
    config = TrainConfig() if config is None else config
    check_arguments(dataset, validation, config, allow_other_recipe=allow_other_recipe)
    check(on_epoch is None or callable(on_epoch), f"on_epoch: expected a function, got {on_epoch!r}")
    check(
        isinstance(architecture, str),
        "architecture: expected the name of one of galmorph's, which is made anew for each seed, got a "
        f"{type(architecture).__name__}; for a network of your own, call train in a loop, or compare(..., seeds=3)",
    )
    check_choice("architecture", architecture, ARCHITECTURES)
    check(isinstance(seeds, Sequence), f"seeds: expected several, such as (0, 1, 2), got {seeds!r}")
    check(len(set(seeds)) == len(seeds) > 0, f"seeds: expected different ones, at least one, got {list(seeds)}")
    runs = [replace(config, seed=seed) for seed in seeds]
    starts = _starting_points(architecture, dataset, runs)
    config.check_frozen(starts[0].model)
    warn_of_arguments(dataset, validation, config)
    begin = time.perf_counter()
    soft = config.soft_labels
    votes = None if soft is None else soft.of(dataset)
    validation_votes = None if soft is None or validation is None else soft.of(validation, name="validation")
    weights, steps = class_weights(dataset, config), -(-len(dataset) // config.batch_size)  # steps of an epoch
    made = [
        Step.of(
            start.model, run, steps=steps * config.epochs, scaling=start.scaling, class_weights=weights, votes=votes
        )
        for start, run in zip(starts, runs, strict=True)
    ]
    step = made[0][0]  # all are equal
    states, constants = _stack([state for _, state, _ in made]), _stack([constants for _, _, constants in made])
    take, predict = _together(step), Predictor(starts[0].model, starts[0].scaling)
    rates = config.learning_rates(steps * config.epochs)
    trainings = [Progress.beginning(state) for state in _unstack(states)]
    labels = dataset.labels if soft is None else np.arange(len(dataset), dtype=np.int32)
    galaxies = jax.device_put((np.asarray(dataset.stamps), labels))

    name = f"{architecture}, {len(runs)} seeds"
    with tqdm(total=steps * config.epochs, desc=name, unit="step", disable=not progress) as bar:
        for epoch in range(config.epochs):
            orders = jax.device_put(_orders(dataset, runs, epoch))
            sums = _stack([NO_GALAXIES] * len(runs))
            for number in range(steps):
                batch = [part[:, number] for part in orders]
                states, sums = take(states, constants, sums, galaxies, *batch, epoch * steps + number)
                if bar.n == 0:
                    bar.last_print_t = time.time()  # the estimate of the remaining time leaves out what compiling took
                bar.update()
            rate = float(rates((epoch + 1) * steps))
            for run, total in zip(runs, _unstack(sums), strict=True):
                check_finite(float(total.loss), epoch * steps + 1, (epoch + 1) * steps, rate, run)
            for i, (state, total) in enumerate(zip(_unstack(states), _unstack(sums), strict=True)):
                if out_of_patience(trainings[i].rows, config):
                    continue  # its steps are still taken, together with the others, but no longer count
                validated, losses = None, None
                if validation is not None:
                    validated = predict(state.eval_weights, validation.stamps), validation.labels
                    if soft is not None and validation_votes is not None:
                        losses = soft_losses(validated[0], validation_votes, soft.kind)
                row, spent = epoch_row(epoch + 1, rate, total, validated, losses), time.perf_counter() - begin
                trainings[i] = trainings[i]._replace(state=state).end_epoch(row, seconds=spent, config=config)
                if on_epoch is not None:
                    on_epoch(seeds[i], EpochReport.of(trainings[i].rows[-1], config.epochs, resumed=False))
            if all(out_of_patience(training.rows, config) for training in trainings):
                break
    return tuple(
        make_result(start, dataset, run, training) for start, run, training in zip(starts, runs, trainings, strict=True)
    )


def _starting_points(architecture: str, dataset: Dataset, runs: Sequence[TrainConfig]) -> list[StartingPoint]:
    """One starting point for each run: they share scaling and recipe, and each has its own random weights."""
    first = StartingPoint.of(architecture, dataset, seed=runs[0].seed, scaling=runs[0].scaling)
    size = {"classes": len(dataset.classes), "channels": dataset.channels, "size": dataset.size}
    others = [first._replace(model=create_model(architecture, seed=run.seed, **size)) for run in runs[1:]]
    return [first, *others]


@CompiledOnce
def _together(step: Step) -> Callable[..., tuple[State, LossSums]]:
    """Compile the step function of several trainings: everything but the galaxies and the step's number is stacked."""

    def learn(
        state: State,
        constants: StepConstants,
        sums: LossSums,
        galaxies: tuple[Array, Array],
        rows: Array,
        valid: Array,
        number: Array,
    ) -> tuple[State, LossSums]:
        stamps, labels = galaxies
        state, new = step(state, constants, stamps[rows], labels[rows], number, valid)
        return state, sums.plus(new)

    return jax.jit(jax.vmap(learn, in_axes=(0, 0, 0, None, 0, 0, None)), donate_argnums=(0, 2))


def _orders(dataset: Dataset, runs: Sequence[TrainConfig], epoch: int) -> list[np.ndarray]:
    """Order and mask of an epoch, each of shape ``(seeds, steps, batch)``."""
    balance = dataset.labels if runs[0].balanced_sampling else None
    orders = [epoch_order(len(dataset), run.batch_size, seed=run.seed, epoch=epoch, balance=balance) for run in runs]
    return [np.stack(part) for part in zip(*orders, strict=True)]


def _stack(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _unstack(tree: Any) -> list[Any]:
    count = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf, i=i: leaf[i], tree) for i in range(count)]
