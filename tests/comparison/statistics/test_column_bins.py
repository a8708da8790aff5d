"""Bins of a column: every galaxy with a value is in one bin, and the others are counted."""

from itertools import pairwise

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.comparison._statistics.column_bins import bin_column
from galmorph.errors import InvalidValueError


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.0, 1, 2, 3, 5, 8, np.nan, np.inf]), min_size=1, max_size=30), st.integers(1, 6))
def test_each_known_value_is_in_one_bin(numbers, bins):
    """Bins ascend, hold what lies between their edges, and don't part equal values."""
    values = np.array(numbers)
    known = np.isfinite(values)
    if not known.any():
        with pytest.raises(InvalidValueError, match="expected a finite number for at least one galaxy"):
            bin_column(values, bins=bins)
        return
    found = bin_column(values, bins=bins)
    rows = np.concatenate([each.rows for each in found.bins])
    assert sorted(rows) == np.flatnonzero(known).tolist()
    assert found.missing == np.sum(~known)
    assert 1 <= len(found.bins) <= bins
    parts = [set(values[each.rows]) for each in found.bins]
    assert all(max(one) < min(other) for one, other in pairwise(parts))
    for each in found.bins:
        assert each.low <= each.median <= each.high


def test_quantiles_hold_as_many_galaxies():
    """Different values are spread evenly, however skewed they are."""
    found = bin_column(np.exp(np.arange(100.0)), bins=4)
    assert [len(each.rows) for each in found.bins] == [25] * 4


def test_given_edges_are_kept():
    """A bin contains its lower edge, the last one also its upper edge; outside of all, galaxies are in none."""
    found = bin_column(np.array([0, 1, 2, 3, 4, 9]), edges=[1, 2, 4, 5, 6])
    assert [each.rows.tolist() for each in found.bins] == [[1], [2, 3], [4], []]
    assert found.missing == 0
    assert not found.texts
    assert bin_column(np.array([0, 1, 2]), edges=[0, 2]).bins[0].rows.tolist() == [0, 1, 2]


def test_masked_and_empty_values_are_missing():
    """A mask hides numbers and texts; texts and truth values have a bin for each value."""
    assert bin_column(MaskedColumn([1.0, 2, 3], mask=[True, False, True])).missing == 2
    found = bin_column(MaskedColumn(["b", "a", "", "b", "c"], mask=[False] * 4 + [True]))
    assert found.texts
    assert [(each.text, each.rows.tolist()) for each in found.bins] == [("a", [1]), ("b", [0, 3])]
    assert found.missing == 2
    assert [each.text for each in bin_column(Column([True, False, True])).bins] == ["False", "True"]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (np.ones((2, 2)), {}, r"values: expected one for each galaxy, got an array of shape \(2, 2\)"),
        (np.ones(3), {"edges": [1]}, r"edges: expected at least two ascending numbers, got \[1\]"),
        (np.ones(3), {"edges": [2, 1]}, r"edges: expected at least two ascending numbers, got \[2, 1\]"),
        (np.ones(3), {"bins": 0}, "bins: expected a whole number of at least 1, got 0"),
        (np.array(["a"]), {"edges": [1, 2]}, r"edges: expected none for values of type <U1, got \[1, 2\]"),
        (np.array(["", ""]), {}, "values: expected a text for at least one galaxy, got none of 2"),
        (np.arange(51).astype(str), {}, "values: expected at most 50 different texts, got 51, such as '0';"),
    ],
)
def test_impossible_bins_are_refused(values, options, message):
    """There is one value for each galaxy, edges ascend, and texts are few."""
    with pytest.raises(InvalidValueError, match=message):
        bin_column(values, **options)
