"""Intervals: how far a number measured on these galaxies may lie from what other galaxies would show."""

from collections.abc import Callable, Iterator
from typing import overload

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import norm

from galmorph._checks import check, check_positive_int
from galmorph.comparison._statistics.confusion import check_answers

__all__ = [
    "Metric",
    "bootstrap_interval",
    "bootstrap_scores",
    "check_confidence",
    "percentiles",
    "resample",
    "wilson_interval",
]

Metric = Callable[
    [
        Int[np.ndarray, "galaxies"],
        Float[np.ndarray, "galaxies classes"],
        Float[np.ndarray, "draws galaxies"],
    ],
    float | Float[np.ndarray, "draws"],
]
"""What turns labels, probabilities and weights into one score for each row of weights, as `accuracy` does."""

# Weights that are held at a time: 64 MB.
_BLOCK = 1 << 23


@overload
def wilson_interval(successes: float, trials: int, *, confidence: float = 0.95) -> tuple[float, float]: ...


@overload
def wilson_interval(
    successes: Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
    trials: int | Int[np.ndarray, "*counts"],
    *,
    confidence: float = 0.95,
) -> tuple[Float[np.ndarray, "*counts"], Float[np.ndarray, "*counts"]]: ...


def wilson_interval(
    successes: float | Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
    trials: int | Int[np.ndarray, "*counts"],
    *,
    confidence: float = 0.95,
) -> tuple[float, float] | tuple[Float[np.ndarray, "*counts"], Float[np.ndarray, "*counts"]]:
    """Interval of a proportion by its score (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    Unlike the textbook's normal approximation it is sound for few trials and near 0 and 1. The formula stands here, and
    not `scipy.stats.binomtest`, because that takes one pair of whole numbers at a time, and a mean over several
    classifiers has fractional successes; for whole numbers both agree.

    Parameters
    ----------
    successes
        Number of successes, one or an array; a mean over several classifiers may be fractional.
    trials
        Number of trials of each. Where there are none, the interval is from 0 to 1: nothing is known.
    confidence
        How often the interval is to hold the truth, in (0, 1).

    Returns
    -------
    low, high
        The interval: two numbers, or two arrays.

    Raises
    ------
    InvalidValueError
        If there are fewer than 0 trials or successes, more successes than trials, or the confidence is out of range.

    Examples
    --------
    >>> from galmorph.comparison import wilson_interval
    >>> low, high = wilson_interval(34, 58)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.458 to 0.704
    """
    check_confidence(confidence)
    k, n = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(trials, np.float64))
    check(bool(np.all(n >= 0)), f"trials: expected none below 0, got {trials}")
    check(bool(np.all((k >= 0) & (k <= n))), f"successes: expected numbers from 0 to {trials}, got {successes}")
    z = norm.isf((1 - confidence) / 2)
    middle = (k + z**2 / 2) / (n + z**2)
    failures = np.divide(k * (n - k), n, out=np.zeros(n.shape), where=n > 0)
    half = z / (n + z**2) * np.sqrt(failures + z**2 / 4)
    # At the ends the limits are 0 and 1 by the formula, and are to be so in spite of rounding.
    low, high = np.where(k == 0, 0.0, middle - half), np.where(k == n, 1.0, middle + half)
    return (low, high) if low.ndim else (float(low), float(high))


def bootstrap_interval(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "*runs galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of any metric, by drawing galaxies anew (Efron 1979, Ann. Stat. 7, 1): percentiles of the drawings.

    Galaxies of one group (the same sky) are drawn together, as `scipy.stats.bootstrap` can't. Where there are several
    runs of one architecture on the same galaxies, their mean is taken: the interval tells what other galaxies would
    change, not what other seeds would.

    Parameters
    ----------
    metric
        What to measure, as `galmorph.comparison.accuracy` does. A metric of your own takes labels, probabilities and
        weights of shape ``(draws, galaxies)``, whole numbers, and returns one score a row.
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class; of several runs ``(runs, galaxies, classes)``.
    groups
        Group of each galaxy; each is one of its own by default.
    confidence
        How often the interval is to hold the truth, in (0, 1).
    resamples
        How often galaxies are drawn.
    seed
        The same seed draws the same galaxies.

    Returns
    -------
    low, high
        The interval.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, an option is out of range, or the metric gives other than a score a row.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import balanced_accuracy, bootstrap_interval
    >>> labels = np.arange(300) % 3
    >>> answers = np.where(np.arange(300) < 240, labels, 0)  # from the 240th on, all are taken for the first class
    >>> low, high = bootstrap_interval(balanced_accuracy, labels, np.eye(3)[answers])
    >>> print(f"{low:.2f} to {high:.2f}")
    0.83 to 0.90
    """
    check_confidence(confidence)
    scores = bootstrap_scores(metric, labels, probabilities, groups, resamples=resamples, seed=seed)
    return percentiles(scores, confidence)


def bootstrap_scores(
    metric: Metric,
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "*runs galaxies classes"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Float[np.ndarray, "resamples"]:
    """Measure a metric on each drawing of the galaxies; the parameters are those of `bootstrap_interval`.

    The same groups and seed give the same drawings, whatever the metric and the answers: scores of two architectures
    can be subtracted, drawing by drawing.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, an option is out of range, or the metric gives other than a score a row.
    """
    runs = probabilities.reshape(-1, *probabilities.shape[-2:])
    check(len(runs) > 0, f"probabilities: expected at least one run, got shape {probabilities.shape}")
    for run in runs:
        check_answers(labels, run)
    own = np.arange(len(labels)) if groups is None else groups
    check(len(own) == len(labels), f"groups: expected one for each of {len(labels)} galaxies, got {len(own)}")
    scores = []
    for weights in resample(own, resamples=resamples, seed=seed):
        of_runs = [np.asarray(metric(labels, run, weights)) for run in runs]
        check(
            of_runs[0].shape == (len(weights),),
            f"metric: expected a score for each of {len(weights)} rows of weights, got shape {of_runs[0].shape}",
        )
        scores.append(np.mean(of_runs, axis=0))
    return np.concatenate(scores)


def resample(
    groups: Int[np.ndarray, "galaxies"], *, resamples: int, seed: int
) -> Iterator[Float[np.ndarray, "draws galaxies"]]:
    """Draw as many groups as there are, with replacement: how often each galaxy was drawn, in blocks of drawings.

    Raises
    ------
    InvalidValueError
        If there is to be no drawing.
    """
    check_positive_int("resamples", resamples)
    _, group_of = np.unique(groups, return_inverse=True)
    count = int(group_of.max()) + 1
    rng = np.random.default_rng(seed)
    # Drawings are made one by one, so the size of a block changes nothing but the memory.
    block = max(1, _BLOCK // len(groups))
    for start in range(0, resamples, block):
        draws = min(block, resamples - start)
        drawn = np.stack([np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(draws)])
        yield drawn.astype(np.float64)[:, group_of]


def percentiles(scores: Float[np.ndarray, "resamples"], confidence: float) -> tuple[float, float]:
    """Middle part of the scores."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def check_confidence(confidence: float) -> None:
    """Raise `InvalidValueError` unless the confidence lies between 0 and 1."""
    check(0 < confidence < 1, f"confidence: expected a number between 0 and 1, got {confidence!r}")
