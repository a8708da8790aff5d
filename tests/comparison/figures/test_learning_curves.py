"""Figure of the trainings: the curves are those of the histories."""

import numpy as np
import pytest
from fabricated import fabricate_comparison

from galmorph.comparison._figures.style import look_of
from galmorph.errors import InvalidValueError


def test_learning_curves_show_histories(comparison):
    """Thin lines are the runs, the thick one their mean, and markers the epochs that were kept."""
    axes = comparison.plots.learning_curves("accuracy")
    result = comparison.best
    own = [line for line in axes.get_lines() if line.get_color() == look_of(comparison, result.architecture).colour]
    histories = [100 * np.asarray(run.history["validation_accuracy"]) for run in result.runs]
    thin, thick = ([line for line in own if line.get_linewidth() == width] for width in (0.5, 1.5))
    assert np.array([line.get_ydata() for line in thin]) == pytest.approx(np.array(histories))
    assert thick[0].get_ydata() == pytest.approx(np.mean(histories, axis=0))
    marked = [line.get_xdata()[0] for line in own if len(line.get_xdata()) == 1]
    assert marked == [run.best_epoch for run in result.runs]
    with pytest.raises(InvalidValueError, match="quantity: expected one of 'loss', 'accuracy', got 'beauty'"):
        comparison.plots.learning_curves("beauty")


def test_learning_curves_of_unequal_length():
    """Where trainings stopped early, means go as far as the shortest."""
    whole = fabricate_comparison({"one": 1.0}, seeds=(0,))
    runs = whole.best.runs
    object.__setattr__(runs[1], "history", runs[1].history[:4])
    object.__setattr__(runs[1], "best_epoch", 3)
    thick = [line for line in whole.plots.learning_curves().get_lines() if line.get_linewidth() == 1.5]
    assert list(thick[0].get_xdata()) == [1, 2, 3, 4]
