"""Small classes: warnings about those with too few tested galaxies."""

import warnings

import numpy as np
import pytest

from galmorph.comparison._findings.small_classes import small_classes, warn_about_small_classes
from galmorph.errors import FewGalaxiesWarning


def test_one_warning_names_all_small_classes():
    """Dai & Tong's 58 cigars are enough, 29 and none are not; one warning gives their numbers, at the caller's line."""
    labels = np.repeat([0, 1], [58, 29])
    with pytest.warns(FewGalaxiesWarning, match="expected at least 30") as caught:
        warn_about_small_classes(labels, ["cigar", "edge_on", "spiral"])
    (warning,) = caught
    assert str(warning.message).startswith(
        "classes: expected at least 30 tested galaxies in each, got 'edge_on' 29 and 'spiral' 0; their precision"
    )
    assert warning.filename == __file__


def test_many_small_classes_are_counted():
    """Of a hundred small classes, the warning names eight."""
    with pytest.warns(FewGalaxiesWarning, match="'7' 1 and 92 others; their"):
        warn_about_small_classes(np.arange(100), [str(number) for number in range(100)])


def test_large_classes_give_none():
    """With 30 galaxies in each class, there is nothing to warn about."""
    labels = np.repeat([0, 1], 30)
    assert small_classes(labels, ["elliptical", "spiral"]) == {}
    with warnings.catch_warnings(record=True) as caught:
        warn_about_small_classes(labels, ["elliptical", "spiral"])
    assert caught == []
