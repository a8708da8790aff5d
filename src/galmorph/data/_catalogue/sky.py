"""Overlaps on the sky: which galaxies may appear in each other's images."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import angular_separation
from astropy.table import Table
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from galmorph._checks import check
from galmorph.data._catalogue.columns import names_of, need_columns, numbers, positions_of
from galmorph.data._catalogue.groups import connect

__all__ = ["Circles", "circles_of", "groups_of", "overlaps", "radii_of", "same_names", "sky_groups"]

_MOST_PAIRS = 5_000_000  # that are held at once: about half a gigabyte
_UNKNOWN_DIAMETER = 1.0  # arcmin
_UNITS = {"_deg": u.deg, "_arcmin": u.arcmin, "_arcsec": u.arcsec}


def sky_groups(catalogue: Table, radius: Any) -> Int[np.ndarray, "rows"]:
    """Group the galaxies that may show the same sky.

    Each galaxy has a circle as large as its image. Galaxies whose circles overlap (separation less than the sum of the
    radii) share a group, directly or through others, and so do rows of the same name. If a split keeps groups whole,
    no test galaxy appears in the corner of a training image.

    Parameters
    ----------
    catalogue
        A table with the columns ``ra`` and ``dec`` (ICRS; in degrees if they have no unit), and perhaps ``name``.
        A row without a position overlaps nothing.
    radius
        Radius of the circles: a number of arcsec; or an `astropy.units.Quantity`, one for all or one for each row; or
        the name of a column of **diameters**: twice the radius, with a unit, or with a name that ends in ``_arcsec``,
        ``_arcmin`` or ``_deg``, else in arcmin. An unknown diameter counts as 1 arcmin. If the images are wider than
        the galaxies, the circles must be wider too: pass ``2 * catalogue["radius"].quantity``, for example.

    Returns
    -------
    Int
        Group of each row, of shape ``(rows,)``. The number of a group is that of its first row.

    Raises
    ------
    InvalidValueError
        If a column is missing or does not hold numbers, a declination is outside -90 to 90 degrees, or a radius is
        negative, above 90 degrees or not an angle.

    Notes
    -----
    Candidate pairs come from k-d trees of unit vectors (`scipy.spatial.KDTree`), one for each range of radii.
    `astropy.coordinates.angular_separation` then decides; it is exact near the poles and across 0h. Memory is bounded,
    even if very many circles overlap.

    Examples
    --------
    The two galaxies of Messier 51 lie 4.4 arcmin apart.

    >>> from astropy.table import Table
    >>> from galmorph.data import sky_groups
    >>> galaxies = Table({
    ...     "name": ["MESSIER 051a", "NGC 4472", "MESSIER 051b"],
    ...     "ra": [202.469583, 187.444841, 202.498333],
    ...     "dec": [47.195278, 8.000489, 47.266111],
    ... })
    >>> sky_groups(galaxies, radius=300.0)
    array([0, 1, 0])
    """
    return groups_of(catalogue, radii_of(catalogue, radius))


def groups_of(catalogue: Table, radii: Float[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """Group rows by circles of these radii in degrees, and by name; see `sky_groups`."""
    circles = circles_of(catalogue, radii)
    groups = same_names(catalogue)
    for first, second, _ in overlaps(circles, circles):
        groups = connect(groups, first, second)
    return groups


@dataclass(frozen=True, eq=False, kw_only=True)
class Circles:
    """Circles on the sky, each of which belongs to a row.

    Parameters
    ----------
    rows
        Number of the row that each circle belongs to.
    ra, dec, radius
        Centre and radius in degrees.
    """

    rows: Int[np.ndarray, "circles"]
    ra: Float[np.ndarray, "circles"]
    dec: Float[np.ndarray, "circles"]
    radius: Float[np.ndarray, "circles"]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: np.ndarray | slice) -> "Circles":
        return Circles(rows=self.rows[chosen], ra=self.ra[chosen], dec=self.dec[chosen], radius=self.radius[chosen])

    def tree(self) -> KDTree:
        """Build a tree of the unit vectors towards the centres."""
        ra, dec = np.radians(self.ra), np.radians(self.dec)
        return KDTree(np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1))

    def by_size(self) -> "list[Circles]":
        """Sort circles by size: in each part the largest is at most four times the smallest, except very small ones.

        A search in a tree has to reach as far as its largest circle, so one wide galaxy must not be in the tree of all.
        """
        exponents = np.floor(np.log2(np.maximum(self.radius, 1e-6)) / 2)
        return [self[exponents == exponent] for exponent in np.unique(exponents)]


def radii_of(catalogue: Table, radius: Any) -> Float[np.ndarray, "rows"]:
    """Radius of each row's circle in degrees; see `sky_groups`."""
    if isinstance(radius, str):
        need_columns(catalogue, radius)
        unit = next((unit for ending, unit in _UNITS.items() if radius.endswith(ending)), u.arcmin)
        diameters = (numbers(catalogue, radius, unit) * unit).to_value(u.deg)
        unknown = (_UNKNOWN_DIAMETER * u.arcmin).to_value(u.deg)
        values = np.where(diameters > 0, diameters, np.where(diameters < 0, diameters, unknown)) / 2
    else:
        quantity = u.Quantity(radius, None if isinstance(radius, u.Quantity) else u.arcsec)
        try:
            values = np.asarray(quantity.to_value(u.deg), np.float64)
        except u.UnitConversionError as error:
            check(False, f"radius: expected an angle, got {radius!r} ({error})")
        check(
            values.shape in ((), (len(catalogue),)),
            f"radius: expected one angle, or one for each of {len(catalogue)} rows, got shape {values.shape}",
        )
        values = np.broadcast_to(values, len(catalogue))
    check(
        bool(((values >= 0) & (values <= 90)).all()),
        f"radius: expected angles from 0 to 90 degrees, got {np.min(values, initial=np.inf):g} to "
        f"{np.max(values, initial=-np.inf):g} degrees",
    )
    return values


def circles_of(catalogue: Table, radii: Float[np.ndarray, "rows"]) -> Circles:
    """Give the circles of the rows that have a position."""
    need_columns(catalogue, "ra", "dec")
    ra, dec = positions_of(catalogue)
    known = np.isfinite(ra) & np.isfinite(dec)
    check(
        bool((np.abs(dec[known]) <= 90).all()),
        f"catalogue: expected declinations from -90 to 90 degrees, got {np.min(dec[known], initial=np.inf):g} to "
        f"{np.max(dec[known], initial=-np.inf):g}",
    )
    rows = np.flatnonzero(known)
    return Circles(rows=rows, ra=ra[rows], dec=dec[rows], radius=radii[rows])


def overlaps(
    one: Circles, other: Circles
) -> Iterator[tuple[Int[np.ndarray, "pairs"], Int[np.ndarray, "pairs"], Float[np.ndarray, "pairs"]]]:
    """Find the pairs of rows whose circles overlap, with their separations in degrees, at most millions at a time.

    If both arguments are the same circles, each pair comes once, and no row is paired with itself.
    """
    sizes = one.by_size()
    combinations = combinations_with_replacement(sizes, 2) if one is other else product(sizes, other.by_size())
    for first, second in combinations:
        yield from _close_pairs(first, second, ordered=first is second)


def _close_pairs(one: Circles, other: Circles, *, ordered: bool) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    reach = np.radians(one.radius.max() + other.radius.max())
    # The tree measures chords, which grow with the angle up to 180 degrees. The margin is for rounding.
    chord = 2 * np.sin(min(reach, np.pi) / 2) * (1 + 1e-9) + 1e-14
    tree, others = one.tree(), other.tree()
    if len(one) > 1 and tree.count_neighbors(others, chord) > _MOST_PAIRS:
        middle = len(one) // 2
        yield from _close_pairs(one[:middle], other, ordered=ordered)
        yield from _close_pairs(one[middle:], other, ordered=ordered)
        return
    pairs = tree.sparse_distance_matrix(others, chord, output_type="ndarray")
    i, j = pairs["i"].astype(np.int64), pairs["j"].astype(np.int64)
    if ordered:
        once = one.rows[i] < other.rows[j]
        i, j = i[once], j[once]
    apart = np.degrees(
        angular_separation(*(np.radians(angle) for angle in (one.ra[i], one.dec[i], other.ra[j], other.dec[j])))
    )
    near = apart < one.radius[i] + other.radius[j]
    if near.any():
        yield one.rows[i[near]], other.rows[j[near]], apart[near]


def same_names(catalogue: Table) -> Int[np.ndarray, "rows"]:
    """Group the rows of the same name, if there is a column of names."""
    rows = np.arange(len(catalogue))
    if "name" not in catalogue.colnames:
        return rows
    seen: dict[str, int] = {}
    own = [seen.setdefault(name, row) if name else row for row, name in enumerate(names_of(catalogue))]
    return np.array(own, np.int64)
