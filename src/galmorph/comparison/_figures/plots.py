"""Plots: the figures of a comparison, ready for a paper."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from galmorph._checks import check, check_choice
from galmorph.comparison._figures import galleries
from galmorph.comparison._figures.style import COLUMN, LOOKS, RIGHT, WRONG, Look, paper_axes, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._statistics.calibration import reliability
from galmorph.comparison._statistics.intervals import wilson_interval

__all__ = ["COSTS", "Plots"]

_FEWEST = 5  # answers that a point of a reliability diagram stands for
_DARK = 0.715  # of the shades of a confusion matrix: from here on, white is easier to read than black

#: What a network may cost, and how that is written on an axis.
COSTS = {
    "parameters": "weights",
    "flops": "operations for one galaxy",
    "seconds": "duration of a training (s)",
    "rate": "predictions a second",
    "memory": "memory (bytes)",
}


@dataclass(frozen=True, eq=False, repr=False)
class Plots:
    """Figures of a comparison: ``comparison.plots.ranking()`` and its like.

    Each method draws on `matplotlib.axes.Axes` that you give, or on a new figure as wide as a journal's column, and
    returns the axes; ``axes.figure.savefig("ranking.pdf")`` saves it. Nothing goes through pyplot, so nothing is left
    open. Those that show stamps need many axes, and make a figure of their own. An architecture has the same colour and
    marker in all of them.

    Parameters
    ----------
    comparison
        What to draw.
    """

    comparison: Findings

    def ranking(self, *, axes: Axes | None = None) -> Axes:
        """Accuracy of each architecture with its 95 % interval, best first, and a dot for each training.

        Parameters
        ----------
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.
        """
        results = self.comparison.results
        several = any(len(result.runs) > 1 for result in results)
        with paper_axes(axes, height=0.85 + 0.4 * len(results)) as axes:
            for place, result in enumerate(results):
                value, low, high = (100 * number for number in result.accuracy)
                look = self._look(result.architecture)
                axes.errorbar(
                    value,
                    place,
                    xerr=[[value - low], [high - value]],
                    fmt=look.marker,
                    color=look.colour,
                    capsize=3,
                    markersize=5,
                    zorder=3,
                )
                axes.annotate(f"{value:.1f}", (value, place), (0, 5), textcoords="offset points", ha="center")
                if several:
                    accuracies = [100 * run.scores.accuracy for run in result.runs]
                    axes.plot(accuracies, [place + 0.27] * len(accuracies), ".", color=look.colour, ms=4, alpha=0.7)
            axes.set_yticks(range(len(results)), [readable(result.architecture, 16) for result in results])
            axes.set_ylim(len(results) - 0.5, -0.6)
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.set_xlabel("accuracy (%) with 95 % interval" + ("\n(dots: single trainings)" if several else ""))
        return axes

    def pairs(self, *, axes: Axes | None = None) -> Axes:
        """Difference of each two architectures in points, row minus column, with its 95 % interval.

        Where the galaxies tell the two apart, the cell is framed and shaded, and the difference is bold; the others are
        not distinguishable.

        Parameters
        ----------
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.

        Raises
        ------
        InvalidValueError
            If there is only one architecture.
        """
        names = [result.architecture for result in self.comparison.results]
        check(len(names) > 1, f"pairs: expected at least two architectures, got {names}; compare it with another")
        rows, columns = names[:-1], names[1:]
        with paper_axes(axes, width=max(COLUMN, 1.0 + 0.68 * len(columns)), height=0.75 + 0.5 * len(rows)) as axes:
            for pair in self.comparison.pairs:
                turned = names.index(pair.first) > names.index(pair.second)
                first, second, sign = (pair.second, pair.first, -1) if turned else (pair.first, pair.second, 1)
                row, column = rows.index(first), columns.index(second)
                low, high = sorted(100 * sign * limit for limit in pair.interval)
                difference = 100 * sign * pair.difference
                if pair.distinguishable:
                    colour = "#CFE3F1" if difference > 0 else "#F9DFCC"
                    box = Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fc=colour, ec="black", lw=0.8)
                    axes.add_patch(box)
                weight = "bold" if pair.distinguishable else "normal"
                axes.text(column, row - 0.14, _signed(difference), ha="center", va="center", weight=weight)
                interval = f"{_signed(low)} to {_signed(high)}"
                axes.text(column, row + 0.22, interval, ha="center", va="center", fontsize=6)
            axes.set_xlim(-0.5, len(columns) - 0.5)
            axes.set_ylim(len(rows) - 0.5, -0.5)
            axes.set_xticks(range(len(columns)), [readable(name, 12) for name in columns])
            axes.set_yticks(range(len(rows)), [readable(name, 16) for name in rows])
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            axes.set_xlabel("row minus column, in points,\nwith 95 % interval; framed: distinguishable")
        return axes

    def confusion(self, architecture: str | None = None, *, axes: Axes | None = None) -> Axes:
        """Confusion matrix of an architecture: part of each true class in percent, and numbers of galaxies below.

        Parameters
        ----------
        architecture
            Which; by default the best.
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.

        Raises
        ------
        KeyError
            If it was not compared.
        """
        result = self._result(architecture)
        counts = result.confusion
        parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        names = [readable(name, 14) for name in result.classes]
        whole = bool(np.all(counts == np.round(counts)))
        side = 0.46 * len(names)
        with paper_axes(axes, width=max(COLUMN, side + 1.1), height=max(COLUMN, side + 1.1)) as axes:
            axes.imshow(parts, cmap="Blues", vmin=0, vmax=1, aspect="equal")
            for (row, column), count in np.ndenumerate(counts):
                if count > 0:
                    shade = "white" if parts[row, column] > _DARK else "black"
                    percent, number = f"{100 * parts[row, column]:.0f} %", f"{count:,.{0 if whole else 1}f}"
                    axes.text(column, row - 0.12, percent, ha="center", va="center", color=shade, fontsize=7)
                    axes.text(column, row + 0.24, number, ha="center", va="center", color=shade, fontsize=6)
            axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
            axes.set_yticks(range(len(names)), names)
            axes.tick_params(length=0)
            axes.set_xlabel("answer")
            axes.set_ylabel("label")
            axes.set_title(readable(result.architecture, 40))
        return axes

    def learning_curves(self, quantity: str = "loss", *, axes: Axes | None = None) -> Axes:
        """Loss or accuracy on validation galaxies by epoch: thin for each training, thick for their mean.

        A dot marks the epoch whose weights were kept. The dotted line is the mean while learning, with augmentation and
        dropout. Means go as far as the shortest training.

        Parameters
        ----------
        quantity
            ``"loss"`` or ``"accuracy"``.
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.

        Raises
        ------
        InvalidValueError
            If the quantity is unknown.
        """
        check_choice("quantity", quantity, ("loss", "accuracy"))
        scale = 100 if quantity == "accuracy" else 1
        with paper_axes(axes) as axes:
            for result in self.comparison.results:
                look = self._look(result.architecture)
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
            handles = [self._handle(result.architecture) for result in self.comparison.results]
            handles += [
                Line2D([], [], color="black", lw=1.5, label="validation"),
                Line2D([], [], color="black", lw=0.9, ls=":", label="while learning"),
            ]
            axes.legend(handles=handles)
        return axes

    def reliability(self, architecture: str | None = None, *, axes: Axes | None = None, bins: int = 10) -> Axes:
        """How often answers of a probability are right, as they are and at the temperature of the validation galaxies.

        On the diagonal, probabilities mean what they say; below it they are too sure. The area of a marker tells how
        many answers it stands for, at least five; the lines are Wilson's 95 % intervals after calibration.

        Parameters
        ----------
        architecture
            Which; by default the best.
        axes
            Where to draw; by default a new figure.
        bins
            Number of bins of the probability.

        Returns
        -------
        Axes
            What was drawn on.

        Raises
        ------
        KeyError
            If the architecture was not compared.
        InvalidValueError
            If there is no bin.
        """
        result = self._result(architecture)
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
            # Those of the last series. Several passes ask the same galaxies: they are no further galaxies.
            count = np.maximum(galaxies // passes, 1)
            low, high = wilson_interval(y / 100 * count, count)
            axes.vlines(x, 100 * low, 100 * high, color=colour, lw=0.8, zorder=2)
            lowest = 100 / len(result.classes)
            axes.set_xlim(max(0, lowest - 5), 101)
            axes.set_ylim(0, 102)
            axes.set_xlabel("probability of the answer (%)")
            axes.set_ylabel("right answers (%)")
            axes.set_title(readable(result.architecture, 40))
            axes.grid()
            axes.set_axisbelow(True)
            axes.legend(handles=handles, loc="lower right")
        return axes

    def quality_against_cost(self, cost: str = "parameters", *, axes: Axes | None = None) -> Axes:
        """Accuracy with its 95 % interval against what it costs, on a logarithmic axis.

        Parameters
        ----------
        cost
            ``"parameters"``, ``"flops"``, ``"seconds"``, ``"rate"`` or ``"memory"``.
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.

        Raises
        ------
        InvalidValueError
            If the cost is unknown, or not known of these networks: some devices don't tell their memory.
        """
        check_choice("cost", cost, COSTS)
        results = self.comparison.results  # best first
        costs = {result: float(getattr(result.cost, cost)) for result in results}
        nothing = [result.architecture for result in results if not costs[result] > 0]
        check(
            not nothing,
            f"{cost}: expected numbers above 0 for a logarithmic axis, got 0 for {', '.join(nothing)}; "
            "choose another cost",
        )
        with paper_axes(axes, height=2.9) as axes:
            for result in results:
                value, low, high = (100 * number for number in result.accuracy)
                look = self._look(result.architecture)
                axes.errorbar(
                    costs[result],
                    value,
                    yerr=[[value - low], [high - value]],
                    fmt=look.marker,
                    color=look.colour,
                    capsize=2,
                    label=readable(result.architecture, 14),
                )
            axes.set_xscale("log")
            axes.margins(x=0.1, y=0.1)
            axes.set_xlabel(COSTS[cost])
            axes.set_ylabel("accuracy (%)")
            axes.grid()
            axes.set_axisbelow(True)
            _legend_above(axes, len(results))
        return axes

    def recall(self, *, axes: Axes | None = None) -> Axes:
        """Part of each class that was recognised (completeness), with 95 % intervals, for each architecture.

        Behind the name of a class stands the number of its galaxies; few of them make wide intervals.

        Parameters
        ----------
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.
        """
        return self._by_class("recall", axes)

    def precision(self, *, axes: Axes | None = None) -> Axes:
        """Part of the answers of each class that are right (purity), with 95 % intervals, for each architecture.

        Parameters
        ----------
        axes
            Where to draw; by default a new figure.

        Returns
        -------
        Axes
            What was drawn on.
        """
        return self._by_class("precision", axes)

    def mistakes(self, architecture: str | None = None, *, count: int = 12, columns: int = 4) -> Figure:
        """Show the galaxies that an architecture took most confidently for another class than their label.

        Parameters
        ----------
        architecture
            Which; by default the best.
        count
            How many at most.
        columns
            How many side by side.

        Returns
        -------
        Figure
            A stamp for each, with its name, label and answer.

        Raises
        ------
        KeyError
            If the architecture was not compared.
        InvalidValueError
            If a number is below 1, or there are no mistakes.
        """
        return galleries.plot_mistakes(self.comparison, self._result(architecture), count=count, columns=columns)

    def gallery(self, architecture: str | None = None, *, rows: int = 4, columns: int = 5, seed: int = 0) -> Figure:
        """Show some galaxies with label and answer of an architecture: one half right, the other half wrong.

        Parameters
        ----------
        architecture
            Which; by default the best.
        rows, columns
            How many stamps; fewer are shown where there are not as many.
        seed
            Which galaxies are drawn.

        Returns
        -------
        Figure
            The stamps, those with a wrong answer last.

        Raises
        ------
        KeyError
            If the architecture was not compared.
        InvalidValueError
            If a number is below 1.
        """
        result = self._result(architecture)
        return galleries.plot_gallery(self.comparison, result, rows=rows, columns=columns, seed=seed)

    def doubtful_labels(self, *, count: int = 12, columns: int = 4) -> Figure:
        """Show the galaxies whose label the networks agree to contradict: those of ``comparison.audit()``.

        Parameters
        ----------
        count
            How many at most.
        columns
            How many side by side.

        Returns
        -------
        Figure
            A stamp for each, with its name, label and the suggested class.

        Raises
        ------
        InvalidValueError
            If a number is below 1, or no label is doubtful.
        """
        return galleries.plot_doubtful_labels(self.comparison, count=count, columns=columns)

    def _by_class(self, quantity: str, axes: Axes | None) -> Axes:
        results = self.comparison.results
        counts = self.comparison.test.class_counts()
        few = self.comparison.small_classes
        names = [f"{readable(name, 16)}\n({count}{', few' if name in few else ''})" for name, count in counts.items()]
        step = 0.8 / len(results)
        row = max(0.14 + 0.11 * len(results), 0.06 + 0.11 * max(name.count("\n") + 1 for name in names))
        with paper_axes(axes, height=0.8 + row * len(counts)) as axes:
            for place, result in enumerate(results):
                look = self._look(result.architecture)
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
            axes.set_xlabel(f"{quantity} (%) with 95 % interval")
            _legend_above(axes, len(results))
        return axes

    def _result(self, architecture: str | None) -> ArchitectureResult:
        return self.comparison.results[0] if architecture is None else self.comparison[architecture]

    def _look(self, architecture: str) -> Look:
        return LOOKS[self.comparison.plan.architectures.index(architecture) % len(LOOKS)]

    def _handle(self, architecture: str) -> Line2D:
        look = self._look(architecture)
        return Line2D([], [], color=look.colour, marker=look.marker, ms=3, lw=1.5, label=readable(architecture, 20))


def _legend_above(axes: Axes, results: int) -> None:
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=min(3, results))


def _signed(points: float) -> str:
    """Write a number of points with its sign; none for zero."""
    text = f"{points:+.1f}".replace("-", "\N{MINUS SIGN}")
    return text if text[1:] != "0.0" else "0.0"
