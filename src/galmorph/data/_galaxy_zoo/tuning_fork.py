"""The four classes of the tuning fork from the votes of the Kaggle challenge, which has no ``gz2_class``."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check
from galmorph.data._morphology.gz2_class import TUNING_FORK_CLASSES

__all__ = ["TUNING_FORK_ANSWERS", "tuning_fork_indices"]

# Smooth, features or disk, star or artifact; edge-on or not; a bar or none.
TUNING_FORK_ANSWERS = ("Class1.1", "Class1.2", "Class1.3", "Class2.1", "Class2.2", "Class3.1", "Class3.2")


def tuning_fork_indices(votes: Mapping[str, Float[np.ndarray, "galaxies"]]) -> Int[np.ndarray, "galaxies"]:
    """Find the class of each galaxy from the answers with most votes, question by question.

    ``gz2_class`` is made in this way (Willett et al. 2013, MNRAS 435, 2835), however narrow the majority.
    Fractions are products down the tree of questions, so answers to the same question can be compared.

    Parameters
    ----------
    votes
        Columns of fractions from 0 to 1 by their names in the challenge; those of `TUNING_FORK_ANSWERS` are used.

    Returns
    -------
    indices
        For each galaxy an index into `TUNING_FORK_CLASSES`, or -1 for a star or an artifact.

    Raises
    ------
    InvalidValueError
        If a column is missing, or holds anything else than numbers from 0 to 1.
    """
    missing = [name for name in TUNING_FORK_ANSWERS if name not in votes]
    check(
        not missing, f"votes: expected the columns {', '.join(TUNING_FORK_ANSWERS)}; {', '.join(missing)} are missing"
    )
    for name in TUNING_FORK_ANSWERS:
        own = votes[name]
        check(
            bool(((own >= 0) & (own <= 1)).all()),
            f"votes: expected fractions from 0 to 1, got {own.min()} to {own.max()} in {name}",
        )
    smooth, disk, star, edge_on, face_on, bar, no_bar = (votes[name] for name in TUNING_FORK_ANSWERS)
    first = np.argmax([smooth, disk, star], axis=0)
    names = np.select([first == 0, first == 2, edge_on > face_on, bar > no_bar], ["E", "", "edge-on", "SB"], "S")
    return np.array([TUNING_FORK_CLASSES.index(name) if name else -1 for name in names])
