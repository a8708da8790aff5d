"""Figures of accuracy: ranking, and accuracy against cost."""

from itertools import pairwise

import pytest
from fabricated import fabricate_comparison
from hypothesis import assume, given
from hypothesis import strategies as st

from galmorph.comparison._figures.ranking import _cost_ticks
from galmorph.errors import InvalidValueError


def test_ranking_shows_accuracy_interval_and_runs(comparison):
    """Best first, each with its interval, and a dot for each of its six runs."""
    axes = comparison.plots.ranking()
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        result.architecture for result in comparison.results
    ]
    for place, (result, bars) in enumerate(zip(comparison.results, axes.containers, strict=True)):
        ((low, high),) = bars.lines[2][0].get_segments()
        assert [low[0], high[0]] == pytest.approx([100 * result.accuracy.low, 100 * result.accuracy.high])
        assert low[1] == high[1] == place
    dots = [line for line in axes.get_lines() if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in dots] == [6, 6, 6]
    assert dots[0].get_xdata() == pytest.approx([100 * run.scores.accuracy for run in comparison.best.runs])


def test_single_runs_get_no_dots():
    """Where each architecture was trained once, its dot would hide behind the accuracy."""
    axes = fabricate_comparison({"one": 1.0, "two": 2.0}, seeds=(0,), tested_folds=1).plots.ranking()
    assert "." not in {line.get_marker() for line in axes.get_lines()}


@pytest.mark.parametrize("cost", ["parameters", "flops", "seconds", "rate", "memory"])
def test_quality_against_cost(comparison, cost):
    """Each architecture is drawn at its cost and accuracy; the legend names all, best first, above the axes."""
    axes = comparison.plots.quality_against_cost(cost)
    assert axes.get_xscale() == "log"
    points = {(float(bars.lines[0].get_xdata()[0]), float(bars.lines[0].get_ydata()[0])) for bars in axes.containers}
    assert points == {(float(getattr(each.cost, cost)), 100 * each.accuracy.value) for each in comparison.results}
    axes.figure.draw_without_rendering()
    legend = axes.get_legend()
    names = [each.architecture for each in comparison.results]
    assert [text.get_text() for text in legend.get_texts()] == names
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1


def test_unknown_cost(comparison):
    """What a network does not cost is refused."""
    with pytest.raises(InvalidValueError, match=r"cost: expected one of 'parameters', .*got 'money'"):
        comparison.plots.quality_against_cost("money")


def test_a_device_that_reports_no_memory():
    """If the device does not report the memory of a training, nothing can be drawn against it."""
    comparison = fabricate_comparison({"one": 1.0}, seeds=(0,))
    for run in comparison.best.runs:
        object.__setattr__(run, "memory", 0)
    with pytest.raises(InvalidValueError, match=r"memory: expected a number above 0 .*, got none"):
        comparison.plots.quality_against_cost("memory")


@pytest.mark.parametrize("costs", [(60_000, 61_000), (11e6, 25e6, 60e6), (900, 7e8), (3, 4e3, 5e7), (5.0, 5.0)])
def test_labels_of_costs_stay_apart(costs):
    """Whatever the costs, at least two of them are labelled, and no label covers another."""
    comparison = fabricate_comparison({f"net{place}": 1.0 + place for place in range(len(costs))}, seeds=(0,))
    for result in comparison:
        for run in result.runs:
            object.__setattr__(run, "parameters", int(costs[int(result.architecture[3:])]))
    axes = comparison.plots.quality_against_cost()
    axes.figure.draw_without_rendering()
    low, high = axes.get_xlim()
    labels = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    assert 2 <= len(boxes) <= 6
    assert len({label.get_text() for label in labels}) == len(labels)
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@given(st.floats(1e-6, 1e12), st.floats(1e-9, 8))
def test_an_axis_of_costs_has_ticks(low, decades):
    """However close two costs are, there is a tick between the limits, and never more than six."""
    high = low * 10**decades
    assume(high > low)
    ticks = _cost_ticks(low, high)
    assert 1 <= len(ticks) <= 6
    assert all(low <= tick <= high * (1 + 1e-12) for tick in ticks)
