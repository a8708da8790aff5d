"""Confidence interval for the difference of two proportions of different galaxies."""

import math

from galmorph._checks import check

__all__ = ["independent_interval"]


def independent_interval(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """Confidence interval of the difference of two proportions that were measured on different galaxies.

    The intervals of both are combined (Newcombe 1998, Stat. Med. 17, 873, method 10): unlike the normal approximation,
    the result keeps what Wilson's intervals know about proportions near 0 and 1. For two models on the same galaxies,
    `accuracy_difference_interval` is narrower.

    Parameters
    ----------
    first, second
        Value, lower and upper end of each, such as an `Estimate`, at one confidence level.

    Returns
    -------
    low, high
        Interval of the first minus the second, at the same confidence level.

    Raises
    ------
    InvalidValueError
        If the value is not between the ends of its interval, or these are not from 0 to 1.

    Examples
    --------
    Newcombe's example: 56 of 70 against 48 of 80.

    >>> from galmorph.comparison import independent_interval, wilson_interval
    >>> low, high = independent_interval((56 / 70, *wilson_interval(56, 70)), (48 / 80, *wilson_interval(48, 80)))
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0524 to 0.3339
    """
    for name, (value, low, high) in (("first", first), ("second", second)):
        check(
            0 <= low <= value <= high <= 1,
            f"{name}: expected low <= value <= high from 0 to 1, got {(value, low, high)}",
        )
    (one, one_low, one_high), (other, other_low, other_high) = first, second
    difference = one - other
    return (
        difference - math.hypot(one - one_low, other_high - other),
        difference + math.hypot(one_high - one, other - other_low),
    )
