"""Bins of a column: which galaxies have which values of a quantity, and which have none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy.table import Column, MaskedColumn
from jaxtyping import Bool, Float, Int

from galmorph._checks import check, check_positive_int

__all__ = ["Bin", "Bins", "bin_column"]

_MOST_TEXTS = 50


@dataclass(frozen=True)
class Bin:
    """Galaxies with alike values: a text, or numbers from `low` to `high` with a median; and which they are."""

    text: str
    low: float
    high: float
    median: float
    rows: Int[np.ndarray, "members"]


@dataclass(frozen=True)
class Bins:
    """Bins of a column, ascending; whether its values are texts; and how many galaxies have no value."""

    bins: tuple[Bin, ...]
    texts: bool
    missing: int


def bin_column(
    values: np.ndarray | Column | MaskedColumn, *, bins: int = 5, edges: Sequence[float] | None = None
) -> Bins:
    """Sort galaxies into bins by a quantity.

    Numbers are sorted into bins with about as many galaxies each (quantiles), or between given edges; a bin contains
    its lower edge, and the last one also its upper edge. Texts and truth values have a bin for each value. Masked
    values, NaN, infinities and empty texts are missing; galaxies outside of all edges are in no bin.

    Parameters
    ----------
    values
        A value for each galaxy.
    bins
        Number of bins; there are fewer if many galaxies have the same value.
    edges
        Ascending edges of the bins, instead of their number.

    Returns
    -------
    Bins
        The bins that contain galaxies, or all bins between given edges.

    Raises
    ------
    InvalidValueError
        If there is more than one value for a galaxy, no value at all, more than 50 different texts, or the edges don't
        ascend.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.comparison._statistics.column_bins import bin_column
    >>> found = bin_column(np.array([0.1, 0.3, np.nan, 0.2, 0.4]), bins=2)
    >>> [each.rows.tolist() for each in found.bins], found.missing
    ([[0, 3], [1, 4]], 1)
    """
    check_positive_int("bins", bins)
    array = np.asarray(values)
    check(array.ndim == 1, f"values: expected one for each galaxy, got an array of shape {array.shape}")
    masked = np.broadcast_to(np.asarray(getattr(values, "mask", False), bool), array.shape)
    if array.dtype.kind not in "iuf":
        return _by_text(array, masked, edges)
    numbers = array.astype(np.float64)
    known = ~masked & np.isfinite(numbers)
    check(bool(known.any()), f"values: expected a finite number for at least one galaxy, got none of {len(array)}")
    limits = _quantiles(numbers[known], bins) if edges is None else np.asarray(edges, np.float64)
    ascending = limits.ndim == 1 and len(limits) > 1 and bool(np.all(np.diff(limits) > 0))
    check(ascending, f"edges: expected at least two ascending numbers, got {edges}")
    found = []
    for place, (low, high) in enumerate(pairwise(limits)):
        last = place == len(limits) - 2
        inside = known & (numbers >= low) & ((numbers <= high) if last else (numbers < high))
        rows = np.flatnonzero(inside)
        if len(rows) or edges is not None:
            median = float(np.median(numbers[rows])) if len(rows) else float("nan")
            found.append(Bin("", float(low), float(high), median, rows))
    return Bins(tuple(found), False, int(np.sum(~known)))


def _quantiles(numbers: Float[np.ndarray, "known"], bins: int) -> Float[np.ndarray, "edges"]:
    """Edges between values, so that no value is on both sides; a single value has a bin of its own."""
    limits = np.unique(np.quantile(numbers, np.linspace(0, 1, bins + 1)))
    return limits if len(limits) > 1 else np.array([limits[0], np.nextafter(limits[0], np.inf)])


def _by_text(array: np.ndarray, masked: Bool[np.ndarray, "galaxies"], edges: Sequence[float] | None) -> Bins:
    check(edges is None, f"edges: expected none for values of type {array.dtype}, got {edges}")
    texts = np.array(["" if hidden else str(value).strip() for value, hidden in zip(array, masked, strict=True)])
    known = sorted({str(text) for text in texts} - {""})
    check(len(known) > 0, f"values: expected a text for at least one galaxy, got none of {len(array)}")
    check(
        len(known) <= _MOST_TEXTS,
        f"values: expected at most {_MOST_TEXTS} different texts, got {len(known):,}, such as {known[0]!r}; choose "
        "another column, or put the texts into fewer classes",
    )
    nan = float("nan")
    found = tuple(Bin(text, nan, nan, nan, np.flatnonzero(texts == text)) for text in known)
    return Bins(found, True, int(np.sum(texts == "")))
