"""Evaluation: every image of a data set once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.predict import mean_loss

__all__ = ["Scores", "evaluate"]


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """What a classifier answered to the galaxies of a data set, and what is true of them.

    Parameters
    ----------
    logits
        Float32 of shape ``(galaxies, classes)``, at the temperature of the classifier.
    labels
        Int32 of shape ``(galaxies,)``: the true classes.
    classes
        Names of the classes.
    """

    logits: Float32[np.ndarray, "galaxies classes"]
    labels: Int[np.ndarray, "galaxies"]
    classes: tuple[str, ...]

    @property
    def probabilities(self) -> Float32[np.ndarray, "galaxies classes"]:
        """Probability of each class, by softmax."""
        return softmax(self.logits, axis=1)

    @property
    def predictions(self) -> Int[np.ndarray, "galaxies"]:
        """Index of the likeliest class of each galaxy."""
        return self.logits.argmax(axis=1)

    @property
    def correct(self) -> int:
        """Number of galaxies that were classified as labelled."""
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Part of the galaxies that were classified as labelled."""
        return self.correct / len(self.labels)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls of the classes that are present: each counts the same, however rare."""
        return float(balanced_accuracy_score(self.labels, self.predictions))

    @property
    def log_loss(self) -> float:
        """Mean of minus the logarithm of the probability that was given to the true class."""
        return mean_loss(self.logits, self.labels)

    @property
    def confusion(self) -> Int[np.ndarray, "classes classes"]:
        """Number of galaxies by true class (rows) and answer (columns)."""
        return confusion_matrix(self.labels, self.predictions, labels=np.arange(len(self.classes)))

    def recall(self) -> dict[str, float]:
        """Part of each class that was recognised; not a number for a class without galaxies."""
        confusion = self.confusion
        with np.errstate(invalid="ignore"):
            recalls = confusion.diagonal() / confusion.sum(axis=1)
        return dict(zip(self.classes, map(float, recalls), strict=True))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return (
            f"Scores({len(self)} galaxies: accuracy {self.accuracy:.3f}, balanced {self.balanced_accuracy:.3f}, "
            f"log loss {self.log_loss:.3f})"
        )


def evaluate(classifier: Classifier, dataset: Dataset) -> Scores:
    """Ask a classifier for every galaxy of a data set, each exactly once, without augmentation.

    Parameters
    ----------
    classifier
        A trained classifier.
    dataset
        Stamps and labels that it has not learned from.

    Returns
    -------
    scores
        Answers, and what follows from them.

    Raises
    ------
    InvalidValueError
        If the classes differ, or the stamps don't fit the classifier.
    """
    check(
        dataset.classes == classifier.classes,
        f"classes: expected {classifier.classes}, got {dataset.classes}; evaluate with the classes of the training",
    )
    return Scores(classifier.logits(dataset.stamps) / classifier.temperature, dataset.labels, dataset.classes)
