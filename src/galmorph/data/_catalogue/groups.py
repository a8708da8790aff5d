"""Groups of rows: rows that belong together have the same number."""

import numpy as np
from jaxtyping import Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["connect", "first_rows", "unite"]


def connect(
    groups: Int[np.ndarray, "rows"], first: Int[np.ndarray, "pairs"], second: Int[np.ndarray, "pairs"]
) -> Int[np.ndarray, "rows"]:
    """Join the groups of the two rows of each pair. The number of a group is then that of its first row."""
    rows = len(groups)
    own = first_rows(groups)
    first, second = np.concatenate([np.arange(rows), first]), np.concatenate([own, second])
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(rows, rows))
    return first_rows(connected_components(graph, directed=False)[1])


def unite(one: Int[np.ndarray, "rows"], other: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """Unite two groupings: rows that share a group in either of them share one, directly or through others."""
    return connect(one, np.arange(len(other)), first_rows(other))


def first_rows(groups: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """Give the first row of each row's group."""
    _, first, which = np.unique(groups, return_index=True, return_inverse=True)
    return first[which].astype(np.int64)
