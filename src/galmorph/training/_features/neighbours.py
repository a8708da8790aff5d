"""Neighbours of galaxies in the space of features, and the galaxies that are far from all others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from galmorph._checks import check, check_choice, check_positive_int
from galmorph.training._features.rows import check_features, check_rows, known_rows

__all__ = ["METRICS", "Neighbours", "most_unusual", "nearest"]

METRICS = ("cosine", "euclidean")


class Neighbours(NamedTuple):
    """Rows of galaxies, and their distances.

    Parameters
    ----------
    rows
        Rows in the array of features, of shape ``(k,)``; or ``(galaxies, k)`` for the neighbours of several.
    distances
        Float64 of the same shape.
    """

    rows: Int[np.ndarray, "*galaxies k"]
    distances: Float[np.ndarray, "*galaxies k"]


def nearest(
    features: Float[np.ndarray, "galaxies features"],
    of: int | Sequence[int] | Int[np.ndarray, "rows"] | Float[np.ndarray, "*rows features"],
    k: int = 10,
    *,
    metric: str = "cosine",
) -> Neighbours:
    """Find the galaxies that a network sees as most similar.

    Every distance is computed (brute force), in parts that need little memory: the neighbours are exact.

    Parameters
    ----------
    features
        Features of the galaxies, as from ``Classifier.features``. Galaxies whose features are NaN are nobody's
        neighbours.
    of
        Row of the galaxy, or several rows; it is not its own neighbour. Or features of other galaxies, of shape
        ``(features,)`` or ``(rows, features)``.
    k
        Number of neighbours.
    metric
        ``"cosine"``: 1 minus the cosine of the angle between two vectors of features, from 0 (same direction) to 2. It
        compares which features are active, not how strongly; the strength also depends on contrast and brightness.
        ``"euclidean"``: the length of the difference, which counts both.

    Returns
    -------
    Neighbours
        Rows and distances, the nearest first.

    Raises
    ------
    InvalidValueError
        If features are not finite, a row is out of range or has no features, or there are fewer than `k` others.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import nearest
    >>> features = np.array([[1.0, 0.0], [3.0, 0.1], [0.0, 1.0], [1.0, 0.5]])
    >>> nearest(features, of=0, k=2).rows  # row 1 points almost into the same direction
    array([1, 3])
    >>> nearest(features, of=0, k=2, metric="euclidean").rows
    array([3, 2])
    """
    values = check_features("features", features)
    check_choice("metric", metric, METRICS)
    check_positive_int("k", k)
    known = known_rows(values)
    given = np.asarray(of)
    if given.dtype.kind == "f":
        wanted, own = np.atleast_2d(given), None
        check(
            given.ndim in (1, 2) and wanted.shape[1] == values.shape[1] and bool(np.isfinite(wanted).all()),
            f"of: expected {values.shape[1]} finite features of each galaxy, got shape {given.shape}",
        )
    else:
        own = check_rows("of", of, known)
        wanted = values[own]
    others = int(np.count_nonzero(known)) - (own is not None)
    check(k <= others, f"k: expected at most {others}, the number of other galaxies with features, got {k}")
    rows, distances = _nearest(values, np.flatnonzero(known), wanted, own, k, metric)
    single = given.ndim == (1 if own is None else 0)
    return Neighbours(rows[0], distances[0]) if single else Neighbours(rows, distances)


def most_unusual(
    features: Float[np.ndarray, "galaxies features"], k: int = 10, *, neighbours: int = 5, metric: str = "cosine"
) -> Neighbours:
    """Find the galaxies that are least like all others.

    A galaxy is as unusual as the distance to its fifth neighbour is large (Ramaswamy, Rastogi & Shim 2000, SIGMOD
    Record 29, 427, definition 1, the distance D^k). Groups of up to five galaxies that look the same, but like no
    other, are unusual too. Every distance is computed: the time grows with the square of the number of galaxies.

    Unusual to the network is what it makes unusual features of: rare types, but also artefacts, bright stars and wrong
    crops.

    Parameters
    ----------
    features
        Features of the galaxies, as from ``Classifier.features``. Galaxies whose features are NaN are left out.
    k
        How many galaxies to list.
    neighbours
        Which neighbour's distance counts. With 1, a galaxy with a twin is not unusual.
    metric
        As in `nearest`.

    Returns
    -------
    Neighbours
        Rows of the galaxies, the most unusual first, and the distances to their neighbours.

    Raises
    ------
    InvalidValueError
        If features are not finite, or there are not enough galaxies.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import most_unusual
    >>> features = np.array([[0.0], [0.1], [0.2], [5.0], [0.3]])
    >>> most_unusual(features, 1, neighbours=2, metric="euclidean").rows
    array([3])
    """
    from sklearn.neighbors import NearestNeighbors

    values = check_features("features", features)
    check_choice("metric", metric, METRICS)
    check_positive_int("k", k)
    check_positive_int("neighbours", neighbours)
    rows = np.flatnonzero(known_rows(values))
    check(k <= len(rows), f"k: expected at most {len(rows)}, the number of galaxies with features, got {k}")
    check(
        neighbours < len(rows),
        f"neighbours: expected fewer than the {len(rows)} galaxies with features, got {neighbours}",
    )
    search = NearestNeighbors(n_neighbors=neighbours, algorithm="brute", metric=metric).fit(values[rows])
    distances = search.kneighbors()[0][:, -1].astype(np.float64)  # without the galaxy itself
    order = np.argsort(-distances, kind="stable")[:k]
    return Neighbours(rows[order], distances[order])


def _nearest(
    values: Float[np.ndarray, "galaxies features"],
    candidates: Int[np.ndarray, "known"],
    wanted: Float[np.ndarray, "rows features"],
    own: Int[np.ndarray, "rows"] | None,
    k: int,
    metric: str,
) -> tuple[Int[np.ndarray, "rows k"], Float[np.ndarray, "rows k"]]:
    """Search among the candidates, and drop the galaxy itself, which may come after copies of it."""
    from sklearn.neighbors import NearestNeighbors

    count = k if own is None else k + 1
    search = NearestNeighbors(n_neighbors=count, algorithm="brute", metric=metric).fit(values[candidates])
    distances, places = search.kneighbors(wanted)
    rows, distances = candidates[places], distances.astype(np.float64)
    if own is None:
        return rows, distances
    itself = rows == own[:, np.newaxis]
    itself[~itself.any(axis=1), -1] = True  # more than k copies of it: one of them goes
    return rows[~itself].reshape(-1, k), distances[~itself].reshape(-1, k)
