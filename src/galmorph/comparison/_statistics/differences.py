"""Confidence intervals for the difference between two models: over galaxies, and over random seeds."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import norm, sem, t

from galmorph._checks import check
from galmorph.comparison._statistics.bootstrap import Metric, bootstrap_scores, percentiles
from galmorph.comparison._statistics.proportions import check_confidence, checked_groups, group_size

__all__ = ["accuracy_difference_interval", "paired_interval", "seed_interval"]


def accuracy_difference_interval(
    first: Bool[np.ndarray, "runs galaxies"],
    second: Bool[np.ndarray, "runs galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Confidence interval of the difference between two accuracies on the same galaxies.

    It is the adjusted Wald interval of Bonett & Price (2012, J. Educ. Behav. Stat. 37, 479): one galaxy that only the
    first model classifies correctly is added, and one that only the second does, so the interval has a width even if
    the models agree on all galaxies. The variance is that of the sums over groups. The added galaxies count as much as
    a group, and the runs of an architecture are averaged.

    Parameters
    ----------
    first, second
        Whether each galaxy is classified correctly, in each run of the first and the second architecture.
    groups
        Group of each galaxy (the same sky); by default, each galaxy is its own group.
    confidence
        Confidence level, in (0, 1).

    Returns
    -------
    low, high
        Interval of the first accuracy minus the second.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import accuracy_difference_interval
    >>> right = np.ones((1, 24), bool)
    >>> low, high = accuracy_difference_interval(right, right)
    >>> print(f"{low:.3f} to {high:.3f}")
    -0.107 to 0.107
    """
    check_confidence(confidence)
    galaxies = first.shape[1]
    check(second.shape[1] == galaxies, f"second: expected {galaxies} galaxies as in first, got {second.shape[1]}")
    own = checked_groups(groups, galaxies)
    _, group_of = np.unique(own, return_inverse=True)
    size = group_size(own)
    sums = np.append(np.bincount(group_of, first.mean(axis=0) - second.mean(axis=0)), [size, -size])
    counts = np.append(np.bincount(group_of), [size, size])
    middle = float(sums.sum() / counts.sum())
    error = float(np.linalg.norm(sums - middle * counts) / counts.sum())
    half = float(norm.isf((1 - confidence) / 2)) * error
    return max(-1.0, middle - half), min(1.0, middle + half)


def paired_interval(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    first: Float[np.ndarray, "*runs galaxies classes"],
    second: Float[np.ndarray, "*others galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Confidence interval of the difference of a metric between two models: the paired bootstrap over galaxies.

    Each resample weights the galaxies in the same way for both models. As they agree on most galaxies, their difference
    is known better than either score (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 8). If they agree
    on all galaxies, the interval has no width; for accuracies, `accuracy_difference_interval` has one.

    Parameters
    ----------
    metric, labels, groups, confidence, resamples, seed
        As for `bootstrap_interval`.
    first, second
        Probabilities of the first and the second architecture, from one run or several. The scores of several runs are
        averaged.

    Returns
    -------
    low, high
        Interval of the first score minus the second.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import accuracy, paired_interval
    >>> labels = np.arange(200) % 2
    >>> half_right = np.eye(2)[np.where(np.arange(200) < 100, labels, 1 - labels)]
    >>> low, high = paired_interval(accuracy, labels, np.eye(2)[labels], half_right)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.429 to 0.569
    """
    check_confidence(confidence)
    one, other = (
        bootstrap_scores(metric, labels, probabilities, groups, resamples=resamples, seed=seed)
        for probabilities in (first, second)
    )
    return percentiles(one - other, confidence)


def seed_interval(
    first: Float[np.ndarray, "seeds"], second: Float[np.ndarray, "seeds"], *, confidence: float = 0.95
) -> tuple[float, float]:
    """Confidence interval of the mean difference over seeds: Student's paired t interval (1908, Biometrika 6, 1).

    It covers the choice of the seeds. It assumes that the differences are normal and independent, as they are for
    trainings on one split. Over folds the interval would be too narrow, because their training sets overlap (Nadeau &
    Bengio 2003, Mach. Learn. 52, 239): first pool the answers to all folds into one score for each seed.

    Parameters
    ----------
    first, second
        Scores of the first and the second architecture, one for each seed.
    confidence
        Confidence level, in (0, 1).

    Returns
    -------
    low, high
        Interval of the first minus the second; NaN for a single seed, which says nothing about other seeds.

    Raises
    ------
    InvalidValueError
        If the numbers of seeds differ or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import seed_interval
    >>> low, high = seed_interval(np.array([0.92, 0.93, 0.91]), np.array([0.89, 0.91, 0.88]))
    >>> print(f"{low:.3f} to {high:.3f}")
    0.012 to 0.041
    """
    check_confidence(confidence)
    check(len(first) == len(second), f"second: expected {len(first)} seeds as in first, got {len(second)}")
    if len(first) < 2:
        return float("nan"), float("nan")
    differences = first - second
    half = float(sem(differences) * t.isf((1 - confidence) / 2, len(differences) - 1))
    middle = float(differences.mean())
    return middle - half, middle + half
