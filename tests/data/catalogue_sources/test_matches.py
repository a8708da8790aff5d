"""match_rows: rows of one galaxy are joined, by name and by position, and never through a chain."""

from itertools import combinations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from hypothesis import given, settings
from hypothesis import strategies as st

from galmorph.data._catalogue_sources.matches import match_rows
from galmorph.errors import InvalidValueError

TOLERANCE = 10.0


def match(*rows, tolerance=TOLERANCE):
    """Match rows of (source, name, ra, dec), both in arcsec from a point of the sky."""
    source, names, x, y = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    ra, dec = 30.0 + np.array(x, float) / 3600, np.array(y, float) / 3600
    return match_rows(np.array(source), list(names), ra, dec, tolerance=tolerance)


def test_a_pair_and_a_single():
    """Two rows 5 arcsec apart are one galaxy; a third, 60 arcsec away, is another."""
    found = match((0, "", 0, 0), (1, "", 5, 0), (1, "", 60, 0))
    assert found.galaxy.tolist() == [0, 0, 2]
    assert found.refused == []


def test_names_join_at_any_distance():
    """And where a position is unknown."""
    found = match((0, "A", 0, 0), (1, "A", 500, 0), (2, "A", np.nan, np.nan))
    assert found.galaxy.tolist() == [0, 0, 0]


def test_two_rows_of_a_source_are_two_galaxies():
    """The closer one gets the row of the other source, and the refusal is said."""
    found = match((0, "", 0, 0), (0, "", 8, 0), (1, "", 6, 0))
    assert found.galaxy.tolist() == [0, 1, 1]
    assert {(each.first, each.second, round(each.arcsec), each.same_source) for each in found.refused} == {
        (0, 1, 8, True),
        (0, 2, 6, True),
    }


def test_a_chain_is_cut():
    """8 arcsec and 9 arcsec in a line: the closer pair is joined, the third row stays alone, and this is said."""
    found = match((0, "", 0, 0), (1, "", 8, 0), (2, "", 17, 0))
    assert found.galaxy.tolist() == [0, 0, 2]
    [refused] = found.refused
    assert (refused.first, refused.second, refused.same_source) == (1, 2, False)


def test_a_poor_position_does_not_part_the_others():
    """A name joins a row 95 arcsec away; a third source that agrees with the second joins them."""
    found = match((0, "A", 95, 0), (1, "A", 0, 0), (2, "B", 1, 0))
    assert found.galaxy.tolist() == [0, 0, 0]
    assert found.refused == []


def test_names_come_before_positions():
    """The row named A joins A, although the row of B is closer."""
    found = match((0, "A", 0, 0), (0, "B", 20, 0), (1, "A", 19, 0))
    assert found.galaxy.tolist() == [0, 1, 0]
    assert [(each.first, each.second) for each in found.refused] == [(1, 2)]


def test_one_row_in_a_third_source_joins_two():
    """E has names only, R positions only, and H both."""
    found = match((0, "PGC1", np.nan, np.nan), (1, "NGC1", 0, 0), (2, "PGC1", 2, 0))
    assert found.galaxy.tolist() == [0, 0, 0]


def test_a_name_twice_in_a_source_counts_once():
    """The later row takes no part."""
    found = match((0, "A", 0, 0), (0, "A", 0, 0), (1, "", 1, 0))
    assert found.galaxy.tolist() == [0, -1, 0]
    assert found.repeated.tolist() == [False, True, False]
    assert found.refused == []


def test_across_0h_and_at_the_pole():
    """Distances are those on the sphere."""
    ra, dec = np.array([359.9995, 0.0005, 10.0, 190.0]), np.array([0.0, 0.0, 89.9995, 89.9995])
    found = match_rows(np.array([0, 1, 0, 1])[[0, 2, 1, 3]], [""] * 4, ra[[0, 2, 1, 3]], dec[[0, 2, 1, 3]],
                       tolerance=TOLERANCE)  # fmt: skip
    assert found.galaxy.tolist() == [0, 1, 0, 1]


def test_no_tolerance_joins_names_only():
    """Even equal positions are not joined."""
    assert match((0, "A", 0, 0), (1, "A", 0, 0), (1, "", 0, 0), tolerance=0.0).galaxy.tolist() == [0, 0, 2]


def test_far_too_many_pairs_are_an_error(monkeypatch):
    """A column in the wrong unit puts all galaxies at one place."""
    monkeypatch.setattr("galmorph.data._catalogue_sources.matches._MOST_PAIRS", 50)
    with pytest.raises(InvalidValueError, match=r"more than 50 pairs; are the positions in degrees\?"):
        match(*[(0, "", 0.1 * number, 0) for number in range(20)])


points = st.tuples(st.integers(0, 2), st.sampled_from(["", "", "", "A", "B"]), st.integers(0, 60), st.integers(0, 12))


@settings(max_examples=60)
@given(st.lists(points, min_size=1, max_size=14))
def test_rules_hold_for_any_rows(rows):
    """One row of each source; close positions unless a name joins; all that is not joined is said; order is equal."""
    rows.sort(key=lambda row: row[0])
    found = match(*rows)
    place = np.array([row[2:] for row in rows], float)
    apart = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    said = {(each.first, each.second) for each in found.refused}
    said |= {pair[::-1] for pair in said}
    for one, other in combinations(np.flatnonzero(~found.repeated).tolist(), 2):
        same = found.galaxy[one] == found.galaxy[other]
        named = rows[one][1] != "" and rows[one][1] == rows[other][1]
        if same:
            assert rows[one][0] != rows[other][0]
        elif apart[one, other] < TOLERANCE - 1e-6:
            assert (one, other) in said
        if named:
            assert same
    members = [np.flatnonzero(found.galaxy == galaxy).tolist() for galaxy in set(found.galaxy.tolist()) - {-1}]
    for rows_of in members:
        names = {rows[row][1] for row in rows_of} - {""}
        if all(sum(rows[row][1] == name for row in rows_of) == 1 for name in names):
            assert apart[np.ix_(rows_of, rows_of)].max() < TOLERANCE + 1e-6


def test_agrees_with_astropy_where_all_is_simple():
    """For galaxies far from each other, the pairs are those of `search_around_sky`."""
    random = np.random.default_rng(1)
    ra, dec = random.uniform(0, 360, 300), np.degrees(np.arcsin(random.uniform(-1, 1, 300)))
    moved = random.choice(300, 120, replace=False)
    ra2, dec2 = ra[moved] + 3 / 3600, dec[moved]
    both = np.concatenate([ra, ra2]), np.concatenate([dec, dec2])
    found = match_rows(np.repeat([0, 1], [300, 120]), [""] * 420, *both, tolerance=TOLERANCE)
    coordinates = [SkyCoord(*each, unit="deg") for each in ((ra, dec), (ra2, dec2))]
    first, second, *_ = search_around_sky(*coordinates, seplimit=TOLERANCE * u.arcsec)
    assert found.refused == []
    expected = np.arange(420)
    expected[300 + second] = first
    np.testing.assert_array_equal(found.galaxy, expected)
