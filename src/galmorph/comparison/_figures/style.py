"""Looks of the architectures: each has the same colour and marker in all figures.

The markers differ too, so that figures also work in greyscale. The style itself is that of `galmorph._drawing`, whose
names are here for the modules beside this one. Names of classes and architectures are spelled as in tables and text.
"""

from textwrap import wrap
from typing import NamedTuple

from matplotlib.lines import Line2D

from galmorph._drawing.style import (
    COLUMN,
    PAPER,
    RIGHT,
    STAMP,
    WRONG,
    apart_from_pyplot,
    legend_above,
    paper_axes,
    paper_figure,
)
from galmorph.comparison._findings.findings import Findings

__all__ = [
    "COLUMN",
    "LOOKS",
    "PAPER",
    "RIGHT",
    "STAMP",
    "WRONG",
    "Look",
    "apart_from_pyplot",
    "legend_above",
    "line_handle",
    "look_of",
    "paper_axes",
    "paper_figure",
    "readable",
]


def readable(name: str, width: int | None = None) -> str:
    """Write a name as text for matplotlib, spelled as it is; dollar signs start no formula.

    Parameters
    ----------
    name
        Name of a class, an architecture or a galaxy.
    width
        Maximum number of letters in a line. Longer names are broken at blanks and behind underscores, into up to three
        lines, and the rest is cut off.

    Examples
    --------
    >>> from galmorph.comparison._figures.style import readable
    >>> readable("completely_round_smooth", 16).splitlines()
    ['completely_', 'round_smooth']
    """
    if width is not None:
        mark = "\0"  # where a line may be broken though there is no blank
        parts = wrap(name.replace("_", f"_{mark} "), width + 1, max_lines=3, placeholder="\N{HORIZONTAL ELLIPSIS}")
        name = "\n".join(part.replace(f"{mark} ", "").replace(mark, "") for part in parts)
    return name.replace("$", r"\$")


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
"""Looks of the first, the second, ... architecture of a plan."""


def look_of(findings: Findings, architecture: str) -> Look:
    """Look of an architecture: the same in all figures, by its place in the plan."""
    return LOOKS[findings.plan.architectures.index(architecture) % len(LOOKS)]


def line_handle(findings: Findings, architecture: str) -> Line2D:
    """Legend entry of an architecture that is drawn as a line."""
    look = look_of(findings, architecture)
    return Line2D([], [], color=look.colour, marker=look.marker, ms=3, lw=1.5, label=readable(architecture, 20))
