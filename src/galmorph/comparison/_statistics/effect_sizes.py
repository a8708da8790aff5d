"""Effect sizes: how large a difference between two classifiers is, whatever the number of galaxies."""

import math

import numpy as np
from jaxtyping import Float

from galmorph._checks import check, check_between

__all__ = ["cohens_h", "superiority"]


def cohens_h(first: float, second: float) -> float:
    """Difference of two proportions on a scale on which all differences are equally hard to detect.

    h = 2 arcsin √p - 2 arcsin √q (Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, ch. 6). He calls
    0.2 small, 0.5 medium and 0.8 large. A step from 97 to 99 % is as large as one from 74 to 80 %.

    Parameters
    ----------
    first, second
        Accuracies, or other proportions.

    Returns
    -------
    h
        From -π to π; positive if the first is larger.

    Raises
    ------
    InvalidValueError
        If a proportion is outside of 0 to 1.

    Examples
    --------
    >>> from galmorph.comparison import cohens_h
    >>> round(cohens_h(0.99, 0.97), 2), round(cohens_h(0.80, 0.74), 2)
    (0.15, 0.14)
    """
    for name, proportion in (("first", first), ("second", second)):
        check_between(name, float(proportion), 0, 1)
    return 2 * math.asin(math.sqrt(first)) - 2 * math.asin(math.sqrt(second))


def superiority(first: Float[np.ndarray, "runs"], second: Float[np.ndarray, "others"]) -> float:
    """Probability that a training of the first architecture scores higher than one of the second.

    It is the fraction of all couples of their trainings in which the first scores higher; ties count one half (Vargha &
    Delaney 2000, J. Educ. Behav. Stat. 25, 101). Bouthillier et al. (2021, Proc. MLSys 3, 747) recommend it for
    comparisons of learning algorithms, and call a difference meaningful above 0.75. With few seeds it is coarse.

    Parameters
    ----------
    first, second
        Score of each training.

    Returns
    -------
    probability
        From 0 to 1; 0.5 if neither is better.

    Raises
    ------
    InvalidValueError
        If an architecture has no score.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison import superiority
    >>> superiority(np.array([0.92, 0.93]), np.array([0.91, 0.92]))
    0.875
    """
    for name, scores in (("first", first), ("second", second)):
        check(len(scores) > 0, f"{name}: expected at least one score, got none")
    differences = np.subtract.outer(first, second)
    return float(np.mean((differences > 0) + 0.5 * (differences == 0)))
