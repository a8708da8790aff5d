"""Calibration: probabilities that mean what they say, and answers that are withheld where they are too low.

Everything here is fitted on validation galaxies, which a network has neither learned from nor is tested with.
"""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Int

from galmorph._checks import check_between, check_positive_int
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.intervals import wilson_interval
from galmorph.comparison._statistics.metrics import confidence_bins

__all__ = ["Abstention", "abstain_at", "reliability"]


def reliability(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    *,
    bins: int = 15,
    confidence: float = 0.95,
) -> Table:
    """Compare how sure a network is with how often it is right (Guo et al. 2017, arXiv:1706.04599, sec. 2, fig. 1).

    Parameters
    ----------
    labels
        The true class of each galaxy.
    probabilities
        Probability of each class.
    bins
        Number of bins of equal width.
    confidence
        How often the intervals are to hold the truth, in (0, 1).

    Returns
    -------
    Table
        One row a bin of the largest probability: its edges ``low`` and ``high`` (which belongs to it), the number of
        ``galaxies``, their mean ``probability`` and their ``accuracy``, not a number where there are none, and
        Wilson's interval of that, ``accuracy_low`` to ``accuracy_high``. The sum of ``galaxies`` times the distance of
        ``probability`` and ``accuracy``, over all galaxies, is the calibration error.

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
    right = probabilities.argmax(axis=1) == labels
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


@dataclass(frozen=True, kw_only=True)
class Abstention:
    """A threshold on the probability, below which no answer is given, and its price. Print it.

    Parameters
    ----------
    threshold
        An answer is given where the largest probability is at least this; infinite where no threshold reaches the
        purity, so that none is given.
    wanted
        The purity that was asked for.
    purity
        Part of the given answers that are right, on the validation galaxies; without a threshold, that of the purest
        choice of enough galaxies.
    purity_interval
        Wilson's 95 % interval of the purity.
    completeness
        Part of all validation galaxies that get an answer, and a right one.
    answered
        Part of all validation galaxies that get an answer; the rest is what GaMorNet (Ghosh et al. 2020, ApJ 895, 112)
        calls indeterminate.
    galaxies
        Number of validation galaxies.
    minimum
        Least number of answers on which a threshold may rest.
    """

    threshold: float
    wanted: float
    purity: float
    purity_interval: tuple[float, float]
    completeness: float
    answered: float
    galaxies: int
    minimum: int

    @property
    def reached(self) -> bool:
        """Whether a threshold reaches the purity."""
        return bool(np.isfinite(self.threshold))

    def answers(self, probabilities: Float[np.ndarray, "galaxies classes"]) -> Int[np.ndarray, "galaxies"]:
        """Class of each galaxy; -1 where the probability is below the threshold: indeterminate."""
        return np.where(probabilities.max(axis=1) >= self.threshold, probabilities.argmax(axis=1), -1)

    def __str__(self) -> str:
        if not self.reached:
            return (
                f"no threshold gives {100 * self.wanted:g} % purity on {self.minimum} or more of {self.galaxies:,} "
                f"galaxies: the purest choice has {100 * self.purity:.1f} %"
            )
        low, high = self.purity_interval
        return (
            f"answers from a probability of {self.threshold:.3f} are {100 * self.purity:.1f} % pure "
            f"(95 % {100 * low:.1f} to {100 * high:.1f}) and {100 * self.completeness:.1f} % complete; "
            f"{100 * (1 - self.answered):.1f} % of the galaxies stay indeterminate"
        )


def abstain_at(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    *,
    purity: float = 0.95,
    minimum: int = 30,
) -> Abstention:
    """Find the lowest probability from which on answers are pure enough, and what completeness that costs.

    The threshold is chosen to fit the validation galaxies, so the purity of others will be a little lower: test
    galaxies tell. A single sure galaxy that happens to be right is 100 % pure; so a threshold must leave a least number
    of answers, and where none does, the result says so and withholds all.

    Parameters
    ----------
    labels
        The true class of each validation galaxy.
    probabilities
        Probability of each class, best after `galmorph.training.with_temperature`.
    purity
        Part of the given answers that are to be right, in (0, 1].
    minimum
        Least number of answers on which a threshold may rest.

    Returns
    -------
    Abstention
        The threshold and its price.

    Raises
    ------
    InvalidValueError
        If labels and probabilities don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.calibration import abstain_at
    >>> sure = np.linspace(0.5, 1, 100)
    >>> labels = np.where(np.arange(100) % 4 == 0, np.arange(100) < 60, 0)  # below 0.8, each fourth is wrong
    >>> print(abstain_at(labels, np.stack([sure, 1 - sure], axis=1), purity=0.9))  # doctest: +NORMALIZE_WHITESPACE
    answers from a probability of 0.646 are 90.1 % pure (95 % 81.0 to 95.1) and 64.0 % complete;
    29.0 % of the galaxies stay indeterminate
    """
    check_answers(labels, probabilities)
    check_between("purity", purity, 0, 1)
    check_positive_int("minimum", minimum)
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    # Galaxies of one probability get an answer together, so only the last of each is a threshold.
    last = np.append(np.diff(sure[order]) < 0, True)
    kept = 1 + np.flatnonzero(last)
    wins = np.cumsum(right)[last]
    enough = kept >= min(minimum, len(labels))
    kept, wins = kept[enough], wins[enough]
    reached = len(labels) >= minimum and np.any(wins / kept >= purity)
    chosen = np.flatnonzero(wins / kept >= purity)[-1] if reached else np.argmax(wins / kept)
    count, correct = int(kept[chosen]), int(wins[chosen])
    return Abstention(
        threshold=float(sure[order][count - 1]) if reached else float("inf"),
        wanted=purity,
        purity=correct / count,
        purity_interval=wilson_interval(correct, count),
        completeness=correct / len(labels) if reached else 0.0,
        answered=count / len(labels) if reached else 0.0,
        galaxies=len(labels),
        minimum=minimum,
    )
