"""Intervals against SciPy, published numbers and their own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from galmorph.comparison import bootstrap_balanced_accuracy, wilson_interval
from galmorph.errors import InvalidValueError


@given(st.integers(1, 500), st.data(), st.sampled_from([0.68, 0.95, 0.99]))
def test_wilson_is_scipys(trials, data, confidence):
    """For whole numbers the interval is that of `scipy.stats.binomtest`."""
    successes = data.draw(st.integers(0, trials))
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_wilson_by_hand():
    """No success in ten trials: from 0 to z² / (n + z²), with z = 1.959964."""
    assert wilson_interval(0, 10) == pytest.approx((0, 1.959964**2 / (10 + 1.959964**2)), abs=1e-6)


@pytest.mark.parametrize(("successes", "trials"), [(3, 0), (4, 3), (-1, 3)])
def test_impossible_counts_are_refused(successes, trials):
    """There is at least one trial, and not more successes than trials."""
    with pytest.raises(InvalidValueError, match=r"trials: expected at least 1|successes: expected a number from 0"):
        wilson_interval(successes, trials)


def test_bootstrap_matches_the_normal_approximation():
    """With many galaxies of two classes, the width is that of the mean of two independent recalls."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [1500, 500]).astype(np.int32)
    correct = rng.random((1, 2000)) < np.where(labels == 0, 0.9, 0.7)
    recalls = np.array([correct[0, labels == k].mean() for k in (0, 1)])
    sigma = np.sqrt((recalls * (1 - recalls) / [1500, 500]).sum()) / 2
    low, high = bootstrap_balanced_accuracy(correct, labels, np.arange(2000))
    assert (low + high) / 2 == pytest.approx(recalls.mean(), abs=0.2 * sigma)
    assert high - low == pytest.approx(2 * 1.96 * sigma, rel=0.08)


def test_galaxies_of_one_group_are_drawn_together():
    """If each galaxy stands four times in the data, grouping restores the width of the single galaxies."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 200).astype(np.int32)
    correct = rng.random((1, 400)) < 0.8
    single = np.diff(bootstrap_balanced_accuracy(correct, labels, np.arange(400)))
    repeated = (np.tile(correct, (1, 4)), np.tile(labels, 4))
    grouped = np.diff(bootstrap_balanced_accuracy(*repeated, np.tile(np.arange(400), 4)))
    naive = np.diff(bootstrap_balanced_accuracy(*repeated, np.arange(1600)))
    assert grouped == pytest.approx(single, rel=0.1)
    assert naive == pytest.approx(single / 2, rel=0.1)


def test_no_doubt_where_all_are_right():
    """If every galaxy is right, every drawing is."""
    labels = np.arange(30, dtype=np.int32) % 3
    assert bootstrap_balanced_accuracy(np.ones((2, 30), bool), labels, np.arange(30)) == (1.0, 1.0)
