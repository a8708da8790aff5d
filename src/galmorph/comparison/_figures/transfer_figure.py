"""Figure of the accuracy on external galaxies beside that on the galaxies of the comparison."""

from matplotlib.axes import Axes

from galmorph._checks import check_choice
from galmorph.comparison._figures.style import look_of, paper_axes, readable
from galmorph.comparison._findings.findings import Findings

__all__ = ["plot_transfer"]


def plot_transfer(findings: Findings, name: str, axes: Axes | None) -> Axes:
    """Draw the accuracy of each architecture at home, hollow, and on external galaxies, filled, with intervals."""
    check_choice("name, of external galaxies,", name, list(findings.transfers))
    results = findings.transfers[name].results
    with paper_axes(axes, height=0.95 + 0.45 * len(results)) as axes:
        for place, each in enumerate(results):
            look = look_of(findings, each.architecture)
            for estimate, offset, filled in ((each.home, -0.14, False), (each.away, 0.14, True)):
                value, low, high = (100 * number for number in estimate)
                axes.errorbar(
                    value,
                    place + offset,
                    xerr=[[value - low], [high - value]],
                    fmt=look.marker,
                    color=look.colour,
                    markerfacecolor=look.colour if filled else "white",
                    capsize=2,
                    markersize=5,
                )
        axes.set_yticks(range(len(results)), [readable(each.architecture, 16) for each in results])
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(f"accuracy (%) with 95 % CI\n(hollow: here; filled: {readable(name, 24)})")
    return axes
