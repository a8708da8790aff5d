"""Figures of curves: they are those of scikit-learn, and the legend gives the areas."""

import numpy as np
import pytest
from fabricated import fabricate_comparison
from sklearn.metrics import roc_curve

from galmorph.errors import InvalidValueError


def test_roc_is_that_of_all_passes(comparison):
    """Each class has a curve of the answers of all passes, and the mean area in the legend."""
    result = comparison["poor"]
    axes = comparison.plots.roc("poor")
    lines = axes.get_lines()[1:]  # the first is the diagonal
    assert [line.get_label() for line in lines] == [
        f"{name}: {area.value:.3f}" for name, area in result.roc_area.items()
    ]
    scores = np.concatenate([each[:, 4] for each in result.probabilities])
    false, true, _ = roc_curve(np.tile(result.labels == 4, len(result.probabilities)), scores)
    assert lines[4].get_xdata() == pytest.approx(100 * false)
    assert lines[4].get_ydata() == pytest.approx(100 * true)


def test_precision_recall_ends_at_the_fraction_of_the_class(comparison):
    """With all galaxies taken, the precision is the fraction of the class."""
    axes = comparison.plots.precision_recall("poor")
    labels = comparison["poor"].labels
    for place, line in enumerate(axes.get_lines()):
        assert (line.get_xdata()[0], line.get_ydata()[0]) == pytest.approx((100, 100 * np.mean(labels == place)))


def test_classes_without_galaxies_have_no_curve():
    """A class without galaxies has none; with a single class, there is no rest."""
    axes = fabricate_comparison({"one": 1.0}, (60, 50, 0, 30, 58), seeds=(0,)).plots.roc()
    assert [line.get_label().partition(":")[0] for line in axes.get_lines()[1:]] == [
        "round", "in_between", "edge_on", "spiral"
    ]  # fmt: skip
    single = fabricate_comparison({"one": 1.0}, (60, 0), classes=("a", "b"), seeds=(0,))
    with pytest.raises(InvalidValueError, match="area under the ROC curve: expected galaxies of at least two classes"):
        single.plots.roc()
    with pytest.raises(InvalidValueError, match="average precision: expected galaxies of at least two classes"):
        single.plots.precision_recall()
