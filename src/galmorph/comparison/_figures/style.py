"""Paper: how the figures of a comparison look.

Colours are Okabe & Ito's (2008, https://jfly.uni-koeln.de/color/), which colour-blind readers can tell apart; a marker
goes with each, so that a print in grey will do too. Widths are those of a journal's columns.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLUMN", "LOOKS", "PAPER", "RIGHT", "STAMP", "WRONG", "Look", "paper_axes", "paper_figure", "readable"]

COLUMN = 3.5  # inches: one of two columns on a page

STAMP = 1.05  # inches: side of a stamp in a sheet of them

RIGHT, WRONG = "#0072B2", "#D55E00"

PAPER: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.linewidth": 0.4,
    "grid.color": "#C8C8C8",
    "text.color": "black",
    "axes.labelcolor": "black",
    "axes.titlecolor": "black",
    "axes.edgecolor": "black",
    "xtick.color": "black",
    "ytick.color": "black",
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}


class Look(NamedTuple):
    """Colour and marker of an architecture."""

    colour: str
    marker: str


_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")

LOOKS = tuple(
    Look(_COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)])
    for place in range(len(_COLOURS) * len(_MARKERS))
)
"""Looks of the first, the second ... architecture."""


@contextmanager
def paper_axes(axes: Axes | None, *, width: float = COLUMN, height: float = 2.6) -> Iterator[Axes]:
    """Give the axes that were given, as they are, or those of a figure of their own, without pyplot.

    Parameters
    ----------
    axes
        Where to draw, or None.
    width, height
        Of the new figure, in inches.
    """
    if axes is not None:
        yield axes
        return
    with paper_figure(width, height) as figure:
        yield figure.subplots()


@contextmanager
def paper_figure(width: float, height: float) -> Iterator[Figure]:
    """Make a figure, and draw in its style within the block."""
    with rc_context(PAPER):
        yield Figure(figsize=(width, height), layout="constrained")


def readable(name: str, width: int | None = None) -> str:
    """Write a name as text for matplotlib: words parted by blanks, and a dollar as a dollar, not as a formula's sign.

    Parameters
    ----------
    name
        Name of a class, an architecture or a galaxy.
    width
        Letters in a line; the rest goes to a second and a third line, and what is longer still is cut off.

    Examples
    --------
    >>> from galmorph.comparison._figures.style import readable
    >>> readable("completely_round_smooth", 16).splitlines()
    ['completely round', 'smooth']
    """
    text = name.replace("_", " ")
    if width is not None:
        text = "\n".join(wrap(text, width, max_lines=3, placeholder="\N{HORIZONTAL ELLIPSIS}"))
    return text.replace("$", r"\$")
