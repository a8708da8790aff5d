"""Figures of curves: ROC and precision-recall, for each class against the rest."""

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from galmorph._checks import check
from galmorph.comparison._figures.style import LOOKS, paper_axes, readable
from galmorph.comparison._findings.result import ArchitectureResult

__all__ = ["plot_precision_recall", "plot_roc"]

_DASHES = ("-", "--", ":", "-.")


def plot_roc(result: ArchitectureResult, axes: Axes | None) -> Axes:
    """Draw the ROC curve of each class against the rest, and its area."""
    with paper_axes(axes, height=_height(result)) as axes:
        axes.plot([0, 100], [0, 100], color="0.6", lw=0.6)
        for place, name in enumerate(result.classes):
            area = result.roc_area[name].value
            if np.isfinite(area):
                false, true, _ = roc_curve(*_answers(result, place))
                _curve(axes, place, 100 * false, 100 * true, f"{readable(name, 24)}: {area:.3f}")
        _finish(axes, result, "false-positive rate (% of the others)", "recall (%)", "area under the ROC curve")
    return axes


def plot_precision_recall(result: ArchitectureResult, axes: Axes | None) -> Axes:
    """Draw the precision of each class against its recall, and its area."""
    with paper_axes(axes, height=_height(result)) as axes:
        for place, name in enumerate(result.classes):
            area = result.average_precision[name].value
            if np.isfinite(area):
                precision, recall, _ = precision_recall_curve(*_answers(result, place))
                _curve(axes, place, 100 * recall, 100 * precision, f"{readable(name, 24)}: {area:.3f}")
        _finish(axes, result, "recall (%)", "precision (%)", "average precision")
    return axes


def _answers(result: ArchitectureResult, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether each answer is about a galaxy of the class, and its probability, in all passes together."""
    scores = result.probabilities[..., place]
    return np.broadcast_to(result.labels == place, scores.shape).ravel(), scores.ravel()


def _curve(axes: Axes, place: int, x: np.ndarray, y: np.ndarray, label: str) -> None:
    colours = len({look.colour for look in LOOKS})
    style = _DASHES[place // colours % len(_DASHES)]
    axes.plot(x, y, color=LOOKS[place % colours].colour, ls=style, lw=1.1, label=label, drawstyle="default")


def _height(result: ArchitectureResult) -> float:
    return 3.2 + 0.14 * len(result.classes)


def _finish(axes: Axes, result: ArchitectureResult, xlabel: str, ylabel: str, area: str) -> None:
    check(bool(axes.get_legend_handles_labels()[0]), f"{area}: expected galaxies of at least two classes, got one")
    axes.set_xlim(-2, 102)
    axes.set_ylim(-2, 102)
    axes.set_aspect("equal")
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    # Below the axes, since no corner of them is always free.
    title = f"{readable(result.architecture, 40)}: {area}"
    axes.legend(title=title, title_fontsize=7, loc="upper center", bbox_to_anchor=(0.45, -0.17))
