"""Several trainings of one architecture at once, which differ by their seed alone."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from tqdm import tqdm

from galmorph._checks import check
from galmorph.data import Dataset, epoch_order
from galmorph.models import create_model
from galmorph.training._engine.checkpoint import Progress
from galmorph.training._engine.compiled import CompiledOnce
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import Row, best_epoch, check_finite, epoch_row, out_of_patience
from galmorph.training._engine.loop import class_weights
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.state import ZERO, State, Sums
from galmorph.training._engine.step import Step, StepConstants
from galmorph.training._start import Start
from galmorph.training._train import TrainResult, check_arguments, make_result

__all__ = ["train_seeds"]


def train_seeds(
    architecture: str,
    dataset: Dataset,
    seeds: Sequence[int],
    *,
    validation: Dataset | None = None,
    config: TrainConfig | None = None,
    progress: bool = True,
) -> tuple[TrainResult, ...]:
    """Train a small network several times at once, each time from another seed.

    Each training is the one that `train` does with that seed, but for rounding: it has its own initial weights, its
    own order of galaxies and its own augmentation. All of them take each step together (`jax.vmap`), which keeps an
    accelerator busy that a small network would leave idle. On CPUs it is no faster than one training after another,
    and mostly slower (docs/performance.md). Stamps must fit into the memory of the first device, which does all the
    work; there are no checkpoints.

    Parameters
    ----------
    architecture
        A name that `galmorph.models.create_model` knows.
    dataset
        What to learn from.
    seeds
        The seeds, each of them once.
    validation
        What to choose the best epoch with, of the same classes and shapes.
    config
        How to learn; its own seed is not used.
    progress
        Whether to show a progress bar.

    Returns
    -------
    results
        One for each seed, in their order. Their ``seconds`` are those of all trainings together.

    Raises
    ------
    InvalidValueError
        If the name is unknown, a seed is below zero or stands twice, or the validation set has other classes or shapes.
    DivergenceError
        If the loss of a training becomes infinite or not a number.

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
    check_arguments(dataset, validation, config)
    check(len(set(seeds)) == len(seeds) > 0, f"seeds: expected different ones, at least one, got {list(seeds)}")
    runs = [replace(config, seed=seed) for seed in seeds]
    first = Start.at(architecture, dataset, seed=runs[0].seed)
    size = {"classes": len(dataset.classes), "channels": dataset.channels, "size": dataset.size}
    others = [first._replace(model=create_model(architecture, seed=run.seed, **size)) for run in runs[1:]]
    starts = [first, *others]
    weights = class_weights(dataset, config)
    steps = -(-len(dataset) // config.batch_size)  # of an epoch
    rates = config.learning_rates(steps * config.epochs)

    begin = time.perf_counter()
    made = [
        Step.of(start.model, run, steps=steps * config.epochs, scaling=start.scaling, class_weights=weights)
        for start, run in zip(starts, runs, strict=True)
    ]
    step = made[0][0]  # they are equal
    states, constants = _stack([state for _, state, _ in made]), _stack([constants for _, _, constants in made])
    take, predict = _together(step), Predictor(first.model, first.scaling)
    trainings = [Progress(state, state.eval_weights, 0, 0, ZERO, [], 0.0) for state in _unstack(states)]
    galaxies = jax.device_put((np.asarray(dataset.stamps), dataset.labels))
    name = f"{architecture}, {len(runs)} seeds"
    with tqdm(total=steps * config.epochs, desc=name, unit="step", disable=not progress) as bar:
        for epoch in range(config.epochs):
            orders = jax.device_put(_orders(dataset, runs, epoch))
            sums = _stack([ZERO] * len(runs))
            for number in range(steps):
                batch = [part[:, number] for part in orders]
                states, sums = take(states, constants, sums, galaxies, *batch, epoch * steps + number)
                bar.update()
            rate = float(rates((epoch + 1) * steps))
            for run, total in zip(runs, _unstack(sums), strict=True):
                check_finite(float(total.loss), epoch * steps + 1, (epoch + 1) * steps, rate, run)
            for i, (state, total) in enumerate(zip(_unstack(states), _unstack(sums), strict=True)):
                if not out_of_patience(trainings[i].rows, config):
                    validated = None
                    if validation is not None:
                        validated = predict(state.eval_weights, validation.stamps), validation.labels
                    row = epoch_row(epoch + 1, rate, total, validated)
                    trainings[i] = _with_epoch(trainings[i], state, row, time.perf_counter() - begin, config)
            if all(out_of_patience(training.rows, config) for training in trainings):
                break
    return tuple(
        make_result(start, dataset, run, training) for start, run, training in zip(starts, runs, trainings, strict=True)
    )


@CompiledOnce
def _together(step: Step) -> Callable[..., tuple[State, Sums]]:
    """The step of several trainings: all but the galaxies and the number of the step is stacked."""

    def learn(
        state: State,
        constants: StepConstants,
        sums: Sums,
        galaxies: tuple[Array, Array],
        rows: Array,
        valid: Array,
        number: Array,
    ) -> tuple[State, Sums]:
        stamps, labels = galaxies
        state, new = step(state, constants, stamps[rows], labels[rows], number, valid)
        return state, sums.plus(new)

    return jax.jit(jax.vmap(learn, in_axes=(0, 0, 0, None, 0, 0, None)), donate_argnums=(0, 2))


def _orders(dataset: Dataset, runs: Sequence[TrainConfig], epoch: int) -> list[np.ndarray]:
    """Order and mask of an epoch, each of shape ``(seeds, steps, batch)``."""
    balance = dataset.labels if runs[0].balanced_sampling else None
    orders = [epoch_order(len(dataset), run.batch_size, seed=run.seed, epoch=epoch, balance=balance) for run in runs]
    return [np.stack(part) for part in zip(*orders, strict=True)]


def _with_epoch(training: Progress, state: State, row: Row, spent: float, config: TrainConfig) -> Progress:
    rows = [*training.rows, {**row, "seconds": spent - training.seconds}]
    best = state.eval_weights if best_epoch(rows, config) == len(rows) else training.best
    return training._replace(state=state, best=best, epoch=len(rows), rows=rows, seconds=spent)


def _stack(trees: Sequence[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _unstack(tree: Any) -> list[Any]:
    count = len(jax.tree.leaves(tree)[0])
    return [jax.tree.map(lambda leaf, i=i: leaf[i], tree) for i in range(count)]
