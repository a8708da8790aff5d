"""Differences: how far that between two models may lie from what other galaxies, or other seeds, would show."""

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
    """Interval of the difference of a metric between two models, by drawing the same galaxies for both.

    The models agree on most galaxies, so their difference is known better than each of their scores (Efron & Tibshirani
    1993, An Introduction to the Bootstrap, ch. 8).

    Parameters
    ----------
    metric, labels, groups, confidence, resamples, seed
        As for `bootstrap_interval`.
    first, second
        Probabilities that the first and the second architecture give, of one run or of several. Of several runs the
        mean score is taken.

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
    """Interval of the mean difference over seeds: what other trainings would change (Student 1908, Biometrika 6, 1).

    A paired t interval of the differences, seed by seed. It takes them as normal and independent, as trainings on one
    split are. Over folds it would be too narrow, for their training sets overlap (Nadeau & Bengio 2003, Mach. Learn.
    52, 239): pool the answers to all folds into one score a seed first.

    Parameters
    ----------
    first, second
        Scores of the first and the second architecture, one a seed.
    confidence
        How often the interval is to hold the truth, in (0, 1).

    Returns
    -------
    low, high
        Interval of the first minus the second; not a number with a single seed, which tells nothing about others.

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
