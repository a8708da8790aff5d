"""The training loop of one training."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
from flax import nnx
from jaxtyping import Float32

from galmorph._checks import check
from galmorph._interrupts import Interrupts
from galmorph._progress import tqdm
from galmorph.data import Dataset
from galmorph.training._engine.checkpoint import Checkpoints
from galmorph.training._engine.class_weights import class_weights
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.feed import choose_feed
from galmorph.training._engine.history import EpochReport, Row, check_finite, epoch_row, out_of_patience
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.predict import Predictor
from galmorph.training._engine.progress import Progress
from galmorph.training._engine.scaling import Scaling
from galmorph.training._engine.state import LossSums
from galmorph.training._engine.step import Step
from galmorph.training._soft_labels.soft_losses import soft_losses

__all__ = ["TrainingLoop"]

PAUSE = 0.5  # seconds between two checks of the progress


class TrainingLoop:
    """One training, from its first step or its last checkpoint to its end.

    Each epoch takes its steps, validates, adds a row to the history and keeps the best weights. Between steps, the loop
    now and then waits for the device: to check that the loss is finite, to report progress, and to write a checkpoint
    if one is due.

    ``finished`` is the progress at the end of the last complete epoch. Its best weights stay valid after that; its
    state does not, because the next step reuses that memory.

    Parameters
    ----------
    model, scaling
        The network at the start, and the scaling of its stamps.
    dataset, validation, config, checkpoint_seconds, fresh
        As in `galmorph.training.train`.
    checkpoints
        Where checkpoints are written, or None for no checkpoints.
    new_layers
        Names of the layers that start at random, if the others have learned before; else None.
    """

    def __init__(
        self,
        model: nnx.Module,
        scaling: Scaling,
        dataset: Dataset,
        validation: Dataset | None,
        config: TrainConfig,
        *,
        checkpoints: Checkpoints | None,
        checkpoint_seconds: float,
        fresh: Callable[[int], Dataset] | None,
        new_layers: tuple[str, ...] | None = None,
    ) -> None:
        self._config = config
        self._validation = validation
        self._steps = -(-len(dataset) // config.batch_size)  # of an epoch
        self.steps = self._steps * config.epochs
        self._rates = config.learning_rates(self.steps)
        soft = config.soft_labels
        votes = None if soft is None else soft.of(dataset)
        self._validation_votes = None if soft is None or validation is None else soft.of(validation, name="validation")
        step, self._state, constants = Step.of(
            model,
            config,
            steps=self.steps,
            scaling=scaling,
            class_weights=class_weights(dataset, config),
            votes=votes,
            new=new_layers,
        )
        self._placement = Placement(config.batch_size)
        if checkpoints is not None and self._placement.process == 0:
            checkpoints.check_writable()
        self._predict = Predictor(model, scaling, self._placement)
        self._feed = choose_feed(step, constants, config, dataset, self._placement)
        self._fresh = fresh
        self._kind = _kind(dataset)
        self._checkpoints = checkpoints
        self._checkpoint_seconds = checkpoint_seconds
        self._saved = 0.0  # when the last checkpoint was written
        self._kept = (0, 0)  # its epoch and step
        self._begin = 0.0  # when the training began; earlier if it was resumed
        self._stride = 1  # steps between two checks of the progress, which are about `PAUSE` apart
        self._compiled = False  # whether a step was taken
        self._report: Callable[[float], None] | None = None
        self._interrupts = Interrupts()
        self.finished: Progress | None = None

    def run(
        self,
        name: str,
        *,
        progress: bool | Callable[[float], None],
        on_epoch: Callable[[EpochReport], object] | None = None,
        interrupts: Interrupts | None = None,
    ) -> Progress:
        """Take all remaining steps.

        Parameters
        ----------
        name
            Name of the network, for the progress bar.
        progress
            Whether to show a progress bar, or a function that gets the fraction that is done.
        on_epoch
            Gets the numbers of each epoch, in the first process; those of a checkpoint come first.
        interrupts
            Say whether Ctrl-C was pressed. The training then stops between two steps, after a checkpoint.
        """
        self._saved = time.perf_counter()
        here = Progress.beginning(self._state)
        if self._checkpoints is not None:
            here = self._checkpoints.latest(here) or here
        self._placement.check_same(steps=self._steps, epoch=here.epoch, step=here.step)
        self.finished = here
        self._kept = here.epoch, here.step
        self._begin = self._saved - here.seconds
        here = here._replace(state=self._placement.copy(here.state))
        done = here.epoch * self._steps + here.step
        bar = tqdm(
            total=self.steps,
            initial=done,
            desc=name,
            unit="step",
            disable=progress is not True or self._placement.process > 0,
        )
        self._report = progress if callable(progress) else None
        if self._report is not None:
            self._report(done / self.steps)
        self._interrupts = interrupts or self._interrupts
        self._tell(on_epoch, here.rows, resumed=True)
        with bar, closing(self._feed):
            while here.epoch < self._config.epochs and not out_of_patience(here.rows, self._config):
                self._show_fresh(here.epoch)
                here = self._finish_epoch(self._take_steps(here, bar))
                self.finished = here
                self._save_if_due(here)
                with self._saved_if_stopped(here):
                    self._tell(on_epoch, here.rows[-1:], resumed=False)
                    self._interrupts.check()
            if self._seconds() >= self._checkpoint_seconds:
                self._save(here)
        return here._replace(seconds=self._seconds())

    def _tell(self, on_epoch: Callable[[EpochReport], object] | None, rows: list[Row], *, resumed: bool) -> None:
        """Pass epochs to the user's function."""
        if on_epoch is not None and self._placement.process == 0:
            for row in rows:
                on_epoch(EpochReport.of(row, self._config.epochs, resumed=resumed))

    def answer(self, stamps: np.ndarray) -> Float32[np.ndarray, "galaxies classes"]:
        """Logits of stamps before the first step."""
        return self._predict(self._state.eval_weights, stamps)

    def memory(self) -> int:
        """Bytes that a step takes on a device; 0 if no step was taken."""
        return self._feed.memory()

    def _show_fresh(self, epoch: int) -> None:
        """Show the feed the fresh galaxies of an epoch; it already has those of the first one."""
        if self._fresh is None or epoch == 0:
            return
        dataset = self._fresh(epoch)
        kind = _kind(dataset)
        check(
            kind == self._kind, f"fresh: expected classes, shape and type {self._kind} as in the data set, got {kind}"
        )
        soft = self._config.soft_labels
        self._feed.show(dataset, None if soft is None else soft.of(dataset, name="fresh"))

    def _take_steps(self, here: Progress, bar: "tqdm") -> Progress:
        """Take the remaining steps of an epoch, and check the progress now and then."""
        while here.step < self._steps:
            clock = time.perf_counter()
            end = min(here.step + self._stride, self._steps)
            state, sums = self._feed.take(here.state, here.sums, here.epoch, here.step, end)
            sums = LossSums(*map(np.asarray, sums))  # waits for the device
            first, last = here.epoch * self._steps + here.step + 1, here.epoch * self._steps + end
            check_finite(float(sums.loss), first, last, float(self._rates(last)), self._config)
            if not self._compiled:
                bar.last_print_t = time.time()  # the estimate of the remaining time leaves out what compiling took
                self._compiled = True
            self._stride = _next_stride(self._stride, time.perf_counter() - clock)
            bar.set_postfix_str(f"epoch {here.epoch + 1}, {_describe(sums)}", refresh=False)
            bar.update(end - here.step)
            if self._report is not None:
                self._report(last / self.steps)
            here = here._replace(state=state, step=end, sums=sums, seconds=self._seconds())
            self._save_if_due(here)
            with self._saved_if_stopped(here):
                self._interrupts.check()
        return here

    def _finish_epoch(self, here: Progress) -> Progress:
        """Validate, and end the epoch."""
        rate = float(self._rates((here.epoch + 1) * self._steps))
        validated, losses = None, None
        if self._validation is not None:
            logits = self._predict(here.state.eval_weights, self._validation.stamps)
            validated = logits, self._validation.labels
            if self._config.soft_labels is not None and self._validation_votes is not None:
                losses = soft_losses(logits, self._validation_votes, self._config.soft_labels.kind)
        row = epoch_row(here.epoch + 1, rate, here.sums, validated, losses)
        return here.end_epoch(row, seconds=self._seconds(), config=self._config)

    def _seconds(self) -> float:
        return time.perf_counter() - self._begin

    def _save_if_due(self, here: Progress) -> None:
        if time.perf_counter() - self._saved >= self._checkpoint_seconds:
            self._save(here)

    @contextmanager
    def _saved_if_stopped(self, here: Progress) -> Iterator[None]:
        """Write a checkpoint if the block raises, so that nothing is lost."""
        try:
            yield
        except BaseException:
            self._save(here)
            raise

    def _save(self, here: Progress) -> None:
        new = (here.epoch, here.step) != self._kept
        if new and self._checkpoints is not None and self._placement.process == 0:
            self._checkpoints.save(here, here.epoch * self._steps + here.step)
        self._saved, self._kept = time.perf_counter(), (here.epoch, here.step)


def _kind(dataset: Dataset) -> tuple[Any, ...]:
    return dataset.classes, dataset.stamps.shape, dataset.stamps.dtype


def _describe(sums: LossSums) -> str:
    galaxies = float(sums.galaxies)
    return f"loss {float(sums.loss) / galaxies:.3f}, accuracy {float(sums.correct) / galaxies:.3f}"


def _next_stride(stride: int, seconds: float) -> int:
    return max(1, min(2 * stride, int(stride * PAUSE / seconds)))
