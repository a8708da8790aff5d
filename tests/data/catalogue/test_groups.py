"""Groups of rows: joining them by pairs and by another grouping."""

import numpy as np

from galmorph.data._catalogue.groups import connect, first_rows, unite


def test_connect() -> None:
    """The rows of a pair, and all that belong with them, get one group: the number of its first row."""
    assert list(connect(np.arange(3), np.array([2]), np.array([1]))) == [0, 1, 1]
    assert list(connect(np.array([0, 0, 2, 3, 3]), np.array([4]), np.array([1]))) == [0, 0, 2, 0, 0]
    assert list(connect(np.array([5, 5, 1]), np.zeros(0, int), np.zeros(0, int))) == [0, 0, 2]


def test_unite() -> None:
    """Rows that share a group in either grouping share one in the union, directly or through others."""
    assert list(unite(np.array([7, 8, 7, 9, 5]), np.array([1, 2, 3, 2, 3]))) == [0, 1, 0, 1, 0]
    assert list(unite(np.zeros(0, int), np.zeros(0, int))) == []


def test_first_rows() -> None:
    """Groups of any numbers are numbered by their first rows."""
    assert list(first_rows(np.array([9, -1, 9, 4, -1]))) == [0, 1, 0, 3, 1]
