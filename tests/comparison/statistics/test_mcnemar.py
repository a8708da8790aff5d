"""McNemar's test, Holm's correction and detectable differences, against published numbers and exact enumeration."""

from itertools import combinations

import numpy as np
import pytest
from fabricated import right_and_wrong
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from galmorph.comparison._statistics.mcnemar import holm, mcnemar, smallest_difference
from galmorph.errors import InvalidValueError


@pytest.mark.parametrize(
    ("counts", "p_value"), [((1, 1, 7, 12), 0.0703), ((59, 6, 16, 80), 0.0525)], ids=["Bentur", "Cavo"]
)
def test_mcnemar_as_published(counts, p_value):
    """P-values of both examples of Fagerland, Lydersen & Laake (2013, BMC Med. Res. Methodol. 13, 91), exact test."""
    result = mcnemar(*right_and_wrong(*counts))
    assert (result.first_only, result.second_only) == counts[1:3]
    assert result.p_value == pytest.approx(p_value, abs=5e-5)


@given(st.tuples(*[st.integers(0, 40)] * 4).filter(any))
def test_mcnemar_is_a_sum_of_binomials(counts):
    """The p-value is twice the smaller tail of B(n, 1/2), at most 1, and the same for both orders."""
    first, second = right_and_wrong(*counts)
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
    """With three galaxies, even three to nothing has a p-value of 0.25; with one, nothing can be found."""
    assert smallest_difference(3, 1.0) == 1.0
    assert smallest_difference(1, 1.0) == 1.0
    assert mcnemar(*right_and_wrong(0, 3, 0, 0)).p_value == 0.25


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_tests_are_refused():
    """Numbers of galaxies agree, and p-values, fractions and powers are in range."""
    with pytest.raises(InvalidValueError, match="second: expected 2 galaxies as in first, got 3"):
        mcnemar(np.ones(2, bool), np.ones(3, bool))
    with pytest.raises(InvalidValueError, match=r"p_values: expected numbers from 0 to 1, got \[0.1 nan\]"):
        holm(np.array([0.1, np.nan]))
    with pytest.raises(InvalidValueError, match="galaxies: expected at least 1, got 0"):
        smallest_difference(0, 0.1)
    with pytest.raises(InvalidValueError, match="discordant: expected a number from 0 to 1, got 10"):
        smallest_difference(100, 10)
    with pytest.raises(InvalidValueError, match="power: expected a number between 0 and 1, got 80"):
        smallest_difference(100, 0.1, power=80)
    for power in (0, 1):
        with pytest.raises(InvalidValueError, match=f"power: expected a number between 0 and 1, got {power}"):
            smallest_difference(100, 0.1, power=power)


@pytest.mark.usefixtures("unchecked_shapes")
def test_answers_are_not_correctness():
    """The classes that two models answer would be compared as if they were right or wrong."""
    answers = np.array([0, 1, 2, 1])
    with pytest.raises(InvalidValueError, match=r"^first: expected .* an array of bool, got int64; answers == labels"):
        mcnemar(answers, answers)
    with pytest.raises(InvalidValueError, match=r"^second: expected .* an array of bool, got list"):
        mcnemar(np.array([True]), [True])
