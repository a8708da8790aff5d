"""The five classes of Dai & Tong (2018) from the votes of Galaxy Zoo 2."""

from collections.abc import Mapping

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Int32

from galmorph._checks import check, check_between

__all__ = ["GALAXY_ZOO_2_CLASSES", "SPIRAL_THRESHOLD", "galaxy_zoo_classes"]

GALAXY_ZOO_2_CLASSES = ("completely_round_smooth", "in_between_smooth", "cigar_shaped_smooth", "edge_on", "spiral")

SPIRAL_THRESHOLD = 0.619
_USED = ("Class1.1", "Class1.2", "Class2.1", "Class2.2", "Class4.1", "Class7.1", "Class7.2", "Class7.3")


def galaxy_zoo_classes(
    votes: Mapping[str, Float[np.ndarray, "galaxies"]] | Table, *, spiral_threshold: float = SPIRAL_THRESHOLD
) -> Int32[np.ndarray, "galaxies"]:
    r"""Classify galaxies by the fractions of their Galaxy Zoo 2 votes, if these are clear enough.

    =======================  ==========================================================================
    completely_round_smooth  smooth (Class1.1 ≥ 0.469) and completely round (Class7.1 ≥ 0.50)
    in_between_smooth        smooth (Class1.1 ≥ 0.469) and in between (Class7.2 ≥ 0.50)
    cigar_shaped_smooth      smooth (Class1.1 ≥ 0.469) and cigar-shaped (Class7.3 ≥ 0.50)
    edge_on                  features or disk (Class1.2 ≥ 0.430) and edge-on (Class2.1 ≥ 0.602)
    spiral                   features or disk (Class1.2 ≥ 0.430), not edge-on (Class2.2 ≥ 0.715) and with spiral
                             arms (Class4.1 ≥ 0.619)
    =======================  ==========================================================================

    The fractions are those of the Kaggle challenge: the answers to a question share the fraction of the answer that led
    to it. So no galaxy satisfies two rows of this table, except exactly at the limits; then the upper row counts.

    Parameters
    ----------
    votes
        Columns of vote fractions from 0 to 1, each of shape ``(galaxies,)``, by their names in the challenge. The
        thresholds need Class1.1, 1.2, 2.1, 2.2, 4.1, 7.1, 7.2 and 7.3; others are ignored.
    spiral_threshold
        Smallest fraction for spiral arms.

    Returns
    -------
    Int32
        For each galaxy an index into `GALAXY_ZOO_2_CLASSES`, or -1 if none fits; of shape ``(galaxies,)``.

    Raises
    ------
    InvalidValueError
        If a column is missing or holds anything else than numbers from 0 to 1, or `spiral_threshold` is out of range.

    References
    ----------
    Dai & Tong (2018), "Galaxy Morphology Classification with Deep Convolutional Neural Networks", arXiv:1807.10406.
    Willett et al. (2013), MNRAS 435, 2835: Galaxy Zoo 2 and its decision tree.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes
    >>> votes = {f"Class{answer}": np.zeros(2) for answer in ("1.1", "1.2", "2.1", "2.2", "4.1", "7.1", "7.2", "7.3")}
    >>> votes["Class1.2"] = np.array([0.9, 0.5])
    >>> votes["Class2.1"] = np.array([0.8, 0.3])
    >>> galaxy_zoo_classes(votes)
    array([ 3, -1], dtype=int32)
    >>> GALAXY_ZOO_2_CLASSES[3]
    'edge_on'
    """
    check_between("spiral_threshold", spiral_threshold, 0.0, 1.0)
    missing = [name for name in _USED if name not in votes.keys()]  # noqa: SIM118  (a Table iterates over rows)
    check(not missing, f"votes: expected the columns {', '.join(_USED)}; {', '.join(missing)} are missing")
    fractions = {name: np.asarray(votes[name], np.float64) for name in _USED}
    for name, values in fractions.items():
        check(
            bool(((values >= 0) & (values <= 1)).all()),
            f"votes: expected fractions from 0 to 1, got {np.min(values)} to {np.max(values)} in {name}",
        )
    smooth, disk, edge_on, face_on, arms, round_, between, cigar = fractions.values()
    return np.select(
        [
            (smooth >= 0.469) & (round_ >= 0.50),
            (smooth >= 0.469) & (between >= 0.50),
            (smooth >= 0.469) & (cigar >= 0.50),
            (disk >= 0.430) & (edge_on >= 0.602),
            (disk >= 0.430) & (face_on >= 0.715) & (arms >= spiral_threshold),
        ],
        np.arange(5, dtype=np.int32),
        np.int32(-1),
    )
