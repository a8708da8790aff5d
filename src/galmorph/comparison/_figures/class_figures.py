"""Figures by class and by column: recall or precision, the confusion matrix, and accuracy by a quantity."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from galmorph._checks import check
from galmorph._drawing.confusion_matrix import draw_confusion
from galmorph.comparison._figures.style import legend_above, look_of, paper_axes, readable
from galmorph.comparison._findings.by_column import bin_label
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult, Estimate
from galmorph.training import Scores

__all__ = ["plot_by_class", "plot_by_column", "plot_confusion"]


def plot_by_class(findings: Findings, quantity: str, axes: Axes | None) -> Axes:
    """Draw the recall or precision of each class with its confidence interval, for each architecture."""
    counts = findings.test.class_counts()
    few = findings.small_classes
    names = [f"{readable(name, 16)}\n({count}{', few' if name in few else ''})" for name, count in counts.items()]
    estimates = {
        result.architecture: [getattr(result, quantity)[name] for name in counts] for result in findings.results
    }
    nothing = ["no galaxies" if quantity == "recall" or not count else "never answered" for count in counts.values()]
    return _rows(findings, names, estimates, nothing, f"{quantity} (%) with 95 % CI", axes)


def plot_by_column(
    findings: Findings, column: str, axes: Axes | None, *, bins: int, edges: Sequence[float] | None
) -> Axes:
    """Draw the accuracy in each bin of a column with its confidence interval, for each architecture."""
    found, estimates = findings.in_bins(column, bins=bins, edges=edges)
    names = [f"{readable(bin_label(each), 20)}\n({len(each.rows):,})" for each in found.bins]
    unit = findings.test.table[column].unit
    label = f"accuracy (%) with 95 % CI, by {readable(column, 40)}" + (f" ({unit})" if unit else "")
    if found.missing:
        label += f"\n({found.missing:,} of {len(findings.test):,} galaxies have no value)"
    return _rows(findings, names, estimates, ["no galaxies"] * len(names), label, axes)


def _rows(
    findings: Findings,
    names: Sequence[str],
    estimates: Mapping[str, Sequence[Estimate]],
    nothing: Sequence[str],
    label: str,
    axes: Axes | None,
) -> Axes:
    """Draw a row for each name, with the estimates of all architectures, in percent; a word where there are none."""
    step = 0.8 / len(estimates)
    row = max(0.14 + 0.11 * len(estimates), 0.06 + 0.11 * max(name.count("\n") + 1 for name in names))
    with paper_axes(axes, height=0.8 + row * len(names)) as axes:
        empty = np.ones(len(names), bool)
        for place, (architecture, of_rows) in enumerate(estimates.items()):
            look = look_of(findings, architecture)
            numbers = np.array(of_rows, float) * 100  # (rows, 3)
            known = np.isfinite(numbers).all(axis=1)
            empty &= ~known
            value, low, high = numbers[known].T
            axes.errorbar(
                value,
                np.flatnonzero(known) + step * (place - (len(estimates) - 1) / 2),
                xerr=[np.maximum(value - low, 0), np.maximum(high - value, 0)],
                fmt=look.marker,
                color=look.colour,
                markersize=3.5,
                elinewidth=0.9,
                capsize=1.5,
                label=readable(architecture, 14),
            )
        for blank in np.flatnonzero(empty).tolist():
            axes.text(50, blank, nothing[blank], ha="center", va="center", fontsize=7, style="italic")
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(-2, 102)
        axes.hlines(np.arange(1, len(names)) - 0.5, -2, 102, color="#C8C8C8", lw=0.4)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(label)
        legend_above(axes, len(estimates))
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
    axes = draw_confusion(answers.confusion, answers.classes, axes=axes, title=title)
    names = [readable(name, 14) for name in answers.classes]  # spelled as in the other figures of a comparison
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    axes.title.set_text(readable(title, 40))
    return axes
