"""Pairs of architectures: which of the two is better, and the smallest difference that these galaxies can show.

There are two questions, with different answers.

- **Which of two trained models is better?** McNemar's test and the interval of the difference answer it. They take the
  models as fixed and the galaxies as a sample; the number of observations is the number of galaxies.
- **Which of two architectures is better?** Training again with another seed gives another model. The interval over
  seeds answers it for these galaxies; the number of observations is the number of seeds, however many galaxies there
  are. The two-way interval answers it for other galaxies, too.

Effect sizes say how large a difference is, and posterior probabilities whether it matters in practice. `judge_pairs`
tests all pairs. Each `Pair` says in one sentence what follows.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check, check_between
from galmorph._metrics import correct_answers
from galmorph.comparison._findings.words import points_interval
from galmorph.comparison._statistics.confusion import check_answers
from galmorph.comparison._statistics.differences import accuracy_difference_interval, seed_interval
from galmorph.comparison._statistics.effect_sizes import cohens_h, superiority
from galmorph.comparison._statistics.mcnemar import holm, mcnemar, smallest_difference
from galmorph.comparison._statistics.practical_equivalence import (
    Equivalence,
    practical_equivalence,
    two_way_equivalence,
)
from galmorph.comparison._statistics.proportions import check_confidence, checked_groups
from galmorph.comparison._statistics.two_way import accuracy_two_way_interval

__all__ = ["Pair", "judge_pairs"]

_NAN = float("nan")
_UNKNOWN = Equivalence(_NAN, _NAN, _NAN)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How two architectures compare on the same galaxies. Print it.

    Parameters
    ----------
    first, second
        Names of the architectures.
    galaxies
        Number of test galaxies.
    difference
        Accuracy of the first minus that of the second, averaged over the runs.
    interval
        Confidence interval of the difference over galaxies of the same kind, as by `accuracy_difference_interval`.
    p_value
        P-value of McNemar's test, before any correction.
    corrected
        The p-value after Holm's correction for the number of pairs.
    smallest
        Smallest difference that a test on these galaxies detects with the given power.
    power
        Probability of detecting it.
    confidence
        Confidence level of the intervals; one minus the level of the tests.
    seeds
        Confidence interval of the difference over seeds; NaN for a single seed.
    two_way
        Confidence interval of the difference over galaxies and seeds, as by `accuracy_two_way_interval`; NaN for a
        single seed.
    effect
        Cohen's h of the two accuracies, as by `cohens_h`.
    superiority
        Probability that a training of the first scores higher than one of the second, as by `superiority`; NaN for a
        single seed.
    rope
        Difference of accuracies up to which the two count as equivalent in practice.
    practical
        Probabilities that the first of the trained networks is better by more than the rope, that none is, and the
        second, as by `practical_equivalence`.
    practical_two_way
        The same for the architectures, as by `two_way_equivalence`; NaN for a single seed.
    only
        Galaxies that only the first, and galaxies that only the second classifies correctly, averaged over the runs:
        what McNemar's test compares.

    Raises
    ------
    InvalidValueError
        If numbers contradict each other or are out of range.

    Examples
    --------
    >>> from galmorph.comparison import Pair
    >>> numbers = dict(galaxies=724, p_value=1e-6, corrected=3e-6, smallest=0.029)
    >>> print(Pair(first="ResNet-18", second="LeNet-5", difference=0.061, interval=(0.040, 0.083), **numbers))
    ResNet-18 is better than LeNet-5 by 6.1 points (95 % CI 4.0 to 8.3)
    """

    first: str
    second: str
    galaxies: int
    difference: float
    interval: tuple[float, float]
    p_value: float
    corrected: float
    smallest: float
    power: float = 0.8
    confidence: float = 0.95
    seeds: tuple[float, float] = (_NAN, _NAN)
    two_way: tuple[float, float] = (_NAN, _NAN)
    effect: float = _NAN
    superiority: float = _NAN
    rope: float = 0.01
    practical: Equivalence = _UNKNOWN
    practical_two_way: Equivalence = _UNKNOWN
    only: tuple[float, float] = (_NAN, _NAN)

    def __post_init__(self) -> None:
        low, high = self.interval
        check(self.first != self.second, f"second: expected another architecture than {self.first!r}")
        check(self.galaxies >= 1, f"galaxies: expected at least 1, got {self.galaxies}")
        check(-1 <= low <= high <= 1, f"interval: expected low and high from -1 to 1, got {self.interval}")
        check_between("difference", self.difference, -1, 1)
        check_between("p_value", self.p_value, 0, 1)
        check_between("corrected", self.corrected, self.p_value, 1)
        check_between("smallest", self.smallest, 0, 1)
        check(0 < self.power < 1, f"power: expected a number between 0 and 1, got {self.power!r}")
        check_between("rope", self.rope, 0, 1)
        check_confidence(self.confidence)

    @property
    def distinguishable(self) -> bool:
        """Whether both McNemar's test, after Holm's correction, and the interval over galaxies find a difference."""
        low, high = self.interval
        return self.corrected <= 1 - self.confidence and not low <= 0 <= high

    @property
    def better(self) -> str | None:
        """Name of the better architecture; None if the two are not distinguishable."""
        if not self.distinguishable:
            return None
        return self.first if self.interval[0] > 0 else self.second

    @property
    def holds_over_seeds(self) -> bool | None:
        """Whether the interval over seeds excludes 0; None for a single seed."""
        low, high = self.seeds
        return None if math.isnan(low) else not low <= 0 <= high

    @property
    def holds_for_architectures(self) -> bool | None:
        """Whether both the interval over seeds and the two-way interval exclude 0; None for a single seed."""
        low, high = self.two_way
        return self.holds_over_seeds if math.isnan(low) else bool(self.holds_over_seeds) and not low <= 0 <= high

    def __str__(self) -> str:
        names = (self.first, self.second)
        if self.better is None:
            return (
                f"{names[0]} and {names[1]} are not distinguishable with {self.galaxies:,} galaxies; the smallest "
                f"detectable difference is {100 * self.smallest:.1f} points ({100 * self.power:.0f} % power)"
            )
        sign, (better, other) = (1, names) if self.better == self.first else (-1, names[::-1])
        level = f"{100 * self.confidence:g} % CI"
        within, over_seeds, over_both = (
            points_interval(*sorted(sign * limit for limit in interval))
            for interval in (self.interval, self.seeds, self.two_way)
        )
        text = f"{better} is better than {other} by {100 * sign * self.difference:.1f} points ({level} {within})"
        if self.holds_over_seeds is False:
            text += f" as trained here, but other seeds may reverse the order ({level} over seeds {over_seeds})"
        elif self.holds_for_architectures is False:
            text += (
                " as trained here, but other seeds and other galaxies together may reverse the order "
                f"({level} over both {over_both})"
            )
        return text


def judge_pairs(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Mapping[str, Float[np.ndarray, "_ galaxies _"]],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    rope: float = 0.01,
) -> tuple[Pair, ...]:
    """Compare all pairs of architectures by their answers to the same galaxies.

    With several runs, McNemar's test is made for each run, and twice the mean of the p-values is used, which is valid
    for dependent tests, too (Rüschendorf 1982, Adv. Appl. Probab. 14, 623). The smallest detectable difference is
    computed at the level of Holm's first step, the strictest, and counts each group as one galaxy.

    Parameters
    ----------
    labels
        The true class of each galaxy.
    probabilities
        Probabilities of each architecture's runs, by its name: ``(runs, galaxies, classes)``. All architectures have
        the same number of runs, with the same seeds in the same order.
    groups
        Group of each galaxy (the same sky); by default, each galaxy is its own group.
    seeds
        Seed of each run. The runs of one seed are averaged for the interval over seeds; by default, all seeds differ.
    power, confidence, rope
        As for `Pair`.

    Returns
    -------
    pairs
        One for each pair, in the order in which the architectures are given.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, the numbers of runs differ, or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import judge_pairs
    >>> labels = np.arange(200) % 2
    >>> half_right = np.where(np.arange(200) < 100, labels, 1 - labels)
    >>> answers = {"oracle": labels, "coin": half_right}
    >>> print(*judge_pairs(labels, {name: np.eye(2)[None, answer] for name, answer in answers.items()}))
    oracle is better than coin by 50.0 points (95 % CI 42.5 to 56.5)
    """
    check_confidence(confidence)
    check(0 < power < 1, f"power: expected a number between 0 and 1, got {power!r}")
    numbers = {name: len(runs) for name, runs in probabilities.items()}
    check(len(set(numbers.values())) <= 1, f"probabilities: expected the same number of runs for all, got {numbers}")
    for name, runs in probabilities.items():
        check(
            runs.ndim == 3, f"probabilities: expected (runs, galaxies, classes) for each, got {runs.shape} for {name!r}"
        )
        for run in runs:
            check_answers(labels, run)
    correct: dict[str, Bool[np.ndarray, "runs galaxies"]] = {
        name: correct_answers(labels, runs) for name, runs in probabilities.items()
    }
    couples = list(combinations(probabilities, 2))
    groups = None if groups is None else checked_groups(groups, len(labels))
    independent = len(labels) if groups is None else len(np.unique(groups))

    def by_seed(right: Bool[np.ndarray, "runs galaxies"]) -> Float[np.ndarray, "seeds"]:
        if seeds is None:
            return right.mean(axis=1)
        check(len(seeds) == len(right), f"seeds: expected one for each of {len(right)} runs, got {len(seeds)}")
        return np.array([right[seeds == one].mean() for one in np.unique(seeds)])

    pairs = []
    for first, second in couples:
        one, other = correct[first], correct[second]
        scores = by_seed(one), by_seed(other)
        tests = [mcnemar(*both).p_value for both in zip(one, other, strict=True)]
        pairs.append(
            Pair(
                first=first,
                second=second,
                galaxies=len(labels),
                difference=float(one.mean() - other.mean()),
                interval=accuracy_difference_interval(one, other, groups, confidence=confidence),
                p_value=tests[0] if len(tests) == 1 else min(1.0, 2 * float(np.mean(tests))),
                corrected=1.0,
                smallest=smallest_difference(
                    independent,
                    float((one != other).mean()),
                    power=power,
                    confidence=1 - (1 - confidence) / len(couples),
                ),
                power=power,
                confidence=confidence,
                seeds=seed_interval(*scores, confidence=confidence),
                two_way=accuracy_two_way_interval(one, other, groups, seeds=seeds, confidence=confidence),
                effect=cohens_h(float(one.mean()), float(other.mean())),
                superiority=superiority(*scores) if len(scores[0]) > 1 else _NAN,
                rope=rope,
                practical=practical_equivalence(one, other, groups, rope=rope),
                practical_two_way=two_way_equivalence(one, other, groups, seeds=seeds, rope=rope),
                only=(_alone(one, other), _alone(other, one)),
            )
        )
    corrected = holm(np.array([pair.p_value for pair in pairs]))
    return tuple(replace(pair, corrected=float(value)) for pair, value in zip(pairs, corrected, strict=True))


def _alone(right: Bool[np.ndarray, "runs galaxies"], other: Bool[np.ndarray, "runs galaxies"]) -> float:
    """Galaxies that the first classifies correctly and the other does not, averaged over the runs."""
    return float((right & ~other).sum(axis=1).mean())
