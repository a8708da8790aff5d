"""Match the rows of several catalogues: which of them are one galaxy, by position and by name."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check
from galmorph.data._catalogue.groups import connect
from galmorph.data._catalogue.sky import Circles, overlaps

__all__ = ["Matches", "Refused", "match_rows"]

_MOST_PAIRS = 30_000_000


@dataclass(frozen=True)
class Refused:
    """Two rows that are close, or have one name, and are two galaxies all the same."""

    first: int
    second: int
    arcsec: float  # NaN if a position is unknown
    same_source: bool  # two rows of one source would be one galaxy; otherwise a chain would become too long


@dataclass(frozen=True, eq=False, kw_only=True)
class Matches:
    """Which rows are one galaxy.

    Parameters
    ----------
    galaxy
        For each row the first row of its galaxy; -1 if it repeats a name of its source.
    repeated
        Rows whose name an earlier row of the same source has.
    refused
        Pairs of rows that were not joined, although they are close or have one name.
    """

    galaxy: Int[np.ndarray, "rows"]
    repeated: Bool[np.ndarray, "rows"]
    refused: list[Refused]


def match_rows(
    source: Int[np.ndarray, "rows"],
    names: Sequence[str],
    ra: Float[np.ndarray, "rows"],
    dec: Float[np.ndarray, "rows"],
    *,
    tolerance: float,
) -> Matches:
    """Join the rows of one galaxy: rows of the same name, and rows whose positions agree; at most one of each source.

    Rows are linked by name first, and then by position, the closest pair first. A link joins two galaxies unless

    - both have a row of one source, or
    - positions would form a chain: a row of one galaxy, close to the linked row, is not close to one of the other.

    So no two positions of a galaxy are further apart than the tolerance, except those that a name has joined. The
    result does not depend on the order of the sources, apart from links of exactly the same length.

    Parameters
    ----------
    source
        Number of the source of each row, in rising order.
    names
        Designation of each row (see `designation`); empty if it has none.
    ra, dec
        Position in degrees; NaN if unknown.
    tolerance
        Largest distance of two positions in arcsec.

    Raises
    ------
    InvalidValueError
        If far too many rows are that close to each other.
    """
    rows = len(source)
    repeated, by_name = _same_names(source, names)
    close, arcsec = _close(ra, dec, ~repeated, tolerance)
    links = np.concatenate([by_name, close])
    group = connect(np.arange(rows), links[:, 0], links[:, 1])
    galaxy = np.where(repeated, -1, group)
    complex_ = ~_simple(group, source, close, np.isfinite(ra) & np.isfinite(dec), repeated)
    tangles: dict[int, _Tangle] = defaultdict(_Tangle)
    for kind, pairs, lengths in (("by_name", by_name, np.full(len(by_name), np.nan)), ("close", close, arcsec)):
        chosen = complex_[group[pairs[:, 0]]] if len(pairs) else np.zeros(0, bool)
        for (first, second), length in zip(pairs[chosen].tolist(), lengths[chosen].tolist(), strict=True):
            getattr(tangles[int(group[first])], kind).append((length, first, second))
    refused: list[Refused] = []
    sources = source.tolist()
    for tangle in tangles.values():
        joined, left = tangle.join(sources)
        refused += left
        for row, first in joined.items():
            galaxy[row] = first
    return Matches(galaxy=galaxy, repeated=repeated, refused=refused)


@dataclass
class _Tangle:
    """Linked rows that are not simply one row of each source, all close to each other."""

    by_name: list[tuple[float, int, int]] = field(default_factory=list)
    close: list[tuple[float, int, int]] = field(default_factory=list)

    def join(self, source: Sequence[int]) -> tuple[dict[int, int], list[Refused]]:
        """Give the first row of the galaxy of each row, and the links that join nothing."""
        near = {pair: length for length, *ends in self.close for pair in (tuple(ends), tuple(ends[::-1]))}
        clusters = {row: [row] for _, *ends in (*self.by_name, *self.close) for row in ends}
        left = []
        for named, links in ((True, sorted(self.by_name, key=lambda link: link[1:])), (False, sorted(self.close))):
            for _, first, second in links:
                one, other = clusters[first], clusters[second]
                if one is other:
                    continue
                shared = not {source[row] for row in one}.isdisjoint(source[row] for row in other)
                chain = not named and not _all_near(near, one, other, first, second)
                if shared or chain:
                    left.append((first, second, shared))
                    continue
                union = sorted(one + other)
                clusters.update(dict.fromkeys(union, union))
        refused = [
            Refused(first, second, near.get((first, second), np.nan), shared)
            for first, second, shared in left
            if clusters[first] is not clusters[second]
        ]
        return {row: cluster[0] for row, cluster in clusters.items()}, refused


def _all_near(near: dict[tuple[int, ...], float], one: list[int], other: list[int], first: int, second: int) -> bool:
    """Whether the rows near one end of a link are near those at its other end."""
    ones = [row for row in one if row == first or (row, first) in near]
    others = [row for row in other if row == second or (row, second) in near]
    return all((a, b) in near for a in ones for b in others)


def _same_names(
    source: Int[np.ndarray, "rows"], names: Sequence[str]
) -> tuple[Bool[np.ndarray, "rows"], Int[np.ndarray, "links 2"]]:
    """Rows that repeat a name of their source, and links of the same name between sources, which follow each other."""
    repeated = np.zeros(len(names), bool)
    sources = source.tolist()
    latest: dict[str, int] = {}
    links = []
    for row, name in enumerate(names):
        if not name:
            continue
        before = latest.get(name)
        if before is not None and sources[before] == sources[row]:
            repeated[row] = True
            continue
        if before is not None:
            links.append((before, row))
        latest[name] = row
    return repeated, np.array(links, np.int64).reshape(-1, 2)


def _close(
    ra: Float[np.ndarray, "rows"], dec: Float[np.ndarray, "rows"], use: Bool[np.ndarray, "rows"], tolerance: float
) -> tuple[Int[np.ndarray, "links 2"], Float[np.ndarray, "links"]]:
    """Pairs of rows whose positions agree, and their distances in arcsec."""
    rows = np.flatnonzero(use & np.isfinite(ra) & np.isfinite(dec))
    circles = Circles(rows=rows, ra=ra[rows], dec=dec[rows], radius=np.full(len(rows), tolerance / 7200))
    pairs, lengths, number = [np.zeros((0, 2), np.int64)], [np.zeros(0)], 0
    for first, second, degrees in overlaps(circles, circles):
        pairs.append(np.stack([first, second], axis=1))
        lengths.append(degrees * 3600)
        number += len(first)
        check(
            number <= _MOST_PAIRS,
            f"tolerance: expected few rows within {tolerance:g} arcsec of each other, got more than {_MOST_PAIRS} "
            "pairs; are the positions in degrees?",
        )
    return np.concatenate(pairs), np.concatenate(lengths)


def _simple(
    group: Int[np.ndarray, "rows"],
    source: Int[np.ndarray, "rows"],
    close: Int[np.ndarray, "links 2"],
    placed: Bool[np.ndarray, "rows"],
    repeated: Bool[np.ndarray, "rows"],
) -> Bool[np.ndarray, "rows"]:
    """For each number of a group, whether it has one row of each source at most, and all positions agree."""
    rows = len(group)
    own = ~repeated
    sources = int(source.max(initial=0)) + 1
    size = np.bincount(group[own], minlength=rows)
    different = np.bincount(np.unique(group[own] * sources + source[own]) // sources, minlength=rows)
    there = np.bincount(group[own & placed], minlength=rows)
    pairs = np.bincount(group[close[:, 0]], minlength=rows)
    return (size == different) & (2 * pairs == there * (there - 1))
