"""Figure of calibration: accuracy against predicted probability, before and after calibration."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from galmorph.comparison._figures.style import RIGHT, WRONG, paper_axes, readable
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._statistics.calibration import reliability
from galmorph.comparison._statistics.proportions import wilson_interval

__all__ = ["plot_reliability"]

_FEWEST = 5  # answers in a bin that is drawn


def plot_reliability(result: ArchitectureResult, axes: Axes | None, *, bins: int) -> Axes:
    """Draw accuracy against predicted probability, as trained and calibrated."""
    passes = len(result.probabilities)
    labels = np.tile(result.labels, passes)
    series = (
        ("as trained", result.probabilities, "s", WRONG, "white", result.calibration_error.value),
        ("calibrated", result.calibrated, "o", RIGHT, RIGHT, result.calibrated_calibration_error.value),
    )
    handles = []
    with paper_axes(axes, height=3.0) as axes:
        axes.plot([0, 100], [0, 100], color="#707070", lw=0.8, ls="--", zorder=1)
        for name, probabilities, marker, colour, face, error in series:
            table = reliability(labels, probabilities.reshape(-1, probabilities.shape[-1]), bins=bins)
            table = table[table["galaxies"] >= _FEWEST]
            galaxies = np.asarray(table["galaxies"])
            x, y = 100 * np.asarray(table["probability"]), 100 * np.asarray(table["accuracy"])
            axes.plot(x, y, color=colour, lw=0.8, alpha=0.7, zorder=2)
            areas = 6 + 150 * galaxies / len(labels)
            axes.scatter(x, y, s=areas, marker=marker, facecolor=face, edgecolor=colour, zorder=3)
            label = f"{name}: error {100 * error:.1f} %"
            handles.append(Line2D([], [], color=colour, marker=marker, markerfacecolor=face, lw=0.8, label=label))
        # Intervals of the last series. Several passes classify the same galaxies, so each galaxy counts once.
        count = np.maximum(galaxies // passes, 1)
        low, high = wilson_interval(y / 100 * count, count)
        axes.vlines(x, 100 * low, 100 * high, color=colour, lw=0.8, zorder=2)
        lowest = 100 / len(result.classes)
        axes.set_xlim(max(0, lowest - 5), 101)
        axes.set_ylim(0, 102)
        axes.set_xlabel("probability of the answer (%)")
        axes.set_ylabel("correct answers (%)")
        axes.set_title(readable(result.architecture, 40))
        axes.grid()
        axes.set_axisbelow(True)
        axes.legend(handles=handles, loc="lower right")
    return axes
