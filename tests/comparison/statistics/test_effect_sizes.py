"""Effect sizes: published numbers, and symmetries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from galmorph.comparison._statistics.effect_sizes import cohens_h, superiority
from galmorph.errors import InvalidValueError


@pytest.mark.parametrize(("first", "second", "h"), [(0.65, 0.45, 0.405), (0.21, 0.13, 0.214), (1, 0, np.pi)])
def test_cohens_h_by_table(first, second, h):
    """Differences of φ in table 6.2.2 of Cohen (1988): φ(.65) = 1.875, φ(.45) = 1.471, φ(.21) = .952, φ(.13) = .738."""
    assert cohens_h(first, second) == pytest.approx(h, abs=1.5e-3)
    assert cohens_h(second, first) == -cohens_h(first, second)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_superiority_is_the_statistic_of_mann_and_whitney(first, second):
    """Their U, divided by the number of couples."""
    one, other = np.array(first, float), np.array(second, float)
    expected = mannwhitneyu(one, other, method="asymptotic").statistic / (len(one) * len(other))
    assert superiority(one, other) == pytest.approx(expected)
    assert superiority(one, other) + superiority(other, one) == pytest.approx(1)


def test_impossible_effects_are_refused():
    """A proportion is a fraction, and there is a score."""
    with pytest.raises(InvalidValueError, match=r"^second: expected a number from 0 to 1, got 45"):
        cohens_h(0.5, 45.0)
    with pytest.raises(InvalidValueError, match=r"^first: expected a number from 0 to 1, got -1"):
        cohens_h(-1.0, 0.5)
    with pytest.raises(InvalidValueError, match=r"^second: expected at least one score, got none"):
        superiority(np.ones(1), np.ones(0))
    with pytest.raises(InvalidValueError, match=r"^first: expected at least one score, got none"):
        superiority(np.ones(0), np.ones(1))
