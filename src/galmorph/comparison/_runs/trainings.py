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
from galmorph.data import Dataset, Split
from galmorph.models import ARCHITECTURES, summary
from galmorph.training import train

__all__ = ["MakeModel", "Trainings", "model_sizes"]

MakeModel = Callable[..., nnx.Module]
"""A function that makes a model from ``classes``, ``channels``, ``size`` and ``seed``."""

# On most machines, compiling a network takes about as long as this number of operations of a training.
COMPILING_OPERATIONS = 2e11


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
        self._work = {name: self._work_of(name) for name in plan.architectures} if progress else {}
        total = sum(self._work.values()) * plan.trainings / len(plan.architectures)
        self._bar: tqdm[Any] = tqdm(
            total=total,
            disable=not progress,
            smoothing=0,
            bar_format="{desc}: {percentage:3.0f} % |{bar}| {elapsed} done, {remaining} left",
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
        work = self._work.get(job.architecture, 0.0)
        place = f"fold {job.fold + 1} of {self._plan.tested_folds}"
        self._bar.set_description_str(f"{job.architecture}, {place}, seed {job.seed}")
        begin = self._bar.n
        run = None if self._store is None else self._store.read(job)
        if run is not None:
            self._advance(begin + work, found=True)
            return run
        learn, validation, test = split.parts
        model: str | nnx.Module = job.architecture
        if job.architecture not in ARCHITECTURES:
            model = self._makers[job.architecture](seed=job.seed, **model_sizes(self._dataset))
        calls = count()

        def report(fraction: float) -> None:
            # The first call reports what a checkpoint already holds.
            self._advance(begin + fraction * work, found=next(calls) == 0)

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
        self._advance(begin + work, found=False)
        return run

    def _advance(self, done: float, *, found: bool) -> None:
        """Move the bar; work that is `found` done earlier must not count in the estimate of the remaining time."""
        if found and not self._bar.disable:
            self._bar.initial += done - self._bar.n
        self._bar.update(done - self._bar.n)
        if found:
            self._bar.refresh()

    def _work_of(self, name: str) -> float:
        """Estimate the operations of a training: a step takes three times those of an answer; compiling is added."""
        model = nnx.eval_shape(lambda: self._makers[name](seed=0, **model_sizes(self._dataset)))
        flops = summary(model, size=self._dataset.size, channels=self._dataset.channels).flops
        learned = len(self._dataset) * (1 - 1 / self._plan.folds) * (1 - self._plan.validation)
        return 3.0 * flops * learned * self._plan.config.epochs + COMPILING_OPERATIONS


def model_sizes(dataset: Dataset) -> dict[str, int]:
    """Arguments for `MakeModel` that follow from the data set."""
    return {"classes": len(dataset.classes), "channels": dataset.channels, "size": dataset.size}
