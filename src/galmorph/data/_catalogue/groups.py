"""Groups of rows: numbers that are equal where rows belong together."""

import numpy as np
from jaxtyping import Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["connect", "first_rows", "unite"]


def connect(
    groups: Int[np.ndarray, "rows"], first: Int[np.ndarray, "pairs"], second: Int[np.ndarray, "pairs"]
) -> Int[np.ndarray, "rows"]:
    """Join the groups of the rows of each pair; a group's number is then that of its first row."""
    rows = len(groups)
    own = first_rows(groups)
    first, second = np.concatenate([np.arange(rows), first]), np.concatenate([own, second])
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(rows, rows))
    return first_rows(connected_components(graph, directed=False)[1])


def unite(one: Int[np.ndarray, "rows"], other: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """Groups of rows that are in one group by this or by that, directly or through others."""
    return connect(one, np.arange(len(other)), first_rows(other))


def first_rows(groups: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """For each row the first row of its group."""
    _, first, which = np.unique(groups, return_index=True, return_inverse=True)
    return first[which].astype(np.int64)
