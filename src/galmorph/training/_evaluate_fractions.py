"""Evaluation against votes: how far probabilities are from the fractions of volunteers."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Float32

from galmorph._checks import check, check_choice, check_positive_int
from galmorph.data import Dataset
from galmorph.training._classifier.classifier import Classifier, check_classifier
from galmorph.training._ensemble.ensemble import Ensemble
from galmorph.training._soft_labels.soft_labels import SoftLabels

__all__ = ["FractionScores", "evaluate_fractions"]


@dataclass(frozen=True, eq=False, repr=False)
class FractionScores:
    """Probabilities of a classifier, beside the fractions of votes for each class.

    Parameters
    ----------
    probabilities
        Float32 of shape ``(galaxies, classes)``.
    fractions
        Of the votes, of the same shape.
    classes
        Names of the classes.
    votes
        Number of votes of each galaxy, of shape ``(galaxies,)``; None if only fractions are known.

    Raises
    ------
    InvalidValueError
        If the shapes differ, or numbers are not from 0 to 1.
    """

    probabilities: Float32[np.ndarray, "galaxies classes"]
    fractions: Float[np.ndarray, "galaxies classes"]
    classes: tuple[str, ...]
    votes: Float[np.ndarray, "galaxies"] | None = None

    def __post_init__(self) -> None:
        for name in ("probabilities", "fractions"):
            values = getattr(self, name)
            check(
                values.shape == (len(self.probabilities), len(self.classes)) and len(values) > 0,
                f"{name}: expected one for each class of each galaxy, got shape {values.shape}",
            )
            low, high = float(values.min()), float(values.max())
            check(low >= 0 and high <= 1 + 1e-5, f"{name}: expected numbers from 0 to 1, got {low:g} to {high:g}")

    @property
    def mean_absolute_deviation(self) -> float:
        """Mean of the absolute difference between probability and fraction, over galaxies and classes."""
        return float(np.abs(self._differences).mean())

    @property
    def rms_deviation(self) -> float:
        """Root of the mean square of the difference between probability and fraction, over galaxies and classes."""
        return float(np.sqrt(np.square(self._differences).mean()))

    @property
    def sampling_rms(self) -> float | None:
        """The `rms_deviation` that the true probabilities would have, because each galaxy has few votes.

        For N votes, the variance of a fraction f is estimated by f (1 - f) / (N - 1). None if the numbers of votes are
        not known; galaxies with a single vote don't count.
        """
        if self.votes is None or not (self.votes > 1).any():
            return None
        several = self.votes > 1
        fractions = self.fractions[several].astype(np.float64)
        variances = fractions * (1 - fractions) / (self.votes[several, np.newaxis] - 1)
        return float(np.sqrt(variances.mean()))

    @property
    def agreement(self) -> float:
        """Fraction of the galaxies for which the most probable class has most votes."""
        return float((self.probabilities.argmax(axis=1) == self.fractions.argmax(axis=1)).mean())

    def to_table(self) -> Table:
        """Put the deviations for each class into a table.

        Returns
        -------
        table
            One row for each class: ``class``; ``fraction`` and ``probability`` (means over the galaxies);
            ``mean_absolute_deviation`` and ``rms_deviation``.
        """
        differences = self._differences
        columns = {
            "fraction": self.fractions.mean(axis=0),
            "probability": self.probabilities.mean(axis=0),
            "mean_absolute_deviation": np.abs(differences).mean(axis=0),
            "rms_deviation": np.sqrt(np.square(differences).mean(axis=0)),
        }
        table = Table({"class": self.classes, **columns})
        for name in columns:
            table[name].format = ".3f"
        return table

    def calibration(self, name: str | None = None, *, bins: int = 10) -> Table:
        """Compare probabilities with fractions in bins of equal width in probability.

        Parameters
        ----------
        name
            A class; by default all classes together.
        bins
            Number of bins between 0 and 1; those without galaxies are left out.

        Returns
        -------
        table
            One row for each bin: ``low`` and ``high`` (its limits), ``galaxies``, ``probability`` and ``fraction``
            (means in the bin), and ``error`` (standard error of the mean difference; NaN for a single galaxy). For all
            classes together, a galaxy counts once for each class.

        Raises
        ------
        InvalidValueError
            If the class is unknown, or the number of bins is below 1.
        """
        check_positive_int("bins", bins)
        if name is not None:
            check_choice("name", name, self.classes)
        chosen = slice(None) if name is None else [self.classes.index(name)]
        given, seen = (values[:, chosen].ravel().astype(np.float64) for values in (self.probabilities, self.fractions))
        place = np.minimum((given * bins).astype(int), bins - 1)
        rows = []
        for number in np.unique(place):
            inside = place == number
            count = int(np.count_nonzero(inside))
            scatter = (given - seen)[inside]
            error = float(scatter.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
            rows.append((number / bins, (number + 1) / bins, count, given[inside].mean(), seen[inside].mean(), error))
        names = ("low", "high", "galaxies", "probability", "fraction", "error")
        table = Table(rows=rows, names=names)
        for column in ("probability", "fraction", "error"):
            table[column].format = ".3f"
        return table

    @property
    def _differences(self) -> Float[np.ndarray, "galaxies classes"]:
        return self.probabilities.astype(np.float64) - self.fractions

    def __len__(self) -> int:
        return len(self.probabilities)

    def __repr__(self) -> str:
        floor = "" if self.sampling_rms is None else f" ({self.sampling_rms:.3f} from sampling)"
        return (
            f"FractionScores({len(self)} galaxies: mean absolute deviation {self.mean_absolute_deviation:.3f}, RMS "
            f"{self.rms_deviation:.3f}{floor}, same majority {self.agreement:.3f})"
        )


def evaluate_fractions(
    classifier: Classifier | Ensemble, dataset: Dataset, soft_labels: SoftLabels, *, allow_other_recipe: bool = False
) -> FractionScores:
    """Compare the probabilities of a classifier with the votes for each galaxy.

    Parameters
    ----------
    classifier
        A trained classifier, or an ensemble; whether it was trained on votes or on labels.
    dataset
        Galaxies with which it was not trained, with the columns of votes in their table.
    soft_labels
        The names of these columns, and whether they hold fractions or counts.
    allow_other_recipe
        As in `evaluate`.

    Returns
    -------
    scores
        Probabilities and fractions, and their deviations.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, the classes or the recipes differ, a column is missing or holds no votes,
        or the stamps don't fit the classifier.

    Warns
    -----
    MismatchWarning
        If most images differ in kind (bands, pixel scale) from the training images.
    DatasetWarning
        If many labels are not the class with most votes.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import Classifier, SoftLabels, evaluate_fractions
    >>> classifier = Classifier.pretrained("galaxy-zoo-2")
    >>> galaxies = simulate_galaxies(8, size=classifier.recipe.size, scheme="galaxy-zoo-2")
    >>> galaxies, votes = SoftLabels.add(galaxies, np.eye(5)[galaxies.labels])
    >>> len(evaluate_fractions(classifier, galaxies, votes))
    8
    """
    if not isinstance(classifier, Ensemble):
        check_classifier(classifier)
    check(
        isinstance(soft_labels, SoftLabels),
        f"soft_labels: expected a SoftLabels, which names columns, got {soft_labels!r}",
    )
    classifier.check_labelled("dataset", dataset, allow_other_recipe=allow_other_recipe)
    votes = soft_labels.of(dataset)
    total = votes.sum(axis=1, keepdims=True)
    counts = total[:, 0] if soft_labels.kind == "counts" else None
    return FractionScores(classifier.probabilities(dataset.stamps), votes / total, dataset.classes, counts)
