"""What notebooks show of our objects: complete, safe whatever names contain, and of a bounded size."""

import io
import re
from base64 import b64decode
from html import escape

import numpy as np
import pytest
from astropy.table import Table
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from PIL import Image

from galmorph._drawing import html
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.models import create_model
from galmorph.preprocessing import Composite, QualityLimits, Recipe, Stretch
from galmorph.training import Classifier, Domain, Scaling, Scores, TrainResult

HOSTILE = "<script>alert('&\"$_^{}')</script>"
ODD = (HOSTILE, "spiral")


def tags(text: str) -> set[str]:
    """Names of all elements of a page."""
    return {element.name for element in BeautifulSoup(text, "html.parser").find_all(True)}


def images(text: str) -> list[Image.Image]:
    """All embedded pictures."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    return [Image.open(io.BytesIO(b64decode(each))) for each in found]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Five noisy galaxies, and one that could not be read."""
    stamps = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), np.uint8)
    table = Table({"name": list("abcde")}, meta={"left_out": {HOSTILE: 1}})
    return Dataset(stamps, [0, 1, 1, 1, 1], ODD, table=table)


@pytest.fixture(scope="module")
def scores() -> Scores:
    """Three answers, one of them wrong."""
    return Scores(np.eye(2, dtype=np.float32)[[0, 1, 1]], np.array([0, 1, 0]), ODD)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A network that was not trained."""
    return Classifier(
        model=create_model("lenet5", classes=2, channels=3, size=32, seed=0),
        classes=ODD,
        recipe=Recipe(size=32),
        scaling=Scaling((0.0,) * 3, (1.0,) * 3),
        channels=3,
        architecture="lenet5",
        domain=Domain(linear=False, bands=(("red", "green", "blue"),), pixel_scales=(0.4, 0.8)),
        notes={"card": HOSTILE, "galaxies": {HOSTILE: 7, "spiral": 9}},
    )


@pytest.fixture(scope="module")
def result(classifier) -> TrainResult:
    """Three epochs, the second of which was the best."""
    history = Table(
        {
            "epoch": [1, 2, 3],
            "loss": [1.5, 1.0, 0.5],
            "accuracy": [0.4, 0.6, 0.8],
            "validation_loss": [1.4, 0.9, 1.1],
            "validation_accuracy": [0.5, 0.7, 0.6],
        }
    )
    return TrainResult(classifier, history, 2, 3.0)


@pytest.mark.parametrize("name", ["dataset", "scores", "classifier", "result"])
def test_names_from_outside_are_text(request, name):
    """A name that looks like markup is shown as it is, and runs nothing."""
    text = request.getfixturevalue(name)._repr_html_()
    assert "script" not in tags(text)
    assert HOSTILE not in text
    assert escape(HOSTILE) in text


def test_a_dataset_shows_counts_and_stamps(dataset):
    """One row for each class, with its share and some stamps, and what was left out."""
    text = dataset._repr_html_()
    page = BeautifulSoup(text, "html.parser")
    rows = [[cell.get_text() for cell in row.find_all("td")][:3] for row in page.find_all("tr")[1:]]
    assert rows == [[HOSTILE, "1", "20.0 %"], ["spiral", "4", "80.0 %"]]
    assert page.find("li").get_text() == f"left out: 1 ({HOSTILE})"
    assert [image.width for image in images(text)] == [56, 4 * 56 + 3 * 2]


def test_a_large_dataset_has_a_bounded_display():
    """Of many classes a dozen are shown; of large stamps a small picture; below a megabyte and a quarter in all."""
    stamps = np.random.default_rng(0).integers(0, 256, (200, 200, 200, 3), np.uint8)
    text = Dataset(stamps, np.arange(200) % 20, [f"class {number}" for number in range(20)])._repr_html_()
    assert len(images(text)) == 12
    assert "... and 8 more classes" in text
    assert len(text) < 1.25e6


def test_only_stamps_that_are_shown_are_read():
    """A data set on disk is not read into memory for its display."""

    class Watched(np.ndarray):
        read = 0

        def __getitem__(self, rows):
            if isinstance(rows, np.ndarray):
                Watched.read += len(rows)
            return super().__getitem__(rows)

    dataset = Dataset(np.zeros((500, 8, 8, 1), np.uint8), [0] * 499 + [1], ("a", "b"))
    dataset.stamps = dataset.stamps.view(Watched)
    dataset._repr_html_()
    assert Watched.read == 6 + 1


def test_scores_show_metrics_doubts_and_the_matrix(scores):
    """The numbers are those of the attributes; a missing precision is a dash."""
    text = scores._repr_html_()
    assert "3 galaxies, accuracy 0.667, balanced accuracy 0.750" in text
    assert len(images(text)) == 1
    never = Scores(np.eye(2, dtype=np.float32)[[0, 0]], np.array([0, 1]), ("a", "b"))._repr_html_()
    page = BeautifulSoup(never, "html.parser")
    assert page.find("li").get_text() == "never answers b"
    assert [cell.get_text() for cell in page.find_all("tr")[2].find_all("td")] == ["b", "1", "0", "0", "0.000", "-"]


def test_scores_of_many_classes_have_no_matrix():
    """Nobody can read a matrix of fifty classes at this size; the table stays."""
    names = tuple(f"class {number}" for number in range(50))
    text = Scores(np.eye(50, dtype=np.float32), np.arange(50), names)._repr_html_()
    assert images(text) == []
    assert "class 49" in text


def test_scores_plot_the_confusion_matrix(scores):
    """Percent of each label, and numbers."""
    axes = scores.plot()
    assert [text.get_text() for text in axes.texts] == ["50 %", "1", "50 %", "1", "100 %", "1"]
    assert axes.get_title() == "accuracy 0.667, 3 galaxies"
    given = Figure().subplots()
    assert scores.plot(axes=given) is given


def test_a_dataset_is_plotted_by_class(dataset):
    """A row for each class, with its name and number; all of at most `columns` stamps."""
    figure = dataset.plot(columns=3)
    assert [axes.get_ylabel().splitlines()[-1] for axes in figure.axes] == ["(1)", "(4)"]
    shown = [axes.images[0].get_array().shape for axes in figure.axes]
    assert shown == [(64, 64, 3), (64, 3 * 64 + 2 * 3, 3)]
    figure.savefig(io.BytesIO(), format="png")  # names are no formulas
    for wrong in ({"columns": 0}, {"columns": 51}, {"seed": -1}):
        with pytest.raises(InvalidValueError, match=next(iter(wrong))):
            dataset.plot(**wrong)


def test_a_class_without_galaxies_has_an_empty_row():
    """It is not left out, because its absence is what one should see."""
    dataset = Dataset(np.zeros((2, 8, 8, 1), np.uint8), [1, 1], ("none", "some"))
    none, some = dataset.plot().axes
    assert (len(none.images), len(some.images)) == (0, 1)
    assert "(0)" in none.get_ylabel()
    assert '<td style="text-align:left">0</td>' in dataset._repr_html_()


def test_curves_of_a_training(result):
    """Both quantities by epoch, accuracy in percent; the dot is at the epoch that was kept."""
    loss, accuracy = result.plot().axes
    lines = {line.get_label(): line for line in accuracy.lines}
    np.testing.assert_allclose(lines["validation"].get_ydata(), [50, 70, 60])
    np.testing.assert_allclose(lines["training"].get_ydata(), [40, 60, 80])
    assert [list(values) for values in lines["epoch 2, kept"].get_data()] == [[2], [70]]
    assert {line.get_label(): list(line.get_ydata()) for line in loss.lines}["epoch 2, kept"] == [0.9]


def test_curves_without_validation(classifier):
    """A training without validation galaxies has the training curve alone; its last epoch was kept."""
    history = Table({"epoch": [1, 2], "loss": [1.5, 1.0], "accuracy": [0.4, 0.6]})
    text = TrainResult(classifier, history, 2, 3.0)._repr_html_()
    assert len(images(text)) == 1
    loss, _ = TrainResult(classifier, history, 2, 3.0).plot().axes
    assert [line.get_label() for line in loss.lines] == ["training", "epoch 2, kept"]


def test_a_classifier_says_what_it_is(classifier):
    """Classes, input, weights, recipe, training galaxies and images, and its card."""
    text = classifier._repr_html_()
    page = BeautifulSoup(text, "html.parser")
    found = {row.find("th").get_text(): row.find("td").get_text() for row in page.find_all("tr")}
    assert found["input"] == "32 x 32 x 3 uint8"
    assert found["recipe"] == repr(classifier.recipe)
    assert found["temperature"] == "1 (not calibrated)"
    assert found["training galaxies"] == f"{HOSTILE} 7, spiral 9"
    assert found["pixel scale"] == "0.4 to 0.8 arcsec"
    assert page.find("pre").get_text() == HOSTILE


def test_a_recipe_says_what_it_does():
    """Each setting has a line, in words."""
    recipe = Recipe(
        size=48,
        background=False,
        stretch=Stretch(black=0.0, white=255.0),
        limits=QualityLimits(),
        composite=Composite(("z", "r", HOSTILE)),
    )
    page = BeautifulSoup(recipe._repr_html_(), "html.parser")
    found = {row.find("th").get_text(): row.find("td").get_text() for row in page.find_all("tr")}
    assert found["stamp"] == "48 x 48, channels: as many as the image"
    assert found["sky"] == "kept"
    assert found["curve"] == "asinh, softening 0.1; black at 0, white at 255"
    assert found["red, green, blue"] == f"z, r, {HOSTILE}"
    assert "signal_to_noise" in found["limits"]


def test_pictures_have_a_bounded_size():
    """A picture or a figure is at most 900 pixels long, and keeps its proportions."""
    (wide,) = images(html.picture(np.zeros((40, 2000, 3), np.uint8), "black"))
    assert wide.size == (900, 18)
    text = html.drawing(lambda: Figure(figsize=(30, 15)), f"large {HOSTILE}")
    (figure,) = images(text)
    assert figure.size == (900, 450)
    assert BeautifulSoup(text, "html.parser").find("img")["alt"] == f"large {HOSTILE}"
