"""Confidence intervals for the difference between two models: over galaxies, and over random seeds."""

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import sem, t

from galmorph._checks import check
from galmorph.comparison._statistics.intervals import Metric, bootstrap_scores, check_confidence, percentiles

__all__ = ["paired_interval", "seed_interval"]


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

    Each resample holds the same galaxies for both models. As they agree on most galaxies, their difference is known
    better than either score (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 8).

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
    0.430 to 0.565
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
