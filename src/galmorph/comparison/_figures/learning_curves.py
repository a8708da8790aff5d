"""Figure of the trainings: loss or accuracy by epoch."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from galmorph._checks import check_choice
from galmorph.comparison._figures.style import line_handle, look_of, paper_axes
from galmorph.comparison._findings.findings import Findings

__all__ = ["plot_learning_curves"]


def plot_learning_curves(findings: Findings, quantity: str, axes: Axes | None) -> Axes:
    """Draw validation and training curves by epoch: thin for each training, thick for their mean."""
    check_choice("quantity", quantity, ("loss", "accuracy"))
    scale = 100 if quantity == "accuracy" else 1
    with paper_axes(axes) as axes:
        trained = [result for result in findings.results if result.architecture not in findings.plan.ensembles]
        for result in trained:
            look = look_of(findings, result.architecture)
            histories = [run.history for run in result.runs]
            shortest = min(map(len, histories))
            epochs = np.arange(1, shortest + 1)
            for run in result.runs:
                values = scale * np.asarray(run.history[f"validation_{quantity}"])
                axes.plot(run.history["epoch"], values, color=look.colour, lw=0.5, alpha=0.4)
                axes.plot(run.best_epoch, values[run.best_epoch - 1], look.marker, color=look.colour, ms=3)
            for name, style in ((f"validation_{quantity}", {"lw": 1.5}), (quantity, {"lw": 0.9, "ls": ":"})):
                mean = scale * np.mean([history[name][:shortest] for history in histories], axis=0)
                axes.plot(epochs, mean, color=look.colour, **style)
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss (cross entropy)" if quantity == "loss" else "accuracy (%)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if quantity == "loss":
            axes.set_ylim(bottom=0)
        else:
            axes.set_ylim(top=100)
        axes.grid()
        axes.set_axisbelow(True)
        handles = [line_handle(findings, result.architecture) for result in trained]
        handles += [
            Line2D([], [], color="black", lw=1.5, label="validation"),
            Line2D([], [], color="black", lw=0.9, ls=":", label="training"),
        ]
        axes.legend(handles=handles)
    return axes
