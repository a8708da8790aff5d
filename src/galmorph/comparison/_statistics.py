"""Intervals: how far a number measured on these galaxies may lie from the truth."""

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check, check_between
from galmorph.comparison import _intervals

__all__ = ["bootstrap_balanced_accuracy", "wilson_interval"]


def wilson_interval(successes: float, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a proportion by its score (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    Unlike the textbook's normal approximation it is sound for few trials and near 0 and 1.

    Parameters
    ----------
    successes
        Number of successes; a mean over several classifiers may be fractional.
    trials
        Number of trials, at least 1.
    confidence
        How often the interval is to hold the truth, in (0, 1).

    Returns
    -------
    low, high
        The interval.

    Raises
    ------
    InvalidValueError
        If there are no trials, or more successes than trials.

    Examples
    --------
    >>> from galmorph.comparison import wilson_interval
    >>> low, high = wilson_interval(34, 58)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.458 to 0.704
    """
    check(trials >= 1, f"trials: expected at least 1, got {trials}")
    check_between("successes", successes, 0, trials)
    return _intervals.wilson_interval(successes, trials, confidence=confidence)


def bootstrap_balanced_accuracy(
    correct: Bool[np.ndarray, "runs galaxies"],
    labels: Int[np.ndarray, "galaxies"],
    groups: Int[np.ndarray, "galaxies"],
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Interval of the balanced accuracy, by drawing galaxies anew (Efron 1979, Ann. Stat. 7, 1; percentiles).

    Galaxies of one group (the same sky) are drawn together. Where there are several runs of one architecture on the
    same galaxies, their mean is taken: the interval tells what other galaxies would change, not what other seeds would.

    Parameters
    ----------
    correct
        Whether each galaxy was classified as labelled, by run.
    labels
        The true class of each galaxy.
    groups
        The group of each galaxy.
    confidence
        How often the interval is to hold the truth, in (0, 1).
    resamples
        How often galaxies are drawn.
    seed
        The same seed draws the same galaxies.

    Returns
    -------
    low, high
        The interval. A class that a drawing misses is left out of its mean.
    """
    _, group_of_row = np.unique(groups, return_inverse=True)
    count = int(group_of_row.max()) + 1
    member = labels[:, None] == np.unique(labels)  # (galaxies, classes)
    right = correct.mean(axis=0)[:, None] * member
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples)[:, group_of_row].astype(np.float32)
    with np.errstate(invalid="ignore"):
        recalls: Float[np.ndarray, "resamples classes"] = (drawn @ right) / (drawn @ member)
    return _intervals.percentiles(np.nanmean(recalls, axis=1), confidence)
