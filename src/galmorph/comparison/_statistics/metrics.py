"""Metrics: numbers that say how good answers are, for one set of galaxies or for thousands of drawings at once.

Each takes labels, probabilities and, if wanted, weights of the galaxies, one row a drawing: a galaxy of weight 2 counts
as if it stood twice. scikit-learn's metrics take one row at a time, a millisecond each, which is too slow for
a bootstrap; those here are made of sums over galaxies, which one matrix product gives for all drawings. For one row
they are scikit-learn's, and the tests hold them to that.
"""

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check_positive_int
from galmorph.comparison._statistics.confusion import checked_weights, counts_of, ratio, recalls_of, sums_by_cell

__all__ = ["accuracy", "balanced_accuracy", "calibration_error", "confidence_bins", "log_loss", "macro_f1"]


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
    >>> from galmorph.comparison import accuracy
    >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
    0.5
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
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
    >>> from galmorph.comparison import balanced_accuracy
    >>> balanced_accuracy(np.array([0, 0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]))
    0.8333333333333333
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    return _result(np.nanmean(recalls_of(counts_of(labels, probabilities, weights_of)), axis=1), single)


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
    >>> from galmorph.comparison import macro_f1
    >>> round(macro_f1(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])), 4)
    0.6667
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    counts = counts_of(labels, probabilities, weights_of)
    right = np.diagonal(counts, axis1=1, axis2=2)
    return _result(np.nanmean(ratio(2 * right, counts.sum(axis=1) + counts.sum(axis=2)), axis=1), single)


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
    >>> from galmorph.comparison import log_loss
    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]])), 4)
    0.5108
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
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
    >>> from galmorph.comparison import calibration_error
    >>> round(calibration_error(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])), 4)
    0.4
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = (probabilities.argmax(axis=1) == labels) - confidence
    sums = sums_by_cell(weights_of, confidence_bins(confidence, bins), bins, surplus)
    return _result(np.abs(sums).sum(axis=1) / weights_of.sum(axis=1), single)


def confidence_bins(confidence: Float[np.ndarray, "galaxies"], bins: int) -> Int[np.ndarray, "galaxies"]:
    """Find the bin of each confidence: of equal width, each with its upper edge (Guo et al. 2017, sec. 2).

    Raises
    ------
    InvalidValueError
        If there is no bin.
    """
    check_positive_int("bins", bins)
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")


def _result(values: Float[np.ndarray, "draws"], single: bool) -> float | Float[np.ndarray, "draws"]:
    return float(values[0]) if single else values
