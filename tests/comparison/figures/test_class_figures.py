"""Figures by class: recall, precision and confusion matrix."""

import numpy as np
import pytest
from fabricated import contrast, fabricate_comparison, fabricate_galaxies
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from galmorph.comparison import Comparison, plot_confusion
from galmorph.errors import InvalidValueError
from galmorph.training import Scores


def texts(artist) -> list[str]:
    """All that is written in a figure, or on its axes."""
    return [each.get_text() for each in artist.findobj(Text) if each.get_text()]


def test_confusion_shows_counts_and_parts(comparison):
    """The shade is the fraction of the true class; cells contain percentages and numbers."""
    axes = comparison.plots.confusion("poor")
    counts = comparison["poor"].confusion
    shades = axes.get_images()[0].get_array()
    assert np.asarray(shades) == pytest.approx(counts / counts.sum(axis=1, keepdims=True))
    assert f"{100 * shades[0, 0]:.0f} %" in texts(axes)
    assert f"{counts[0, 0]:.1f}" in texts(axes)
    with pytest.raises(KeyError, match="compared were"):
        comparison.plots.confusion("resnet18")


def test_scores_of_one_classifier():
    """Outside of a comparison, the scores of a classifier are drawn: four galaxies, counted by hand."""
    answers = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    scores = Scores(answers, np.array([0, 0, 0, 1]), ("elliptical", "edge_on"))
    axes = plot_confusion(scores, title="LeNet_5")
    assert axes.get_title() == "LeNet_5"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["elliptical", "edge_on"]
    assert [text.get_text() for text in axes.texts] == ["67 %", "2", "33 %", "1", "100 %", "1"]
    own = Figure().subplots()
    assert plot_confusion(scores, axes=own) is own


@pytest.mark.usefixtures("unchecked_shapes")
def test_only_scores_are_drawn(comparison):
    """A matrix or a run is refused by the name of its type."""
    for given, kind in ((comparison.best.confusion, "ndarray"), (comparison.best.runs[0], "Run")):
        with pytest.raises(InvalidValueError, match=f"answers: expected Scores, as evaluate gives them, got a {kind}"):
            plot_confusion(given)


def test_numbers_stand_out_from_their_cells():
    """Whatever the shade of a cell, its text has a contrast of 4.5 to 1 at least, as WCAG AA asks."""
    comparison = fabricate_comparison({f"network_{number}": 0.3 * number for number in range(9)}, seeds=(0,))
    for result in comparison.results:
        axes = comparison.plots.confusion(result.architecture)
        image = axes.get_images()[0]
        for text in axes.texts:
            column, row = np.round(text.get_position()).astype(int)
            behind = image.to_rgba(image.get_array())[row, column]
            assert contrast(to_rgb(behind), to_rgb(text.get_color())) >= 4.5


@pytest.mark.parametrize("quantity", ["recall", "precision"])
def test_classes_with_their_numbers(comparison, quantity):
    """Each class has its number of galaxies, which is called few if it is, and markers are at the estimates."""
    axes = getattr(comparison.plots, quantity)()
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert ticks[2] == "cigar\n(12, few)"
    assert ticks[1] == "in_between\n(50)"
    for result, bars in zip(comparison.results, axes.containers, strict=True):
        expected = [100 * estimate.value for estimate in getattr(result, quantity).values()]
        assert bars.lines[0].get_xdata() == pytest.approx(expected)


def test_a_class_without_galaxies():
    """It is named, and has a word instead of markers, and an empty row of the confusion matrix."""
    comparison = fabricate_comparison({"one": 3.0, "two": 2.5}, (60, 50, 0, 40, 58), seeds=(0,))
    axes = comparison.plots.recall()
    assert [len(bars.lines[0].get_xdata()) for bars in axes.containers] == [4, 4]
    assert "cigar\n(0, few)" in texts(axes)
    assert texts(axes).count("no galaxies") == 1
    shades = np.asarray(comparison.plots.confusion().get_images()[0].get_array())
    assert shades[2].tolist() == [0] * 5


def test_a_class_that_is_never_answered():
    """It has no precision, which the figure says."""
    made = fabricate_comparison({"one": 2.0}, seeds=(0,))
    for run in made.best.runs:
        run.scores.logits[:, 2] -= 1000
    comparison = Comparison.of(made.plan, made.dataset, made.best.runs)
    assert texts(comparison.plots.precision()).count("never answered") == 1
    assert "never answered" not in texts(comparison.plots.recall())


def test_accuracy_by_column_is_drawn_as_measured():
    """Each bin has its number of galaxies, an empty one a word, and markers are at the numbers of the table."""
    galaxies = fabricate_galaxies()
    galaxies.table["magnitude"] = np.where(np.arange(210) < 20, np.nan, np.arange(210) / 10)
    galaxies.table["magnitude"].unit = "mag"
    comparison = fabricate_comparison({"one": 1.0, "two": 2.0}, galaxies=galaxies, seeds=(0,))
    edges = [0, 1, 5, 10, 21]
    axes = comparison.plots.by_column("magnitude", edges=edges)
    table = comparison.accuracy_by("magnitude", edges=edges)
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "0 to 1\n(0)",
        "1 to 5\n(30)",
        "5 to 10\n(50)",
        "10 to 21\n(110)",
    ]
    for result, bars in zip(comparison.results, axes.containers, strict=True):
        expected = 100 * table[f"accuracy({result.architecture})"][1:]
        assert bars.lines[0].get_xdata() == pytest.approx(np.asarray(expected))
    assert "no galaxies" in texts(axes)
    assert axes.get_xlabel() == ("accuracy (%) with 95 % CI, by magnitude (mag)\n(20 of 210 galaxies have no value)")
