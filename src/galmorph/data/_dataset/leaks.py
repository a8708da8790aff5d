"""Leaks: galaxies that appear in more than one part of a data set."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, Int

from galmorph._checks import check
from galmorph.data._catalogue.columns import names_of, positions_of, texts
from galmorph.data._catalogue.sky import circles_of, overlaps, radii_of
from galmorph.data._dataset.dataset import Dataset
from galmorph.data._dataset.duplicates import similar_stamps

__all__ = ["LeakReport", "leak_report"]

_KINDS = {
    "same_name": "of the same name",
    "overlapping_sky": "on overlapping sky",
    "similar_pixels": "of the same pixels",
}


@dataclass(frozen=True, eq=False, repr=False)
class LeakReport:
    """Pairs of galaxies in different parts of a data set that may be the same; made by `leak_report`.

    The length of a report is the number of pairs; without pairs it is false as a condition.

    Parameters
    ----------
    pairs
        A row for each pair: ``part_1``, ``row_1``, ``part_2``, ``row_2`` (counted from 0) and, if they are known,
        ``name_1`` and ``name_2``; ``same_name``, ``overlapping_sky``, ``similar_pixels``: how they leak;
        ``separation`` on the sky (arcsec) and ``correlation`` of the pixels, NaN if there is no such leak.
    sizes
        Number of galaxies of each part.
    unseen
        What could not be compared: ``names``, ``sky``, or ``sky of 3 galaxies`` whose positions are unknown.
    """

    pairs: Table
    sizes: tuple[int, ...]
    unseen: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.pairs)

    def counts(self) -> dict[str, int]:
        """Number of pairs of each kind; a pair may be of several."""
        return {kind: int(np.sum(self.pairs[kind])) for kind in _KINDS}

    def __repr__(self) -> str:
        sizes = " + ".join(map(str, self.sizes))
        unseen = f"; not compared: {', '.join(self.unseen)}" if self.unseen else ""
        if not len(self):
            return f"LeakReport(no leaks among {sizes} galaxies{unseen})"
        kinds = ", ".join(f"{count} {_KINDS[kind]}" for kind, count in self.counts().items() if count)
        return f"LeakReport({len(self)} pairs leak among {sizes} galaxies: {kinds}{unseen})"


def leak_report(*parts: Dataset, radius: Any = 300.0, correlation: float = 0.999) -> LeakReport:
    """Search for galaxies that are in several parts of a data set: by name, by overlap on the sky and by pixels.

    For each galaxy of the later one of two parts, and for each of the three kinds of leaks, the report names one galaxy
    of the earlier part: the first of the same name, the nearest on overlapping sky, or one with nearly the same pixels.
    So the report stays short, and removing the rows ``row_2`` from the later parts repairs the split.

    - Names are compared if the tables have a column ``name``. Repeated blanks are ignored.
    - Positions are compared if the tables have ``ra`` and ``dec``: circles around them overlap or not (`sky_groups`).
    - Pixels are compared by their correlation over all pixels and channels of the stamps, in all eight orientations
      (quarter turns and mirror images). Brightness and contrast don't matter.

    **It misses** the same galaxy under two names without positions, in another band or survey, shifted by a pixel or
    more, at another scale, or rotated by other angles; and faint neighbours at the edge of a stamp. No report proves
    that nothing leaks. Two different galaxies hardly ever reach a correlation of 0.999: of 23 million pairs of
    simulated galaxies none does, and six exceed 0.99. If stamps are smooth or mostly black, look at the pairs.

    Parameters
    ----------
    parts
        Two or more data sets, as `Dataset.split` gives them.
    radius
        Radius of the circles on the sky, as for `sky_groups`: a number of arcsec, an angle with a unit, or the name of
        a column of diameters that all parts have.
    correlation
        Smallest correlation, from 0.9 to 1, at which pixels count as the same.

    Returns
    -------
    LeakReport
        Which galaxies leak, and how.

    Raises
    ------
    InvalidValueError
        If a part is no data set, there are fewer than two, their stamps differ in shape, an option is out of range, or
        a column of positions does not hold numbers.

    Examples
    --------
    >>> from galmorph.data import leak_report
    >>> from galmorph.simulation import simulate_galaxies
    >>> galaxies = simulate_galaxies(60, size=32, seed=0)
    >>> train, test = galaxies.split((0.8, 0.2), seed=0)
    >>> leak_report(train, test)
    LeakReport(no leaks among 48 + 12 galaxies; not compared: names, sky)
    >>> leak_report(train, galaxies[:5]).counts()["similar_pixels"]
    4
    """
    for part in parts:
        check(
            isinstance(part, Dataset),
            f"parts: expected data sets, got {part!r}; the parts of a split are leak_report(*split.apply(galaxies))",
        )
    check(len(parts) >= 2, f"parts: expected at least two data sets, got {len(parts)}")
    for part in parts:
        part.verify()
    shapes = sorted({part.stamps.shape[1:] for part in parts})
    check(
        len(shapes) == 1, f"parts: expected stamps of one shape, got {' and '.join(map(str, shapes))}; use one recipe"
    )
    check(0.9 <= correlation <= 1, f"correlation: expected a number from 0.9 to 1, got {correlation!r}")
    named = all("name" in part.table.colnames for part in parts)
    nowhere = [_without_position(part) for part in parts]
    placed = all(each < len(part) for each, part in zip(nowhere, parts, strict=True))
    tables = []
    for (number, one), (later, other) in combinations(enumerate(parts), 2):
        pairs: dict[tuple[int, int], dict[str, float]] = {}
        found = [_similar(one, other, correlation)]
        found += [_same_name(one, other)] if named else []
        found += [_overlapping(one, other, radius)] if placed else []
        for kind in found:
            for row, other_row, values in kind:
                pairs.setdefault((row, other_row), {}).update(values)
        tables.append((number, later, pairs))
    sky = (f"sky of {sum(nowhere)} galaxies",) if placed and any(nowhere) else ()
    unseen = (() if named else ("names",)) + (sky if placed else ("sky",))
    return LeakReport(_table(parts, tables, named), tuple(map(len, parts)), unseen)


def _without_position(part: Dataset) -> int:
    """Count the galaxies whose positions are unknown."""
    return int(np.sum(~np.isfinite(np.add(*positions_of(part.table))))) if part.table.colnames else len(part)


Found = Iterator[tuple[int, int, dict[str, float]]]


def _same_name(one: Dataset, other: Dataset) -> Found:
    first: dict[str, int] = {}
    for row, name in enumerate(names_of(one.table)):
        first.setdefault(name, row)
    for row, name in enumerate(names_of(other.table)):
        if name and name in first:
            yield first[name], row, {"same_name": True}


def _overlapping(one: Dataset, other: Dataset, radius: Any) -> Found:
    circles = [circles_of(part.table, radii_of(part.table, radius)) for part in (one, other)]
    nearest: Int[np.ndarray, "rows"] = np.full(len(other), -1)
    least: Float[np.ndarray, "rows"] = np.full(len(other), np.inf)
    for rows, others, apart in overlaps(*circles):
        order = np.lexsort((rows, apart, others))
        rows, others, apart = rows[order], others[order], apart[order]
        others, firsts = np.unique(others, return_index=True)
        nearer = apart[firsts] < least[others]
        nearest[others[nearer]], least[others[nearer]] = rows[firsts[nearer]], apart[firsts[nearer]]
    for row in np.flatnonzero(nearest >= 0):
        yield int(nearest[row]), int(row), {"overlapping_sky": True, "separation": 3600 * float(least[row])}


def _similar(one: Dataset, other: Dataset, correlation: float) -> Found:
    for row, other_row, value in zip(*similar_stamps(one.stamps, other.stamps, correlation), strict=True):
        yield int(row), int(other_row), {"similar_pixels": True, "correlation": float(value)}


def _table(
    parts: tuple[Dataset, ...], tables: list[tuple[int, int, dict[tuple[int, int], dict[str, float]]]], named: bool
) -> Table:
    rows = [
        (number, row, later, other_row, values)
        for number, later, pairs in tables
        for (row, other_row), values in sorted(pairs.items(), key=lambda pair: pair[0][::-1])
    ]
    table = Table()
    for place, name in enumerate(("part_1", "row_1", "part_2", "row_2")):
        table[name] = np.array([row[place] for row in rows], np.int64)
    if named:
        names = [texts(part.table, "name") for part in parts]
        table["name_1"] = Column([names[row[0]][row[1]] for row in rows], dtype=str)
        table["name_2"] = Column([names[row[2]][row[3]] for row in rows], dtype=str)
    for kind in _KINDS:
        table[kind] = np.array([bool(row[4].get(kind, False)) for row in rows], bool)
    nan = float("nan")
    table["separation"] = Column([row[4].get("separation", nan) for row in rows], dtype=float, unit=u.arcsec)
    table["correlation"] = Column([row[4].get("correlation", nan) for row in rows], dtype=float)
    return table
