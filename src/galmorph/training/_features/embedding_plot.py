"""Figure of an embedding: each galaxy is a dot in the colour of its class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.training._features.embedding import embed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_embedding"]

# Okabe & Ito (2008), without yellow, which is too light for dots on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def plot_embedding(
    features: Float[np.ndarray, "galaxies features"],
    classes: Dataset | Sequence[str],
    *,
    method: str = "pca",
    neighbours: int = 15,
    seed: int = 0,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draw features in a plane, coloured by class.

    Parameters
    ----------
    features
        Features of the galaxies, as from ``Classifier.features``. Galaxies whose features are NaN are left out.
    classes
        The data set of these galaxies, whose labels give the colours; or a text for each galaxy, such as the column
        ``class`` of a table of predictions.
    method, neighbours, seed
        As for `embed`.
    axes
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        For principal components, the axes say which percentage of the variance they show.

    Raises
    ------
    InvalidValueError
        As for `embed`; or if there is not one class for each galaxy, or `axes` are no axes.
    ImportError
        If umap-learn is needed and not installed.
    """
    from galmorph._drawing.style import COLUMN, paper_axes, readable

    if isinstance(classes, Dataset):
        names, of = list(classes.classes), classes.labels
    else:
        texts = [str(name) for name in classes]
        names = sorted(set(texts))
        of = np.array([names.index(name) for name in texts], np.int32)
    check(
        len(of) == len(features),
        f"classes: expected one for each of {len(features)} galaxies, in the order of the features, got {len(of)}",
    )
    positions, fractions = embed(features, method=method, neighbours=neighbours, seed=seed)
    rng = np.random.default_rng(0)  # no class is drawn over another one
    with paper_axes(axes, width=2 * COLUMN, height=COLUMN) as axes:
        size = float(np.clip(2000 / max(len(positions), 1), 2, 18))
        for number, name in enumerate(names):
            rows = rng.permutation(np.flatnonzero(of == number))
            colour = _COLOURS[number % len(_COLOURS)]
            marker = _MARKERS[(number + number // len(_COLOURS)) % len(_MARKERS)]
            label = f"{readable(name, 24)} ({len(rows):,})"
            across, up = positions[rows].T
            axes.scatter(across, up, s=size, c=colour, marker=marker, lw=0, alpha=0.6, label=label)
        if fractions is None:
            axes.set(xlabel="UMAP 1", ylabel="UMAP 2", xticks=[], yticks=[])
        else:
            labels = [
                f"principal component {number} ({100 * fraction:.0f} % of the variance)"
                for number, fraction in enumerate(fractions, start=1)
            ]
            axes.set(xlabel=labels[0], ylabel=labels[1])
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return axes
