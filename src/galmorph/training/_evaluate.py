"""Evaluation: the answers of a classifier to a data set, and the metrics that follow."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import MaskedColumn, Table
from jaxtyping import Float32, Int
from scipy.special import softmax

from galmorph._checks import check_flag, check_labels
from galmorph._metrics import correct_answers, log_losses
from galmorph.data import Dataset
from galmorph.training._classifier.classifier import Classifier, check_classifier
from galmorph.training._classifier.dataset_checks import check_logits
from galmorph.training._ensemble.ensemble import Ensemble

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Scores", "evaluate"]

_DRAWN = 20  # classes; the confusion matrix of more can't be read in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """Answers of a classifier to the galaxies of a data set, and metrics that compare them with the labels.

    Parameters
    ----------
    logits
        Float32 of shape ``(galaxies, classes)``, at the temperature of the classifier.
    labels
        Int32 of shape ``(galaxies,)``: the true classes.
    classes
        Names of the classes.

    Raises
    ------
    InvalidValueError
        If logits are not finite, or labels are not indices into the classes, one for each galaxy.
    """

    logits: Float32[np.ndarray, "galaxies classes"]
    labels: Int[np.ndarray, "galaxies"]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        check_labels(self.labels, len(self.logits), len(self.classes), of="logits")
        check_logits(self.logits, len(self.labels), len(self.classes))

    @property
    def probabilities(self) -> Float32[np.ndarray, "galaxies classes"]:
        """Probability of each class, by softmax."""
        return softmax(self.logits, axis=1)

    @property
    def predictions(self) -> Int[np.ndarray, "galaxies"]:
        """Index of the most probable class of each galaxy."""
        return self.logits.argmax(axis=1)

    @property
    def correct(self) -> int:
        """Number of galaxies that are classified correctly."""
        return int(correct_answers(self.labels, self.logits).sum())

    @property
    def accuracy(self) -> float:
        """Fraction of the galaxies that are classified correctly."""
        return self.correct / len(self.labels)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that are present, which all count the same, however rare."""
        from sklearn.metrics import balanced_accuracy_score  # which takes longer to import than all of galmorph

        return float(balanced_accuracy_score(self.labels, self.predictions))

    @property
    def log_loss(self) -> float:
        """Mean of minus the natural logarithm of the true class's probability, computed from the logits.

        `galmorph.comparison.log_loss` gives the same up to the rounding of the probabilities, except where one of them
        is 0 in single precision.
        """
        return float(log_losses(self.labels, self.logits).mean())

    @property
    def confusion(self) -> Int[np.ndarray, "classes classes"]:
        """Number of galaxies by label (rows) and answer (columns)."""
        from sklearn.metrics import confusion_matrix

        return confusion_matrix(self.labels, self.predictions, labels=np.arange(len(self.classes)))

    def recall(self) -> dict[str, float]:
        """Fraction of each class that is recognised; NaN for a class without galaxies."""
        confusion = self.confusion
        with np.errstate(invalid="ignore"):
            recalls = confusion.diagonal() / confusion.sum(axis=1)
        return dict(zip(self.classes, map(float, recalls), strict=True))

    def to_table(self) -> Table:
        """Put what the classifier makes of each class into a table.

        Returns
        -------
        table
            One row for each class, with the columns ``class``; ``galaxies`` (of this class), ``answers`` (how often it
            is the answer), ``correct``; ``recall`` (correct over galaxies) and ``precision`` (correct over answers).
            Recall is masked for a class without galaxies, precision for one that is never the answer.
        """
        confusion = self.confusion
        galaxies, answers, correct = confusion.sum(axis=1), confusion.sum(axis=0), confusion.diagonal()
        table = Table({"class": self.classes, "galaxies": galaxies, "answers": answers, "correct": correct})
        for name, whole in (("recall", galaxies), ("precision", answers)):
            table[name] = MaskedColumn(correct / np.maximum(whole, 1), mask=whole == 0, format=".3f")
        return table

    def doubts(self) -> list[str]:
        """Say what is suspicious about the answers; empty if nothing is."""
        table = self.to_table()
        never = [name for name, count in zip(self.classes, table["answers"], strict=True) if not count]
        share = table["galaxies"].max() / len(self)
        doubts = [f"never answers {', '.join(never)}"] if never else []
        if self.accuracy < share:
            largest = self.classes[int(table["galaxies"].argmax())]
            doubts.append(f"the answer {largest} to every galaxy would have an accuracy of {share:.3f}")
        return doubts

    def plot(self, *, axes: "Axes | None" = None) -> "Axes":
        """Draw the confusion matrix: percent of each true class, and numbers of galaxies below.

        Parameters
        ----------
        axes
            Where to draw; by default on a new figure. It belongs to pyplot if that was imported, and in notebooks.

        Returns
        -------
        matplotlib.axes.Axes
            Labels are rows, answers are columns.

        Raises
        ------
        InvalidValueError
            If `axes` are no axes.
        """
        from galmorph._drawing.confusion_matrix import draw_confusion

        title = f"accuracy {self.accuracy:.3f}, {len(self):,} galaxies"
        return draw_confusion(self.confusion, self.classes, axes=axes, title=title)

    def _repr_html_(self) -> str:
        from galmorph._drawing import html

        def text(value: Any) -> str:
            return "-" if np.ma.is_masked(value) else f"{value:.3f}" if isinstance(value, float) else str(value)

        by_class = self.to_table()
        parts = [
            html.heading(
                "Scores",
                f"{len(self):,} galaxies, accuracy {self.accuracy:.3f}, balanced accuracy "
                f"{self.balanced_accuracy:.3f}, log loss {self.log_loss:.3f}",
            ),
            html.listing(self.doubts()),
            html.table(by_class.colnames, [[text(value) for value in row] for row in by_class]),
        ]
        if len(self.classes) <= _DRAWN:
            parts.append(html.drawing(self.plot, "Confusion matrix: label by answer; the table has the totals."))
        return "\n".join(parts)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return (
            f"Scores({len(self)} galaxies: accuracy {self.accuracy:.3f}, balanced {self.balanced_accuracy:.3f}, "
            f"log loss {self.log_loss:.3f}{''.join(f'; {doubt}' for doubt in self.doubts())})"
        )


def evaluate(
    classifier: Classifier | Ensemble,
    dataset: Dataset,
    *,
    orientations: bool = False,
    allow_other_recipe: bool = False,
) -> Scores:
    """Classify every galaxy of a data set, without augmentation.

    Parameters
    ----------
    classifier
        A trained classifier, or an ensemble.
    dataset
        Stamps and labels of galaxies with which it was not trained.
    orientations
        Whether to average over the eight orientations of each stamp, as ``Classifier.predict`` does for the classifiers
        that come with galmorph. By default each galaxy is seen once. The logits are then logarithms of the averages.
    allow_other_recipe
        Whether the stamps may be made by another recipe than the classifier's. A data set without a recipe, such as one
        of simulated galaxies, is taken in any case.

    Returns
    -------
    scores
        The answers, and the metrics that follow from them.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, the classes or the recipes differ, or the stamps don't fit the classifier.

    Warns
    -----
    MismatchWarning
        If most images differ in kind (bands, pixel scale) from the training images.
    """
    if not isinstance(classifier, Ensemble):
        check_classifier(classifier)
    classifier.check_labelled("dataset", dataset, allow_other_recipe=allow_other_recipe)
    check_flag("orientations", orientations)
    if orientations:
        means = classifier.probabilities(dataset.stamps, orientations=True)
        logits = np.log(np.maximum(means, np.finfo(means.dtype).tiny))
    else:
        logits = classifier.logits(dataset.stamps) / classifier.temperature
    return Scores(logits, dataset.labels, dataset.classes)
