"""Figures of accuracy: the ranking of the architectures, and accuracy against cost."""

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from galmorph._checks import check, check_choice
from galmorph.comparison._figures.style import legend_above, look_of, paper_axes, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.words import brief

__all__ = ["COSTS", "plot_quality_against_cost", "plot_ranking"]

#: Costs that can be drawn, and the labels of their axes.
COSTS = {
    "parameters": "weights",
    "flops": "operations per galaxy",
    "seconds": "training time (s)",
    "rate": "galaxies per second",
    "memory": "memory (bytes)",
}


def plot_ranking(findings: Findings, axes: Axes | None) -> Axes:
    """Draw the accuracy of each architecture with its confidence interval, best first, and a dot for each training."""
    results = findings.results
    several = any(len(result.runs) > 1 for result in results)
    with paper_axes(axes, height=0.85 + 0.4 * len(results)) as axes:
        for place, result in enumerate(results):
            value, low, high = (100 * number for number in result.accuracy)
            look = look_of(findings, result.architecture)
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
        axes.set_xlabel("accuracy (%) with 95 % CI" + ("\n(dots: single trainings)" if several else ""))
    return axes


def plot_quality_against_cost(findings: Findings, cost: str, axes: Axes | None) -> Axes:
    """Draw the accuracy of each architecture against one of its costs, if that is known, on a logarithmic axis."""
    check_choice("cost", cost, COSTS)
    costs = {result: float(getattr(result.cost, cost)) for result in findings.results}
    results = [result for result in findings.results if costs[result] > 0]  # best first
    check(bool(results), f"{cost}: expected a number above 0 for a logarithmic axis, got none; choose another cost")
    with paper_axes(axes, height=2.9) as axes:
        for result in results:
            value, low, high = (100 * number for number in result.accuracy)
            look = look_of(findings, result.architecture)
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
        axes.xaxis.set_major_locator(FixedLocator(_cost_ticks(*axes.get_xlim())))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: brief(value)))
        axes.set_xlabel(COSTS[cost])
        axes.set_ylabel("accuracy (%)")
        axes.grid()
        axes.set_axisbelow(True)
        legend_above(axes, len(results))
    return axes


def _cost_ticks(low: float, high: float) -> list[float]:
    """Round numbers within the limits of a logarithmic axis, one at least, few enough for their labels."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8), tuple(1 + place / 20 for place in range(180))):
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) > 2:
            break
    if not ticks:  # costs that differ by a percent
        return [math.sqrt(low * high)]
    every = -(-len(ticks) // 6)
    return ticks[::every]
