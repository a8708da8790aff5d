"""Comparison: several architectures, the same galaxies, the same budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from astropy.table import Table
from jaxtyping import Bool, Float

from galmorph._checks import check
from galmorph.comparison._statistics import bootstrap_balanced_accuracy, wilson_interval
from galmorph.data import Dataset, Split, plan_split
from galmorph.models import ARCHITECTURES, parameter_count
from galmorph.training import Scores, TrainConfig, TrainResult, evaluate, train

__all__ = ["Comparison", "Entry", "Run", "compare"]


@dataclass(frozen=True, eq=False)
class Run:
    """One training of one architecture, and what it answered to the test galaxies.

    Parameters
    ----------
    architecture
        Name of the architecture.
    seed
        Seed of the training.
    result
        Classifier and course of the training.
    scores
        Answers to the test galaxies.
    """

    architecture: str
    seed: int
    result: TrainResult
    scores: Scores


@dataclass(frozen=True, eq=False)
class Entry:
    """What the runs of one architecture show together.

    Parameters
    ----------
    architecture
        Name of the architecture.
    runs
        Its runs, one a seed.
    groups
        Groups of the test galaxies: those that share the same sky.
    """

    architecture: str
    runs: tuple[Run, ...]
    groups: np.ndarray

    @property
    def _correct(self) -> Bool[np.ndarray, "runs galaxies"]:
        return np.stack([run.scores.predictions == run.scores.labels for run in self.runs])

    @property
    def accuracy(self) -> float:
        """Mean accuracy of the runs."""
        return float(self._correct.mean())

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval: what other test galaxies would change (further seeds are no further galaxies)."""
        galaxies = self._correct.shape[1]
        return wilson_interval(self.accuracy * galaxies, galaxies)

    @property
    def balanced_accuracy(self) -> float:
        """Mean balanced accuracy of the runs."""
        return float(np.mean([run.scores.balanced_accuracy for run in self.runs]))

    @cached_property
    def balanced_accuracy_interval(self) -> tuple[float, float]:
        """95 % interval by drawing the test galaxies anew."""
        return bootstrap_balanced_accuracy(self._correct, self.runs[0].scores.labels, self.groups)

    @property
    def seed_spread(self) -> float:
        """Standard deviation of the accuracy from seed to seed; not a number with a single seed."""
        return float(np.std(self._correct.mean(axis=1), ddof=1)) if len(self.runs) > 1 else float("nan")

    @property
    def confusion(self) -> Float[np.ndarray, "classes classes"]:
        """Galaxies by true class (rows) and answer (columns), mean of the runs."""
        return np.mean([run.scores.confusion for run in self.runs], axis=0)

    @property
    def recall(self) -> dict[str, float]:
        """Part of each class that was recognised, mean of the runs."""
        recalls = [run.scores.recall() for run in self.runs]
        return {name: float(np.mean([recall[name] for recall in recalls])) for name in recalls[0]}

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return parameter_count(self.runs[0].result.classifier.model)

    @property
    def seconds(self) -> float:
        """Mean duration of a training, compilation included."""
        return float(np.mean([run.result.seconds for run in self.runs]))


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Several architectures on the same galaxies, best first.

    Parameters
    ----------
    entries
        What the runs of each architecture show, by falling accuracy.
    split
        Which galaxies were learned from, validated and tested with.
    test
        The test galaxies.
    config
        How all of them learned.
    """

    entries: tuple[Entry, ...]
    split: Split
    test: Dataset
    config: TrainConfig

    def __getitem__(self, architecture: str) -> Entry:
        """Look up what one architecture showed."""
        for entry in self.entries:
            if entry.architecture == architecture:
                return entry
        raise KeyError(f"{architecture!r}; compared were {', '.join(entry.architecture for entry in self.entries)}")

    def to_table(self) -> Table:
        """One row an architecture, best first: the numbers of `Entry`, and the recall of each class."""
        rows = []
        for entry in self.entries:
            (low, high), (balanced_low, balanced_high) = entry.accuracy_interval, entry.balanced_accuracy_interval
            row: dict[str, object] = {
                "architecture": entry.architecture,
                "accuracy": entry.accuracy,
                "accuracy_low": low,
                "accuracy_high": high,
                "balanced_accuracy": entry.balanced_accuracy,
                "balanced_accuracy_low": balanced_low,
                "balanced_accuracy_high": balanced_high,
                "seed_spread": entry.seed_spread,
                "parameters": entry.parameters,
                "seconds": entry.seconds,
            }
            rows.append(row | {f"recall({name})": recall for name, recall in entry.recall.items()})
        table = Table(rows)
        for name in table.colnames:
            if table[name].dtype.kind == "f":
                table[name].format = ".1f" if name == "seconds" else ".3f"
        return table

    @property
    def verdict(self) -> str:
        """What the intervals allow to say, in a sentence."""
        best, *others = self.entries
        rivals = [entry.architecture for entry in others if entry.accuracy_interval[1] >= best.accuracy_interval[0]]
        found = f"{best.architecture} is best on these {len(self.test)} galaxies"
        if not others:
            return f"{found}: nothing to compare it with."
        if not rivals:
            return f"{found}, beyond the 95 % intervals of all others."
        return f"{found}, but its 95 % interval overlaps with that of {' and '.join(rivals)}: more galaxies are needed."

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.test.class_counts().items())
        seeds = len(self.entries[0].runs)
        lines = [
            f"{len(self.test)} test galaxies: {counts}",
            f"{self.config.epochs} epochs, {seeds} seed{'s' if seeds > 1 else ''}; in brackets 95 % intervals",
            "",
            f"{'architecture':<14}{'accuracy':<23}{'balanced accuracy':<23}{'weights':>12}{'training':>10}",
        ]
        for entry in self.entries:
            accuracy = _with_interval(entry.accuracy, entry.accuracy_interval)
            balanced = _with_interval(entry.balanced_accuracy, entry.balanced_accuracy_interval)
            lines.append(
                f"{entry.architecture:<14}{accuracy:<23}{balanced:<23}{entry.parameters:>12,}{entry.seconds:>8.0f} s"
            )
        width = max(len(name) for name in self.test.classes)
        lines += ["", f"{'recall by class':<{width + 2}}" + "".join(f"{e.architecture:>12}" for e in self.entries)]
        for name in self.test.classes:
            lines.append(f"{name:<{width + 2}}" + "".join(f"{entry.recall[name]:>12.3f}" for entry in self.entries))
        return "\n".join([*lines, "", self.verdict])

    def __repr__(self) -> str:
        ranking = ", ".join(f"{entry.architecture} {entry.accuracy:.3f}" for entry in self.entries)
        return f"Comparison({ranking}; {len(self.test)} test galaxies)"


def compare(
    architectures: Sequence[str],
    dataset: Dataset,
    *,
    seeds: int | Sequence[int] = 1,
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2),
    split_seed: int = 0,
    config: TrainConfig | None = None,
    progress: bool = True,
    on_run: Callable[[Run], None] | None = None,
) -> Comparison:
    """Train several architectures on the same galaxies and compare what they answer to the same others.

    Split, recipe, epochs, batch size, learning rate and augmentation are the same for all. The test galaxies are used
    once, after the best epoch was chosen on the validation galaxies.

    Parameters
    ----------
    architectures
        Names that `galmorph.models.create_model` knows.
    dataset
        Stamps and labels.
    seeds
        How many trainings of each architecture, or their seeds.
    fractions
        Parts of the data set to learn from, to validate and to test with.
    split_seed
        Seed of the split.
    config
        How to learn; its seed is replaced by those of the runs.
    progress
        Whether to show a progress bar for each training.
    on_run
        Called with each `Run` as soon as it is done: to save its classifier, say.

    Returns
    -------
    comparison
        The architectures, best first.

    Raises
    ------
    InvalidValueError
        If no architecture is named, one is unknown or stands twice, or a fraction is out of range.
    DatasetError
        If there are too few galaxies for the split.

    Examples
    --------
    >>> from galmorph.comparison import compare
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig
    >>> comparison = compare(["lenet5"], simulate_galaxies(60, seed=0), config=TrainConfig(epochs=1), progress=False)
    >>> comparison["lenet5"].parameters
    338061
    """
    names = list(architectures)
    unknown = sorted(set(names) - set(ARCHITECTURES))
    check(
        bool(names) and not unknown and len(set(names)) == len(names),
        f"architectures: expected different names out of {', '.join(ARCHITECTURES)}, got {names}",
    )
    config = TrainConfig() if config is None else config
    split = plan_split(dataset, fractions, seed=split_seed)
    learn, validation, test = split.apply(dataset)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for name in names:
        for seed in range(seeds) if isinstance(seeds, int) else seeds:
            result = train(name, learn, validation=validation, config=replace(config, seed=seed), progress=progress)
            run = Run(name, seed, result, evaluate(result.classifier, test))
            runs[name].append(run)
            if on_run is not None:
                on_run(run)
    entries = [Entry(name, tuple(done), test.groups) for name, done in runs.items()]
    return Comparison(tuple(sorted(entries, key=lambda entry: -entry.accuracy)), split, test, config)


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"
