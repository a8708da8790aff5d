"""The sheet of explanations: three panels a galaxy, and the words above them."""

import numpy as np
import pytest
from astropy.table import Table
from fabricated import fabricate_comparison
from flax import nnx
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from galmorph.comparison._figures import explanations
from galmorph.comparison._figures.explanations import plot_explanations
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.models import LeNet5
from galmorph.preprocessing import Recipe
from galmorph.training import Classifier, Scaling, grad_cam


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """LeNet-5 with random weights."""
    return Classifier(
        model=LeNet5(2, channels=1, size=32, rngs=nnx.Rngs(0)),
        classes=("edge_on", "spiral"),
        recipe=Recipe(size=32, channels=1),
        scaling=Scaling((0.5,), (0.3,)),
        channels=1,
    )


@pytest.fixture(scope="module")
def galaxies() -> Dataset:
    """Seven stamps of noise, one name of which is an unfinished formula."""
    stamps = np.random.default_rng(0).integers(0, 255, (7, 32, 32, 1), np.uint8)
    names = [f"NGC {number}" for number in range(6)] + ["M_7 $x"]
    return Dataset(stamps, np.zeros(7, int), ("edge_on", "spiral"), table=Table({"name": names}))


ROWS = [6, 5, 2]  # the same number in all tests, so that maps are compiled once


@pytest.fixture(scope="module")
def figure(classifier, galaxies) -> Figure:
    """Three galaxies in two columns."""
    return plot_explanations(classifier, galaxies, rows=ROWS, samples=1, columns=2)


@pytest.mark.slow
def test_three_panels_a_galaxy(tmp_path, figure):
    """Stamp, saliency and Grad-CAM are one below the other; the rest of the last band stays empty."""
    panels = np.reshape(figure.axes, (6, 2))
    assert [[len(axes.images) for axes in row] for row in panels] == [[1, 1], [1, 1], [2, 2], [1, 0], [1, 0], [2, 0]]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["stamp", "saliency", "Grad-CAM"] * 2
    figure.savefig(tmp_path / "explanations.png", dpi=40)  # the unfinished formula is drawn as it is


def test_answers_stand_above(classifier, galaxies, figure):
    """The titles give name, answer and probability over all orientations, and the label if it is another class."""
    table = classifier.predict(galaxies[ROWS[1:]], orientations=True)
    for axes, row in zip([figure.axes[1], figure.axes[6]], table, strict=True):
        words = " ".join(axes.get_title().split())
        assert words.startswith(f"{row['name']} {row['class']} ({100 * row['probability']:.0f} %)")
        assert words.endswith("label: edge on") == (row["class"] != "edge_on")


def test_the_maps_are_those_asked_for(classifier, galaxies):
    """Class and layer are passed on. Where pyplot was imported, as here, the figure is its current one."""
    figure = plot_explanations(classifier, galaxies, rows=ROWS, classes="spiral", layer="conv1", samples=1)
    assert plt.gcf() is figure
    expected = grad_cam(classifier, galaxies.stamps[ROWS], "spiral", layer="conv1", orientations=True)
    for axes, one in zip(figure.axes[6:9], expected, strict=True):
        np.testing.assert_array_equal(axes.images[1].get_array(), one)


@pytest.mark.usefixtures("unchecked_shapes")
def test_galaxies_are_a_dataset(classifier, galaxies):
    """Stamps alone have no names and labels to stand above them."""
    with pytest.raises(InvalidValueError, match="galaxies: expected a Dataset, got a ndarray"):
        plot_explanations(classifier, galaxies.stamps)


def test_nothing_to_draw_is_refused(classifier, galaxies):
    """Columns are at least one, layers are known."""
    with pytest.raises(InvalidValueError, match="columns: expected a whole number of at least 1, got 0"):
        plot_explanations(classifier, galaxies, columns=0)
    with pytest.raises(InvalidValueError, match="layer: expected one of 'conv1', 'conv2', got 'dense1'"):
        plot_explanations(classifier, galaxies, rows=ROWS, layer="dense1", samples=1)


def test_mistakes_of_the_first_training_are_explained(comparison, classifier, monkeypatch):
    """The surest wrong answers of its first training are shown, with its classifier."""
    run = comparison["poor"].runs[0]
    asked = {}

    def draw(*given, **options) -> Figure:
        asked.update(options, given=given)
        return Figure()

    monkeypatch.setattr(explanations, "plot_explanations", draw)
    object.__setattr__(run, "load", lambda: classifier)
    comparison.plots.mistake_explanations("poor", count=3, columns=2, samples=0)
    assert asked["given"] == (classifier, comparison.dataset)
    assert (asked["columns"], asked["samples"]) == (2, 0)
    places = np.searchsorted(run.rows, asked["rows"])
    sure = run.scores.probabilities[places].max(axis=1)
    wrong = run.scores.predictions != run.scores.labels
    assert wrong[places].all()
    assert np.all(np.diff(sure) <= 0)
    assert sure[0] == run.scores.probabilities[wrong].max()
    perfect = fabricate_comparison({"oracle": 50.0}, seeds=(0,))
    with pytest.raises(InvalidValueError, match="mistakes: the first training of oracle made none on 70 galaxies"):
        perfect.plots.mistake_explanations()


def test_galaxies_without_names_are_called_by_their_row(classifier, galaxies):
    """The row is that of the data set which was given, not of the galaxies that are shown."""
    nameless = Dataset(galaxies.stamps, galaxies.labels, galaxies.classes)
    axes = plot_explanations(classifier, nameless, rows=ROWS, samples=1, columns=3).axes
    assert [each.get_title().split("\n")[0] for each in axes[:3]] == [f"row {row}" for row in ROWS]
