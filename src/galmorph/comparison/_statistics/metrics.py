"""Metrics: accuracy, F1, log loss and calibration error, for one set of galaxies or for thousands of resamples at once.

Each metric takes labels, probabilities and, optionally, weights of the galaxies, with one row for each resample; a
galaxy of weight 2 counts twice. scikit-learn's metrics handle one row of weights at a time and need a millisecond for
it, which is too slow for a bootstrap. The metrics here are sums over galaxies, so one matrix product evaluates all
resamples. The tests check that their values are those of scikit-learn.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check_positive_int
from galmorph._metrics import correct_answers, log_losses_of_probabilities
from galmorph.comparison._statistics.confusion import checked_weights, counts_of, ratio, recalls_of, sums_by_cell

__all__ = ["accuracy", "balanced_accuracy", "calibration_error", "confidence_bins", "log_loss", "macro_f1"]


def accuracy(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Fraction of the galaxies whose most probable class is their label.

    Parameters
    ----------
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class.
    weights
        Weight of each galaxy in each resample.

    Returns
    -------
    accuracy
        From 0 to 1; one value for each row of weights if there are weights.

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
    return _weighted_mean(correct_answers(labels, probabilities), weights_of, single)


def balanced_accuracy(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> float | Float[np.ndarray, "draws"]:
    """Mean recall of the classes, which all count the same, however rare (Brodersen et al. 2010, ICPR, 3121).

    A class without galaxies is left out of the mean. Parameters, shapes and errors are as for `accuracy`.

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

    F1 is 2 TP / (2 TP + FP + FN), which is 0 for a class without a correct answer. A class that is neither label nor
    answer is left out of the mean. Parameters, shapes and errors are as for `accuracy`.

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
    """Mean of minus the natural logarithm of the label's probability (Good 1952, JRSS B 14, 107); 0 is best.

    A probability of 0 is replaced by the smallest normal number of its type (1e-38 for float32, a loss of 87), so that
    a single galaxy does not make the mean infinite. Only there, and in the rounding of the probabilities, it differs
    from `galmorph.training.Scores.log_loss`, which knows the logits. Parameters, shapes and errors are as for
    `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import log_loss
    >>> round(log_loss(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]])), 4)
    0.5108
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    return _weighted_mean(log_losses_of_probabilities(labels, probabilities), weights_of, single)


def calibration_error(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
    *,
    bins: int = 15,
) -> float | Float[np.ndarray, "draws"]:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599, eq. 3): mean distance of confidence and accuracy.

    Galaxies are binned by the probability of their most probable class. The error is the mean over the bins, weighted
    by their numbers of galaxies, of the absolute difference between accuracy and mean probability. It depends on the
    number of bins, and noise makes it larger: with few galaxies it is above 0 even for perfect probabilities.
    Therefore the percentiles of its bootstrap are too high; `ArchitectureResult` moves them down by the difference of
    the mean resample from the value.

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
        As for `accuracy`, and if the number of bins is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import calibration_error
    >>> round(calibration_error(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])), 4)
    0.4
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = correct_answers(labels, probabilities) - confidence
    sums = sums_by_cell(weights_of, confidence_bins(confidence, bins), bins, surplus)
    return _result(np.abs(sums).sum(axis=1) / weights_of.sum(axis=1), single)


def confidence_bins(confidence: Float[np.ndarray, "galaxies"], bins: int) -> Int[np.ndarray, "galaxies"]:
    """Find the bin of each confidence; bins have equal widths and include their upper edge (Guo et al. 2017, sec. 2).

    Raises
    ------
    InvalidValueError
        If the number of bins is below 1.
    """
    check_positive_int("bins", bins)
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence, side="left")


def _weighted_mean(
    values: Float[np.ndarray, "galaxies"] | Bool[np.ndarray, "galaxies"],
    weights: Float[np.ndarray, "draws galaxies"],
    single: bool,
) -> float | Float[np.ndarray, "draws"]:
    return _result(weights @ values / weights.sum(axis=1), single)


def _result(values: Float[np.ndarray, "draws"], single: bool) -> float | Float[np.ndarray, "draws"]:
    return float(values[0]) if single else values
