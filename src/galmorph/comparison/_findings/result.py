"""ArchitectureResult: metrics, intervals and costs of one architecture, over all of its runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from astropy.table import Column, MaskedColumn, Table
from jaxtyping import Bool, Float, Int

from galmorph._checks import check
from galmorph._metrics import correct_answers
from galmorph.comparison._findings.by_column import accuracy_table
from galmorph.comparison._runs.run import Run
from galmorph.comparison._statistics.abstention import Abstention, abstain_at
from galmorph.comparison._statistics.bootstrap import Metric, bootstrap_interval, bootstrap_scores, percentiles
from galmorph.comparison._statistics.column_bins import bin_column
from galmorph.comparison._statistics.confusion import class_precision, class_recall, confusion
from galmorph.comparison._statistics.curves import average_precision, roc_area
from galmorph.comparison._statistics.metrics import balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.comparison._statistics.orientations import Consistency, consistency, mean_over_orientations
from galmorph.comparison._statistics.proportions import proportion_interval
from galmorph.training import Ensemble, fit_temperature, with_temperature

__all__ = ["ArchitectureResult", "Cost", "Estimate"]


class Estimate(NamedTuple):
    """A value measured on the tested galaxies, and its 95 % confidence interval.

    The interval is for the value over all galaxies of the same kind, with the networks as trained. Of the intervals
    from many samples of galaxies, 95 % contain that value.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Cost(NamedTuple):
    """Size, operations, time and memory of an architecture.

    ``parameters`` is the number of weights, and ``flops`` the number of operations for one answer. ``seconds`` is the
    mean duration of a training, and ``rate`` the median number of galaxies classified per second; both depend on the
    machine and on its load. ``memory`` is the largest number of bytes that a training step takes on a device; 0 if the
    device does not report it.
    """

    parameters: int
    flops: int
    seconds: float
    rate: float
    memory: int


@dataclass(frozen=True, eq=False, repr=False)
class ArchitectureResult:
    """Metrics, intervals and costs of one architecture, over all of its runs.

    A *pass* is one repeat and one seed. In each pass, every tested galaxy is classified once, by a network that was not
    trained with its fold. Values are means over the passes. Their confidence intervals describe the
    uncertainty due to the choice of the galaxies; `seed_spread` describes the effect of the seed.

    Parameters
    ----------
    architecture
        Name of the architecture.
    runs
        Its runs.
    groups
        Group of each tested galaxy (the same sky).
    """

    architecture: str
    runs: tuple[Run, ...]
    groups: Int[np.ndarray, "galaxies"]

    # Answers

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.runs[0].scores.classes

    @cached_property
    def passes(self) -> tuple[tuple[Run, ...], ...]:
        """The runs of each pass: by repeat, then by seed."""
        found: dict[tuple[int, int], list[Run]] = {}
        for run in self.runs:
            found.setdefault((run.repeat, run.seed), []).append(run)
        return tuple(tuple(found[key]) for key in sorted(found))

    @property
    def seeds(self) -> Int[np.ndarray, "passes"]:
        """The seed of each pass."""
        return np.array([runs[0].seed for runs in self.passes])

    @cached_property
    def rows(self) -> Int[np.ndarray, "galaxies"]:
        """Rows of the data set that were tested, ascending."""
        return np.sort(np.concatenate([run.rows for run in self.passes[0]]))

    @cached_property
    def labels(self) -> Int[np.ndarray, "galaxies"]:
        """The true class of each tested galaxy."""
        runs = self.passes[0]
        return _in_order(runs, [run.scores.labels for run in runs])

    @cached_property
    def probabilities(self) -> Float[np.ndarray, "passes galaxies classes"]:
        """Probability of each class, in each pass."""
        return np.stack([_in_order(runs, [run.scores.probabilities for run in runs]) for runs in self.passes])

    @cached_property
    def tta_probabilities(self) -> Float[np.ndarray, "passes galaxies classes"]:
        """Probability of each class with test-time augmentation: the mean over the eight orientations of a stamp."""
        return np.stack(
            [_in_order(runs, [mean_over_orientations(run.orientations) for run in runs]) for runs in self.passes]
        )

    @cached_property
    def ensemble_probabilities(self) -> Float[np.ndarray, "repeats galaxies classes"]:
        """Probability of each class by an ensemble: the mean over the seeds, in each repeat."""
        repeats = np.array([runs[0].repeat for runs in self.passes])
        return np.stack([self.probabilities[repeats == repeat].mean(axis=0) for repeat in np.unique(repeats)])

    def ensemble(self, *, repeat: int = 0, fold: int = 0) -> Ensemble:
        """Make an ensemble of the classifiers of all seeds, which were trained for one fold.

        Parameters
        ----------
        repeat, fold
            Which of the trainings.

        Raises
        ------
        InvalidValueError
            If nothing was trained for this repeat and fold, with one seed only, or what was trained are estimators of
            scikit-learn.
        """
        members = [run.classifier for run in self.runs if (run.repeat, run.fold) == (repeat, fold)]
        check(bool(members), f"repeat, fold: expected those of a training, got {repeat!r}, {fold!r}")
        check(len(members) > 1, "ensemble: expected several seeds, got one; compare(..., seeds=3) trains three")
        return Ensemble(members)

    @cached_property
    def temperatures(self) -> tuple[float, ...]:
        """Temperature of each run, fitted to its validation galaxies."""
        return tuple(fit_temperature(run.validation.logits, run.validation.labels) for run in self.runs)

    @property
    def temperature(self) -> float:
        """Mean temperature of the runs; above 1, the networks are overconfident."""
        return float(np.mean(self.temperatures))

    @cached_property
    def calibrated(self) -> Float[np.ndarray, "passes galaxies classes"]:
        """Calibrated probability of each class, at the temperature of each run; the answers are the same."""
        temperature = dict(zip(self.runs, self.temperatures, strict=True))
        return np.stack(
            [
                _in_order(runs, [with_temperature(run.scores.logits, temperature[run]) for run in runs])
                for runs in self.passes
            ]
        )

    @property
    def correct(self) -> Bool[np.ndarray, "passes galaxies"]:
        """Whether each galaxy was classified correctly, in each pass."""
        return correct_answers(self.labels, self.probabilities)

    # Quality of the answers

    @cached_property
    def accuracy(self) -> Estimate:
        """Fraction of galaxies classified correctly; Wilson interval for the effective number of galaxies."""
        return self._accuracy_of(self.probabilities)

    @cached_property
    def balanced_accuracy(self) -> Estimate:
        """Mean recall of the classes, which all count the same."""
        return self._measure(balanced_accuracy, self.probabilities, smoothed=True)

    @cached_property
    def macro_f1(self) -> Estimate:
        """Mean F1 of the classes."""
        return self._measure(macro_f1, self.probabilities, smoothed=True)

    @cached_property
    def log_loss(self) -> Estimate:
        """Mean of minus the logarithm of the label's probability; smaller is better."""
        return self._measure(log_loss, self.probabilities)

    @cached_property
    def calibration_error(self) -> Estimate:
        """Expected calibration error; smaller is better."""
        return self._calibration_error_of(self.probabilities)

    @cached_property
    def tta_accuracy(self) -> Estimate:
        """Accuracy with test-time augmentation: probabilities are averaged over the eight orientations."""
        return self._accuracy_of(self.tta_probabilities)

    @cached_property
    def ensemble_accuracy(self) -> Estimate:
        """Accuracy of an ensemble: probabilities are averaged over the seeds. With one seed, the accuracy itself."""
        return self._accuracy_of(self.ensemble_probabilities)

    @cached_property
    def calibrated_log_loss(self) -> Estimate:
        """Log loss at the temperature of each run."""
        return self._measure(log_loss, self.calibrated)

    @cached_property
    def calibrated_calibration_error(self) -> Estimate:
        """Expected calibration error at the temperature of each run."""
        return self._calibration_error_of(self.calibrated)

    @cached_property
    def precision(self) -> Mapping[str, Estimate]:
        """Fraction of the answers of each class that are correct (purity), with Wilson intervals."""
        fractions = np.array([class_precision(self.labels, answers) for answers in self.probabilities])
        answered = self.probabilities.argmax(axis=2)[..., None] == np.arange(len(self.classes))
        return self._of_classes(fractions, answered)

    @cached_property
    def recall(self) -> Mapping[str, Estimate]:
        """Fraction of each class that is recognised (completeness), with Wilson intervals."""
        fractions = np.array([class_recall(self.labels, answers) for answers in self.probabilities])
        labelled = np.broadcast_to(self.labels, self.correct.shape)[..., None] == np.arange(len(self.classes))
        return self._of_classes(fractions, labelled)

    @cached_property
    def roc_area(self) -> Mapping[str, Estimate]:
        """Area under the ROC curve of each class against the rest, as by `galmorph.comparison.roc_area`."""
        return self._areas(roc_area)

    @cached_property
    def average_precision(self) -> Mapping[str, Estimate]:
        """Area under the precision-recall curve of each class, as by `galmorph.comparison.average_precision`."""
        return self._areas(average_precision)

    def accuracy_by(
        self, values: np.ndarray | Column | MaskedColumn, *, bins: int = 5, edges: Sequence[float] | None = None
    ) -> Table:
        """Measure the accuracy by a quantity of the galaxies, such as magnitude or redshift.

        ``comparison.accuracy_by("redshift")`` does it for a column of the data set and all architectures.

        Parameters
        ----------
        values
            A value for each tested galaxy, in the order of `rows`: numbers, or texts. Masked values, NaN and empty
            texts are missing.
        bins
            Number of bins, with about as many galaxies each. Texts have a bin for each value.
        edges
            Ascending edges of the bins, instead of their number.

        Returns
        -------
        Table
            One row for each bin: ``low``, ``high`` and ``median`` (for texts, ``value``), ``galaxies``, ``accuracy``,
            and its 95 % confidence interval, ``accuracy_low`` to ``accuracy_high``, which is that of `accuracy`.
            ``meta["missing"]`` is the number of galaxies without a value.

        Raises
        ------
        InvalidValueError
            If there is not one value for each tested galaxy, none is known, or the edges don't ascend.
        """
        check(
            np.shape(values)[:1] == (len(self.labels),),
            f"values: expected one for each of {len(self.labels)} tested galaxies, got shape {np.shape(values)}; "
            "dataset.table[column][result.rows] gives them",
        )
        found = bin_column(values, bins=bins, edges=edges)
        estimates = [self.accuracy_in(each.rows) for each in found.bins]
        return accuracy_table(found, {"accuracy": estimates})

    @cached_property
    def confusion(self) -> Float[np.ndarray, "classes classes"]:
        """Number of galaxies by label (rows) and answer (columns), averaged over the passes."""
        return np.mean([confusion(self.labels, answers) for answers in self.probabilities], axis=0)

    # Spreads, consistency, abstention and cost

    @property
    def seed_spread(self) -> float:
        """Standard deviation of the accuracy between seeds; NaN for a single seed."""
        return _spread([self.correct[self.seeds == seed].mean() for seed in np.unique(self.seeds)])

    @property
    def fold_spread(self) -> float:
        """Standard deviation of the accuracy between folds, averaged over the seeds; NaN for a single fold."""
        found: dict[tuple[int, int], list[float]] = {}
        for run in self.runs:
            found.setdefault((run.repeat, run.fold), []).append(run.scores.accuracy)
        return _spread([float(np.mean(values)) for values in found.values()])

    @property
    def fold_noise(self) -> float:
        """The `fold_spread` expected from the limited number of tested galaxies in a fold alone (binomial)."""
        right = self.accuracy.value
        return float(np.sqrt(right * (1 - right) / np.mean([len(run.rows) for run in self.runs])))

    @property
    def consistency(self) -> Consistency:
        """How often a quarter turn or a flip of the stamp changes the answer."""
        runs = [consistency(run.orientations) for run in self.runs]
        sizes = [len(run.rows) for run in self.runs]
        turn, flip, either = (
            float(np.average([getattr(each, name) for each in runs], weights=sizes)) for name in ("turn", "flip", "any")
        )
        return Consistency(turn, flip, either)

    def abstain_at(self, purity: float = 0.95) -> Abstention:
        """Find the threshold on the calibrated probability below which to abstain, and the completeness that it costs.

        The threshold is fitted to the validation galaxies of all runs, at the temperature of each run.

        Parameters
        ----------
        purity
            Fraction of the given answers that should be correct.

        Returns
        -------
        Abstention
            The threshold, and what it costs on the validation galaxies. Apply its ``answers`` to `calibrated` to see
            its effect on the tested galaxies.

        Raises
        ------
        InvalidValueError
            If the purity is outside of 0 to 1.
        """
        pairs = list(zip(self.runs, self.temperatures, strict=True))
        labels = np.concatenate([run.validation.labels for run, _ in pairs])
        probabilities = np.concatenate(
            [with_temperature(run.validation.logits, temperature) for run, temperature in pairs]
        )
        return abstain_at(labels, probabilities, purity=purity)

    @property
    def cost(self) -> Cost:
        """Weights, operations, time and memory."""
        return Cost(
            parameters=self.runs[0].parameters,
            flops=self.runs[0].flops,
            seconds=float(np.mean([run.seconds for run in self.runs])),
            rate=float(np.median([run.rate for run in self.runs])),
            memory=max(run.memory for run in self.runs),
        )

    def __repr__(self) -> str:
        return f"ArchitectureResult({self.architecture}: accuracy {self.accuracy}, {len(self.runs)} runs)"

    def _accuracy_of(self, probabilities: Float[np.ndarray, "passes galaxies classes"]) -> Estimate:
        right = correct_answers(self.labels, probabilities).mean(axis=0)
        return Estimate(float(right.mean()), *proportion_interval(right, np.ones(len(right)), self.groups))

    def accuracy_in(self, rows: Int[np.ndarray, "members"]) -> Estimate:
        """Accuracy on some of the tested galaxies, given by their places among `rows`; NaN for none."""
        right = self.correct[:, rows].mean(axis=0)
        value = float(right.mean()) if len(rows) else float("nan")
        return Estimate(value, *proportion_interval(right, np.ones(len(rows)), self.groups[rows]))

    def _areas(self, area: Callable[..., tuple[float, float, float]]) -> dict[str, Estimate]:
        return {
            name: Estimate(*area(self.labels == place, self.probabilities[..., place], self.groups))
            for place, name in enumerate(self.classes)
        }

    def _calibration_error_of(self, probabilities: Float[np.ndarray, "passes galaxies classes"]) -> Estimate:
        """Measure the calibration error, with percentiles about the value: noise adds to the error of each resample."""
        value = self._value(calibration_error, probabilities)
        scores = bootstrap_scores(calibration_error, self.labels, probabilities, self.groups)
        low, high = percentiles(scores - scores.mean() + value, 0.95)
        return Estimate(value, max(0.0, low), high)

    def _value(self, metric: Metric, probabilities: Float[np.ndarray, "passes galaxies classes"]) -> float:
        ones = np.ones((1, len(self.labels)))
        return float(np.mean([metric(self.labels, answers, ones) for answers in probabilities]))

    def _measure(
        self, metric: Metric, probabilities: Float[np.ndarray, "passes galaxies classes"], *, smoothed: bool = False
    ) -> Estimate:
        value = self._value(metric, probabilities)
        return Estimate(value, *bootstrap_interval(metric, self.labels, probabilities, self.groups, smoothed=smoothed))

    def _of_classes(
        self, fractions: Float[np.ndarray, "passes classes"], counted: Bool[np.ndarray, "passes galaxies classes"]
    ) -> dict[str, Estimate]:
        """Average the fraction of each class over the passes, with the interval of the galaxies that count for it."""
        trials = counted.mean(axis=0)
        right = (counted & self.correct[..., None]).mean(axis=0)
        estimates = {}
        for name, column, successes, each in zip(self.classes, fractions.T, right.T, trials.T, strict=True):
            known = column[~np.isnan(column)]
            mean = float(known.mean()) if len(known) else float("nan")
            low, high = proportion_interval(successes, each, self.groups)
            # The mean of ratios is not the ratio of means, if the number of answers differs between passes.
            estimates[name] = Estimate(mean, min(low, mean), max(high, mean))
        return estimates


def _in_order(runs: tuple[Run, ...], arrays: list[np.ndarray]) -> np.ndarray:
    """Join the folds' arrays of one pass, with the galaxies in the order of the data set."""
    return np.concatenate(arrays)[np.argsort(np.concatenate([run.rows for run in runs]))]


def _spread(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
