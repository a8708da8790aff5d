"""Figures show the numbers of the comparison, and are fit for a paper."""

import matplotlib as mpl
import numpy as np
import pytest
from fabricated import fabricate_galaxies, fabricate_runs
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from galmorph.comparison import Comparison, ComparisonPlan
from galmorph.comparison._figures.galleries import as_picture, confident_mistakes, galaxy_names
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.training import TrainConfig

CHARTS = (
    "ranking",
    "pairs",
    "confusion",
    "learning_curves",
    "reliability",
    "quality_against_cost",
    "recall",
    "precision",
)
SHEETS = ("mistakes", "gallery", "doubtful_labels")


def make(skills, counts=(60, 50, 12, 30, 58), *, classes=None, seeds=(0, 1), **options) -> Comparison:
    """Compare fabricated answers of these skills."""
    plan = ComparisonPlan(
        architectures=tuple(skills),
        seeds=seeds,
        config=TrainConfig(epochs=6),
        **{"folds": 3, "tested_folds": None} | options,
    )
    galaxies = fabricate_galaxies(counts) if classes is None else fabricate_galaxies(counts, classes=classes)
    return Comparison.of(plan, galaxies, fabricate_runs(plan, galaxies, skills))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Three architectures: a poor one, a good one, and one nearly as good."""
    return make({"poor": 0.5, "good": 2.5, "fair_one": 2.4})


def texts(artist) -> list[str]:
    """All that is written in a figure, or on its axes."""
    return [each.get_text() for each in artist.findobj(Text) if each.get_text()]


@pytest.mark.parametrize("name", CHARTS)
def test_charts_can_be_drawn_anywhere(comparison, name, tmp_path):
    """A chart makes a figure of one column, or draws on given axes; the user's settings stay, nothing is left open."""
    before = dict(mpl.rcParams)
    axes = getattr(comparison.plots, name)()
    axes.figure.savefig(tmp_path / "chart.pdf")
    assert axes.figure.get_size_inches()[0] == pytest.approx(3.5)
    own = Figure().subplots(1, 2)
    assert getattr(comparison.plots, name)(axes=own[1]) is own[1]
    assert not own[0].has_data()
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", CHARTS + SHEETS)
def test_text_is_legible(comparison, name):
    """No text is smaller than 5.5 points, and it is black, or white on a dark cell of a confusion matrix."""
    drawn = getattr(comparison.plots, name)()
    written = [each for each in drawn.findobj(Text) if each.get_text()]
    assert min(each.get_fontsize() for each in written) >= 5.5
    allowed = {"#000000", "#ffffff"} if name == "confusion" else {"#000000"}
    assert {to_hex(each.get_color()) for each in written} <= allowed


@pytest.mark.parametrize("name", CHARTS + SHEETS)
def test_nothing_is_cut_off(comparison, name):
    """Everything lies within the figure."""
    drawn = getattr(comparison.plots, name)()
    figure = drawn if isinstance(drawn, Figure) else drawn.figure
    figure.draw_without_rendering()
    used, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert used.x0 >= -0.02
    assert used.y0 >= -0.02
    assert used.x1 <= width + 0.02
    assert used.y1 <= height + 0.02


def test_an_architecture_looks_the_same_everywhere(comparison):
    """Colour and marker go with the place in the plan, not with the rank, and no two share them."""
    plots = comparison.plots
    looks = [plots._look(name) for name in comparison.plan.architectures]
    assert len({look.colour for look in looks}) == len({look.marker for look in looks}) == 3
    by_label = {line.get_label(): line.get_color() for line in plots.learning_curves().get_legend().get_lines()}
    assert by_label["poor"] == looks[0].colour
    assert by_label["fair one"] == looks[2].colour


def test_ranking_shows_accuracy_interval_and_runs(comparison):
    """Best first, each with its interval, and a dot for each of its six runs."""
    axes = comparison.plots.ranking()
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        result.architecture.replace("_", " ") for result in comparison.results
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
    axes = make({"one": 1.0, "two": 2.0}, seeds=(0,), tested_folds=1).plots.ranking()
    assert "." not in {line.get_marker() for line in axes.get_lines()}


def test_pairs_frame_what_is_distinguishable(comparison):
    """Each pair has its difference and interval; as many cells are framed as pairs are distinguishable."""
    axes = comparison.plots.pairs()
    framed = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_linewidth() > 0]
    assert 0 < len(framed) < 3
    assert len(framed) == sum(pair.distinguishable for pair in comparison.pairs)
    written = texts(axes)
    for pair in comparison.pairs:
        assert f"{100 * pair.difference:+.1f}" in written or pair.difference == 0
        assert any(text.endswith(f"to {100 * pair.interval[1]:+.1f}") for text in written)


def test_pairs_need_two():
    """One architecture has nothing to differ from."""
    with pytest.raises(InvalidValueError, match="at least two architectures, got \\['alone'\\]"):
        make({"alone": 1.0}, seeds=(0,)).plots.pairs()


def test_confusion_shows_counts_and_parts(comparison):
    """The shade is the part of the true class; percent and numbers stand in the cells."""
    axes = comparison.plots.confusion("poor")
    counts = comparison["poor"].confusion
    shades = axes.get_images()[0].get_array()
    assert np.asarray(shades) == pytest.approx(counts / counts.sum(axis=1, keepdims=True))
    assert f"{100 * shades[0, 0]:.0f} %" in texts(axes)
    assert f"{counts[0, 0]:.1f}" in texts(axes)
    with pytest.raises(KeyError, match="compared were"):
        comparison.plots.confusion("resnet18")


def test_numbers_stand_out_from_their_cells():
    """Whatever the shade of a cell, its text has a contrast of 4.5 to 1 at least, as WCAG AA asks."""
    comparison = make({f"network_{number}": 0.3 * number for number in range(9)}, seeds=(0,))
    for result in comparison.results:
        axes = comparison.plots.confusion(result.architecture)
        image = axes.get_images()[0]
        for text in axes.texts:
            column, row = np.round(text.get_position()).astype(int)
            behind, front = (
                luminance(colour) for colour in (image.to_rgba(image.get_array())[row, column], text.get_color())
            )
            assert (max(behind, front) + 0.05) / (min(behind, front) + 0.05) >= 4.5


def luminance(colour) -> float:
    """Relative luminance of WCAG 2.2."""
    values = np.array(to_rgb(colour))
    return float(
        np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    )


def test_learning_curves_show_histories(comparison):
    """Thin lines are the runs, the thick one their mean, and markers the epochs that were kept."""
    axes = comparison.plots.learning_curves("accuracy")
    result = comparison.best
    own = [line for line in axes.get_lines() if line.get_color() == comparison.plots._look(result.architecture).colour]
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
    whole = make({"one": 1.0}, seeds=(0,))
    runs = whole.best.runs
    object.__setattr__(runs[1], "history", runs[1].history[:4])
    object.__setattr__(runs[1], "best_epoch", 3)
    thick = [line for line in whole.plots.learning_curves().get_lines() if line.get_linewidth() == 1.5]
    assert list(thick[0].get_xdata()) == [1, 2, 3, 4]


def test_reliability_counts_answers(comparison):
    """Heights are parts of right answers by bin of the probability, by a count of our own; the errors are told."""
    result = comparison["poor"]
    axes = comparison.plots.reliability("poor", bins=4)
    sure, right = result.probabilities.max(axis=2).ravel(), result.correct.ravel()
    inside = (sure > 0.75) & (sure <= 1)
    raw = axes.collections[0].get_offsets()
    assert list(raw[-1]) == pytest.approx([100 * sure[inside].mean(), 100 * right[inside].mean()])
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == f"as trained: error {100 * result.calibration_error.value:.1f} %"
    assert labels[1] == f"calibrated: error {100 * result.calibrated_calibration_error.value:.1f} %"


@pytest.mark.parametrize("cost", ["parameters", "flops", "seconds", "rate", "memory"])
def test_quality_against_cost(comparison, cost):
    """Each architecture stands at its cost and accuracy; the legend names all, best first, above the axes."""
    axes = comparison.plots.quality_against_cost(cost)
    assert axes.get_xscale() == "log"
    points = {(float(bars.lines[0].get_xdata()[0]), float(bars.lines[0].get_ydata()[0])) for bars in axes.containers}
    assert points == {(float(getattr(each.cost, cost)), 100 * each.accuracy.value) for each in comparison.results}
    axes.figure.draw_without_rendering()
    legend = axes.get_legend()
    names = [each.architecture.replace("_", " ") for each in comparison.results]
    assert [text.get_text() for text in legend.get_texts()] == names
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1


def test_unknown_cost(comparison):
    """What a network does not cost is refused."""
    with pytest.raises(InvalidValueError, match=r"cost: expected one of 'parameters', .*got 'money'"):
        comparison.plots.quality_against_cost("money")


def test_a_device_that_tells_no_memory():
    """Where the device does not tell how much memory a training takes, nothing can be drawn against it."""
    comparison = make({"one": 1.0}, seeds=(0,))
    for run in comparison.best.runs:
        object.__setattr__(run, "memory", 0)
    with pytest.raises(InvalidValueError, match=r"memory: expected numbers above 0 .*, got 0 for one"):
        comparison.plots.quality_against_cost("memory")


@pytest.mark.parametrize("quantity", ["recall", "precision"])
def test_classes_with_their_numbers(comparison, quantity):
    """Each class has its number of galaxies, few of them are called few, and markers stand at the estimates."""
    axes = getattr(comparison.plots, quantity)()
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert ticks[2] == "cigar\n(12, few)"
    assert ticks[1] == "in between\n(50)"
    for result, bars in zip(comparison.results, axes.containers, strict=True):
        expected = [100 * estimate.value for estimate in getattr(result, quantity).values()]
        assert bars.lines[0].get_xdata() == pytest.approx(expected)


def test_a_class_without_galaxies():
    """It is named, and has no markers and an empty row of the confusion matrix."""
    comparison = make({"one": 3.0, "two": 2.5}, (60, 50, 0, 40, 58), seeds=(0,))
    axes = comparison.plots.recall()
    assert [len(bars.lines[0].get_xdata()) for bars in axes.containers] == [4, 4]
    assert "cigar\n(0, few)" in texts(axes)
    shades = np.asarray(comparison.plots.confusion().get_images()[0].get_array())
    assert shades[2].tolist() == [0] * 5


@pytest.mark.parametrize(
    "names", [("$x$", r"$\bad{", "a_b", "<i>", "ordinary"), tuple(f"{'long_name ' * 6}{i}" for i in range(5))]
)
def test_class_names_from_outside(names, tmp_path):
    """Dollars start no formulas, and long names are wrapped: every figure can be drawn and saved."""
    comparison = make({"one": 1.0, "two": 1.2}, classes=names, seeds=(0,))
    for name in CHARTS:
        getattr(comparison.plots, name)().figure.savefig(tmp_path / f"{name}.png", dpi=40)
    comparison.plots.mistakes().savefig(tmp_path / "mistakes.png", dpi=40)


def test_nine_architectures(tmp_path):
    """As many as galmorph has: all looks differ, and the figures grow where they must."""
    comparison = make({f"network_{number}": 1 + number / 8 for number in range(9)}, seeds=(0,))
    assert len({comparison.plots._look(name) for name in comparison.plan.architectures}) == 9
    assert comparison.plots.pairs().figure.get_size_inches()[0] > 6
    for name in CHARTS:
        getattr(comparison.plots, name)().figure.savefig(tmp_path / f"{name}.png", dpi=40)


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
    """Half of the stamps have right answers; a wrong one tells the label too. The same seed shows the same."""
    figure = comparison.plots.gallery(rows=2, columns=4, seed=3)
    captions = [axes.get_xlabel() for axes in figure.axes]
    assert ["label:" in caption for caption in captions] == [False] * 4 + [True] * 4
    assert captions == [axes.get_xlabel() for axes in comparison.plots.gallery(rows=2, columns=4, seed=3).axes]


def test_doubtful_labels_are_those_of_the_audit(comparison):
    """The first stamp is the first of the audit, whose rows are those of the whole data set."""
    audit = comparison.audit()
    first = comparison.plots.doubtful_labels(count=3).axes[0]
    assert np.array_equal(first.images[0].get_array(), comparison.dataset.stamps[audit["row"][0]])
    assert f"{audit['votes'][0]} of {audit['models'][0]}" in first.get_xlabel()


def test_nothing_to_show():
    """A network without mistakes, and labels without doubt, are told in words."""
    perfect = make({"oracle": 50.0}, seeds=(0,))
    with pytest.raises(InvalidValueError, match="mistakes: oracle made none on 210 galaxies"):
        perfect.plots.mistakes()
    with pytest.raises(InvalidValueError, match="doubtful_labels: none of 210 labels"):
        perfect.plots.doubtful_labels()
    assert len([axes for axes in perfect.plots.gallery(rows=1, columns=3).axes if axes.images]) == 3


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
