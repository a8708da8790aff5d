"""Calibration: whether the predicted probabilities agree with the accuracy."""

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Int

from galmorph._metrics import correct_answers
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.metrics import confidence_bins
from galmorph.comparison._statistics.proportions import wilson_interval

__all__ = ["reliability"]


def reliability(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    *,
    bins: int = 15,
    confidence: float = 0.95,
) -> Table:
    """Compare predicted probability and accuracy, bin by bin (Guo et al. 2017, arXiv:1706.04599, sec. 2, fig. 1).

    Parameters
    ----------
    labels, probabilities
        As for `accuracy`.
    bins
        Number of bins of equal width.
    confidence
        Confidence level of the intervals, in (0, 1).

    Returns
    -------
    Table
        One row for each bin of the largest probability: its edges ``low`` (excluded) and ``high`` (included), the
        number of ``galaxies``, their mean ``probability`` and their ``accuracy``, which are NaN for an empty bin, and
        the Wilson interval of the accuracy, ``accuracy_low`` to ``accuracy_high``. The mean distance between
        ``probability`` and ``accuracy``, weighted by ``galaxies``, is the calibration error.

    Raises
    ------
    InvalidValueError
        If labels and probabilities don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.calibration import reliability
    >>> table = reliability(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]]), bins=2)
    >>> print(table["low", "high", "galaxies", "probability", "accuracy"])
    low high galaxies probability accuracy
    --- ---- -------- ----------- --------
    0.0  0.5        0         nan      nan
    0.5  1.0        2       0.900    0.500
    """
    check_answers(labels, probabilities)
    sure = probabilities.max(axis=1).astype(np.float64)
    right = correct_answers(labels, probabilities)
    bin_of = confidence_bins(sure, bins)
    count = np.bincount(bin_of, minlength=bins)
    wins = np.bincount(bin_of, right, minlength=bins)
    low, high = wilson_interval(wins, count, confidence=confidence)
    edges = np.linspace(0, 1, bins + 1)
    nothing = np.full(bins, np.nan)
    table = Table(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "galaxies": count,
            "probability": np.divide(
                np.bincount(bin_of, sure, minlength=bins), count, out=nothing.copy(), where=count > 0
            ),
            "accuracy": np.divide(wins, count, out=nothing.copy(), where=count > 0),
            "accuracy_low": low,
            "accuracy_high": high,
        }
    )
    for name in ("probability", "accuracy", "accuracy_low", "accuracy_high"):
        table[name].format = ".3f"
    return table
