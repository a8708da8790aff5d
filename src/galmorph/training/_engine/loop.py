"""The course of one training: steps, looks at the progress, validation, checkpoints."""

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float32
from tqdm import tqdm

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.training._engine.checkpoint import Checkpoints, Progress
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.feed import choose_feed
from galmorph.training._engine.history import best_epoch, check_finite, epoch_row, out_of_patience
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.state import ZERO, Scaling, Sums
from galmorph.training._engine.step import Step

__all__ = ["TrainingLoop", "class_weights", "measure_scaling"]

PAUSE = 0.5  # seconds between two looks at the progress


class TrainingLoop:
    """One training, from its first step or from its last checkpoint to its end.

    ``finished`` is how things stood at the end of the last whole epoch; its best weights stay as they are, while the
    next step uses the memory of its state again.
    """

    def __init__(
        self,
        model: nnx.Module,
        dataset: Dataset,
        validation: Dataset | None,
        config: TrainConfig,
        scaling: Scaling,
        checkpoints: Checkpoints | None,
        checkpoint_seconds: float,
        fresh: Callable[[int], Dataset] | None = None,
    ) -> None:
        self._config = config
        self._validation = validation
        self._steps = -(-len(dataset) // config.batch_size)  # of an epoch
        total = self._steps * config.epochs
        weights = class_weights(dataset, config)
        self._rates = config.learning_rates(total)
        step, self._state, constants = Step.of(model, config, steps=total, scaling=scaling, class_weights=weights)
        self._placement = Placement(config.batch_size)
        self._predict = Predictor(model, scaling, self._placement)
        self._feed = choose_feed(step, constants, config, dataset, self._placement)
        self._checkpoints = checkpoints
        self._checkpoint_seconds = checkpoint_seconds
        self._fresh = fresh
        self._tell: Callable[[float], None] | None = None
        self._kind = dataset.classes, dataset.stamps.shape, dataset.stamps.dtype
        self.finished: Progress | None = None
        self._saved = 0.0  # when the last checkpoint was written
        self._kept = (0, 0)  # epoch and step that it holds
        self._stride = 1  # steps between two looks at the progress, so that they are about `PAUSE` apart

    def run(self, name: str, *, progress: bool | Callable[[float], None]) -> Progress:
        """Take all steps that are left; show a bar, or tell `progress` the part that is done."""
        begin = self._saved = time.perf_counter()
        here = Progress(self._state, jax.tree.map(jnp.copy, self._state.eval_weights), 0, 0, ZERO, [], 0.0)
        if self._checkpoints is not None:
            here = self._checkpoints.latest(here) or here
        begin -= here.seconds
        self._kept = here.epoch, here.step
        self.finished = here
        here = here._replace(state=self._placement.copy(here.state))
        done, total = here.epoch * self._steps + here.step, self._steps * self._config.epochs
        bar = tqdm(
            total=total,
            initial=done,
            desc=name,
            unit="step",
            disable=progress is not True or self._placement.process > 0,
        )
        self._tell = progress if callable(progress) else None
        if self._tell is not None:
            self._tell(done / total)
        with bar, closing(self._feed):
            while here.epoch < self._config.epochs and not out_of_patience(here.rows, self._config):
                self._refresh(here.epoch)
                here = self._finish_epoch(self._take_steps(here, bar, begin), begin)
            if time.perf_counter() - begin >= self._checkpoint_seconds:
                self._save(here)
        return here._replace(seconds=time.perf_counter() - begin)

    def memory(self) -> int:
        """Bytes that a step takes on a device; 0 where none was taken."""
        return self._feed.memory()

    def _refresh(self, epoch: int) -> None:
        """Show the galaxies of this epoch, where each has its own; the first epoch's are there already."""
        if self._fresh is None or epoch == 0:
            return
        dataset = self._fresh(epoch)
        kind = dataset.classes, dataset.stamps.shape, dataset.stamps.dtype
        check(
            kind == self._kind, f"fresh: expected classes, shape and type {self._kind} as in the data set, got {kind}"
        )
        self._feed.show(dataset)

    def _take_steps(self, here: Progress, bar: "tqdm[Any]", begin: float) -> Progress:
        """Take the steps that are left of an epoch, looking at the progress now and then."""
        while here.step < self._steps:
            clock = time.perf_counter()
            end = min(here.step + self._stride, self._steps)
            state, sums = self._feed.take(here.state, here.sums, here.epoch, here.step, end)
            sums = Sums(*map(np.asarray, sums))  # waits for the device
            first, last = here.epoch * self._steps + here.step + 1, here.epoch * self._steps + end
            check_finite(float(sums.loss), first, last, float(self._rates(last)), self._config)
            self._stride = _next_stride(self._stride, time.perf_counter() - clock)
            bar.set_postfix_str(f"epoch {here.epoch + 1}, {_describe(sums)}", refresh=False)
            bar.update(end - here.step)
            if self._tell is not None:
                self._tell(last / (self._steps * self._config.epochs))
            here = here._replace(state=state, step=end, sums=sums, seconds=time.perf_counter() - begin)
            self._save_in_time(here)
        return here

    def _finish_epoch(self, here: Progress, begin: float) -> Progress:
        """Validate, write the history, and keep the best weights."""
        rate = float(self._rates((here.epoch + 1) * self._steps))
        validated = None
        if self._validation is not None:
            validated = self._predict(here.state.eval_weights, self._validation.stamps), self._validation.labels
        row = epoch_row(here.epoch + 1, rate, here.sums, validated)
        spent = time.perf_counter() - begin
        rows = [*here.rows, {**row, "seconds": spent - sum(row["seconds"] for row in here.rows)}]
        best = here.best
        if best_epoch(rows, self._config) == len(rows):
            best = jax.tree.map(jnp.copy, here.state.eval_weights)  # the next step uses the memory of the state again
        here = here._replace(epoch=here.epoch + 1, step=0, sums=ZERO, rows=rows, best=best, seconds=spent)
        self.finished = here
        self._save_in_time(here)
        return here

    def _save_in_time(self, here: Progress) -> None:
        if time.perf_counter() - self._saved >= self._checkpoint_seconds:
            self._save(here)

    def _save(self, here: Progress) -> None:
        new = (here.epoch, here.step) != self._kept
        if new and self._checkpoints is not None and self._placement.process == 0:
            self._checkpoints.save(here, here.epoch * self._steps + here.step)
        self._saved, self._kept = time.perf_counter(), (here.epoch, here.step)


def measure_scaling(dataset: Dataset) -> Scaling:
    """Mean and standard deviation of each channel over all pixels of a data set, between 0 and 1."""
    unit = 255 if dataset.stamps.dtype == np.uint8 else 1
    count, total, squares = 0, np.zeros(dataset.channels), np.zeros(dataset.channels)
    for start in range(0, len(dataset), 1024):
        pixels = np.asarray(dataset.stamps[start : start + 1024], np.float64).reshape(-1, dataset.channels) / unit
        count += len(pixels)
        total += pixels.sum(axis=0)
        squares += np.square(pixels).sum(axis=0)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
    return Scaling(tuple(map(float, mean)), tuple(map(float, std)))


def class_weights(dataset: Dataset, config: TrainConfig) -> Float32[np.ndarray, "classes"]:
    """Inverse frequency of each class, with a mean of 1 over the galaxies; 1 where there is none, or not asked for."""
    if not config.class_weighting:
        return np.ones(len(dataset.classes), np.float32)
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    present = np.count_nonzero(counts)
    return np.where(counts > 0, len(dataset) / (present * np.maximum(counts, 1)), 1).astype(np.float32)


def _describe(sums: Sums) -> str:
    galaxies = float(sums.galaxies)
    return f"loss {float(sums.loss) / galaxies:.3f}, accuracy {float(sums.correct) / galaxies:.3f}"


def _next_stride(stride: int, seconds: float) -> int:
    return max(1, min(2 * stride, int(stride * PAUSE / seconds)))
