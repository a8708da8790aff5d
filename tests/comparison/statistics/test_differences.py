"""Intervals of differences against SciPy, published numbers and known variances."""

import numpy as np
import pytest
from fabricated import certain_answers, right_and_wrong
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from galmorph.comparison._statistics.differences import (
    accuracy_difference_interval,
    paired_interval,
    seed_interval,
)
from galmorph.comparison._statistics.metrics import accuracy, log_loss
from galmorph.errors import InvalidValueError


def test_student_as_published():
    """Student's sleep data (1908), in hours more sleep: -1.58, from -2.4598858 to -0.7001142 (R, `t.test`)."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert seed_interval(first, second) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=8), st.floats(0.5, 0.99))
def test_seed_interval_is_scipys(scores, confidence):
    """It is that of `scipy.stats.ttest_rel`, and a point where the difference is always the same."""
    first, second = np.array(scores).T / 100
    interval = seed_interval(first, second, confidence=confidence)
    if np.ptp(np.subtract(*np.array(scores).T)) == 0:
        assert interval == pytest.approx((first[0] - second[0],) * 2)
    else:
        expected = ttest_rel(first, second).confidence_interval(confidence)
        assert interval == pytest.approx(tuple(expected), abs=1e-9)


def test_one_seed_tells_nothing_about_others():
    """With a single seed the interval over seeds is not a number."""
    assert np.isnan(seed_interval(np.array([0.9]), np.array([0.8]))).all()


def test_paired_width_is_that_of_the_discordant():
    """The variance of a difference of proportions is (b + c - (b - c)² / n) / n²: agreement adds none."""
    n, b, c = 1000, 90, 50
    first, second = right_and_wrong(700, b, c, n - 700 - b - c)
    labels, one = certain_answers(first)
    low, high = paired_interval(accuracy, labels, one, certain_answers(second)[1])
    error = np.sqrt(b + c - (b - c) ** 2 / n) / n
    assert (low + high) / 2 == pytest.approx((b - c) / n, abs=0.2 * error)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_paired_interval_has_a_sign():
    """The other way round, it is the negative; a model has no difference from itself; runs are averaged."""
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=200)
    one, other = rng.dirichlet(np.ones(3), size=(2, 200))
    low, high = paired_interval(log_loss, labels, one, other)
    assert paired_interval(log_loss, labels, other, one) == pytest.approx((-high, -low))
    assert paired_interval(log_loss, labels, one, one) == (0, 0)
    assert paired_interval(log_loss, labels, np.stack([one, one]), other) == pytest.approx((low, high))


@pytest.mark.usefixtures("unchecked_shapes")
def test_different_numbers_of_seeds_are_refused():
    """Both architectures are trained with the same seeds."""
    with pytest.raises(InvalidValueError, match="second: expected 2 seeds as in first, got 3"):
        seed_interval(np.ones(2), np.ones(3))
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 0"):
        seed_interval(np.ones(2), np.ones(2), confidence=0)
    labels, answers = certain_answers(np.ones(4, bool))
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 0"):
        paired_interval(accuracy, labels, answers, answers, confidence=0)


def test_bonett_and_price_by_hand():
    """(b - c) / (n + 2) with the standard error of b + 1 and c + 1 among n + 2 galaxies (2012, equation 4)."""
    n, b, c = 100, 9, 3
    first, second = right_and_wrong(70, b, c, n - 70 - b - c)
    p, q = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = 1.959964 * np.sqrt((p + q - (p - q) ** 2) / (n + 2))
    expected = (p - q - half, p - q + half)
    assert accuracy_difference_interval(first[None], second[None]) == pytest.approx(expected, abs=1e-6)


def test_models_that_agree_may_differ_elsewhere():
    """No galaxy tells two models apart, and the interval has a width all the same; in pairs of galaxies it is wider."""
    right = np.ones((1, 24), bool)
    low, high = accuracy_difference_interval(right, right)
    assert -low == high == pytest.approx(1.959964 * np.sqrt(2) / 26, abs=1e-6)
    paired = accuracy_difference_interval(right, right, np.arange(24) // 2)
    assert paired[1] == pytest.approx(1.959964 * np.sqrt(2) / 14, abs=1e-6)  # twelve groups, and two more


def test_a_difference_of_accuracies_has_its_limits():
    """If one model is right on all galaxies and the other on none, the interval ends at 1, or at -1."""
    right, wrong = np.ones((1, 10), bool), np.zeros((1, 10), bool)
    low, high = accuracy_difference_interval(right, wrong)
    assert 0.5 < low < high == 1
    assert accuracy_difference_interval(wrong, right) == pytest.approx((-1, -low))


def test_copies_of_galaxies_add_nothing():
    """Each galaxy twice, in a group with its copy, gives the interval of the single galaxies."""
    first, second = (each[None] for each in right_and_wrong(40, 9, 3, 20))
    expected = accuracy_difference_interval(first, second)
    copies = (np.repeat(each, 2, axis=1) for each in (first, second))
    assert accuracy_difference_interval(*copies, np.arange(72 * 2) // 2) == pytest.approx(expected)


def test_differences_cover_what_they_promise():
    """Of 2,000 samples of 60 galaxies, of which few tell the models apart, 95 % of the intervals hold the truth."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        kind = rng.choice(3, p=[0.1, 0.04, 0.86], size=60)
        low, high = accuracy_difference_interval((kind != 1)[None], (kind != 0)[None])
        covered += low <= 0.06 <= high
    assert 0.94 < covered / 2000 < 0.985


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_differences_of_accuracies_are_refused():
    """The same galaxies, a group for each, and a confidence between 0 and 1."""
    right = np.ones((1, 5), bool)
    with pytest.raises(InvalidValueError, match="second: expected 5 galaxies as in first, got 4"):
        accuracy_difference_interval(right, right[:, :4])
    with pytest.raises(InvalidValueError, match="groups: expected one for each of 5 galaxies, got 4"):
        accuracy_difference_interval(right, right, np.arange(4))
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 2"):
        accuracy_difference_interval(right, right, confidence=2)
