"""Abstention: the probability below which a classifier had better give no answer, so that its answers are pure.

Thresholds are fitted on validation galaxies, with which the network was neither trained nor tested.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check_between, check_positive_int
from galmorph._metrics import correct_answers
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.proportions import wilson_interval

__all__ = ["Abstention", "abstain_at"]


@dataclass(frozen=True, kw_only=True)
class Abstention:
    """A threshold on the probability below which a classifier abstains, and what it costs. Print it.

    Parameters
    ----------
    threshold
        An answer is given if the largest probability is at least this. It is infinite, and no answer is given, if no
        threshold reaches the purity.
    wanted
        The requested purity.
    purity
        Fraction of the given answers that are correct, on the validation galaxies; if no threshold reaches the
        requested purity, the highest purity among the thresholds that leave enough answers.
    purity_interval
        The 95 % Wilson interval of the purity.
    completeness
        Fraction of all validation galaxies that get a correct answer.
    answered
        Fraction of all validation galaxies that get an answer; GaMorNet (Ghosh et al. 2020, ApJ 895, 112) calls the
        others indeterminate.
    galaxies
        Number of validation galaxies.
    minimum
        Smallest number of answers that a threshold must leave.
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
        """Class of each galaxy; -1 (indeterminate) if the largest probability is below the threshold."""
        return np.where(probabilities.max(axis=1) >= self.threshold, probabilities.argmax(axis=1), -1)

    def __str__(self) -> str:
        if not self.reached:
            return (
                f"no threshold reaches {100 * self.wanted:g} % purity with {self.minimum} or more answers for "
                f"{self.galaxies:,} galaxies; the highest purity is {100 * self.purity:.1f} %"
            )
        low, high = self.purity_interval
        return (
            f"answers with a probability of at least {self.threshold:.3f} are {100 * self.purity:.1f} % pure "
            f"(95 % CI {100 * low:.1f} to {100 * high:.1f}) and {100 * self.completeness:.1f} % complete; "
            f"{100 * (1 - self.answered):.1f} % of the galaxies remain indeterminate"
        )


def abstain_at(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Float[np.ndarray, "galaxies classes"],
    *,
    purity: float = 0.95,
    minimum: int = 30,
) -> Abstention:
    """Find the lowest probability threshold at which answers are pure enough, and the completeness that it costs.

    The threshold is fitted to the validation galaxies, so expect a slightly lower purity for others; check it on test
    galaxies. A single answer that happens to be correct is 100 % pure. Therefore a threshold must leave a minimum
    number of answers; if none does, the result says so and gives no answers at all.

    Parameters
    ----------
    labels
        The true class of each validation galaxy.
    probabilities
        Probability of each class, preferably calibrated by `galmorph.training.with_temperature`.
    purity
        Fraction of the given answers that should be correct, in (0, 1].
    minimum
        Smallest number of answers that a threshold must leave.

    Returns
    -------
    Abstention
        The threshold, and what it costs.

    Raises
    ------
    InvalidValueError
        If labels and probabilities don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.abstention import abstain_at
    >>> sure = np.linspace(0.5, 1, 100)
    >>> labels = np.where(np.arange(100) % 4 == 0, np.arange(100) < 60, 0)  # below 0.8, every fourth is wrong
    >>> print(abstain_at(labels, np.stack([sure, 1 - sure], axis=1), purity=0.9))  # doctest: +NORMALIZE_WHITESPACE
    answers with a probability of at least 0.646 are 90.1 % pure (95 % CI 81.0 to 95.1) and 64.0 % complete;
    29.0 % of the galaxies remain indeterminate
    """
    check_answers(labels, probabilities)
    check_between("purity", purity, 0, 1)
    check_positive_int("minimum", minimum)
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    right = correct_answers(labels, probabilities)[order]
    # Galaxies with equal probabilities get an answer together, so only the last of them can set a threshold.
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
