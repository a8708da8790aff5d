"""Intervals of proportions against SciPy, astropy, published numbers, and their own promise."""

import numpy as np
import pytest
from astropy.stats import binom_conf_interval
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from galmorph.comparison._statistics.proportions import group_size, proportion_interval, wilson_interval
from galmorph.errors import InvalidValueError


@given(st.integers(1, 500), st.data(), st.sampled_from([0.68, 0.95, 0.99]))
def test_wilson_is_scipys(trials, data, confidence):
    """For whole numbers the interval is that of `scipy.stats.binomtest`."""
    successes = data.draw(st.integers(0, trials))
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_wilson_of_arrays_is_astropys():
    """Many intervals at once are those of `astropy.stats.binom_conf_interval`."""
    successes, trials = np.arange(31), np.arange(31) + 10
    expected = binom_conf_interval(successes, trials, confidence_level=0.95, interval="wilson")
    np.testing.assert_allclose(wilson_interval(successes, trials), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes, trials, low, high):
    """The score method's rows of table I of Newcombe (1998, Stat. Med. 17, 857)."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_between_whole_numbers():
    """A mean over classifiers may be fractional; its interval lies between those of its neighbours."""
    below, between, above = (wilson_interval(successes, 20) for successes in (14, 14.5, 15))
    assert below < between < above
    assert below[1] < between[1] < above[1]


def test_no_trials_tell_nothing():
    """A class without galaxies has the interval from 0 to 1."""
    assert wilson_interval(0, 0) == (0, 1)
    low, high = wilson_interval(np.array([0, 5]), np.array([0, 5]))
    assert (low[0], high[0], high[1]) == (0, 1, 1)


def test_impossible_counts_are_refused():
    """Counts are not negative, there are not more successes than trials, and the confidence lies between 0 and 1."""
    with pytest.raises(InvalidValueError, match="successes: expected numbers from 0 to 3, got 4"):
        wilson_interval(4, 3)
    with pytest.raises(InvalidValueError, match=r"successes: expected numbers from 0 to \[2 2\], got \[-1  1\]"):
        wilson_interval(np.array([-1, 1]), np.array([2, 2]))
    with pytest.raises(InvalidValueError, match="trials: expected none below 0, got -1"):
        wilson_interval(0, -1)
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 1"):
        wilson_interval(1, 2, confidence=1)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_single_galaxies_have_wilsons_interval(right):
    """If each galaxy is its own group, the effective number is the number of galaxies."""
    expected = wilson_interval(sum(right), len(right))
    interval = proportion_interval(np.array(right, float), np.ones(len(right)), np.arange(len(right)))
    assert interval == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("right", [0, 5, 12])
def test_copies_count_once(right):
    """Three copies each of twelve galaxies are twelve."""
    single = (np.arange(12) < right).astype(float)
    interval = proportion_interval(np.repeat(single, 3), np.ones(36), np.repeat(np.arange(12), 3))
    assert interval == pytest.approx(wilson_interval(right, 12), abs=1e-12)


def test_all_right_in_pairs_by_hand():
    """24 of 24 galaxies in pairs are 12 of 12: from 12 / (12 + 1.96²) to 1."""
    low, high = proportion_interval(np.ones(24), np.ones(24), np.arange(24) // 2)
    assert low == pytest.approx(12 / (12 + 1.959964**2), abs=1e-6)
    assert high == 1


@pytest.mark.parametrize(("confidence", "deviate"), [(0.95, 1.959964), (0.8, 1.281552)])
def test_two_of_three_by_hand(confidence, deviate):
    """Two right galaxies in a group and a wrong one alone: the squares of sums over groups by those of residuals."""
    z2 = deviate**2
    middle = (2 + z2 / 2) / (3 + z2)
    right, wrong = 1 - middle, -middle
    effect = ((2 * right) ** 2 + wrong**2) / (2 * right**2 + wrong**2)
    interval = proportion_interval(np.array([1.0, 1, 0]), np.ones(3), np.array([4, 4, 7]), confidence=confidence)
    expected = wilson_interval(2 / effect, 3 / effect, confidence=confidence)
    assert interval == pytest.approx(expected, abs=1e-6)


def test_opposite_galaxies_of_a_group_do_not_count_more():
    """If one galaxy of each pair is right, their proportion varies less than by chance; the effect stays at 1."""
    right = np.tile([0.0, 1.0], 10)
    assert proportion_interval(right, np.ones(20), np.arange(20) // 2) == pytest.approx(wilson_interval(10, 20))


def test_galaxies_without_trials_change_nothing():
    """Galaxies of other classes do not count."""
    trials, groups = np.array([1.0, 1, 1, 0, 0, 0]), np.array([0, 0, 1, 0, 1, 1])
    expected = proportion_interval(np.ones(3), np.ones(3), groups[:3])
    assert proportion_interval(trials, trials, groups) == pytest.approx(expected)
    assert proportion_interval(np.zeros(6), np.zeros(6), groups) == (0, 1)


def test_size_of_a_group_is_weighted_by_galaxies():
    """Of four galaxies, three are in a group of three: (3 x 3 + 1 x 1) / 4."""
    assert group_size(np.array([7, 7, 7, 2])) == 2.5


@pytest.mark.parametrize(("share", "together"), [(0.5, 0.5), (0.9, 0.9)])
def test_intervals_of_groups_cover_what_they_promise(share, together):
    """Of 1,000 samples of fifty pairs, 95 % of the intervals hold the truth; those for single galaxies hold less."""
    rng = np.random.default_rng(0)
    covered, naive = 0, 0
    for _ in range(1000):
        of_pair, own = rng.random((50, 1)) < share, rng.random((50, 2)) < share
        right = np.where(rng.random((50, 1)) < together, of_pair, own).ravel().astype(float)
        low, high = proportion_interval(right, np.ones(100), np.arange(100) // 2)
        covered += low <= share <= high
        low, high = wilson_interval(right.sum(), 100)
        naive += low <= share <= high
    assert covered > 930  # four standard errors of a coverage of 0.95 are 0.028
    assert naive < 910
