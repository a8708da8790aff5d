"""Practical equivalence: values of another package, Dirichlet distributions, and limits."""

import numpy as np
import pytest
from fabricated import right_and_wrong
from scipy.stats import beta

from galmorph.comparison._statistics.practical_equivalence import (
    correlated_t_test,
    practical_equivalence,
    two_way_equivalence,
)
from galmorph.errors import InvalidValueError

_SCORES = np.array([0.0269, 0.0364, 0.0266, -0.0061, 0.0381, 0.0289, 0.0093, 0.0316, 0.0273, 0.0259])


@pytest.mark.parametrize(
    ("correlation", "expected"),
    [
        (0.1, (0.9792970320526385, 0.020547905648123033, 0.00015506229923845094)),
        (0.2, (0.9510423331877647, 0.04809100276966183, 0.0008666640425735173)),
    ],
)
def test_correlated_t_test_is_baycomps(correlation, expected):
    """Values of baycomp 1.0.3, ``CorrelatedTTest.probs(scores, zeros, rope=0.01, runs=10 * correlation)``, reversed."""
    assert correlated_t_test(_SCORES, correlation=correlation) == pytest.approx(expected, abs=1e-12)


def test_a_single_run_has_a_beta_posterior():
    """Where one is right or the other, the fraction of the first has a beta distribution of both counts plus 1."""
    first, second = right_and_wrong(0, 40, 30, 0)  # the difference is 2 x fraction - 1
    found = practical_equivalence(first[None], second[None], rope=0.05, draws=200_000)
    expected = beta(41, 31).sf(0.525), beta(41, 31).cdf(0.475)
    assert (found.first, found.second) == pytest.approx(expected, abs=4e-3)
    assert sum(found) == pytest.approx(1)


def test_the_other_way_round():
    """First and second change places, and copies of galaxies in groups add no certainty."""
    first, second = (each[None] for each in right_and_wrong(60, 12, 3, 25))
    found = practical_equivalence(first, second)
    turned = practical_equivalence(second, first)
    assert found.first == pytest.approx(turned.second, abs=0.01)
    groups = np.tile(np.arange(100), 4)
    assert practical_equivalence(np.tile(first, 4), np.tile(second, 4), groups) == pytest.approx(found, abs=0.01)
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 4, 300)) < [[[0.85]], [[0.8]]]
    both, back = two_way_equivalence(one, other), two_way_equivalence(other, one)
    assert both == pytest.approx(back[::-1])
    assert sum(both) == pytest.approx(1)


def test_more_galaxies_decide():
    """Equal networks are equivalent if there are enough galaxies, and a large difference is one."""
    rng = np.random.default_rng(0)
    alike = rng.random((2, 5, 20_000)) < 0.9
    assert two_way_equivalence(*alike).equivalent > 0.95
    assert practical_equivalence(*alike).equivalent > 0.95
    assert practical_equivalence(alike[0][:, :30], alike[1][:, :30]).equivalent < 0.5
    assert practical_equivalence(alike[0], ~alike[1]).first == 1


def test_nothing_is_known_of_one_seed():
    """A single seed tells nothing about others; nor does a single score."""
    right = np.ones((1, 5), bool)
    assert np.isnan(two_way_equivalence(right, right)).all()
    assert np.isnan(correlated_t_test(np.ones(1), correlation=0)).all()
    assert correlated_t_test(np.full(4, 0.02), correlation=0) == (1, 0, 0)


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_regions_are_refused():
    """A rope is a fraction; a correlation is below 1; there are draws."""
    right = np.ones((1, 5), bool)
    with pytest.raises(InvalidValueError, match="rope: expected a number from 0 to 1, got 5"):
        practical_equivalence(right, right, rope=5)
    with pytest.raises(InvalidValueError, match=r"rope: expected a number from 0 to 1, got -0\.5"):
        practical_equivalence(right, right, rope=-0.5)
    with pytest.raises(InvalidValueError, match=r"rope: expected a number from 0 to 1, got -0\.5"):
        two_way_equivalence(right, right, rope=-0.5)
    with pytest.raises(InvalidValueError, match=r"rope: expected a number from 0 to inf, got -0\.5"):
        correlated_t_test(np.ones(3), correlation=0, rope=-0.5)
    with pytest.raises(InvalidValueError, match="draws: expected a whole number of at least 1, got 0"):
        practical_equivalence(right, right, draws=0)
    with pytest.raises(InvalidValueError, match="correlation: expected a number of at least 0 and below 1, got 1"):
        correlated_t_test(np.ones(3), correlation=1)
    with pytest.raises(InvalidValueError, match=r"correlation: expected a number of at least 0 .*, got -0\.5"):
        correlated_t_test(np.ones(3), correlation=-0.5)
    with pytest.raises(InvalidValueError, match="second: expected 5 galaxies as in first, got 4"):
        practical_equivalence(right, right[:, :4])
