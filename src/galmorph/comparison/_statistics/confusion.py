"""Confusion matrix, and the precision and recall of each class that follow from it.

Everything here takes labels, probabilities and, optionally, weights of the galaxies, with one row for each resample; a
galaxy of weight 2 counts twice.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array

from galmorph._checks import check, check_labels

__all__ = [
    "check_answers",
    "checked_weights",
    "class_precision",
    "class_recall",
    "confusion",
    "counts_of",
    "ratio",
    "recalls_of",
    "sums_by_cell",
]


def class_precision(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes"]:
    """Fraction of the answers of each class that are correct (purity); NaN for a class that is never the answer.

    Parameters and errors are as for `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import class_precision
    >>> class_precision(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [1.0, 0.5]
    """
    counts = confusion(labels, probabilities, weights)
    return ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-2))


def class_recall(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes"]:
    """Fraction of each class that is recognised (completeness); NaN for a class without galaxies.

    Parameters and errors are as for `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import class_recall
    >>> class_recall(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [0.5, 1.0]
    """
    return recalls_of(confusion(labels, probabilities, weights))


def confusion(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None = None,
) -> Float[np.ndarray, "*draws classes classes"]:
    """Number, or summed weight, of the galaxies by label (rows) and answer (columns).

    Parameters and errors are as for `accuracy`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import confusion
    >>> confusion(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    weights_of, single = checked_weights(labels, probabilities, weights)
    counts = counts_of(labels, probabilities, weights_of)
    return counts[0] if single else counts


def check_answers(labels: Int[np.ndarray, "galaxies"], probabilities: Float[np.ndarray, "galaxies classes"]) -> None:
    """Raise `InvalidValueError` unless labels and probabilities match and the probabilities add up to 1."""
    for name, value in (("labels", labels), ("probabilities", probabilities)):
        check(
            isinstance(value, np.ndarray), f"{name}: expected an array, got a {type(value).__name__}; use numpy.asarray"
        )
    check(
        labels.ndim == 1 and labels.dtype.kind in "iu",
        "labels: expected one whole number, the index of its class, for each galaxy, got an array of shape "
        f"{labels.shape} and type {labels.dtype}",
    )
    check(
        probabilities.ndim == 2 and probabilities.dtype.kind == "f",
        "probabilities: expected those of each class, of shape (galaxies, classes), got an array of shape "
        f"{probabilities.shape} and type {probabilities.dtype}; numpy.eye(classes)[answers] gives those of answers",
    )
    galaxies, classes = probabilities.shape
    check_labels(labels, galaxies, classes, of="probabilities")
    off = np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1).max()
    # A comparison with NaN is false, so NaN is refused, too.
    check(
        bool(probabilities.min() >= 0 and off <= 1e-3),
        "probabilities: expected values of at least 0 that add up to 1 for each galaxy, got a minimum of "
        f"{probabilities.min():.3g} and sums off by up to {off:.3g}; apply softmax to logits",
    )


def checked_weights(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"] | None,
) -> tuple[Float[np.ndarray, "draws galaxies"], bool]:
    """Check the arguments of a metric; return the weights, all 1 by default, and whether they are the default."""
    check_answers(labels, probabilities)
    if weights is None:
        return np.ones((1, len(labels))), True
    check(
        weights.shape[1] == len(labels),
        f"weights: expected one for each of {len(labels)} galaxies in each row, got shape {weights.shape}",
    )
    check(
        bool(weights.min() >= 0 and weights.sum(axis=1).min() > 0),
        "weights: expected none below 0 and at least one above 0 in each row",
    )
    return weights, False


def counts_of(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    weights: Float[np.ndarray, "draws galaxies"],
) -> Float[np.ndarray, "draws classes classes"]:
    """Sum weights by label (rows) and most probable class (columns)."""
    classes = probabilities.shape[1]
    cells = labels * classes + probabilities.argmax(axis=1)
    return sums_by_cell(weights, cells, classes**2, np.ones(len(labels))).reshape(-1, classes, classes)


def sums_by_cell(
    weights: Float[np.ndarray, "draws galaxies"],
    cells: Int[np.ndarray, "galaxies"],
    count: int,
    values: Float[np.ndarray, "galaxies"] | Bool[np.ndarray, "galaxies"],
) -> Float[np.ndarray, "draws cells"]:
    """Sum weighted values by cell, with a sparse matrix, because each galaxy is in only one of the cells."""
    rows = np.arange(len(cells) + 1)
    return weights @ csr_array((values, cells, rows), shape=(len(cells), count))


def recalls_of(counts: Float[np.ndarray, "*draws classes classes"]) -> Float[np.ndarray, "*draws classes"]:
    """Fraction of each true class that is recognised."""
    return ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1))


def ratio(part: Float[np.ndarray, "*shape"], whole: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Divide; NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
