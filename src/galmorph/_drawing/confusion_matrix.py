"""Figure of a confusion matrix."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes

from galmorph._drawing.style import COLUMN, paper_axes, readable

__all__ = ["draw_confusion"]

_DARK = 0.715  # shade of a cell above which white text has more contrast than black


def draw_confusion(
    counts: Int[np.ndarray, "classes classes"] | Float[np.ndarray, "classes classes"],
    classes: Sequence[str],
    *,
    axes: Axes | None,
    title: str,
) -> Axes:
    """Draw percent of each true class (rows) by answer (columns), and numbers of galaxies below."""
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [readable(name, 14) for name in classes]
    whole = bool(np.all(counts == np.round(counts)))
    side = 0.46 * len(names)
    with paper_axes(axes, width=max(COLUMN, side + 1.1), height=max(COLUMN, side + 1.1)) as axes:
        axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1, aspect="equal")
        for (row, column), count in np.ndenumerate(counts):
            if count > 0:
                shade = "white" if fractions[row, column] > _DARK else "black"
                percent, number = f"{100 * fractions[row, column]:.0f} %", f"{count:,.{0 if whole else 1}f}"
                axes.text(column, row - 0.12, percent, ha="center", va="center", color=shade, fontsize=7)
                axes.text(column, row + 0.24, number, ha="center", va="center", color=shade, fontsize=6)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(length=0)
        axes.set_xlabel("answer")
        axes.set_ylabel("label")
        axes.set_title(readable(title, 40))
    return axes
