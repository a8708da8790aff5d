"""Pairs: whether one architecture is better than another, and which difference these galaxies could have shown.

Two questions have different answers.

- **Which of two trained models is better?** McNemar's test and the paired bootstrap answer it: what would other
  galaxies change, the models being what they are?
- **Which of two architectures is better?** Training again with another seed gives another model. The interval over
  seeds answers that, with as many observations as there are seeds, however many galaxies there are.

`judge_pairs` looks at all pairs and gives a `Pair` for each, which says in a sentence what can be said.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check, check_between
from galmorph.comparison._statistics.differences import seed_interval
from galmorph.comparison._statistics.intervals import bootstrap_scores, check_confidence, percentiles
from galmorph.comparison._statistics.mcnemar import holm, mcnemar, smallest_difference
from galmorph.comparison._statistics.metrics import accuracy

__all__ = ["Pair", "judge_pairs"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What can be said of two architectures on the same galaxies. Print it.

    Parameters
    ----------
    first, second
        Names of the architectures.
    galaxies
        Number of test galaxies.
    difference
        Accuracy of the first minus that of the second, mean of the runs.
    interval
        Its interval: what other galaxies would change.
    p_value
        McNemar's, before any correction.
    corrected
        The p-value after Holm's correction for the number of pairs.
    smallest
        The smallest difference that these galaxies would have shown.
    power
        How often they would have shown it.
    confidence
        How often the intervals hold the truth; one minus the level of the tests.
    seeds
        Interval of the difference over seeds; not a number with a single seed.

    Raises
    ------
    InvalidValueError
        If numbers contradict each other or are out of range.

    Examples
    --------
    >>> from galmorph.comparison import Pair
    >>> numbers = dict(galaxies=724, p_value=1e-6, corrected=3e-6, smallest=0.029)
    >>> print(Pair(first="ResNet-18", second="LeNet-5", difference=0.061, interval=(0.040, 0.083), **numbers))
    ResNet-18 is better than LeNet-5 by 6.1 points (95 % 4.0 to 8.3)
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
    seeds: tuple[float, float] = (float("nan"), float("nan"))

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
        check_confidence(self.confidence)

    @property
    def distinguishable(self) -> bool:
        """Whether both tests tell the models apart: McNemar's after Holm's correction, and the bootstrap."""
        low, high = self.interval
        return self.corrected <= 1 - self.confidence and not low <= 0 <= high

    @property
    def better(self) -> str | None:
        """Name of the better architecture; None where the galaxies can't tell."""
        if not self.distinguishable:
            return None
        return self.first if self.interval[0] > 0 else self.second

    @property
    def holds_over_seeds(self) -> bool | None:
        """Whether the interval over seeds leaves out 0; None with a single seed."""
        low, high = self.seeds
        return None if math.isnan(low) else not low <= 0 <= high

    def __str__(self) -> str:
        names = (self.first, self.second)
        if self.better is None:
            return (
                f"{names[0]} and {names[1]} are not distinguishable with {self.galaxies:,} galaxies: "
                f"a difference under {100 * self.smallest:.1f} points would not show (power {100 * self.power:.0f} %)"
            )
        sign, (better, other) = (1, names) if self.better == self.first else (-1, names[::-1])
        text = (
            f"{better} is better than {other} by {100 * sign * self.difference:.1f} points "
            f"({100 * self.confidence:g} % {_points(self.interval, sign)})"
        )
        if self.holds_over_seeds is False:
            text += f" as trained here; other seeds may turn it ({_points(self.seeds, sign)})"
        return text


def judge_pairs(
    labels: Int[np.ndarray, "galaxies"],
    probabilities: Mapping[str, Float[np.ndarray, "_ galaxies _"]],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[Pair, ...]:
    """Judge all pairs of architectures by their answers to the same galaxies.

    With several runs, McNemar's test is made for each seed, and the p-value is twice the mean of theirs, which is valid
    however they depend on each other (Rüschendorf 1982, Adv. Appl. Probab. 14, 623). The smallest difference is that at
    the level of Holm's first step, the strictest, and of as many galaxies as there are groups.

    Parameters
    ----------
    labels
        The true class of each galaxy.
    probabilities
        Name of each architecture, and the probabilities of its runs: ``(runs, galaxies, classes)``, the same number of
        runs for all, with the same seeds in the same order.
    groups
        Group of each galaxy (the same sky); each is one of its own by default.
    seeds
        Seed of each run: runs of one seed make one score for the interval over seeds. By default each has its own.
    power, confidence
        As for `Pair`.
    resamples, seed
        As for `bootstrap_interval`.

    Returns
    -------
    pairs
        One for each two architectures, in the order of their names as given.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, there are different numbers of runs, or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import judge_pairs
    >>> labels = np.arange(200) % 2
    >>> half_right = np.where(np.arange(200) < 100, labels, 1 - labels)
    >>> answers = {"oracle": labels, "coin": half_right}
    >>> print(*judge_pairs(labels, {name: np.eye(2)[None, answer] for name, answer in answers.items()}))
    oracle is better than coin by 50.0 points (95 % 43.0 to 56.5)
    """
    check_confidence(confidence)
    check(0 < power < 1, f"power: expected a number between 0 and 1, got {power!r}")
    numbers = {name: len(runs) for name, runs in probabilities.items()}
    check(len(set(numbers.values())) <= 1, f"probabilities: expected the same number of runs for all, got {numbers}")
    scores = {
        name: bootstrap_scores(accuracy, labels, runs, groups, resamples=resamples, seed=seed)
        for name, runs in probabilities.items()
    }
    correct: dict[str, Bool[np.ndarray, "runs galaxies"]] = {
        name: runs.argmax(axis=2) == labels for name, runs in probabilities.items()
    }
    couples = list(combinations(probabilities, 2))
    independent = len(labels) if groups is None else len(np.unique(groups))

    def by_seed(right: Bool[np.ndarray, "runs galaxies"]) -> Float[np.ndarray, "seeds"]:
        if seeds is None:
            return right.mean(axis=1)
        check(len(seeds) == len(right), f"seeds: expected one for each of {len(right)} runs, got {len(seeds)}")
        return np.array([right[seeds == one].mean() for one in np.unique(seeds)])

    pairs = []
    for first, second in couples:
        one, other = correct[first], correct[second]
        tests = [mcnemar(*both).p_value for both in zip(one, other, strict=True)]
        pairs.append(
            Pair(
                first=first,
                second=second,
                galaxies=len(labels),
                difference=float(one.mean() - other.mean()),
                interval=percentiles(scores[first] - scores[second], confidence),
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
                seeds=seed_interval(by_seed(one), by_seed(other), confidence=confidence),
            )
        )
    corrected = holm(np.array([pair.p_value for pair in pairs]))
    return tuple(replace(pair, corrected=float(value)) for pair, value in zip(pairs, corrected, strict=True))


def _points(interval: tuple[float, float], sign: int) -> str:
    low, high = sorted(sign * limit for limit in interval)
    return f"{100 * low:.1f} to {100 * high:.1f}"
