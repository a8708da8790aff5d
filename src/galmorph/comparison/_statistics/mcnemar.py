"""McNemar's test of two trained models, Holm's correction, and the smallest difference that a test can detect."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import binomtest, norm

from galmorph._checks import check, check_between
from galmorph.comparison._statistics.proportions import check_confidence

__all__ = ["McNemar", "holm", "mcnemar", "smallest_difference"]


@dataclass(frozen=True)
class McNemar:
    """Result of McNemar's test: on how many galaxies only one of two models is correct, and the p-value.

    Parameters
    ----------
    first_only
        Number of galaxies on which only the first model is correct.
    second_only
        Number of galaxies on which only the second model is correct.
    p_value
        Probability of a difference at least as large, in either direction, if both models are equally good.
    """

    first_only: int
    second_only: int
    p_value: float


def mcnemar(first: Bool[np.ndarray, "galaxies"], second: Bool[np.ndarray, "galaxies"]) -> McNemar:
    """Test exactly whether two models are correct equally often (McNemar 1947, Psychometrika 12, 153).

    Only galaxies on which just one model is correct matter. If neither model is better, each wins half of them, which
    is a binomial test. The test assumes that galaxies are independent: images of the same sky make its p-value too
    small. It says nothing about other trainings of the same architectures.

    Parameters
    ----------
    first, second
        Whether the first and the second model classified each galaxy correctly.

    Returns
    -------
    McNemar
        Both numbers, and the two-sided p-value, which is 1 if the models are correct on the same galaxies.

    Raises
    ------
    InvalidValueError
        If the arrays are not of type bool, or the numbers of galaxies differ.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import mcnemar
    >>> first = np.array([True] * 8 + [False] * 2)
    >>> mcnemar(first, np.array([False] * 7 + [True] * 2 + [False]))
    McNemar(first_only=7, second_only=1, p_value=0.0703125)
    """
    for name, right in (("first", first), ("second", second)):
        given = getattr(right, "dtype", type(right).__name__)
        check(
            given == np.bool_,
            f"{name}: expected whether each galaxy was classified correctly, an array of bool, got {given}; "
            "answers == labels gives it",
        )
    check(len(first) == len(second), f"second: expected {len(first)} galaxies as in first, got {len(second)}")
    wins, losses = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    p_value = float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return McNemar(wins, losses, p_value)


def holm(p_values: Float[np.ndarray, "tests"]) -> Float[np.ndarray, "tests"]:
    """Correct p-values for multiple tests (Holm 1979, Scand. J. Stat. 6, 65).

    If every test with a corrected p-value of at most 0.05 is called significant, the probability that any of them is a
    false positive is at most 0.05.

    Parameters
    ----------
    p_values
        The p-values of all tests.

    Returns
    -------
    corrected
        Corrected p-values in the same order; none is smaller than before.

    Raises
    ------
    InvalidValueError
        If a p-value is outside of 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import holm
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    check(bool(np.all((p_values >= 0) & (p_values <= 1))), f"p_values: expected numbers from 0 to 1, got {p_values}")
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.maximum.accumulate(np.minimum(factors * p_values[order], 1))
    return corrected


def smallest_difference(galaxies: int, discordant: float, *, power: float = 0.8, confidence: float = 0.95) -> float:
    """Smallest difference between two accuracies that McNemar's test detects with this number of galaxies.

    It solves the formula of Connor (1987, Biometrics 43, 207; after Miettinen 1968, Biometrics 24, 339) for the number
    of pairs,

        n = (z √ψ + z' √(ψ - δ²))² / δ²,

    for the difference δ, where ψ is the fraction of the galaxies on which just one model is correct, and z and z' are
    the normal deviates of the test's level (two-sided) and of the power. With δ = √ψ sin θ it becomes
    √n sin θ = z + z' cos θ, which has a closed solution. As δ can't exceed ψ, a larger difference implies a larger ψ:
    if √ψ < sin θ, the smallest difference is that of ψ = δ, which is sin² θ. The formula is approximate, and the exact
    test is slightly less powerful: for 100 to 2,880 galaxies, its power is 0.75 to 0.8 if 0.8 is requested.

    Parameters
    ----------
    galaxies
        Number of test galaxies.
    discordant
        Fraction of them on which just one of the two models is correct.
    power
        Probability of detecting the difference.
    confidence
        One minus the level of the test.

    Returns
    -------
    difference
        From 0 to 1; it is 1 if there are too few galaxies to detect any difference.

    Raises
    ------
    InvalidValueError
        If there are no galaxies, or a number is out of range.

    Examples
    --------
    >>> from galmorph.comparison import smallest_difference
    >>> round(smallest_difference(724, 0.08), 3)
    0.029
    """
    check(galaxies >= 1, f"galaxies: expected at least 1, got {galaxies}")
    check_between("discordant", float(discordant), 0, 1)
    check(0 < power < 1, f"power: expected a number between 0 and 1, got {power!r}")
    check_confidence(confidence)
    found, missed = float(norm.isf((1 - confidence) / 2)), float(norm.isf(1 - power))
    # √n sin θ - z(β) cos θ = R sin(θ - φ)
    sine = found / math.hypot(math.sqrt(galaxies), missed)
    angle = math.asin(min(sine, 1.0)) + math.atan2(missed, math.sqrt(galaxies))
    if angle >= math.pi / 2:
        return 1.0
    return math.sin(angle) * max(math.sqrt(discordant), math.sin(angle))
