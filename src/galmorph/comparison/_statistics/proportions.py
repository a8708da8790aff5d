"""Proportions: Wilson's confidence interval, also for galaxies that share their sky and are not independent."""

from typing import overload

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import norm

from galmorph._checks import check

__all__ = ["check_confidence", "checked_groups", "group_size", "proportion_interval", "wilson_interval"]


@overload
def wilson_interval(successes: float, trials: float, *, confidence: float = 0.95) -> tuple[float, float]: ...


@overload
def wilson_interval(
    successes: Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
    trials: float | Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
    *,
    confidence: float = 0.95,
) -> tuple[Float[np.ndarray, "*counts"], Float[np.ndarray, "*counts"]]: ...


def wilson_interval(
    successes: float | Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
    trials: float | Float[np.ndarray, "*counts"] | Int[np.ndarray, "*counts"],
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
        Number of trials of each; an effective number may be fractional. For 0 trials the interval is from 0 to 1,
        because nothing is known.
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


def proportion_interval(
    successes: Float[np.ndarray, "galaxies"],
    trials: Float[np.ndarray, "galaxies"],
    groups: Int[np.ndarray, "galaxies"],
    *,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Confidence interval of a proportion of galaxies in groups: Wilson's, with an effective number of galaxies.

    Galaxies of a group tend to be right or wrong together, so they count as fewer. Their number is divided by the
    design effect (Kish 1965, Survey Sampling; Korn & Graubard 1998, Surv. Methodol. 24, 193), which is at least 1: the
    variance of the sums over groups, divided by the variance of independent galaxies. Both are computed from residuals
    about Wilson's midpoint, not about the proportion. So the design effect exists also if all galaxies are right, and
    is then the mean size of a galaxy's group. If each galaxy is its own group, the interval is Wilson's.

    Parameters
    ----------
    successes
        Success of each galaxy, from 0 to its trials; a mean over several classifiers may be fractional.
    trials
        Trials of each galaxy: 1, or 0 if it does not count; a mean over several classifiers may be fractional.
    groups
        Group of each galaxy.
    confidence
        Confidence level, in (0, 1).

    Returns
    -------
    low, high
        The interval; from 0 to 1 if there are no trials.

    Raises
    ------
    InvalidValueError
        If there are more successes than trials, or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import proportion_interval
    >>> for groups in (np.arange(24), np.arange(24) // 2):  # 24 of 24 galaxies: single ones, and in pairs
    ...     print("{:.3f} to {:.3f}".format(*proportion_interval(np.ones(24), np.ones(24), groups)))
    0.862 to 1.000
    0.758 to 1.000
    """
    check_confidence(confidence)
    groups = checked_groups(groups, len(successes))
    k, n = float(successes.sum()), float(trials.sum())
    z2 = float(norm.isf((1 - confidence) / 2)) ** 2
    residuals = successes - trials * (k + z2 / 2) / (n + z2)
    _, group_of = np.unique(groups, return_inverse=True)
    apart = float(residuals @ residuals)
    together = np.bincount(group_of, residuals)
    effect = max(1.0, float(together @ together) / apart) if apart > 0 else 1.0
    # Rounding may leave more successes than trials.
    return wilson_interval(min(k, n) / effect, n / effect, confidence=confidence)


def checked_groups(groups: Int[np.ndarray, "_"] | None, galaxies: int) -> Int[np.ndarray, "galaxies"]:
    """Group of each galaxy; by default, each is its own. Raise `InvalidValueError` unless they are whole numbers."""
    own = np.arange(galaxies) if groups is None else np.asarray(groups)
    check(
        own.ndim == 1 and own.dtype.kind in "iu",
        f"groups: expected one whole number for each galaxy, got an array of shape {own.shape} and type {own.dtype}; "
        "numpy.unique(groups, return_inverse=True)[1] numbers them",
    )
    check(len(own) == galaxies, f"groups: expected one for each of {galaxies} galaxies, got {len(own)}")
    return own


def group_size(groups: Int[np.ndarray, "galaxies"]) -> float:
    """Mean size of the group of a galaxy: large groups count as often as they have galaxies."""
    _, sizes = np.unique(groups, return_counts=True)
    return float(sizes @ sizes / sizes.sum())


def check_confidence(confidence: float) -> None:
    """Raise `InvalidValueError` unless the confidence is between 0 and 1."""
    check(0 < confidence < 1, f"confidence: expected a number between 0 and 1, got {confidence!r}")
