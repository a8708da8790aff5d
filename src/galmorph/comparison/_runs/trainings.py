"""Trainings: the training loop of a comparison, which trains what is missing and shows one progress bar for all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from flax import nnx
from tqdm import tqdm

from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run, evaluate_training
from galmorph.comparison._runs.store import Store
from galmorph.comparison._runs.time_left import TimeLeft
from galmorph.data import Dataset, Split
from galmorph.models import ARCHITECTURES, summary
from galmorph.training import train

__all__ = ["MakeModel", "Trainings", "model_sizes"]

MakeModel = Callable[..., nnx.Module]
"""A function that makes a model from ``classes``, ``channels``, ``size`` and ``seed``."""


class Trainings:
    """The trainings of a comparison, one after the other, with one progress bar over all of them."""

    def __init__(
        self,
        plan: ComparisonPlan,
        dataset: Dataset,
        makers: Mapping[str, MakeModel],
        store: Store | None,
        *,
        progress: bool,
    ) -> None:
        self._plan = plan
        self._dataset = dataset
        self._makers = makers
        self._store = store
        self._work = {name: self._work_of(name) if progress else 0 for name in plan.architectures}
        each = plan.trainings // len(plan.architectures)
        total = sum(self._work.values()) * each
        self._done = 0  # of the work
        self._time = TimeLeft(dict.fromkeys(plan.architectures, each), total)
        self._bar: tqdm[Any] = tqdm(
            total=total,
            disable=not progress,
            bar_format="{desc}: {percentage:3.0f} % |{bar}| {elapsed} done{postfix}",
        )

    def __enter__(self) -> None:
        self._bar.__enter__()

    def __exit__(self, *problem: Any) -> None:
        self._bar.__exit__(*problem)

    def runs(self, name: str, repeat: int, fold: int, split: Split) -> Iterator[Run]:
        """Try the learning rates with the first seed, then train with all seeds."""
        plan = self._plan
        rates = plan.learning_rates or (plan.config.learning_rate,)
        first, *others = plan.seeds
        tried = [
            self._run(Job(architecture=name, seed=first, repeat=repeat, fold=fold, learning_rate=rate), split)
            for rate in rates
        ]
        best = min(tried, key=lambda run: run.validation.log_loss)
        yield best
        for seed in others:
            job = Job(architecture=name, seed=seed, repeat=repeat, fold=fold, learning_rate=best.learning_rate)
            yield self._run(job, split)

    def _run(self, job: Job, split: Split) -> Run:
        name, work = job.architecture, self._work[job.architecture]
        self._bar.set_description_str(f"{name}, fold {job.fold + 1} of {self._plan.tested_folds}, seed {job.seed}")
        run = None if self._store is None else self._store.read(job)
        if run is not None:
            self._time.skip(name, work)
            self._show(self._done + work)
            return run
        self._time.begin(name)
        learn, validation, test = split.parts
        model: str | nnx.Module = name
        if name not in ARCHITECTURES:
            model = self._makers[name](seed=job.seed, **model_sizes(self._dataset))
        begin, calls = self._done, count()

        def report(fraction: float) -> None:
            # The first call reports what a checkpoint already holds; the second one comes after compiling.
            done = begin + round(fraction * work)
            self._time.step(done - self._done, measure=next(calls) > 1)
            self._show(done)

        validating = self._dataset[validation]
        result = train(
            model,
            self._dataset[learn],
            validation=validating,
            config=replace(self._plan.config, seed=job.seed, learning_rate=job.learning_rate),
            checkpoints=None if self._store is None else self._store.checkpoints(job),
            progress=report,
        )
        run = evaluate_training(job, result, self._dataset, test, validating)
        if self._store is not None:
            run = self._store.write(run, validation)
        self._time.end(begin + work - self._done)
        self._show(begin + work)
        return run

    def _show(self, done: int) -> None:
        """Move the bar to the work that is done, and show the time that is left."""
        left = self._time.seconds()
        self._bar.n = self._done = done
        self._bar.set_postfix_str(f"{'?' if left is None else tqdm.format_interval(left)} left")

    def _work_of(self, name: str) -> int:
        """Estimate the operations of a training, whose steps take three times those of an answer.

        Whole numbers, because sums of others miss the total by rounding, which tqdm warns about.
        """
        model = nnx.eval_shape(lambda: self._makers[name](seed=0, **model_sizes(self._dataset)))
        flops = summary(model, size=self._dataset.size, channels=self._dataset.channels).flops
        learned = len(self._dataset) * (1 - 1 / self._plan.folds) * (1 - self._plan.validation)
        return max(1, round(3 * flops * learned * self._plan.config.epochs))


def model_sizes(dataset: Dataset) -> dict[str, int]:
    """Arguments for `MakeModel` that follow from the data set."""
    return {"classes": len(dataset.classes), "channels": dataset.channels, "size": dataset.size}
