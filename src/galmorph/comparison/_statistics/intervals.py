"""Confidence intervals for metrics: Wilson's for proportions, and the bootstrap over galaxies for everything else."""

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
"""A function of labels, probabilities and weights that returns one score for each row of weights, like `accuracy`."""

# Number of weights that are held in memory at a time: 64 MB.
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
    """Confidence interval of a proportion: the score interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    Unlike the normal approximation, it is reliable for few trials and for proportions near 0 and 1. Unlike
    `scipy.stats.binomtest`, this function takes arrays, and fractional successes, which a mean over several classifiers
    has; for whole numbers both agree.

    Parameters
    ----------
    successes
        Number of successes, one or an array; a mean over several classifiers may be fractional.
    trials
        Number of trials of each. For 0 trials the interval is from 0 to 1, because nothing is known.
    confidence
        Confidence level, in (0, 1).

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
    # The formula gives exactly 0 and 1 here; rounding would not.
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
    """Confidence interval of any metric: percentiles of the bootstrap over galaxies (Efron 1979, Ann. Stat. 7, 1).

    The galaxies of a group (the same sky) are drawn together, which `scipy.stats.bootstrap` can't do. Several runs of
    an architecture on the same galaxies are averaged. The interval covers the choice of the galaxies, not the choice of
    the seeds.

    Parameters
    ----------
    metric
        The metric, such as `galmorph.comparison.accuracy`. A metric of your own takes labels, probabilities and weights
        (whole numbers of shape ``(draws, galaxies)``), and returns one score for each row of weights.
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class; for several runs ``(runs, galaxies, classes)``.
    groups
        Group of each galaxy; by default, each galaxy is its own group.
    confidence
        Confidence level, in (0, 1).
    resamples
        Number of resamples.
    seed
        Random seed; equal seeds draw the same galaxies.

    Returns
    -------
    low, high
        The interval.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, an option is out of range, or the metric does not return one score for each
        row of weights.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import balanced_accuracy, bootstrap_interval
    >>> labels = np.arange(300) % 3
    >>> answers = np.where(np.arange(300) < 240, labels, 0)  # the last 60 are all classified as the first class
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
    """Evaluate a metric on each resample of the galaxies; parameters and errors are as for `bootstrap_interval`.

    The draws depend only on the groups and the seed, so the scores of two architectures can be subtracted resample by
    resample.
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
    """Draw groups with replacement, as many as there are; yield how often each galaxy was drawn, in blocks of draws.

    Raises
    ------
    InvalidValueError
        If the number of resamples is below 1.
    """
    check_positive_int("resamples", resamples)
    _, group_of = np.unique(groups, return_inverse=True)
    count = int(group_of.max()) + 1
    rng = np.random.default_rng(seed)
    # Each draw uses the generator on its own, so the block size affects only the memory.
    block = max(1, _BLOCK // len(groups))
    for start in range(0, resamples, block):
        draws = min(block, resamples - start)
        drawn = np.stack([np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(draws)])
        yield drawn.astype(np.float64)[:, group_of]


def percentiles(scores: Float[np.ndarray, "resamples"], confidence: float) -> tuple[float, float]:
    """Limits that cut off equal tails of the scores."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def check_confidence(confidence: float) -> None:
    """Raise `InvalidValueError` unless the confidence is between 0 and 1."""
    check(0 < confidence < 1, f"confidence: expected a number between 0 and 1, got {confidence!r}")
