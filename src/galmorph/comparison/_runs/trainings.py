"""Trainings: the training loop of a comparison, which trains what is missing and shows one progress bar for all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from galmorph._progress import tqdm
from galmorph.comparison._runs.ensembles import EnsembleEntry
from galmorph.comparison._runs.entries import Entry, NetworkEntry, TrainedEntry
from galmorph.comparison._runs.estimators import EstimatorEntry
from galmorph.comparison._runs.nested import Parts
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Job, Run, evaluate_training
from galmorph.comparison._runs.store import Store
from galmorph.comparison._runs.time_left import TimeLeft
from galmorph.data import Dataset
from galmorph.training import EpochReport, train

__all__ = ["Trainings"]


class Trainings:
    """The trainings of a comparison, one after the other, with one progress bar over all of them."""

    def __init__(
        self,
        plan: ComparisonPlan,
        dataset: Dataset,
        entries: Mapping[str, Entry],
        store: Store | None,
        *,
        progress: bool,
        on_epoch: Callable[[Job, EpochReport], object] | None = None,
    ) -> None:
        self._plan = plan
        self._on_epoch = on_epoch
        self._dataset = dataset
        self._store = store
        trained = {name: entry for name, entry in entries.items() if not isinstance(entry, EnsembleEntry)}
        self._entries = trained
        flops = {name: entry.flops() if progress else 0 for name, entry in trained.items()}
        self._work = {
            (name, size): self._work_of(flops[name], size) if progress else 0
            for name in trained
            for size in plan.all_sizes
        }
        each = plan.trainings // len(trained)
        total = sum(self._work.values()) * each // len(plan.all_sizes)
        self._done = 0  # of the work
        self._time = TimeLeft(dict.fromkeys(trained, each), total)
        self._bar: tqdm = tqdm(
            total=total,
            disable=not progress,
            bar_format="{desc}: {percentage:3.0f} % |{bar}| {elapsed} done{postfix}",
        )

    def __enter__(self) -> None:
        self._bar.__enter__()

    def __exit__(self, *problem: Any) -> None:
        self._bar.__exit__(*problem)

    def runs(self, job: Job, parts: Parts) -> Iterator[Run]:
        """Try the learning rates with the first seed, then train with all seeds.

        Parameters
        ----------
        job
            Architecture, repeat, fold and size.
        parts
            Rows for training, for validation and for the test.
        """
        plan = self._plan
        rates = plan.learning_rates or (plan.config.learning_rate,)
        first, *others = plan.seeds
        tried = [self._run(replace(job, seed=first, learning_rate=rate), parts) for rate in rates]
        best = min(tried, key=lambda run: run.validation.log_loss)
        yield best
        for seed in others:
            yield self._run(replace(job, seed=seed, learning_rate=best.learning_rate), parts)

    def _run(self, job: Job, parts: Parts) -> Run:
        name, work = job.architecture, self._work[job.architecture, job.size]
        galaxies = "" if job.size is None else f", {job.size:,} galaxies"
        self._bar.set_description_str(
            f"{name}{galaxies}, fold {job.fold + 1} of {self._plan.tested_folds}, seed {job.seed}"
        )
        run = None if self._store is None else self._store.read(job)
        if run is not None:
            if isinstance(entry := self._entries[name], NetworkEntry):
                entry.check_same(run)
            self._time.skip(name, work)
            self._show(self._done + work)
            return run
        self._time.begin(name)
        entry = self._entries[name]
        begin = self._done
        if isinstance(entry, EstimatorEntry):
            run = entry.run(job, parts)
        else:
            run = self._train(entry, job, parts, begin, work)
        if self._store is not None:
            run = self._store.write(run, parts[1])
        self._time.end(begin + work - self._done)
        self._show(begin + work)
        return run

    def _train(self, entry: TrainedEntry, job: Job, parts: Parts, begin: int, work: int) -> Run:
        learn, validation, test = parts
        calls = count()

        def report(fraction: float) -> None:
            # The first call reports what a checkpoint already holds; the second one comes after compiling.
            done = begin + round(fraction * work)
            self._time.step(done - self._done, measure=next(calls) > 1)
            self._show(done)

        validating = entry.galaxies[validation]
        config = replace(self._plan.config, seed=job.seed, learning_rate=job.learning_rate)
        result = train(
            entry.start(job.seed, learn),
            entry.galaxies[learn],
            validation=validating,
            config=entry.config(config),
            checkpoints=None if self._store is None else self._store.checkpoints(job),
            progress=report,
            on_epoch=None if self._on_epoch is None else partial(self._on_epoch, job),
        )
        return evaluate_training(job, result, entry.galaxies, test, validating)

    def _show(self, done: int) -> None:
        """Move the bar to the work that is done, and show the time that is left."""
        left = self._time.seconds()
        self._bar.n = self._done = done
        self._bar.set_postfix_str(f"{'?' if left is None else tqdm.format_interval(left)} left")

    def _work_of(self, flops: int, size: int | None) -> int:
        """Estimate the operations of a training, whose steps take three times those of an answer.

        Whole numbers, because sums of others miss the total by rounding, which tqdm warns about.
        """
        learned = size or len(self._dataset) * (1 - 1 / self._plan.folds) * (1 - self._plan.validation)
        return max(1, round(3 * flops * learned * self._plan.config.epochs))
