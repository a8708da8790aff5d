"""Comparisons: the same galaxies for all, best first, and no more certainty than there is."""

import dataclasses

import numpy as np
import pytest

from galmorph.comparison import Comparison, Entry, compare, plot_confusion, plot_gallery, plot_learning_curves
from galmorph.errors import InvalidValueError
from galmorph.simulation import simulate_galaxies
from galmorph.training import Scores, TrainConfig


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """LeNet-5 and a rival, which is LeNet-5 under another name with answers set by the tests, on few galaxies."""
    galaxies = simulate_galaxies(200, size=32, seed=0, class_counts=[40] * 5)
    done = []
    result = compare(
        ["lenet5"], galaxies, seeds=2, config=TrainConfig(epochs=2), progress=False, on_run=lambda run: done.append(run)
    )
    assert [run.seed for run in done] == [0, 1]
    return result


def rival(comparison: Comparison, correct: int) -> Comparison:
    """Add an architecture that has the first `correct` test galaxies right and the others wrong."""
    labels, classes = comparison.test.labels, comparison.test.classes
    answers = np.where(np.arange(len(labels)) < correct, labels, (labels + 1) % len(classes))
    scores = Scores(np.eye(len(classes), dtype=np.float32)[answers], labels, classes)
    run = dataclasses.replace(comparison.entries[0].runs[0], architecture="rival", scores=scores)
    entries = [*comparison.entries, Entry("rival", (run,), comparison.test.groups)]
    return dataclasses.replace(comparison, entries=tuple(sorted(entries, key=lambda entry: -entry.accuracy)))


def test_numbers_are_means_over_seeds(comparison):
    """Accuracy, recall and confusion are means over the runs; the interval is for as many galaxies as there are."""
    entry = comparison["lenet5"]
    assert entry.accuracy == pytest.approx(np.mean([run.scores.accuracy for run in entry.runs]))
    assert entry.seed_spread == pytest.approx(np.std([run.scores.accuracy for run in entry.runs], ddof=1))
    assert entry.confusion.sum() == pytest.approx(len(comparison.test))
    low, high = entry.accuracy_interval
    assert low < entry.accuracy < high
    assert high - low > 1.5 * np.sqrt(entry.accuracy * (1 - entry.accuracy) / len(comparison.test))


def test_the_table_has_a_row_an_architecture_best_first(comparison):
    """Rows fall by accuracy, and printed text names every class and every architecture within 100 columns."""
    both = rival(comparison, correct=len(comparison.test))
    table = both.to_table()
    assert list(table["architecture"]) == ["rival", "lenet5"]
    assert table["accuracy"][0] == 1
    assert table["recall(spiral)"][0] == 1
    text = str(both)
    assert all(name in text for name in (*both.test.classes, "rival", "lenet5"))
    assert max(map(len, text.splitlines()[3:])) <= 100


def test_the_verdict_says_no_more_than_the_intervals(comparison):
    """A perfect rival wins, one alike does not, and nobody wins alone."""
    assert "nothing to compare it with" in comparison.verdict
    assert rival(comparison, len(comparison.test)).verdict.startswith("rival is best on these 40 galaxies, beyond")
    alike = round(comparison["lenet5"].accuracy * len(comparison.test))
    assert "more galaxies are needed" in rival(comparison, alike).verdict


def test_all_learn_from_the_same_galaxies(comparison):
    """The split is one, and its test part is what all answered."""
    assert len(comparison.split.parts[2]) == len(comparison.test) == 40
    for run in comparison["lenet5"].runs:
        np.testing.assert_array_equal(run.scores.labels, comparison.test.labels)
        assert len(run.result.history) == 2


def test_figures_show_every_architecture(comparison, tmp_path):
    """Each figure can be drawn and saved, and names what it shows."""
    both = rival(comparison, correct=35)
    curves, confusion, gallery = plot_learning_curves(both), plot_confusion(both), plot_gallery(both)
    assert [text.get_text() for text in curves.axes[1].get_legend().get_texts()] == ["rival", "lenet5"]
    assert [axes.get_title().split("\n")[0] for axes in confusion.axes] == ["rival", "lenet5"]
    titles = [axes.get_title() for axes in gallery.axes]
    assert sum("label:" in title for title in titles) == 5
    for index, figure in enumerate((curves, confusion, gallery)):
        figure.savefig(tmp_path / f"{index}.png")


@pytest.mark.parametrize("names", [[], ["lenet5", "lenet5"], ["vgg"]], ids=["none", "twice", "unknown"])
def test_impossible_architectures_are_refused(names):
    """Architectures must be known and different."""
    with pytest.raises(InvalidValueError, match=r"architectures: expected different names out of lenet5, .* got"):
        compare(names, simulate_galaxies(50, seed=0))


def test_an_architecture_that_was_not_compared_is_a_key_error(comparison):
    """Looking up another name tells which there are."""
    with pytest.raises(KeyError, match="'alexnet'; compared were lenet5"):
        comparison["alexnet"]
