"""compare: train several architectures on the same galaxies, and see what they answer to the same others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx
from tqdm import tqdm

from galmorph._checks import check
from galmorph.comparison._comparison import Comparison
from galmorph.comparison._plan import ComparisonPlan
from galmorph.comparison._run import Job, Run, make_run
from galmorph.comparison._small_classes import warn_of_small_classes
from galmorph.comparison._store import Store
from galmorph.data import Dataset, Split
from galmorph.models import ARCHITECTURES, create_model, summary
from galmorph.training import TrainConfig, train

__all__ = ["compare"]

Make = Callable[..., nnx.Module]

# To compile a network takes about as long as so many operations of a training, on most machines.
COMPILING = 2e11


def compare(
    plan: ComparisonPlan | Sequence[str],
    dataset: Dataset,
    *,
    seeds: int | Sequence[int] | None = None,
    config: TrainConfig | None = None,
    models: Mapping[str, Make] | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
    on_run: Callable[[Run], None] | None = None,
) -> Comparison:
    """Train several architectures on the same galaxies, and compare what they answer to the same others.

    Split, recipe, epochs, batch size, augmentation and number of trials are the same for all. The tested galaxies are
    used once, after the validation galaxies have chosen the epoch and, where several are tried, the learning rate.

    Parameters
    ----------
    plan
        What to compare, and how; or the names of the architectures, for one split of the galaxies: 70 % to learn from,
        10 % to validate, 20 % to test with.
    dataset
        Stamps and labels.
    seeds
        Beside names: how many trainings of each architecture, or their seeds; 1 by default.
    config
        Beside names: how to learn; its seed is replaced by those of the runs.
    models
        Models of your own by their names in the plan: called with ``classes``, ``channels``, ``size`` and ``seed``, as
        `galmorph.models.create_model`, each returns a new `flax.nnx.Module`.
    folder
        Where to keep plan, answers and classifiers of each run as soon as it is done. A comparison that was killed and
        is started again with the same arguments goes on where it was; with more architectures, seeds, rounds or repeats
        it trains what is missing. By default all is in memory.
    progress
        Whether to show a progress bar over all trainings, with the time left.
    on_run
        Called with each `Run` as soon as it is done, or read from the folder.

    Returns
    -------
    comparison
        The architectures, best first.

    Raises
    ------
    InvalidValueError
        If no architecture is named, one is unknown or stands twice, or seeds or config are given beside a plan.
    DatasetError
        If there are too few galaxies for so many folds.
    FileFormatError
        If the folder holds a comparison of other galaxies or with other trainings, or a damaged run.

    Warns
    -----
    FewGalaxiesWarning
        For each class with fewer than 30 tested galaxies.

    Examples
    --------
    >>> from galmorph.comparison import compare
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig
    >>> galaxies = simulate_galaxies(750, size=32, seed=0, class_counts=[150] * 5)
    >>> comparison = compare(["lenet5"], galaxies, config=TrainConfig(epochs=1), progress=False)
    >>> len(comparison.test), comparison["lenet5"].cost.parameters
    (150, 61581)
    """
    if not isinstance(plan, ComparisonPlan):
        chosen = 1 if seeds is None else seeds
        plan = ComparisonPlan(
            architectures=tuple(plan),
            seeds=tuple(range(chosen)) if isinstance(chosen, int) else tuple(chosen),
            config=TrainConfig() if config is None else config,
        )
    else:
        check(seeds is None and config is None, "seeds, config: the plan has its own; change them there")
    makers = _makers(plan, {} if models is None else models)
    splits = plan.splits(dataset)
    tested = np.concatenate([split.parts[2] for (repeat, _), split in splits.items() if repeat == 0])
    warn_of_small_classes(dataset.labels[tested], dataset.classes)
    store = None
    if folder is not None:

        def own(name: str) -> nnx.Module | None:
            return None if name in ARCHITECTURES else makers[name](seed=0, **_shape(dataset))

        store = Store(folder, plan, dataset, own)
    course = _Course(plan, dataset, makers, store, progress=progress)
    runs = []
    with course:
        for (repeat, fold), split in splits.items():
            for name in plan.architectures:
                for run in course.runs(name, repeat, fold, split):
                    runs.append(run)
                    if on_run is not None:
                        on_run(run)
    return Comparison.of(plan, dataset, runs)


def _makers(plan: ComparisonPlan, models: Mapping[str, Make]) -> dict[str, Make]:
    """Find what makes a model, for each name of the plan."""
    known = {name: partial(create_model, name) for name in ARCHITECTURES}
    unknown = sorted(set(plan.architectures) - set(known) - set(models))
    check(
        not unknown,
        f"architectures: expected names out of {', '.join([*ARCHITECTURES, *models])}, got {', '.join(unknown)}; pass "
        "models of your own as models=",
    )
    taken = sorted(set(models) & set(known))
    check(not taken, f"models: expected names of your own, but galmorph has {', '.join(taken)}; choose others")
    return {name: models[name] if name in models else known[name] for name in plan.architectures}


def _shape(dataset: Dataset) -> dict[str, int]:
    return {"classes": len(dataset.classes), "channels": dataset.channels, "size": dataset.size}


class _Course:
    """The trainings of a comparison, one after the other, with one progress bar over all of them."""

    def __init__(
        self,
        plan: ComparisonPlan,
        dataset: Dataset,
        makers: Mapping[str, Make],
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
            model = self._makers[job.architecture](seed=job.seed, **_shape(self._dataset))
        calls = count()

        def tell(part: float) -> None:
            self._advance(begin + part * work, found=next(calls) == 0)  # first what a checkpoint holds

        validating = self._dataset[validation]
        result = train(
            model,
            self._dataset[learn],
            validation=validating,
            config=replace(self._plan.config, seed=job.seed, learning_rate=job.learning_rate),
            checkpoints=None if self._store is None else self._store.checkpoints(job),
            progress=tell,
        )
        run = make_run(job, result, self._dataset, test, validating)
        if self._store is not None:
            run = self._store.write(run, validation)
        self._advance(begin + work, found=False)
        return run

    def _advance(self, done: float, *, found: bool) -> None:
        """Move the bar; what was found done says nothing about the time that is left."""
        if found and not self._bar.disable:
            self._bar.initial += done - self._bar.n
        self._bar.update(done - self._bar.n)
        if found:
            self._bar.refresh()

    def _work_of(self, name: str) -> float:
        """Estimate the operations of a training: three times those of as many answers, and what compiling takes."""
        model = nnx.eval_shape(lambda: self._makers[name](seed=0, **_shape(self._dataset)))
        flops = summary(model, size=self._dataset.size, channels=self._dataset.channels).flops
        learned = len(self._dataset) * (1 - 1 / self._plan.folds) * (1 - self._plan.validation)
        return 3.0 * flops * learned * self._plan.config.epochs + COMPILING
