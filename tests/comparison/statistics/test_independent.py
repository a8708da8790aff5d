"""Intervals of differences between independent proportions: published values, symmetry, coverage."""

import numpy as np
import pytest

from galmorph.comparison import independent_interval, wilson_interval
from galmorph.errors import InvalidValueError


# Newcombe (1998), Stat. Med. 17, 873, Table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_published_values(first, second, low, high):
    """The worked examples of the paper."""
    estimates = [(k / n, *wilson_interval(k, n)) for k, n in (first, second)]
    assert independent_interval(*estimates) == pytest.approx((low, high), abs=6e-5)
    assert independent_interval(*estimates[::-1]) == pytest.approx((-high, -low), abs=6e-5)


def test_coverage():
    """Of 2,000 pairs of samples, about 95 % of the intervals hold the true difference."""
    rng = np.random.default_rng(0)
    held = 0
    for ones, others in np.stack([rng.binomial(200, 0.92, 2000), rng.binomial(60, 0.78, 2000)], axis=1).tolist():
        first, second = ((k / n, *wilson_interval(k, n)) for k, n in ((ones, 200), (others, 60)))
        low, high = independent_interval(first, second)
        held += low <= 0.14 <= high
    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_values_outside_of_their_intervals_are_refused():
    """Low, value and high in another order, or no proportions."""
    with pytest.raises(InvalidValueError, match="second: expected low <= value <= high from 0 to 1"):
        independent_interval((0.5, 0.4, 0.6), (0.7, 0.4, 0.6))
    for first in ((0.3, 0.4, 0.6), (0.5, -0.1, 0.6), (0.5, 0.4, 1.1)):
        with pytest.raises(InvalidValueError, match=r"^first: expected low <= value <= high from 0 to 1"):
            independent_interval(first, (0.5, 0.4, 0.6))
