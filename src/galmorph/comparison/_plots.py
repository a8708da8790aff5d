"""Figures of a comparison. Colours are Okabe & Ito's, which colour-blind readers can tell apart."""

from itertools import cycle
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from galmorph.comparison._compare import Comparison

__all__ = ["plot_confusion", "plot_gallery", "plot_learning_curves"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
RIGHT, WRONG = "#0072B2", "#D55E00"


def plot_learning_curves(comparison: Comparison) -> Figure:
    """Loss and accuracy by epoch: training (thin) and validation (thick), a dot at the epoch that was chosen.

    Training values are means over an epoch in which the weights changed and stamps were augmented; validation values
    are taken at its end. A line for each seed.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = figure.subplots(1, 2)
    for entry, colour in zip(comparison.entries, cycle(COLOURS)):
        for run in entry.runs:
            history, best = run.result.history, run.result.best_epoch
            for axes, name in zip(panels, ("loss", "accuracy"), strict=True):
                axes.plot(history["epoch"], history[name], color=colour, lw=0.8, alpha=0.6)
                label = entry.architecture if run is entry.runs[0] else None
                axes.plot(history["epoch"], history[f"validation_{name}"], color=colour, lw=2, label=label)
                axes.plot(best, history[f"validation_{name}"][best - 1], "o", color=colour)
    for axes, name in zip(panels, ("loss (cross entropy)", "accuracy"), strict=True):
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    panels[0].set_ylim(bottom=0)
    panels[0].set_title("thin: training, thick: validation", fontsize="small")
    panels[1].legend(frameon=False)
    return figure


def plot_confusion(comparison: Comparison) -> Figure:
    """Confusion matrices: galaxies by true class (rows) and answer (columns); shaded by the part of the true class."""
    entries, classes = comparison.entries, comparison.test.classes
    names = [name.replace("_", " ") for name in classes]
    side = 0.62 * len(classes) + 0.5
    figure = Figure(figsize=(side * len(entries) + 2.2, side + 1.9), layout="constrained")
    for index, (axes, entry) in enumerate(
        zip(figure.subplots(1, len(entries), squeeze=False)[0], entries, strict=True)
    ):
        counts = entry.confusion
        parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(parts, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            shade = "white" if parts[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:.3g}", ha="center", va="center", color=shade, fontsize=8)
        axes.set_title(f"{entry.architecture}\n{entry.accuracy:.1%} right", fontsize="medium")
        axes.set_xticks(range(len(classes)), names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(classes)), names if index == 0 else [""] * len(classes))
        axes.set_xlabel("answer")
    figure.axes[0].set_ylabel("label")
    return figure


def plot_gallery(comparison: Comparison, *, rows: int = 5, columns: int = 8, seed: int = 0) -> Figure:
    """Show test galaxies with label and answer of the best architecture: one half right, the other half wrong.

    Parameters
    ----------
    comparison
        The comparison; the first run of its best architecture answers.
    rows, columns
        How many stamps; fewer are shown where there are not as many.
    seed
        Which galaxies are drawn.
    """
    run = comparison.entries[0].runs[0]
    answers, probabilities = run.scores.predictions, run.scores.probabilities.max(axis=1)
    is_right = answers == run.scores.labels
    right, wrong = (np.random.default_rng(seed).permutation(np.flatnonzero(chosen)) for chosen in (is_right, ~is_right))
    total = rows * columns
    wrong = wrong[: max(total // 2, total - len(right))]
    shown = np.concatenate([right[: total - len(wrong)], wrong])
    names = [name.replace("_", " ") for name in comparison.test.classes]
    figure = Figure(figsize=(1.5 * columns, 2.0 * rows + 0.4), layout="constrained")
    figure.suptitle(f"{run.architecture}: answer with its probability, and the label where that differs")
    for axes, row in zip(figure.subplots(rows, columns, squeeze=False).flat, shown, strict=False):
        label = int(run.scores.labels[row])
        _show_stamp(axes, comparison.test.stamps[row])
        text = fill(f"{names[answers[row]]} {probabilities[row]:.2f}", 21)
        text += "" if is_right[row] else "\n" + fill(f"label: {names[label]}", 21)
        axes.set_title(text, fontsize=7, color=RIGHT if is_right[row] else WRONG)
    for axes in figure.axes:
        axes.set_axis_off()
    return figure


def _show_stamp(axes: Axes, stamp: np.ndarray) -> None:
    if stamp.shape[-1] == 3:
        axes.imshow(stamp, interpolation="nearest")
    else:
        axes.imshow(stamp.mean(axis=-1), cmap="gray", vmin=0, interpolation="nearest")
