"""Galleries: mistakes, answers and doubtful labels, with their captions."""

import numpy as np
import pytest
from fabricated import fabricate_comparison

from galmorph._drawing.pictures import as_picture
from galmorph.comparison._figures.galleries import confident_mistakes, galaxy_names
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError


def test_mistakes_are_wrong_and_fall_by_probability(comparison):
    """The list holds wrong answers only, the surest first; the figure shows as many stamps as asked for."""
    result = comparison.best
    table = confident_mistakes(result, galaxy_names(comparison.test), count=7)
    assert len(table) == 7
    assert np.all(np.diff(table["probability"]) <= 0)
    assert np.all(table["label"] != table["answer"])
    labels = np.array(result.classes)[comparison.test.labels[table["row"]]]
    assert list(table["label"]) == list(labels)
    figure = comparison.plots.mistakes(count=7)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == 7
    assert np.array_equal(shown[0].images[0].get_array(), comparison.test.stamps[table["row"][0]])
    assert table["name"][0] in shown[0].get_xlabel()


def test_gallery_is_half_right(comparison):
    """Half of the stamps have correct answers; wrong ones give the label, too. The same seed shows the same."""
    figure = comparison.plots.gallery(rows=2, columns=4, seed=3)
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert ["label:" in caption for caption in captions] == [False] * 4 + [True] * 4
    assert captions == [axes.get_xlabel() for axes in comparison.plots.gallery(rows=2, columns=4, seed=3).axes]


def test_doubtful_labels_are_those_of_the_audit(comparison):
    """The first stamp is the first of the audit, whose rows are those of the whole data set."""
    audit = comparison.doubtful()
    first = comparison.plots.doubtful_labels(count=3).axes[0]
    assert np.array_equal(first.images[0].get_array(), comparison.dataset.stamps[audit["row"][0]])
    assert f"{audit['votes'][0]} of {audit['models'][0]}" in first.get_xlabel()


def test_nothing_to_show():
    """An error says that a network made no mistakes, or that no label is doubtful."""
    perfect = fabricate_comparison({"oracle": 50.0}, seeds=(0,))
    with pytest.raises(InvalidValueError, match="mistakes: oracle made none on 210 galaxies"):
        perfect.plots.mistakes()
    with pytest.raises(InvalidValueError, match="doubtful_labels: none of 210 labels"):
        perfect.plots.doubtful_labels()
    assert len([axes for axes in perfect.plots.gallery(rows=1, columns=3).axes if axes.images]) == 3


def test_seeds_count_from_zero(comparison):
    """A negative seed is an error of ours, not of NumPy."""
    with pytest.raises(InvalidValueError, match="seed: expected a whole number of at least 0, got -1"):
        comparison.plots.gallery(seed=-1)


@pytest.mark.parametrize("count", [0, -1])
def test_stamps_must_be_asked_for(comparison, count):
    """Fewer than one stamp is no figure."""
    with pytest.raises(InvalidValueError, match="count: expected a whole number of at least 1"):
        comparison.plots.mistakes(count=count)
    with pytest.raises(InvalidValueError, match="columns: expected a whole number of at least 1"):
        comparison.plots.mistakes(columns=count)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.float16, 1), (np.float32, 1)])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_stamps_of_any_kind_become_pictures(dtype, white, channels):
    """White is white whatever the type; other numbers of channels than three are shown in grey."""
    stamp = np.full((4, 4, channels), white, dtype)
    stamp[0, 0] = 0
    picture = as_picture(stamp)
    assert picture.shape == (4, 4, 3)
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[1, 1].tolist() == [255, 255, 255]


def test_galaxies_without_names_are_called_by_row():
    """Without a column of names, a galaxy is called by its row."""
    assert galaxy_names(Dataset(np.zeros((2, 32, 32, 1), np.uint8), [0, 1], ("a", "b"))) == ["row 0", "row 1"]


def test_confusions_are_shown_by_their_surest_stamp(comparison):
    """Each cell shows the surest answer of its kind and how many there are; a cell without answers says so."""
    result = comparison["fair_one"]
    mean = result.calibrated.mean(axis=0)
    answers = mean.argmax(axis=1)
    figure = comparison.plots.confusion_stamps("fair_one")
    assert len(figure.axes) == 25
    for place, axes in enumerate(figure.axes):
        label, answer = divmod(place, 5)
        rows = np.flatnonzero((result.labels == label) & (answers == answer))
        if len(rows):
            best = rows[mean[rows, answer].argmax()]
            assert np.array_equal(axes.images[0].get_array(), comparison.test.stamps[best])
            assert axes.get_xlabel() == f"{len(rows)} ({100 * mean[best, answer]:.0f} %)"
        else:
            assert [text.get_text() for text in axes.texts] == ["none"]
