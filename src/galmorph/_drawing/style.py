"""Style of the figures: sizes, colours, markers and text for a journal.

The colours are those of Okabe & Ito (2008, https://jfly.uni-koeln.de/color/), which colour-blind readers can
distinguish. Widths are those of a journal's columns.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import wrap
from typing import Any

from matplotlib import get_backend, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from galmorph._checks import check

__all__ = [
    "COLUMN",
    "PAPER",
    "RIGHT",
    "STAMP",
    "WRONG",
    "apart_from_pyplot",
    "legend_above",
    "paper_axes",
    "paper_figure",
    "readable",
]

COLUMN = 3.5  # inches; width of one of two columns on a page

STAMP = 1.05  # inches; side of a stamp in a gallery

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
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}


def legend_above(axes: Axes, entries: int) -> None:
    """Put the legend above the axes, in up to three columns."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=min(3, entries))


@contextmanager
def paper_axes(axes: Axes | None, *, width: float = COLUMN, height: float = 2.6) -> Iterator[Axes]:
    """Yield the given axes unchanged, or the axes of a new figure as `paper_figure` makes it.

    Parameters
    ----------
    axes
        Where to draw; None for a new figure.
    width, height
        Size of the new figure, in inches.

    Raises
    ------
    InvalidValueError
        If `axes` are no `matplotlib.axes.Axes`.
    """
    if axes is not None:
        given = f"got a {type(axes).__name__}; pass figure.subplots()"
        check(isinstance(axes, Axes), f"axes: expected the axes of one panel, {given}")
        yield axes
        return
    with paper_figure(width, height) as figure:
        yield figure.subplots()


@contextmanager
def paper_figure(width: float, height: float) -> Iterator[Figure]:
    """Make a figure; everything drawn within the block has the style of this module.

    Where pyplot is in use, the figure belongs to it, so that ``plt.show()`` and notebooks show it and ``plt.savefig()``
    saves it. Elsewhere, nothing keeps it open.
    """
    settings: dict[str, Any] = {"figsize": (width, height), "layout": "constrained", "facecolor": "white"}
    if _apart.get() or not _pyplot_in_use():
        with rc_context(PAPER):
            yield Figure(**settings)
        return
    from matplotlib import pyplot as plt

    # Outside of the context, which would undo what a notebook's backend sets when its first figure is made.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "More than", RuntimeWarning)  # many architectures have many figures
        figure = plt.figure(FigureClass=_PyplotFigure, **settings)
    try:
        with rc_context(PAPER):
            yield figure
    except BaseException:
        plt.close(figure)  # a notebook would show what is drawn so far
        raise


class _PyplotFigure(Figure):
    """A figure that a notebook shows once, even as the result of a cell."""

    def _ipython_display_(self) -> None:
        if "inline" in get_backend():  # it also shows every figure that is open at the end of a cell
            from matplotlib import pyplot as plt

            plt.close(self)
        raise NotImplementedError  # IPython then shows it like any other figure


_apart: ContextVar[bool] = ContextVar("apart", default=False)


@contextmanager
def apart_from_pyplot() -> Iterator[None]:
    """Make all figures within the block without pyplot, because nobody but their maker needs them."""
    before = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(before)


def _pyplot_in_use() -> bool:
    """Whether pyplot is imported already, or this is a notebook or IPython, which show only its figures."""
    shell = sys.modules.get("IPython")
    return "matplotlib.pyplot" in sys.modules or (shell is not None and shell.get_ipython() is not None)


def readable(name: str, width: int | None = None) -> str:
    """Write a name as text for matplotlib: with blanks for underscores, and with dollar signs that start no formula.

    Parameters
    ----------
    name
        Name of a class, an architecture or a galaxy.
    width
        Maximum number of letters in a line. Longer names take up to three lines, and the rest is cut off.

    Examples
    --------
    >>> from galmorph._drawing.style import readable
    >>> readable("completely_round_smooth", 16).splitlines()
    ['completely round', 'smooth']
    """
    text = name.replace("_", " ")
    if width is not None:
        text = "\n".join(wrap(text, width, max_lines=3, placeholder="\N{HORIZONTAL ELLIPSIS}"))
    return text.replace("$", r"\$")
