"""Tests of pairs against SciPy, published worked numbers and exact enumeration, and the sentences that they allow."""

from itertools import combinations

import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm, ttest_rel

from galmorph.comparison import (
    Pair,
    accuracy,
    holm,
    judge_pairs,
    log_loss,
    mcnemar,
    paired_interval,
    seed_interval,
    smallest_difference,
)
from galmorph.errors import InvalidValueError


def table(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rows of right and wrong, given how often both are right, only the first, only the second, and neither."""
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def certain(right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels, all of the first class, and sure answers that are right where told: (runs, galaxies, classes)."""
    return np.zeros(right.shape[-1], np.int64), np.eye(2)[(~right).astype(int)]


@pytest.mark.parametrize(
    ("counts", "p_value"), [((1, 1, 7, 12), 0.0703), ((59, 6, 16, 80), 0.0525)], ids=["Bentur", "Cavo"]
)
def test_mcnemar_as_published(counts, p_value):
    """P-values of both examples of Fagerland, Lydersen & Laake (2013, BMC Med. Res. Methodol. 13, 91), exact test."""
    result = mcnemar(*table(*counts))
    assert (result.first_only, result.second_only) == counts[1:3]
    assert result.p_value == pytest.approx(p_value, abs=5e-5)


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(any))
def test_mcnemar_is_a_sum_of_binomials(counts):
    """The p-value is twice the smaller tail of B(n, 1/2), at most 1, and the same for both orders."""
    first, second = table(*counts)
    smaller, discordant = min(counts[1:3]), counts[1] + counts[2]
    p_value = mcnemar(first, second).p_value
    assert p_value == pytest.approx(min(1, 2 * binom.cdf(smaller, discordant, 0.5)))
    assert mcnemar(second, first).p_value == p_value


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        # https://en.wikipedia.org/wiki/Holm-Bonferroni_method
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        # https://pingouin-stats.org, example of its function for Holm's method
        ([0.50, 0.003, 0.32, 0.054, 0.0003], [0.64, 0.012, 0.64, 0.162, 0.0015]),
    ],
    ids=["Wikipedia", "pingouin"],
)
def test_holm_as_published(p_values, corrected):
    """Worked examples."""
    np.testing.assert_allclose(holm(np.array(p_values)), corrected)


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_is_the_closure_of_bonferroni(p_values):
    """The corrected p-value is the largest of Bonferroni's over all sets of tests with this one in it (Holm 1979)."""
    numbers = range(len(p_values))
    sets = [chosen for size in numbers for chosen in combinations(numbers, size + 1)]
    bonferroni = {chosen: min(1, len(chosen) * min(p_values[each] for each in chosen)) for chosen in sets}
    expected = [max(p for chosen, p in bonferroni.items() if each in chosen) for each in numbers]
    np.testing.assert_allclose(holm(np.array(p_values)), expected)


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
    first, second = table(700, b, c, n - 700 - b - c)
    labels, one = certain(first)
    low, high = paired_interval(accuracy, labels, one, certain(second)[1])
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


@pytest.mark.parametrize(
    ("pairs", "p10", "p01"),
    [
        # https://powerandsamplesize.com, "McNemar's Z-test, 2-sided equality"
        (23, 0.45, 0.05),
        # https://clinicaltrials-tools.vercel.app, "McNemar's test sample size calculator"
        (155, 0.30, 0.15),
    ],
)
def test_smallest_difference_as_published(pairs, p10, p01):
    """Calculators after Connor (1987) say how many pairs show a difference; one pair fewer does not."""
    assert smallest_difference(pairs, p10 + p01) <= p10 - p01
    assert smallest_difference(pairs - 1, p10 + p01) > p10 - p01


@given(st.integers(20, 10_000), st.floats(0.001, 0.9), st.floats(0.55, 0.99), st.floats(0.6, 0.999))
def test_smallest_difference_inverts_connors_formula(galaxies, discordant, power, confidence):
    """Put into Connor's formula, with a discordant part at least as large, it gives the galaxies back."""
    difference = smallest_difference(galaxies, discordant, power=power, confidence=confidence)
    if difference < 1:
        part = max(discordant, difference)
        level, missed = norm.ppf(1 - (1 - confidence) / 2), norm.ppf(power)
        pairs = ((level * np.sqrt(part) + missed * np.sqrt(part - difference**2)) / difference) ** 2
        assert pairs == pytest.approx(galaxies)


@pytest.mark.parametrize(("galaxies", "discordant"), [(100, 0.02), (100, 0.3), (200, 0.1)])
def test_the_exact_test_finds_the_smallest_difference(galaxies, discordant):
    """Summed over all outcomes, McNemar's exact test finds it nearly as often as was asked for."""
    difference = smallest_difference(galaxies, discordant)
    part = max(discordant, difference)
    wins = (part + difference) / 2 / part
    found = 0.0
    for pairs in range(1, galaxies + 1):
        rejected = 2 * binom.cdf(np.minimum(np.arange(pairs + 1), pairs - np.arange(pairs + 1)), pairs, 0.5) <= 0.05
        found += binom.pmf(pairs, galaxies, part) * binom.pmf(np.flatnonzero(rejected), pairs, wins).sum()
    assert 0.75 < found < 0.8


def test_few_galaxies_show_nothing():
    """With three galaxies, even three to nothing has a p-value of 0.25."""
    assert smallest_difference(3, 1.0) == 1.0
    assert mcnemar(*table(0, 3, 0, 0)).p_value == 0.25


NUMBERS = {"galaxies": 724, "p_value": 0.0, "corrected": 0.0, "smallest": 0.021}


def test_a_clear_pair_says_how_much_better():
    """The sentence names the better one first, whichever comes first in the pair."""
    pair = Pair(first="ResNet-18", second="LeNet-5", difference=0.061, interval=(0.040, 0.083), **NUMBERS)
    turned = Pair(first="LeNet-5", second="ResNet-18", difference=-0.061, interval=(-0.083, -0.040), **NUMBERS)
    sentence = "ResNet-18 is better than LeNet-5 by 6.1 points (95 % 4.0 to 8.3)"
    assert str(pair) == str(turned) == sentence
    assert pair.better == turned.better == "ResNet-18"


@pytest.mark.parametrize(
    "change",
    [{"interval": (-0.001, 0.083)}, {"corrected": 0.06}],
    ids=["interval with zero", "not significant after correction"],
)
def test_an_unclear_pair_says_what_would_not_show(change):
    """Either test in doubt suffices; the sentence gives the galaxies, the smallest difference and the power."""
    told = NUMBERS | {"difference": 0.01, "interval": (0.001, 0.02)} | change
    pair = Pair(first="ResNet-18", second="ResNet-50", **told)
    assert pair.better is None
    assert str(pair) == (
        "ResNet-18 and ResNet-50 are not distinguishable with 724 galaxies: "
        "a difference under 2.1 points would not show (power 80 %)"
    )


def test_a_pair_that_seeds_may_turn_says_so():
    """A difference of trained models that is within the spread of seeds is not one of architectures."""
    told = NUMBERS | {"first": "a", "second": "b", "difference": -0.061, "interval": (-0.083, -0.040)}
    doubtful = Pair(seeds=(-0.13, 0.01), **told)
    assert str(doubtful) == (
        "b is better than a by 6.1 points (95 % 4.0 to 8.3) as trained here; other seeds may turn it (-1.0 to 13.0)"
    )
    assert doubtful.holds_over_seeds is False
    assert Pair(seeds=(-0.13, -0.01), **told).holds_over_seeds is True
    assert Pair(**told).holds_over_seeds is None


def test_three_architectures_are_judged():
    """Numbers of each pair are those of the single functions; corrected are all three together."""
    rng = np.random.default_rng(1)
    chances = {"good": 0.9, "alike": 0.9, "poor": 0.7}
    right = {name: rng.random((3, 500)) < chance for name, chance in chances.items()}
    labels = certain(right["good"])[0]
    pairs = judge_pairs(labels, {name: certain(each)[1] for name, each in right.items()})
    assert [(pair.first, pair.second) for pair in pairs] == [("good", "alike"), ("good", "poor"), ("alike", "poor")]
    assert [pair.better for pair in pairs] == [None, "good", "alike"]
    for pair in pairs:
        one, other = right[pair.first], right[pair.second]
        tests = [mcnemar(*both).p_value for both in zip(one, other, strict=True)]
        assert pair.difference == pytest.approx(one.mean() - other.mean())
        assert pair.p_value == pytest.approx(min(1, 2 * np.mean(tests)))
        assert pair.interval == paired_interval(accuracy, labels, certain(one)[1], certain(other)[1])
        assert pair.seeds == seed_interval(one.mean(axis=1), other.mean(axis=1))
        level = 1 - 0.05 / 3
        assert pair.smallest == pytest.approx(smallest_difference(500, (one != other).mean(), confidence=level))
    np.testing.assert_allclose([p.corrected for p in pairs], holm(np.array([p.p_value for p in pairs])))


def test_a_single_run_is_judged_by_mcnemar():
    """With one run of each, the p-value is McNemar's own, and copies of galaxies in groups add no certainty."""
    first, second = table(60, 12, 3, 25)
    labels, one = certain(first[None])
    other = certain(second[None])[1]
    (pair,) = judge_pairs(labels, {"a": one, "b": other})
    assert pair.p_value == pair.corrected == mcnemar(first, second).p_value
    groups = np.tile(np.arange(100), 4)
    (copied,) = judge_pairs(np.tile(labels, 4), {"a": np.tile(one, (1, 4, 1)), "b": np.tile(other, (1, 4, 1))}, groups)
    assert copied.interval == pytest.approx(pair.interval)
    assert copied.smallest == pair.smallest


def test_nothing_to_compare():
    """A single architecture makes no pair."""
    assert judge_pairs(np.array([0]), {"a": np.ones((1, 1, 1))}) == ()


def test_impossible_pairs_are_refused(monkeypatch):
    """Lengths fit, and numbers are in range and don't contradict each other."""
    # As users run it: in tests, the types of the arguments would refuse other lengths first.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(InvalidValueError, match="second: expected 2 galaxies as in first, got 3"):
        mcnemar(np.ones(2, bool), np.ones(3, bool))
    with pytest.raises(InvalidValueError, match="second: expected 2 seeds as in first, got 3"):
        seed_interval(np.ones(2), np.ones(3))
    with pytest.raises(InvalidValueError, match=r"p_values: expected numbers from 0 to 1, got \[0.1 nan\]"):
        holm(np.array([0.1, np.nan]))
    with pytest.raises(InvalidValueError, match="galaxies: expected at least 1, got 0"):
        smallest_difference(0, 0.1)
    with pytest.raises(InvalidValueError, match="discordant: expected a number from 0 to 1, got 10"):
        smallest_difference(100, 10)
    with pytest.raises(InvalidValueError, match="power: expected a number between 0 and 1, got 80"):
        smallest_difference(100, 0.1, power=80)
    right = {"a": np.ones((1, 1, 1)), "b": np.ones((2, 1, 1))}
    with pytest.raises(InvalidValueError, match=r"expected the same number of runs for all, got {'a': 1, 'b': 2}"):
        judge_pairs(np.array([0]), right)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second": "a"}, "second: expected another architecture than 'a'"),
        ({"galaxies": 0}, "galaxies: expected at least 1, got 0"),
        ({"difference": 6.1}, "difference: expected a number from -1 to 1, got 6.1"),
        ({"interval": (0.2, 0.1)}, r"interval: expected low and high from -1 to 1, got \(0.2, 0.1\)"),
        ({"p_value": 2.0}, "p_value: expected a number from 0 to 1, got 2.0"),
        ({"p_value": 0.5, "corrected": 0.1}, "corrected: expected a number from 0.5 to 1, got 0.1"),
        ({"smallest": -0.1}, "smallest: expected a number from 0 to 1, got -0.1"),
        ({"power": 80.0}, "power: expected a number between 0 and 1, got 80.0"),
        ({"confidence": 95.0}, "confidence: expected a number between 0 and 1, got 95.0"),
    ],
)
def test_a_pair_checks_itself(change, message):
    """A pair with impossible numbers can't be made."""
    told = NUMBERS | {"first": "a", "second": "b", "difference": 0.1, "interval": (0.0, 0.2)} | change
    with pytest.raises(InvalidValueError, match=message):
        Pair(**told)
