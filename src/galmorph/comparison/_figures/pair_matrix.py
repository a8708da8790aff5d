"""Figure of the pairs: a matrix of the differences between architectures, with their confidence intervals."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from galmorph._checks import check
from galmorph.comparison._figures.style import COLUMN, paper_axes, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.words import points

__all__ = ["plot_pairs"]


def plot_pairs(findings: Findings, axes: Axes | None) -> Axes:
    """Draw the difference of each pair, row minus column; distinguishable pairs are shaded and bold."""
    names = [result.architecture for result in findings.results]
    check(len(names) > 1, f"pairs: expected at least two architectures, got {names}; compare it with another")
    rows, columns = names[:-1], names[1:]
    with paper_axes(axes, width=max(COLUMN, 1.0 + 0.68 * len(columns)), height=0.75 + 0.5 * len(rows)) as axes:
        for pair in findings.pairs:
            turned = names.index(pair.first) > names.index(pair.second)
            first, second, sign = (pair.second, pair.first, -1) if turned else (pair.first, pair.second, 1)
            row, column = rows.index(first), columns.index(second)
            low, high = sorted(sign * limit for limit in pair.interval)
            difference = sign * pair.difference
            face, edge, width = "none", "0.8", 0.5
            if pair.distinguishable:
                face, edge, width = "#CFE3F1" if difference > 0 else "#F9DFCC", "black", 0.8
            axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, fc=face, ec=edge, lw=width))
            weight = "bold" if pair.distinguishable else "normal"
            axes.text(column, row - 0.14, points(difference), ha="center", va="center", weight=weight)
            interval = f"{points(low)} to {points(high)}"
            axes.text(column, row + 0.22, interval, ha="center", va="center", fontsize=6)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xticks(range(len(columns)), [readable(name, 12) for name in columns])
        axes.set_yticks(range(len(rows)), [readable(name, 16) for name in rows])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("row minus column, in points,\nwith 95 % CI; shaded: distinguishable")
    return axes
