"""Practical equivalence: how probable it is that one classifier is better by more than matters, or that none is.

A difference of accuracies within a *region of practical equivalence* (rope), such as one percentage point, does not
matter in practice (Benavoli et al. 2017, JMLR 18, 77). The posterior probabilities of the three cases answer what a
p-value does not: how probable it is that two classifiers are equally good for all purposes. The model must suit the
data, so there are three functions.

- Two trained networks on the same galaxies: `practical_equivalence`. Observations are groups of galaxies.
- Two architectures, trained with several seeds and tested on the same galaxies: `two_way_equivalence`. Galaxies and
  seeds are samples.
- Scores of two methods by fold of a cross-validation: `correlated_t_test`. Training sets overlap, so scores correlate.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check, check_between, check_positive_int, check_seed
from galmorph.comparison._statistics.proportions import checked_groups, group_size
from galmorph.comparison._statistics.two_way import Student, accuracy_two_way

__all__ = ["Equivalence", "correlated_t_test", "practical_equivalence", "two_way_equivalence"]

# Number of weights that are held in memory at a time: 64 MB.
_BLOCK = 1 << 23


class Equivalence(NamedTuple):
    """Posterior probabilities that the first of two is better by more than the rope, that none is, and the second.

    They add up to 1. All are NaN if nothing is known.
    """

    first: float
    equivalent: float
    second: float


def practical_equivalence(
    first: Bool[np.ndarray, "runs galaxies"],
    second: Bool[np.ndarray, "others galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    rope: float = 0.01,
    draws: int = 20_000,
    seed: int = 0,
) -> Equivalence:
    """Probabilities that the first of two trained networks is better in practice, that none is, and the second.

    The posterior is that of the Bayesian bootstrap (Rubin 1981, Ann. Stat. 9, 130): the weights of the groups have a
    Dirichlet distribution, so the answers need not be independent within a group, and no shape is assumed. For a single
    run of each and galaxies on their own, it is the Dirichlet posterior of the fractions of galaxies that both, one or
    none of the two classify correctly. As in `accuracy_difference_interval`, one galaxy is added that only the first
    classifies correctly, and one that only the second does. Other seeds are not considered.

    Parameters
    ----------
    first, second
        Whether each galaxy is classified correctly, in each run; the runs of an architecture are averaged.
    groups
        Group of each galaxy (the same sky); by default, each galaxy is its own group.
    rope
        Difference of accuracies, as a fraction, up to which two networks count as equivalent.
    draws
        Number of draws from the posterior.
    seed
        Random seed.

    Returns
    -------
    Equivalence
        Three probabilities.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import practical_equivalence
    >>> first = np.arange(1000)[None] < 900
    >>> found = practical_equivalence(first, first)  # two networks that agree on 1,000 galaxies
    >>> print(" ".join(f"{probability:.2f}" for probability in found))
    0.00 1.00 0.00
    """
    check_between("rope", rope, 0, 1)
    check_positive_int("draws", draws)
    check_seed("seed", seed)
    galaxies = first.shape[1]
    check(second.shape[1] == galaxies, f"second: expected {galaxies} galaxies as in first, got {second.shape[1]}")
    own = checked_groups(groups, galaxies)
    _, group_of = np.unique(own, return_inverse=True)
    size = group_size(own)
    sums = np.append(np.bincount(group_of, first.mean(axis=0) - second.mean(axis=0)), [size, -size])
    counts = np.append(np.bincount(group_of), [size, size])
    # Groups with equal sums and counts share a weight, whose gamma distribution has their number as its shape.
    kinds, alike = np.unique(np.stack([sums.round(12), counts]), axis=1, return_counts=True)
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK // len(alike))
    drawn = []
    for start in range(0, draws, block):
        weights = rng.standard_gamma(alike, (min(block, draws - start), len(alike)))
        drawn.append((weights @ kinds[0]) / (weights @ kinds[1]))
    differences = np.concatenate(drawn)
    better, worse = float(np.mean(differences > rope)), float(np.mean(differences < -rope))
    return Equivalence(better, 1 - better - worse, worse)


def two_way_equivalence(
    first: Bool[np.ndarray, "runs galaxies"],
    second: Bool[np.ndarray, "others galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    seeds: Int[np.ndarray, "runs"] | None = None,
    other_seeds: Int[np.ndarray, "others"] | None = None,
    rope: float = 0.01,
) -> Equivalence:
    """Probabilities that the first of two architectures is better in practice, that none is, and the second.

    The posterior is Student's t with the standard error and the degrees of freedom of `accuracy_two_way_interval`,
    which is that of a normal model with a flat prior. It holds for other galaxies and other seeds.

    Parameters
    ----------
    first, second, groups, seeds, other_seeds
        As for `accuracy_two_way_interval`.
    rope
        As for `practical_equivalence`.

    Returns
    -------
    Equivalence
        Three probabilities; NaN if an architecture has a single seed.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together or the rope is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import two_way_equivalence
    >>> rng = np.random.default_rng(0)
    >>> first, second = (rng.random((5, 400)) < right for right in (0.82, 0.80))
    >>> print(" ".join(f"{probability:.2f}" for probability in two_way_equivalence(first, second)))
    0.43 0.42 0.15
    """
    check_between("rope", rope, 0, 1)
    return _three(accuracy_two_way(first, second, groups, seeds=seeds, other_seeds=other_seeds), rope)


def correlated_t_test(
    differences: Float[np.ndarray, "scores"], *, correlation: float, rope: float = 0.01
) -> Equivalence:
    """Bayesian correlated t-test of the scores of two methods in a cross-validation (Benavoli et al. 2017, sec. 3.1).

    The posterior of the mean difference is Student's t with n - 1 degrees of freedom and the variance
    (1 / n + r / (1 - r)) s², where r is the correlation (Corani & Benavoli 2015, Mach. Learn. 100, 285; after Nadeau &
    Bengio 2003, Mach. Learn. 52, 239).

    Parameters
    ----------
    differences
        Score of the first method minus that of the second, by fold and repeat.
    correlation
        Correlation of the scores; the fraction of the galaxies that is tested in a fold is usual. 0 for scores of
        different seeds on one split.
    rope
        As for `practical_equivalence`, in the unit of the scores.

    Returns
    -------
    Equivalence
        Three probabilities; NaN for fewer than two scores.

    Raises
    ------
    InvalidValueError
        If an option is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import correlated_t_test
    >>> found = correlated_t_test(np.array([0.02, 0.03, 0.01, 0.02, 0.04]), correlation=0.2)
    >>> print(" ".join(f"{probability:.2f}" for probability in found))
    0.93 0.06 0.01
    """
    check_between("rope", rope, 0, float("inf"))
    check(0 <= correlation < 1, f"correlation: expected a number of at least 0 and below 1, got {correlation!r}")
    count = len(differences)
    if count < 2:
        return Equivalence(float("nan"), float("nan"), float("nan"))
    spread = float(np.std(differences, ddof=1))
    error = spread * float(np.sqrt(1 / count + correlation / (1 - correlation)))
    return _three(Student(float(differences.mean()), error, count - 1.0), rope)


def _three(posterior: Student, rope: float) -> Equivalence:
    if np.isnan(posterior.middle):
        return Equivalence(float("nan"), float("nan"), float("nan"))
    better, worse = posterior.above(rope), Student(-posterior.middle, *posterior[1:]).above(rope)
    return Equivalence(better, max(0.0, 1 - better - worse), worse)
