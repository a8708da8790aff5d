"""compare: train several architectures on the same galaxies, and test them on the same galaxies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array

from galmorph._checks import check, check_choice, check_flag, check_positive_int
from galmorph._interrupts import deferred_interrupts
from galmorph._warnings import warn
from galmorph.comparison._comparison import Comparison
from galmorph.comparison._findings.small_classes import warn_about_small_classes
from galmorph.comparison._runs.ensembles import EnsembleEntry
from galmorph.comparison._runs.entries import Entry, LearnedEntry, MakeModel, make_entry
from galmorph.comparison._runs.external import answer_external, check_external
from galmorph.comparison._runs.nested import nested_parts
from galmorph.comparison._runs.plan import ComparisonPlan, as_tuple
from galmorph.comparison._runs.run import Job, Run
from galmorph.comparison._runs.store import open_store
from galmorph.comparison._runs.trainings import Trainings
from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning
from galmorph.models import ARCHITECTURES
from galmorph.training import Classifier, EpochReport, TrainConfig

__all__ = ["compare"]


def compare(
    plan: ComparisonPlan | Sequence[str],
    dataset: Dataset,
    *,
    seeds: int | Sequence[int] | None = None,
    config: TrainConfig | None = None,
    models: Mapping[str, MakeModel | Classifier | np.ndarray | Array | tuple[Any, np.ndarray] | Sequence[str]]
    | None = None,
    external: Mapping[str, Dataset] | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
    on_run: Callable[[Run], None] | None = None,
    on_epoch: Callable[[Job, EpochReport], object] | None = None,
) -> Comparison:
    """Train several architectures on the same galaxies, and compare their answers to the same tested galaxies.

    Splits, recipe, epochs, batch size, augmentation and number of trials are the same for all. The epoch and the
    learning rate, if several are tried, are selected on validation galaxies. The tested galaxies are used once, at the
    end.

    Parameters
    ----------
    plan
        What to compare, and how; or the names of the architectures, for one split of the galaxies into 70 % for
        training, 10 % for validation and 20 % for testing.
    dataset
        Stamps and labels.
    seeds
        Only with names: number of trainings of each architecture, or their seeds; 1 by default.
    config
        Only with names: configuration of the trainings; its seed is replaced by `seeds`.
    models
        Your own models, by their names in the plan. A function is called with ``classes``, ``channels``, ``size`` and
        ``seed``, like `galmorph.models.create_model`, and returns a new `flax.nnx.Module`. A
        `galmorph.training.Classifier` is fine-tuned, from the same weights in each training; ``frozen`` and
        ``kept_rate`` of the configuration apply to such entries alone. An array of features, of shape ``(galaxies,
        features)`` and in the order of the data set, stands for a network elsewhere: a linear layer learns from them,
        without augmentation. An estimator of scikit-learn with such an array, ``(RandomForestClassifier(), features)``,
        is fitted to the training galaxies; its classifier is not kept. A list of names, ``["lenet5", "resnet18"]``, is
        an ensemble: the mean of the probabilities of these entries, trained on the same galaxies with the same seed. A
        hash of weights and features becomes part of the plan.
    external
        Galaxies of other surveys, or degraded copies, by names such as ``"DECaLS"``, with the classes and the size of
        stamp of the data set. Each trained network answers them, too: see `Comparison.transfers`. They must not be
        galaxies of the data set in other images, unless these are left out of it.
    folder
        Where to keep the plan, and the answers and classifier of each run as soon as it is done. A killed comparison
        that is started again with the same arguments resumes where it stopped; with more architectures, seeds, tested
        folds or repeats, only what is missing is trained. By default, everything stays in memory.
    progress
        Whether to show a progress bar over all trainings, with the remaining time.
    on_run
        Function that is called with each `Run` as soon as it is done, or read from the folder.
    on_epoch
        Function that is called with the `Job` and the `galmorph.training.EpochReport` of each epoch that is trained, to
        log its numbers.

    Returns
    -------
    comparison
        The architectures, best first.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, all galaxies are of one class, no architecture is named, one is unknown or
        named twice, seeds or config are given together with a plan, a function in `models` makes no
        `flax.nnx.Module`, a classifier takes other stamps, there is not one row of finite features for each galaxy,
        weights or features are not those of the plan, an ensemble names an entry that the plan does not train, or
        external galaxies don't fit to the data set.
    DatasetError
        If there are too few galaxies for the number of folds, or for a size of the plan.
    FileFormatError
        If the folder holds a comparison of other galaxies or with other training settings, or a damaged run.
    BlockingIOError
        If another comparison uses the folder.

    Warns
    -----
    FewGalaxiesWarning
        If classes have fewer than 30 tested galaxies.
    ImplausibleWarning
        If external galaxies were made by another recipe, or are galaxies of the data set.
    GalmorphWarning
        If the configuration has ``frozen`` or ``kept_rate``, and there is no classifier to fine-tune; or if the plan
        names nothing of `models`.

    Examples
    --------
    >>> from galmorph.comparison import ComparisonPlan, compare
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig
    >>> galaxies = simulate_galaxies(300, size=32, seed=0, class_counts=[60] * 5)
    >>> plan = ComparisonPlan(architectures=("lenet5",), folds=2, config=TrainConfig(epochs=1))
    >>> comparison = compare(plan, galaxies, progress=False)
    >>> len(comparison.test), comparison["lenet5"].cost.parameters
    (150, 61581)
    """
    if not isinstance(plan, ComparisonPlan):
        plan = _plan_of(plan, seeds, config)
    else:
        check(
            seeds is None and config is None,
            "seeds, config: expected none with a plan, which has its own; change them there",
        )
    check(
        isinstance(dataset, Dataset),
        f"dataset: expected a Dataset, got {dataset!r}; a folder of images is read by galmorph.data.load_image_folder",
    )
    present = np.unique(dataset.labels)
    check(
        len(present) > 1,
        f"dataset: expected at least two classes with galaxies, got {[dataset.classes[label] for label in present]}; "
        "every network would be right",
    )
    check_flag("progress", progress)
    check(on_run is None or callable(on_run), f"on_run: expected a function, got {on_run!r}")
    check(on_epoch is None or callable(on_epoch), f"on_epoch: expected a function, got {on_epoch!r}")
    entries = _entries(plan, {} if models is None else models, dataset)
    others = check_external(external, dataset, entries)
    plan = _with_entries(plan, entries)
    learned = [entry for entry in entries.values() if isinstance(entry, LearnedEntry)]
    for entry in learned:
        plan.config.check_frozen(entry.classifier.model)
    if not learned and (plan.config.frozen or plan.config.kept_rate != 1):
        message = "config: frozen and kept_rate have no effect, because nothing in models is a Classifier to start from"
        warn(message, GalmorphWarning)
    splits = plan.splits(dataset)
    tested = np.concatenate([split.parts[2] for (repeat, _), split in splits.items() if repeat == 0])
    warn_about_small_classes(dataset.labels[tested], dataset.classes)

    blank = {name: entry.blank for name, entry in entries.items()}
    parts = nested_parts(plan, splits, dataset.labels)
    runs: list[Run] = []

    def keep(run: Run) -> None:
        runs.append(run)
        if on_run is not None:
            on_run(run)

    ensembles = {name: entry for name, entry in entries.items() if isinstance(entry, EnsembleEntry)}
    trained_names = [name for name in plan.architectures if name not in ensembles]
    with nullcontext() if folder is None else open_store(folder, plan, dataset, lambda name: blank[name]()) as store:
        trainings = Trainings(plan, dataset, entries, store, progress=progress, on_epoch=on_epoch)
        with trainings, deferred_interrupts() as interrupts:
            for repeat, fold in splits:
                done: dict[tuple[str, int | None, int], Run] = {}
                for name, size in product(trained_names, plan.all_sizes):
                    job = Job(
                        architecture=name,
                        seed=plan.seeds[0],
                        repeat=repeat,
                        fold=fold,
                        learning_rate=plan.config.learning_rate,
                        size=size,
                    )
                    for trained in trainings.runs(job, parts[repeat, fold][size]):
                        run = replace(trained, external=answer_external(trained, others, store))
                        done[name, size, run.seed] = run
                        keep(run)
                        interrupts.check()
                for (name, ensemble), size, seed in product(ensembles.items(), plan.all_sizes, plan.seeds):
                    keep(ensemble.run(name, [done[member, size, seed] for member in ensemble.members]))
    return Comparison.of(plan, dataset, runs, {name: each.galaxies for name, each in others.items()})


def _plan_of(
    architectures: Sequence[str], seeds: int | Sequence[int] | None, config: TrainConfig | None
) -> ComparisonPlan:
    """Make a plan from the names of the architectures."""
    check(
        isinstance(architectures, Iterable) and not isinstance(architectures, str),
        f"plan: expected a ComparisonPlan or a list of names, got {architectures!r}; write ['lenet5', 'resnet18']",
    )
    chosen = 1 if seeds is None else seeds
    if isinstance(chosen, int):
        check_positive_int("seeds", chosen)
        chosen = range(chosen)
    return ComparisonPlan(
        architectures=as_tuple("plan", architectures, "['lenet5', 'resnet18']"),
        seeds=as_tuple("seeds", chosen, "(0, 1, 2)"),
        config=TrainConfig() if config is None else config,
    )


def _entries(plan: ComparisonPlan, models: Mapping[str, Any], dataset: Dataset) -> dict[str, Entry]:
    """Find what each name of the plan stands for."""
    check(isinstance(models, Mapping), f"models: expected functions by their names, as a dict, got {models!r}")
    taken = sorted(set(models) & set(ARCHITECTURES))
    check(not taken, f"models: expected new names, but galmorph already has {', '.join(taken)}; choose others")
    for name in plan.architectures:
        check_choice("architectures, galmorph's or yours in models={name: ...}", name, [*ARCHITECTURES, *models])
    if models and not set(models) & set(plan.architectures):
        names = ", ".join(map(repr, [*plan.architectures, *models]))
        message = f"models: the plan names none of {', '.join(models)}, so only galmorph's are compared; name [{names}]"
        warn(message, GalmorphWarning)
    return {name: make_entry(name, models, dataset, plan) for name in plan.architectures}


def _with_entries(plan: ComparisonPlan, entries: Mapping[str, Entry]) -> ComparisonPlan:
    """Write into the plan what its entries start from, so that it is part of the hash."""
    described = {name: entry.described for name, entry in entries.items() if entry.described}
    differing = [name for name, text in plan.entries if described.get(name) != text]
    check(
        not differing,
        f"models: expected those of the plan, but {', '.join(differing)} differ; pass the same weights and "
        "features, or make a plan without entries",
    )
    return replace(plan, entries=tuple(described.items()))
