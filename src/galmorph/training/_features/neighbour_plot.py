"""Figure of galaxies and their neighbours: a row of stamps for each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.training._features.neighbours import nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_neighbours"]

_MOST = 50  # rows of a figure


def plot_neighbours(
    dataset: Dataset,
    features: Float[np.ndarray, "galaxies features"],
    of: int | Sequence[int] | Int[np.ndarray, "rows"],
    k: int = 7,
    *,
    metric: str = "cosine",
) -> "Figure":
    """Draw galaxies with their nearest neighbours.

    Parameters
    ----------
    dataset
        The galaxies.
    features
        Their features, in the same order, as from ``Classifier.features``.
    of
        Row of the galaxy, or up to 50 rows.
    k
        Number of neighbours of each.
    metric
        As in `nearest`.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each galaxy: its stamp, then those of its neighbours, the nearest first, with class and distance. The
        class of a neighbour is orange if it is not that of the galaxy.

    Raises
    ------
    InvalidValueError
        As for `nearest`; or if there is not one row of features for each galaxy, or more than 50 rows are asked for.
    """
    from galmorph._drawing.pictures import as_picture
    from galmorph._drawing.style import STAMP, WRONG, paper_figure, readable

    check(
        len(features) == len(dataset),
        f"features: expected a row for each of {len(dataset)} galaxies, in their order, got {len(features)}",
    )
    wanted = np.atleast_1d(np.asarray(of))
    check(len(wanted) <= _MOST, f"of: expected at most {_MOST} galaxies in a figure, got {len(wanted)}")
    found = nearest(features, wanted, k, metric=metric)
    with paper_figure((STAMP + 0.1) * (k + 1), (STAMP + 0.35) * len(wanted)) as figure:
        panels = figure.subplots(len(wanted), k + 1, squeeze=False)
        for line, row, others, distances in zip(panels, wanted, found.rows, found.distances, strict=True):
            for place, (axes, shown) in enumerate(zip(line, [row, *others], strict=True)):
                axes.imshow(as_picture(np.asarray(dataset.stamps[shown])), interpolation="nearest")
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(place == 0)
                name = readable(dataset.classes[dataset.labels[shown]], 22)
                caption = f"{name}\nrow {row}" if place == 0 else f"{name}\n{distances[place - 1]:.3g}"
                same = dataset.labels[shown] == dataset.labels[row]
                axes.set_xlabel(caption, fontsize=6, labelpad=2, color="black" if same else WRONG)
    return figure
