"""Figure of a data set: stamps of each class, a class in each row."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from galmorph._drawing.pictures import strip_of
from galmorph._drawing.style import paper_figure, readable

__all__ = ["draw_class_sheet"]

_SIDE = 0.75  # inches; side of a stamp
_NAMES = 1.2  # inches; for the names of the classes


def draw_class_sheet(counts: Mapping[str, int], stamps: Sequence[np.ndarray], *, columns: int) -> Figure:
    """Draw a row of stamps for each class, with its name and its number of galaxies.

    Parameters
    ----------
    counts
        Number of galaxies of each class.
    stamps
        Stamps to show of each class, at most `columns`; a class may have none.
    columns
        Stamps in a full row.
    """
    side = max([stamp.shape[1] for stamp in stamps if len(stamp)], default=1)
    side = int(np.clip(side, 64, 256))
    full = strip_of(np.zeros((columns, 1, 1, 1), np.uint8), side=side).shape[1]
    with paper_figure(_SIDE * columns + _NAMES, (_SIDE + 0.06) * len(counts)) as figure:
        panels = figure.subplots(len(counts), 1, squeeze=False).flat
        for axes, (name, count), shown in zip(panels, counts.items(), stamps, strict=True):
            if len(shown):
                strip = strip_of(shown, side=side)
                axes.imshow(strip, interpolation="nearest", extent=(0, strip.shape[1], side, 0))
            axes.set(xlim=(0, full), ylim=(side, 0), xticks=[], yticks=[], aspect="equal", anchor="W")
            axes.spines[:].set_visible(False)
            label = f"{readable(name, 16)}\n({count:,})"
            axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=7, labelpad=4)
    return figure
