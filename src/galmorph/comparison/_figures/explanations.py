"""Figure of explanations: galaxies with their saliency and Grad-CAM maps."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
from jaxtyping import Int
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from galmorph._checks import check, check_positive_int
from galmorph._drawing.pictures import as_picture
from galmorph.comparison._figures.galleries import galaxy_names
from galmorph.comparison._figures.style import STAMP, paper_figure, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.data import Dataset
from galmorph.training import Classifier, grad_cam, saliency

__all__ = ["plot_explanations", "plot_mistake_explanations"]

_LEVELS = (0.5, 0.75)
# Okabe & Ito's orange over grey: every reader can distinguish them, also in greyscale.
_HEAT = LinearSegmentedColormap.from_list("heat", [(0.9, 0.62, 0.0, 0.0), (0.9, 0.62, 0.0, 0.75)])


def plot_explanations(
    classifier: Classifier,
    galaxies: Dataset,
    *,
    rows: Sequence[int] | Int[np.ndarray, "shown"] | None = None,
    classes: str | Sequence[int] | Int[np.ndarray, "shown"] | None = None,
    layer: str | None = None,
    samples: int = 10,
    columns: int = 6,
) -> Figure:
    """Draw galaxies with maps of which pixels decide a classifier's answers: the stamp, its saliency and its Grad-CAM.

    The title of a stamp gives the name, the answer with its probability, and the label if it is another class. In the
    saliency, darker pixels matter more. The Grad-CAM is drawn in orange over the grey stamp, where the network finds
    evidence for the class, with contours at 50 % and 75 % of its maximum. Answers and maps are averaged over the eight
    orientations of the stamp.

    Parameters
    ----------
    classifier
        A classifier whose network has layers with feature maps.
    galaxies
        Stamps and labels. Their classes may differ from those of the classifier.
    rows
        Rows of the galaxies to show; by default the first twelve.
    classes
        The class to explain: the name of a class, or the index of a class for each galaxy that is shown; by default the
        answers.
    layer
        The layer for Grad-CAM, as for `galmorph.training.grad_cam`.
    samples
        Number of noisy copies of each stamp, in each orientation, over which the saliency is averaged, as for
        `galmorph.training.saliency`.
    columns
        Number of galaxies in a row.

    Returns
    -------
    matplotlib.figure.Figure
        Three panels for each galaxy, one below the other.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, the number of columns is below 1, the stamps don't fit the classifier, or a
        class or layer is unknown.

    Examples
    --------
    >>> from galmorph.comparison import plot_explanations
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Classifier
    >>> classifier = Classifier.pretrained("galaxy-zoo-2")
    >>> galaxies = simulate_galaxies(2, size=classifier.recipe.size)
    >>> figure = plot_explanations(classifier, galaxies, samples=0)
    >>> len(figure.axes)
    6
    """
    check_positive_int("columns", columns)
    check(isinstance(galaxies, Dataset), f"galaxies: expected a Dataset, got a {type(galaxies).__name__}")
    chosen = np.arange(min(12, len(galaxies))) if rows is None else np.asarray(rows)
    shown = galaxies[chosen]
    sharp = saliency(classifier, shown.stamps, classes, samples=samples, orientations=True)
    coarse = grad_cam(classifier, shown.stamps, classes, layer=layer, orientations=True)
    every = galaxy_names(galaxies)
    captions = _captions(classifier, shown, [every[row] for row in chosen])
    columns = min(columns, len(shown))
    bands = -(-len(shown) // columns)
    lines = 1 + max(caption.count("\n") for caption in captions)
    with paper_figure((STAMP + 0.1) * columns + 0.3, (3 * STAMP + 0.12 * lines + 0.2) * bands) as figure:
        panels = figure.subplots(3 * bands, columns, squeeze=False)
        for axes in panels.flat:
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
        for place, stamp in enumerate(shown.stamps):
            band, column = divmod(place, columns)
            upper, middle, lower = panels[3 * band : 3 * band + 3, column]
            picture = as_picture(stamp)
            upper.set_title(captions[place], fontsize=6)
            upper.imshow(picture, interpolation="nearest")
            middle.imshow(sharp[place], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            lower.imshow(picture.mean(axis=-1), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            lower.imshow(coarse[place], cmap=_HEAT, vmin=0, vmax=1, interpolation="nearest")
            if coarse[place].any():
                lower.contour(coarse[place], levels=_LEVELS, colors="white", linewidths=0.5)
        for axes, name in zip(panels[:, 0], ("stamp", "saliency", "Grad-CAM") * bands, strict=True):
            axes.set_ylabel(name, fontsize=7)
    return figure


def plot_mistake_explanations(
    comparison: Findings, result: ArchitectureResult, *, count: int, columns: int, samples: int
) -> Figure:
    """Draw explanations of the most confident mistakes of the first training of an architecture."""
    check_positive_int("count", count)
    run = result.runs[0]
    answers, sure = run.scores.predictions, run.scores.probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != run.scores.labels)
    whose = f"the first training of {result.architecture}"
    check(len(wrong) > 0, f"mistakes: {whose} made none on {len(run.rows)} galaxies")
    rows = run.rows[wrong[np.argsort(-sure[wrong], kind="stable")][:count]]
    return plot_explanations(run.classifier, comparison.dataset, rows=rows, samples=samples, columns=columns)


def _captions(classifier: Classifier, shown: Dataset, names: Sequence[str]) -> list[str]:
    captions = []
    table = classifier.predict(shown, orientations=True)
    for name, row, label in zip(names, table, shown.labels, strict=True):
        # A no-break space keeps the number and its unit on one line.
        lines = [name, f"{row['class']} ({100 * row['probability']:.0f}\N{NO-BREAK SPACE}%)"]
        if shown.classes[label] != row["class"]:
            lines.append(f"label: {shown.classes[label]}")
        captions.append("\n".join(fill(readable(line), 22) for line in lines))
    return captions
