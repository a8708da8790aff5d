"""Two-way intervals: the difference of two architectures, over other galaxies and over other trainings at once."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import t

from galmorph._checks import check
from galmorph.comparison._statistics.bootstrap import Metric, bootstrap_runs
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.proportions import check_confidence, checked_groups, group_size

__all__ = ["Student", "accuracy_two_way", "accuracy_two_way_interval", "two_way_interval"]


class Student(NamedTuple):
    """Student's t distribution of a difference: its middle, its standard error, and its degrees of freedom.

    All are NaN if the difference is not known.
    """

    middle: float
    error: float
    freedom: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Central interval."""
        half = self.error * float(t.isf((1 - confidence) / 2, self.freedom)) if self.error > 0 else self.error
        return self.middle - half, self.middle + half

    def above(self, limit: float) -> float:
        """Probability of more than the limit."""
        if self.error == 0:
            return float(self.middle > limit)
        return float(t.sf((limit - self.middle) / self.error, self.freedom))


UNKNOWN = Student(float("nan"), float("nan"), float("nan"))


def two_way_interval(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    first: Float[np.ndarray, "runs galaxies classes"],
    second: Float[np.ndarray, "others galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    other_seeds: Int[np.ndarray, "others"] | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Confidence interval of the difference between two architectures, for other galaxies and other seeds.

    `paired_interval` takes the trained networks as fixed, and `seed_interval` the galaxies. Here, both are samples that
    cross each other: each seed answers each galaxy. Galaxies are weighted at random, by group and in the same way for
    all runs; the seeds' weights enter by their moments. The variance is

        V = V(galaxies) + V(seeds) - V(interaction),

    where V(galaxies) is that of the difference of the mean scores over the resamples, V(seeds) is that between seeds
    divided by their number, and V(interaction), which both contain, is the part of V(seeds) that is due to the galaxies
    on which seeds differ. The bootstrap of Owen (2007, Ann. Appl. Stat. 1, 386; Owen & Eckles 2012, Ann.
    Appl. Stat. 6, 895) multiplies the weights of rows and columns. It counts the interaction three times, and its
    percentiles are too narrow for few seeds. So this interval subtracts the interaction, as Cameron, Gelbach & Miller
    (2011, J. Bus. Econ. Stat. 29, 238) do, and takes Student's t with the degrees of freedom of Satterthwaite (1946,
    Biometrics Bull. 2, 110), at least one less than the number of seeds. Trainings of the two architectures are
    independent, even with equal seeds, and need not be equally many.

    Parameters
    ----------
    metric, labels, groups, confidence, resamples, seed
        As for `bootstrap_interval`.
    first, second
        Probabilities of the runs of the first and the second architecture.
    seeds, other_seeds
        Seed of each run of the first and the second architecture. The scores of the runs of a seed are averaged. By
        default, all seeds differ; if the architectures have equally many runs, `other_seeds` is `seeds`.

    Returns
    -------
    low, high
        Interval of the first score minus the second; NaN if an architecture has a single seed, which says nothing about
        others. It has no width if all runs answer equally; for accuracies, `accuracy_two_way_interval` has one.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import accuracy, two_way_interval
    >>> rng = np.random.default_rng(0)
    >>> labels = np.zeros(400, int)
    >>> first, second = (np.eye(2)[(rng.random((5, 400)) > right).astype(int)] for right in (0.9, 0.7))
    >>> low, high = two_way_interval(accuracy, labels, first, second)
    >>> print(f"{low:.2f} to {high:.2f}")
    0.16 to 0.23
    """
    check_confidence(confidence)
    own = checked_groups(groups, len(labels))
    if other_seeds is None and seeds is not None and len(first) == len(second):
        other_seeds = seeds
    ones = np.ones((1, len(labels)))
    values, resampled = [], []
    for runs, of_run, name in ((first, seeds, "seeds"), (second, other_seeds, "other_seeds")):
        for run in runs:
            check_answers(labels, run)
        averaged = _averaging(of_run, len(runs), name)
        values.append(averaged @ np.array([float(np.asarray(metric(labels, run, ones))[0]) for run in runs]))
        resampled.append(averaged @ bootstrap_runs(metric, labels, runs, own, resamples=resamples, seed=seed))
    middle = float(values[0].mean() - values[1].mean())
    of_galaxies = float(np.var(resampled[0].mean(axis=0) - resampled[1].mean(axis=0), ddof=1))
    if min(map(len, values)) < 2:
        return float("nan"), float("nan")
    parts = []
    for scores, draws in zip(values, resampled, strict=True):
        count = len(scores)
        deviations = draws - draws.mean(axis=0)
        shared = float(deviations.var(axis=1, ddof=1).sum()) / (count * (count - 1))
        parts.append((float(np.var(scores, ddof=1)) / count, shared, count))
    return _student(middle, of_galaxies, parts, len(np.unique(own))).interval(confidence)


def accuracy_two_way_interval(
    first: Bool[np.ndarray, "runs galaxies"],
    second: Bool[np.ndarray, "others galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    other_seeds: Int[np.ndarray, "others"] | None = None,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Confidence interval of the difference between two accuracies, for other galaxies and other seeds.

    It is `two_way_interval` for accuracies, whose variances have closed forms, so nothing is drawn. One galaxy is
    added that only the first architecture classifies correctly, and one that only the second does, each with the weight
    of a single training, so the interval has a width even if all networks agree.

    Parameters
    ----------
    first, second
        Whether each galaxy is classified correctly, in each run of the first and the second architecture.
    groups, seeds, other_seeds, confidence
        As for `two_way_interval`.

    Returns
    -------
    low, high
        Interval of the first accuracy minus the second; NaN if an architecture has a single seed.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import accuracy_two_way_interval
    >>> rng = np.random.default_rng(0)
    >>> first, second = (rng.random((5, 400)) < right for right in (0.9, 0.7))
    >>> low, high = accuracy_two_way_interval(first, second)
    >>> print(f"{low:.2f} to {high:.2f}")
    0.16 to 0.23
    """
    check_confidence(confidence)
    return accuracy_two_way(first, second, groups, seeds=seeds, other_seeds=other_seeds).interval(confidence)


def accuracy_two_way(
    first: Bool[np.ndarray, "runs galaxies"],
    second: Bool[np.ndarray, "others galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    other_seeds: Int[np.ndarray, "others"] | None = None,
) -> Student:
    """Distribution behind `accuracy_two_way_interval`; parameters and errors are the same."""
    galaxies = first.shape[1]
    check(second.shape[1] == galaxies, f"second: expected {galaxies} galaxies as in first, got {second.shape[1]}")
    own = checked_groups(groups, galaxies)
    if other_seeds is None and seeds is not None and len(first) == len(second):
        other_seeds = seeds
    one = _averaging(seeds, len(first), "seeds") @ first
    other = _averaging(other_seeds, len(second), "other_seeds") @ second
    fewest = min(len(one), len(other))
    if fewest < 2:
        return UNKNOWN
    numbers, group_of = np.unique(own, return_inverse=True)
    # Two galaxies, as large as a group, with the weight of one of the trainings.
    size, weight = group_size(own), 1 / fewest
    sums = np.append(np.bincount(group_of, one.mean(axis=0) - other.mean(axis=0)), [size, -size])
    counts = np.append(np.bincount(group_of), [size, size])
    weights = np.append(np.ones(len(numbers)), [weight, weight])
    middle = float(weights @ sums / (weights @ counts))
    correction = len(numbers) / max(1, len(numbers) - 1)
    of_galaxies = float(weights @ (sums - middle * counts) ** 2) / float(weights @ counts) ** 2
    parts = []
    for right in (one, other):
        count = len(right)
        scores = right.mean(axis=1)
        deviations = right - right.mean(axis=0)
        together = np.stack([np.bincount(group_of, each - each.mean()) for each in deviations])
        shared = correction * float(np.sum(together**2)) / (galaxies**2 * count * (count - 1))
        parts.append((float(np.var(scores, ddof=1)) / count, shared, count))
    return _student(middle, of_galaxies, parts, len(numbers))


def _averaging(seeds: Int[np.ndarray, "runs"] | None, runs: int, name: str) -> Float[np.ndarray, "distinct runs"]:
    """Make the matrix that averages runs by seed."""
    own = np.arange(runs) if seeds is None else seeds
    check(len(own) == runs, f"{name}: expected one for each of {runs} runs, got {len(own)}")
    same = (own == np.unique(own)[:, None]).astype(float)
    return same / same.sum(axis=1, keepdims=True)


def _student(middle: float, of_galaxies: float, parts: list[tuple[float, float, int]], groups: int) -> Student:
    """Add the variances over galaxies and over the seeds of each architecture (between, shared, number of seeds)."""
    between_seeds, interaction = (float(sum(part[place] for part in parts)) for place in range(2))
    # The interaction alone is a part of the true variance, so the difference of noisy estimates is not below it.
    variance = max(of_galaxies + between_seeds - interaction, interaction)
    # Variance of an estimated variance, up to a factor of 2: its square divided by its degrees of freedom.
    scatter = of_galaxies**2 / max(1, groups - 1)
    scatter += sum((between**2 + shared**2 / max(1, groups - 1)) / (count - 1) for between, shared, count in parts)
    least = float(min(count for *_, count in parts) - 1)
    return Student(middle, float(np.sqrt(variance)), max(least, variance**2 / scatter) if scatter > 0 else least)
