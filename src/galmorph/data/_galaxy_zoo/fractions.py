"""Fractions of the five classes of Dai & Tong from the votes of Galaxy Zoo 2, as soft labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.table import Table
from jaxtyping import Float

from galmorph._checks import check
from galmorph.data._galaxy_zoo.vote_table import CHALLENGE

__all__ = ["GALAXY_ZOO_2_COUNTS", "galaxy_zoo_fractions", "majority"]

_ANSWERS = ("Class7.1", "Class7.2", "Class7.3", "Class2.1", "Class4.1")  # one for each class, in their order
#: Columns of the published tables that count the volunteers for each of the five classes, in their order.
GALAXY_ZOO_2_COUNTS = tuple(CHALLENGE[answer][0].replace("_debiased", "_count") for answer in _ANSWERS)
_LEAST = 1e-6  # of all votes, below which nobody voted for any of the classes


def galaxy_zoo_fractions(
    votes: Mapping[str, Float[np.ndarray, "galaxies"]] | Table,
) -> Float[np.ndarray, "galaxies classes"]:
    """Fraction of the volunteers for each of the five classes of Galaxy Zoo 2, among those who voted for any of them.

    The classes are smooth and completely round (Class7.1 of the challenge), smooth and in between (Class7.2), smooth
    and cigar-shaped (Class7.3), edge-on (Class2.1) and spiral (Class4.1): five answers that exclude each other. Votes
    for anything else (disks without spiral arms, stars and artefacts) are left out, and the five are divided by their
    sum.

    Parameters
    ----------
    votes
        Columns of fractions by name: those of the challenge, or the debiased ones of the published tables, as in the
        table of a data set from `load_galaxy_zoo_2`.

    Returns
    -------
    fractions
        Float64 of shape ``(galaxies, 5)``, in the order of `GALAXY_ZOO_2_CLASSES`; NaN if nobody voted for any class.

    Raises
    ------
    InvalidValueError
        If a column is missing, or fractions are not from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.data import galaxy_zoo_fractions
    >>> votes = {"Class7.1": [0.4], "Class7.2": [0.2], "Class7.3": [0.0], "Class2.1": [0.0], "Class4.1": [0.2]}
    >>> galaxy_zoo_fractions({name: np.array(column) for name, column in votes.items()}).tolist()
    [[0.5, 0.25, 0.0, 0.0, 0.25]]
    """
    there = set(votes.colnames if isinstance(votes, Table) else votes)
    published = not set(_ANSWERS) <= there
    if published:
        missing = [column for column, _ in CHALLENGE.values() if column not in there]
        absent = ", ".join(name for name in _ANSWERS if name not in there)
        check(
            not missing,
            f"votes: expected the columns {', '.join(_ANSWERS)}, or those of debiased fractions of a published table; "
            f"of the first, {absent} are missing, of the second, {', '.join(missing)}",
        )
    five = np.stack([_cumulative(votes, answer, published=published) for answer in _ANSWERS], axis=1)
    total = five.sum(axis=1, keepdims=True)
    return np.divide(five, total, out=np.full_like(five, np.nan), where=total > _LEAST)


def majority(fractions: Float[np.ndarray, "galaxies classes"]) -> np.ndarray:
    """Index of the largest fraction of each galaxy; -1 if it has none."""
    known = np.isfinite(fractions).all(axis=1)
    return np.where(known, np.nan_to_num(fractions).argmax(axis=1), -1)


def _cumulative(votes: Any, answer: str, *, published: bool) -> Float[np.ndarray, "galaxies"]:
    """Fraction of all volunteers who gave an answer: those of published tables are of the volunteers who were asked."""
    column, parent = CHALLENGE[answer]
    name = column if published else answer
    # Nobody was asked where a fraction is missing: nobody gave the answer that leads to the question.
    own = np.nan_to_num(np.asarray(np.ma.filled(np.ma.asarray(votes[name], np.float64), np.nan)), nan=0.0)
    low, high = float(own.min(initial=0)), float(own.max(initial=0))
    check(
        low >= 0 and high <= 1 + 1e-3,  # published fractions are rounded
        f"votes: expected fractions from 0 to 1 in {name}, got {low:g} to {high:g}",
    )
    own = np.minimum(own, 1)
    return own if not published or parent is None else own * _cumulative(votes, parent, published=True)
