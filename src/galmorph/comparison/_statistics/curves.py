"""Areas under curves: how well the probability of a class separates its galaxies from the others."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import norm, t

from galmorph._checks import check
from galmorph.comparison._statistics.proportions import checked_groups, wilson_interval

__all__ = ["average_precision", "roc_area"]

_Area = tuple[float, Float[np.ndarray, "galaxies"]]


def roc_area(
    positive: Bool[np.ndarray, "galaxies"],
    scores: Float[np.ndarray, "*runs galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Area under the ROC curve, and its confidence interval.

    It is the probability that a galaxy of the class scores higher than one of the others; ties count one half (Hanley &
    McNeil 1982, Radiology 143, 29). It does not depend on how frequent the class is, and is 0.5 for a guess. The
    variance is that of DeLong et al. (1988, Biometrics 44, 837), for galaxies in groups as by Obuchowski (1997,
    Biometrics 53, 567): a galaxy's influence on the area is summed over its group. The interval is Wilson's for the
    number of galaxies that would give a proportion this variance, reduced if the variance is that of few groups on the
    rarer side (Korn & Graubard 1998, Surv. Methodol. 24, 193); at most the number of groups, and if all galaxies are
    separated, the number of groups on the rarer side.

    Parameters
    ----------
    positive
        Whether each galaxy is of the class.
    scores
        A number for each galaxy that is larger if it is more probably of the class; several runs are averaged.
    groups
        Group of each galaxy (the same sky); by default, each galaxy is its own group.
    confidence
        Confidence level, in (0, 1).

    Returns
    -------
    area, low, high
        All NaN if no galaxy is of the class, or all are.

    Raises
    ------
    InvalidValueError
        If the arrays don't fit together, scores are not finite, or the confidence is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import roc_area
    >>> area, low, high = roc_area(np.arange(40) >= 20, np.arange(40) % 30 / 30)
    >>> print(f"{area:.3f} ({low:.3f} to {high:.3f})")
    0.625 (0.419 to 0.794)
    """
    return _mean_area(_roc, positive, scores, groups, confidence)


def average_precision(
    positive: Bool[np.ndarray, "galaxies"],
    scores: Float[np.ndarray, "*runs galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None = None,
    *,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Area under the precision-recall curve, as average precision, and its confidence interval.

    It is the mean precision (purity) at the score of each galaxy of the class, without interpolation (Davis & Goadrich
    2006, ICML, 233). A guess gives the fraction of the galaxies that are of the class, so areas of classes can't be
    compared with each other. The variance is that of the galaxies' influence on the area, summed over groups; the
    interval is made as for `roc_area`. Parameters, result and errors are as for `roc_area`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import average_precision
    >>> area, low, high = average_precision(np.arange(40) >= 20, np.arange(40) / 40)
    >>> print(f"{area:.3f} ({low:.3f} to {high:.3f})")
    1.000 (0.839 to 1.000)
    """
    return _mean_area(_precision, positive, scores, groups, confidence)


def _mean_area(
    area_of: Callable[[Bool[np.ndarray, "galaxies"], Float[np.ndarray, "galaxies"]], _Area],
    positive: Bool[np.ndarray, "galaxies"],
    scores: Float[np.ndarray, "*runs galaxies"],
    groups: Int[np.ndarray, "galaxies"] | None,
    confidence: float,
) -> tuple[float, float, float]:
    """Average the area and the influences over the runs, and make an interval of the variance of groups."""
    galaxies = len(positive)
    check(
        scores.shape[-1] == galaxies,
        f"scores: expected one for each of {galaxies} galaxies, got an array of shape {scores.shape}",
    )
    check(bool(np.isfinite(scores).all()), "scores: expected finite numbers, got NaN or infinity")
    own = checked_groups(groups, galaxies)
    if positive.all() or not positive.any():
        return float("nan"), float("nan"), float("nan")
    found = [area_of(positive, run.astype(np.float64)) for run in scores.reshape(-1, galaxies)]
    area = float(np.mean([value for value, _ in found]))
    _, group_of = np.unique(own, return_inverse=True)
    sums = np.bincount(group_of, np.mean([influence for _, influence in found], axis=0))
    rarer = min(len(np.unique(own[side])) for side in (positive, ~positive))
    variance = float(sums @ sums) * rarer / max(1, rarer - 1)
    trials: float = rarer
    if variance > 1e-12:
        tail = (1 - confidence) / 2
        few = float(norm.isf(tail) / t.isf(tail, max(1, rarer - 1)))
        trials = min(few**2 * area * (1 - area) / variance, len(sums))
    low, high = wilson_interval(area * trials, trials, confidence=confidence)
    return area, low, high


def _roc(positive: Bool[np.ndarray, "galaxies"], scores: Float[np.ndarray, "galaxies"]) -> _Area:
    """Area, and each galaxy's influence on it: its share of couples in the right order, less the area."""
    of_class, others = np.sort(scores[positive]), np.sort(scores[~positive])

    def below(these: Float[np.ndarray, "_"], among: Float[np.ndarray, "_"]) -> Float[np.ndarray, "_"]:
        return (np.searchsorted(among, these, "left") + np.searchsorted(among, these, "right")) / (2 * len(among))

    higher = below(scores[positive], others)
    area = float(higher.mean())
    influence = np.empty(len(scores))
    influence[positive] = (higher - area) / len(of_class)
    influence[~positive] = (1 - below(scores[~positive], of_class) - area) / len(others)
    return area, influence


def _precision(positive: Bool[np.ndarray, "galaxies"], scores: Float[np.ndarray, "galaxies"]) -> _Area:
    """Average precision, and its derivative by the weight of each galaxy.

    With T and N the numbers of galaxies of the class and of all that score at least as high, the area is the mean of
    T / N over the galaxies of the class. One more galaxy changes T and N of all that score at most as high.
    """
    order = np.argsort(-scores, kind="stable")
    falling, is_class = scores[order], positive[order]
    # Equal scores are reached together.
    last = np.searchsorted(-falling, -falling, "right") - 1
    first = np.searchsorted(-falling, -falling, "left")
    count = (last + 1).astype(np.float64)
    right = np.cumsum(is_class)[last].astype(np.float64)
    total = int(is_class.sum())
    precision = right / count
    area = float(precision[is_class].mean())

    def of_lower(terms: Float[np.ndarray, "galaxies"]) -> Float[np.ndarray, "galaxies"]:
        sums = np.cumsum((terms * is_class)[::-1])[::-1]
        return sums[first]

    influence = np.empty(len(scores))
    influence[order] = (is_class * (precision - area + of_lower(1 / count)) - of_lower(right / count**2)) / total
    return area, influence
