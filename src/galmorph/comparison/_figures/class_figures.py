"""Figures by class: recall or precision of each class, and the confusion matrix."""

import numpy as np
from matplotlib.axes import Axes

from galmorph._checks import check
from galmorph._drawing.confusion_matrix import draw_confusion
from galmorph.comparison._figures.style import legend_above, look_of, paper_axes, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.training import Scores

__all__ = ["plot_by_class", "plot_confusion"]


def plot_by_class(findings: Findings, quantity: str, axes: Axes | None) -> Axes:
    """Draw the recall or precision of each class with its confidence interval, for each architecture."""
    results = findings.results
    counts = findings.test.class_counts()
    few = findings.small_classes
    names = [f"{readable(name, 16)}\n({count}{', few' if name in few else ''})" for name, count in counts.items()]
    step = 0.8 / len(results)
    row = max(0.14 + 0.11 * len(results), 0.06 + 0.11 * max(name.count("\n") + 1 for name in names))
    with paper_axes(axes, height=0.8 + row * len(counts)) as axes:
        for place, result in enumerate(results):
            look = look_of(findings, result.architecture)
            estimates = np.array([getattr(result, quantity)[name] for name in counts], float) * 100  # (classes, 3)
            value, low, high = estimates[np.isfinite(estimates).all(axis=1)].T
            at = np.flatnonzero(np.isfinite(estimates).all(axis=1)) + step * (place - (len(results) - 1) / 2)
            axes.errorbar(
                value,
                at,
                xerr=[np.maximum(value - low, 0), np.maximum(high - value, 0)],
                fmt=look.marker,
                color=look.colour,
                markersize=3.5,
                elinewidth=0.9,
                capsize=1.5,
                label=readable(result.architecture, 14),
            )
        axes.set_yticks(range(len(counts)), names)
        axes.set_ylim(len(counts) - 0.5, -0.5)
        axes.set_xlim(-2, 102)
        axes.hlines(np.arange(1, len(counts)) - 0.5, -2, 102, color="#C8C8C8", lw=0.4)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(f"{quantity} (%) with 95 % CI")
        legend_above(axes, len(results))
    return axes


def plot_confusion(answers: Scores | ArchitectureResult, *, axes: Axes | None = None, title: str = "") -> Axes:
    """Draw a confusion matrix: percent of each true class, and numbers of galaxies below.

    Parameters
    ----------
    answers
        The answers of a classifier, as `galmorph.training.evaluate` gives them, or an architecture of a comparison.
    axes
        Where to draw; by default on a new figure, as for the methods of `Plots`.
    title
        Title of the figure.

    Returns
    -------
    matplotlib.axes.Axes
        Labels are rows, answers are columns.

    Raises
    ------
    InvalidValueError
        If `answers` or `axes` are of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import plot_confusion
    >>> from galmorph.training import Scores
    >>> scores = Scores(np.eye(2, dtype=np.float32)[[0, 1, 1]], np.array([0, 1, 0]), ("elliptical", "spiral"))
    >>> [text.get_text() for text in plot_confusion(scores).texts]
    ['50 %', '1', '50 %', '1', '100 %', '1']
    """
    check(
        isinstance(answers, Scores | ArchitectureResult),
        f"answers: expected Scores, as evaluate gives them, got a {type(answers).__name__}",
    )
    return draw_confusion(answers.confusion, answers.classes, axes=axes, title=title)
