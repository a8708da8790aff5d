"""Figure of the accuracy against the number of training galaxies."""

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from galmorph._checks import check
from galmorph.comparison._figures.style import legend_above, look_of, paper_axes, readable
from galmorph.comparison._findings.findings import Findings

__all__ = ["plot_sizes"]

_APART = 0.03  # of a decade or so between the markers of two architectures, so that their intervals don't overlap


def plot_sizes(findings: Findings, axes: Axes | None) -> Axes:
    """Draw the accuracy of each architecture by the number of galaxies from which it learned, with intervals."""
    by_size = findings.by_size
    check(
        len(by_size) > 1,
        "plots.sizes: expected a plan with several sizes, got one; write ComparisonPlan(sizes=(100, 300, None), ...)",
    )
    names = [result.architecture for result in findings.results]
    with paper_axes(axes, height=2.9) as axes:
        for place, name in enumerate(names):
            factor = 1 + _APART * (place - (len(names) - 1) / 2)
            found = [next(each for each in results if each.architecture == name) for results in by_size.values()]
            values, lows, highs = (
                [100 * getattr(each.accuracy, end) for each in found] for end in ("value", "low", "high")
            )
            look = look_of(findings, name)
            axes.errorbar(
                [size * factor for size in by_size],
                values,
                yerr=[
                    [value - low for value, low in zip(values, lows, strict=True)],
                    [high - value for value, high in zip(values, highs, strict=True)],
                ],
                fmt=look.marker,
                linestyle="-",
                linewidth=1,
                color=look.colour,
                capsize=2,
                label=readable(name, 14),
            )
        axes.set_xscale("log")
        axes.set_xticks(list(by_size), [f"{size:,}" for size in by_size])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("training galaxies")
        axes.set_ylabel("accuracy (%)")
        axes.grid()
        axes.set_axisbelow(True)
        legend_above(axes, len(names))
    return axes
