"""Small classes: warnings about those with too few tested galaxies."""

import warnings

import numpy as np
import pytest

from galmorph.comparison._findings.small_classes import small_classes, warn_about_small_classes
from galmorph.errors import FewGalaxiesWarning


def test_each_small_class_gives_a_warning():
    """Dai & Tong's 58 cigars are enough, 29 and none are not; the warning names the class and its number."""
    labels = np.repeat([0, 1], [58, 29])
    with pytest.warns(FewGalaxiesWarning, match="class") as caught:
        warn_about_small_classes(labels, ["cigar", "edge_on", "spiral"])
    texts = [str(warning.message) for warning in caught]
    assert [text.split(";")[0] for text in texts] == [
        "class 'edge_on': expected at least 30 tested galaxies, got 29",
        "class 'spiral': expected at least 30 tested galaxies, got 0",
    ]


def test_large_classes_give_none():
    """With 30 galaxies in each class, there is nothing to warn about."""
    labels = np.repeat([0, 1], 30)
    assert small_classes(labels, ["elliptical", "spiral"]) == {}
    with warnings.catch_warnings(record=True) as caught:
        warn_about_small_classes(labels, ["elliptical", "spiral"])
    assert caught == []
