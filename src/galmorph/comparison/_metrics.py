"""Metrics: numbers that say how good answers are, for one set of galaxies or for thousands of drawings at once.

Each takes labels, probabilities and, if wanted, weights of the galaxies, one row a drawing: a galaxy of weight 2 counts
as if it stood twice. scikit-learn's metrics take one row at a time, a millisecond each, which is too slow for
a bootstrap; those here are made of sums over galaxies, which one matrix product gives for all drawings. For one row
they are scikit-learn's, and the tests hold them to that.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array

from galmorph._checks import check, check_positive_int
from galmorph.errors import GalmorphWarning

__all__ = [
    "accuracy",
    "balanced_accuracy",
    "calibration_error",
    "check_answers",
    "class_precision",
    "class_recall",
    "confidence_bins",
    "confusion",
    "log_loss",
    "macro_f1",
    "warn_of_small_classes",
]


def accuracy(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Part of the galaxies whose likeliest class is their label.

    Parameters
    ----------
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class.
    weights
        How much each galaxy counts in each drawing.

    Returns
    -------
    accuracy
        From 0 to 1; one for each drawing where there are weights.

    Raises
    ------
    InvalidValueError
        If labels, probabilities and weights don't fit together, or probabilities don't add up to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import accuracy
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    weights_of, single = _weights(labels, probabilities, weights)
    right = probabilities.argmax(axis=1) == labels
    return _result(weights_of @ right / weights_of.sum(axis=1), single)


def balanced_accuracy(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Mean recall of the classes (Brodersen et al. 2010, ICPR, 3121): each counts the same, however rare.

    Parameters, errors and shapes are those of `accuracy`. A class without galaxies is left out of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import balanced_accuracy
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]))
    0.8333333333333333
    """
    weights_of, single = _weights(labels, probabilities, weights)
    return _result(np.nanmean(_recall(_confusion(labels, probabilities, weights_of)), axis=1), single)


def macro_f1(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Mean over the classes of F1, the harmonic mean of precision and recall (van Rijsbergen 1979, ch. 7).

    Parameters, errors and shapes are those of `accuracy`. F1 is 2 TP / (2 TP + FP + FN): 0 for a class that is never
    right. A class that is neither label nor answer is left out of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import macro_f1
    >>> round(macro_f1(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])), 4)
    0.6667
    """
    weights_of, single = _weights(labels, probabilities, weights)
    counts = _confusion(labels, probabilities, weights_of)
    right = np.diagonal(counts, axis1=1, axis2=2)
    return _result(np.nanmean(_ratio(2 * right, counts.sum(axis=1) + counts.sum(axis=2)), axis=1), single)


def log_loss(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Mean of minus the natural logarithm of the probability that was given to the label (Good 1952, JRSS B 14, 107).

    Parameters, errors and shapes are those of `accuracy`; 0 is best. A probability of 0 is taken for the smallest that
    its type holds (1e-38 for float32, a loss of 87), so that one galaxy does not make the mean infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import log_loss
    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]])), 4)
    0.5108
    """
    weights_of, single = _weights(labels, probabilities, weights)
    given = probabilities[np.arange(len(labels)), labels]
    losses = -np.log(np.maximum(given, np.finfo(given.dtype).tiny).astype(np.float64))
    return _result(weights_of @ losses / weights_of.sum(axis=1), single)


def calibration_error(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
    *,
    bins: int = 15,
) -> float | Float[np.ndarray, "draws"]:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599, eq. 3): how far confidence lies from accuracy.

    Galaxies are sorted into bins by the probability of their likeliest class. The error is the mean over the bins of
    the difference between accuracy and mean probability, each bin counting by its galaxies. It depends on the number of
    bins, and noise makes it larger: with few galaxies it is not 0 even for perfect probabilities. So the percentiles of
    its bootstrap lie too high.

    Parameters
    ----------
    labels, probabilities, weights
        As for `accuracy`.
    bins
        Number of bins of equal width; 15 in the paper.

    Returns
    -------
    error
        From 0 (best) to 1.

    Raises
    ------
    InvalidValueError
        As for `accuracy`, and if there is no bin.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import calibration_error
    >>> round(calibration_error(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])), 4)
    0.4
    """
    weights_of, single = _weights(labels, probabilities, weights)
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = (probabilities.argmax(axis=1) == labels) - confidence
    sums = _sums(weights_of, confidence_bins(confidence, bins), bins, surplus)
    return _result(np.abs(sums).sum(axis=1) / weights_of.sum(axis=1), single)


def class_precision(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes"]:
    """Part of the answers of each class that are right (purity); not a number for a class that is never the answer.

    Parameters and errors are those of `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import class_precision
    >>> class_precision(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [1.0, 0.5]
    """
    counts = confusion(labels, probabilities, weights)
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-2))


def class_recall(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes"]:
    """Part of each class that is recognised (completeness); not a number for a class without galaxies.

    Parameters and errors are those of `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import class_recall
    >>> class_recall(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [0.5, 1.0]
    """
    return _recall(confusion(labels, probabilities, weights))


def confusion(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes classes"]:
    """Weight of the galaxies by true class (rows) and likeliest class (columns).

    Parameters and errors are those of `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._metrics import confusion
    >>> confusion(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    weights_of, single = _weights(labels, probabilities, weights)
    counts = _confusion(labels, probabilities, weights_of)
    return counts[0] if single else counts


def confidence_bins(confidence: Float[np.ndarray, "galaxies"], bins: int) -> Int[np.ndarray, "galaxies"]:
    """Find the bin of each confidence: of equal width, each with its upper edge (Guo et al. 2017, sec. 2).

    Raises
    ------
    InvalidValueError
        If there is no bin.
    """
    check_positive_int("bins", bins)
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")


def warn_of_small_classes(labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = 30) -> None:
    """Warn of each class that has too few test galaxies to say much about it.

    With 30 galaxies, Wilson's 95 % interval of a recall of one half is still 0.34 wide.

    Parameters
    ----------
    labels
        The true class of each test galaxy.
    classes
        Names of the classes.
    minimum
        Least number of galaxies of a class that is no cause for a warning.

    Warns
    -----
    GalmorphWarning
        Once for each such class, with its name and number.
    """
    for name, count in zip(classes, np.bincount(labels, minlength=len(classes)), strict=True):
        if count < minimum:
            warnings.warn(
                f"class {name!r}: expected at least {minimum} test galaxies, got {count}; its precision and recall "
                f"stand on too few: give more galaxies, or judge by the intervals",
                GalmorphWarning,
                stacklevel=2,
            )


def check_answers(labels: Int[np.ndarray, "galaxies"], probabilities: Float[np.ndarray, "galaxies classes"]) -> None:
    """Raise `InvalidValueError` unless labels and probabilities of the same galaxies fit together."""
    galaxies, classes = probabilities.shape
    check(
        len(labels) == galaxies and galaxies > 0,
        f"labels: expected one for each of {galaxies} rows of probabilities and at least one, got {len(labels)}",
    )
    check(
        bool(labels.min() >= 0 and labels.max() < classes),
        f"labels: expected classes from 0 to {classes - 1}, got {labels.min()} to {labels.max()}",
    )
    off = np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1).max()
    # A negation, so that NaN is refused too.
    check(
        bool(probabilities.min() >= 0 and off <= 1e-3),
        "probabilities: expected none below 0 and a sum of 1 for each galaxy, got "
        f"{probabilities.min():.3g} as the least and sums up to {off:.3g} off; give logits through softmax",
    )


def _weights(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None,
) -> tuple[Float[np.ndarray, "draws galaxies"], bool]:
    """Check what a metric got, and give weights, and whether there were none."""
    check_answers(labels, probabilities)
    if weights is None:
        return np.ones((1, len(labels))), True
    check(
        weights.shape[1] == len(labels),
        f"weights: expected one for each of {len(labels)} galaxies in each row, got shape {weights.shape}",
    )
    check(
        bool(weights.min() >= 0 and weights.sum(axis=1).min() > 0),
        "weights: expected none below 0 and some above 0 in each row",
    )
    return weights, False


def _result(values: Float[np.ndarray, "draws"], single: bool) -> float | Float[np.ndarray, "draws"]:
    return float(values[0]) if single else values


def _confusion(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"],
) -> Float[np.ndarray, "draws classes classes"]:
    classes = probabilities.shape[1]
    cells = labels * classes + probabilities.argmax(axis=1)
    return _sums(weights, cells, classes**2, np.ones(len(labels))).reshape(-1, classes, classes)


def _sums(
    weights: Float[np.ndarray, "draws galaxies"],
    cells: Int[np.ndarray, "galaxies"],
    count: int,
    values: Float[np.ndarray, "galaxies"] | Bool[np.ndarray, "galaxies"],
) -> Float[np.ndarray, "draws cells"]:
    """Sum weighted values by cell. Sparse: each galaxy is in one cell, however many there are."""
    rows = np.arange(len(cells) + 1)
    return weights @ csr_array((values, cells, rows), shape=(len(cells), count))


def _recall(counts: Float[np.ndarray, "*draws classes classes"]) -> Float[np.ndarray, "*draws classes"]:
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def _ratio(part: Float[np.ndarray, "*shape"], whole: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Divide, with NaN where the whole is nothing."""
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
