"""Plots: every figure can be drawn anywhere, is legible, and nothing is cut off."""

import sys

import matplotlib as mpl
import pytest
from fabricated import fabricate_comparison
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from galmorph.comparison._figures.style import look_of, readable
from galmorph.errors import InvalidValueError

CHARTS = (
    "ranking",
    "pairs",
    "confusion",
    "learning_curves",
    "reliability",
    "quality_against_cost",
    "recall",
    "precision",
    "roc",
    "precision_recall",
)
SHEETS = ("mistakes", "gallery", "doubtful_labels", "confusion_stamps")


@pytest.mark.parametrize("name", CHARTS)
def test_charts_can_be_drawn_anywhere(comparison, name, tmp_path):
    """A chart makes a figure of one column, or draws on given axes; the user's settings stay."""
    before = dict(mpl.rcParams)
    axes = getattr(comparison.plots, name)()
    axes.figure.savefig(tmp_path / "chart.pdf")
    assert axes.figure.get_size_inches()[0] == pytest.approx(3.5)
    own = Figure().subplots(1, 2)
    assert getattr(comparison.plots, name)(axes=own[1]) is own[1]
    assert not own[0].has_data()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", CHARTS + SHEETS)
def test_figures_belong_to_pyplot(comparison, name, tmp_path):
    """Where pyplot was imported, it shows and saves the newest figure; that is also what the method returns."""
    drawn = getattr(comparison.plots, name)()
    figure = drawn if isinstance(drawn, Figure) else drawn.figure
    assert plt.gcf() is figure
    assert plt.get_fignums() == [figure.number]
    plt.savefig(tmp_path / "figure.png", dpi=30)
    assert (tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.usefixtures("unchecked_shapes")
def test_axes_are_those_of_one_panel(comparison):
    """A figure, or the axes of several panels, are not drawn upon."""
    for given, kind in ((Figure(), "Figure"), (Figure().subplots(2), "ndarray")):
        with pytest.raises(InvalidValueError, match=rf"axes: expected the axes of one panel, got a {kind}; pass fig"):
            comparison.plots.ranking(axes=given)


def test_many_figures_give_no_warning(comparison):
    """A comparison of many architectures has more figures than the twenty after which pyplot warns."""
    for _ in range(21):
        comparison.plots.ranking()
    assert len(plt.get_fignums()) == 21


def test_without_pyplot_no_figure_is_kept(comparison, monkeypatch):
    """In a script that does not import pyplot, figures are drawn without it: nothing holds them, no window can open."""
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot")
    comparison.plots.ranking()
    comparison.plots.mistakes()
    assert "matplotlib.pyplot" not in sys.modules
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "names", [("$x$", r"$\bad{", "a_b", "<i>", "ordinary"), tuple(f"{'long_name ' * 6}{i}" for i in range(5))]
)
def test_class_names_from_outside(names, tmp_path):
    """Dollars start no formulas, and long names are wrapped: every figure can be drawn and saved."""
    comparison = fabricate_comparison({"one": 1.0, "two": 1.2}, classes=names, seeds=(0,))
    for name in CHARTS:
        getattr(comparison.plots, name)().figure.savefig(tmp_path / f"{name}.png", dpi=20)
    comparison.plots.mistakes().savefig(tmp_path / "mistakes.png", dpi=20)
    assert len(list(tmp_path.iterdir())) == len(CHARTS) + 1
    shown = [label.get_text() for label in comparison.plots.recall().get_yticklabels()]
    assert [text.rpartition("\n")[0] for text in shown] == [readable(name, 16) for name in names]


@pytest.mark.slow
def test_nine_architectures(tmp_path):
    """As many as galmorph has: all looks differ, and the figures grow where they must."""
    comparison = fabricate_comparison({f"network_{number}": 1 + number / 8 for number in range(9)}, seeds=(0,))
    assert len({look_of(comparison, name) for name in comparison.plan.architectures}) == 9
    assert comparison.plots.pairs().figure.get_size_inches()[0] > 6
    for name in CHARTS:
        getattr(comparison.plots, name)().figure.savefig(tmp_path / f"{name}.png", dpi=20)
