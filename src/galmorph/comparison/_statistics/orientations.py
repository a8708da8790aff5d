"""Consistency over orientations, and test-time augmentation: answers to rotated and mirrored stamps.

A square stamp has eight orientations: four rotations by multiples of 90 degrees, and the same four mirrored. Arrays of
answers hold them along their first axis, in the order of `galmorph.preprocessing.in_orientations`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from galmorph._checks import check
from galmorph._orientations import ORIENTATIONS

__all__ = ["Consistency", "consistency", "mean_over_orientations"]


@dataclass(frozen=True)
class Consistency:
    """How often the answer changes with the orientation of the stamp. Print it.

    Parameters
    ----------
    turn
        Fraction of the quarter turns that change the answer, over all galaxies and orientations.
    flip
        Fraction of the flips, along either axis, that change the answer, over all galaxies and orientations.
    any
        Fraction of the galaxies whose answer is not the same in all eight orientations.
    """

    turn: float
    flip: float
    any: float

    def __str__(self) -> str:
        return (
            f"a quarter turn changes {100 * self.turn:.1f} % of the answers, a flip {100 * self.flip:.1f} %; "
            f"{100 * self.any:.1f} % of the galaxies get different answers in different orientations"
        )


def consistency(probabilities: Float[np.ndarray, "orientations galaxies classes"]) -> Consistency:
    """Measure how often a quarter turn or a flip changes the answer.

    All eight orientations count: each is turned once and flipped along either axis.

    Parameters
    ----------
    probabilities
        Probability of each class in each orientation, in the order of `galmorph.preprocessing.in_orientations`.

    Returns
    -------
    Consistency
        Fractions of turns, flips and galaxies.

    Raises
    ------
    InvalidValueError
        If there are not eight orientations, or no galaxies.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.orientations import consistency
    >>> answers = np.array([[0, 1]] * 4 + [[0, 0]] * 4)  # a flip changes the answer to the second galaxy
    >>> print(consistency(np.eye(2)[answers]))
    a quarter turn changes 0.0 % of the answers, a flip 50.0 %; 50.0 % of the galaxies get different answers in \
different orientations
    """
    _check_eight(probabilities)
    # `ORIENTATIONS` counts the quarter turns first: (mirrored, quarter turns, galaxies).
    answers = probabilities.argmax(axis=2).reshape(2, 4, -1)
    return Consistency(
        turn=float(np.mean(answers != np.roll(answers, 1, axis=1))),
        # A mirrored stamp at the same number of turns is a flip along one axis; half a turn further, along the other.
        flip=float(np.mean([answers[0] != answers[1], answers[0] != np.roll(answers[1], 2, axis=0)])),
        any=float(np.mean(np.any(answers != answers[0, 0], axis=(0, 1)))),
    )


def mean_over_orientations(
    probabilities: Float[np.ndarray, "orientations galaxies classes"],
) -> Float[np.ndarray, "galaxies classes"]:
    """Test-time augmentation: the mean probability of each class over the eight orientations of a stamp.

    The mean does not depend on how a galaxy is oriented in its stamp. Dieleman, Willett & Dambre (2015, MNRAS 450,
    1441, sec. 7) average over transformed images in this way. Parameters and errors are as for `consistency`.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.orientations import mean_over_orientations
    >>> mean_over_orientations(np.array([[[0.9, 0.1]]] * 6 + [[[0.5, 0.5]]] * 2)).round(2).tolist()
    [[0.8, 0.2]]
    """
    _check_eight(probabilities)
    return probabilities.mean(axis=0)


def _check_eight(probabilities: np.ndarray) -> None:
    check(
        probabilities.ndim == 3 and len(probabilities) == len(ORIENTATIONS) and probabilities.shape[1] > 0,
        f"probabilities: expected (8, galaxies, classes) with at least one galaxy, got shape {probabilities.shape}",
    )
