"""sky_groups: which galaxies may show the same sky, against brute force."""

import time

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import assume, given
from hypothesis import strategies as st

from galmorph.data._catalogue import sky
from galmorph.data._catalogue.sky import Circles, overlaps, sky_groups
from galmorph.errors import InvalidValueError

M51 = SkyCoord(["13h29m52.7s", "13h29m59.6s", "12h29m46.8s"], ["+47d11m43s", "+47d15m58s", "+08d00m01s"])


def table(positions: SkyCoord) -> Table:
    """Make a catalogue of positions."""
    return Table({"ra": positions.ra.deg, "dec": positions.dec.deg})


def test_messier_51() -> None:
    """M51a and M51b, 4.4 arcmin apart, share a group at 5 arcmin; M49 is alone."""
    np.testing.assert_array_equal(sky_groups(table(M51), 300.0), [0, 0, 2])
    np.testing.assert_array_equal(sky_groups(table(M51), 5 * u.arcmin), [0, 0, 2])
    np.testing.assert_array_equal(sky_groups(table(M51), 2 * u.arcmin), [0, 1, 2])


def test_radii_add_up() -> None:
    """Circles overlap where the separation is less than the sum of the radii, not where it equals it."""
    pair = Table({"ra": [0.0, 1.0], "dec": [0.0, 0.0]})
    assert list(sky_groups(pair, [0.4, 0.61] * u.deg)) == [0, 0]
    assert list(sky_groups(pair, [0.4, 0.59] * u.deg)) == [0, 1]
    assert list(sky_groups(pair, [1.01, 0.0] * u.deg)) == [0, 0]
    same = Table({"ra": [0.0, 0.0], "dec": [0.0, 0.0]})
    assert list(sky_groups(same, 0.0)) == [0, 1]


def test_columns_of_diameters() -> None:
    """A column of diameters has a unit of its own, or one in its name, or arcmin; unknown ones count as 1 arcmin."""
    pair = Table({"ra": [0.0, 1 / 60], "dec": [0.0, 0.0]})
    pair["large_arcsec"], pair["small_arcsec"] = [70.0, 60.0], [50.0, 60.0]
    pair["plain"] = [1.1, 1.0]
    pair["degrees"] = [1.1 / 60, 1.0 / 60] * u.deg
    pair["unknown"] = MaskedColumn([1.1, 0.0], mask=[False, True])
    for name in ("large_arcsec", "plain", "degrees", "unknown"):
        assert list(sky_groups(pair, name)) == [0, 0], name
    assert list(sky_groups(pair, "small_arcsec")) == [0, 1]
    pair["unknown"] = [0.9, np.nan]
    assert list(sky_groups(pair, "unknown")) == [0, 1]


def test_names() -> None:
    """Rows of one name share a group wherever they are, and even without a position; unnamed rows don't."""
    rows = Table(
        {
            "name": ["NGC 1", "b", "NGC  1", "", ""],
            "ra": MaskedColumn([0.0, 1.0, 180.0, 90.0, 0], mask=[0, 0, 0, 0, 1]),
            "dec": [0.0, 0.0, 0.0, 0.0, np.nan],
        }
    )
    np.testing.assert_array_equal(sky_groups(rows, 1.0), [0, 1, 0, 3, 4])


def test_units_of_positions() -> None:
    """Positions may be quantities, in hours too."""
    rows = QTable({"ra": M51.ra.to(u.hourangle), "dec": M51.dec.to(u.rad)})
    np.testing.assert_array_equal(sky_groups(rows, 300.0), [0, 0, 2])


def excesses(ra: np.ndarray, dec: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Separation of each pair minus the sum of its radii, in degrees."""
    sky = SkyCoord(ra, dec, unit="deg")
    return sky[:, None].separation(sky[None]).deg - (radius[:, None] + radius)


def brute(excess: np.ndarray) -> np.ndarray:
    """Join rows that overlap until nothing changes."""
    groups = np.arange(len(excess))
    for _ in groups:
        groups = np.array([groups[(excess[row] < 0) | (groups == groups[row])].min() for row in range(len(groups))])
    return groups


positions = st.tuples(
    st.one_of(st.floats(0, 360), st.floats(-0.01, 0.01), st.floats(359.99, 360.01)),
    st.one_of(st.floats(-90, 90), st.floats(89.99, 90), st.floats(-90, -89.99), st.floats(-0.01, 0.01)),
    st.one_of(st.floats(0, 0.02), st.floats(0, 20), st.just(90.0)),
)


@given(st.lists(positions, min_size=1, max_size=12))
def test_brute_force(rows: list[tuple[float, float, float]]) -> None:
    """Anywhere on the sky, at the poles and across 0h, groups are those that a comparison of all pairs gives."""
    ra, dec, radius = np.array(rows).T
    excess = excesses(ra, dec, radius)
    assume(np.abs(excess[~np.eye(len(ra), dtype=bool)]).min(initial=1) > 1e-9)  # else rounding decides
    np.testing.assert_array_equal(sky_groups(Table({"ra": ra, "dec": dec}), radius * u.deg), brute(excess))


def test_poles_and_wrap() -> None:
    """Opposite meridians meet at the pole, and 359.999 degrees lie beside 0.001."""
    assert list(sky_groups(Table({"ra": [10.0, 190.0], "dec": [89.999, 89.999]}), 3.7)) == [0, 0]
    assert list(sky_groups(Table({"ra": [10.0, 190.0], "dec": [89.999, 89.999]}), 3.5)) == [0, 1]
    assert list(sky_groups(Table({"ra": [359.999, 0.001], "dec": [0.0, 0.0]}), 3.7)) == [0, 0]


def test_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a crowded field, pairs come in pieces and each pair comes once; the groups are the same."""
    rng = np.random.default_rng(0)
    ra, dec, radius = rng.uniform(0, 1, 300), rng.uniform(-1, 1, 300), rng.uniform(0, 0.1, 300)
    crowd = Circles(rows=np.arange(300), ra=ra, dec=dec, radius=radius)
    whole = [pairs[0].size for pairs in overlaps(crowd, crowd)]
    monkeypatch.setattr(sky, "_MOST_PAIRS", 500)
    pieces = [np.stack(pairs[:2]) for pairs in overlaps(crowd, crowd)]
    found = np.sort(np.concatenate(pieces, axis=1), axis=0)
    assert max(piece.shape[1] for piece in pieces) <= 500
    assert found.shape[1] == sum(whole) == np.unique(found, axis=1).shape[1]
    np.testing.assert_array_equal(
        sky_groups(Table({"ra": ra, "dec": dec}), radius * u.deg), brute(excesses(ra, dec, radius))
    )


def test_large_catalogue() -> None:
    """100,000 galaxies, one of them ten degrees wide, take seconds."""
    rng = np.random.default_rng(0)
    rows = Table({"ra": rng.uniform(0, 360, 100_000), "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, 100_000)))})
    rows["diameter_arcmin"] = 10 ** rng.uniform(-1, 1, 100_000)
    rows["diameter_arcmin"][0] = 645  # the Large Magellanic Cloud
    start = time.perf_counter()
    groups = sky_groups(rows, "diameter_arcmin")
    assert time.perf_counter() - start < 10
    assert np.bincount(groups).max() > 100


@pytest.mark.parametrize(
    ("columns", "radius", "match"),
    [
        ({"ra": [1.0]}, 1.0, "expected the columns ra, dec; dec missing among ra"),
        ({"ra": [1.0], "dec": [1.0]}, "major", "expected the columns major; major missing"),
        ({"ra": ["13h"], "dec": [1.0]}, 1.0, "expected numbers in deg in the column 'ra'"),
        ({"ra": [1.0], "dec": [91.0]}, 1.0, "expected declinations from -90 to 90 degrees, got 91 to 91"),
        ({"ra": [1.0], "dec": [1.0]}, -1.0, "radius: expected angles from 0 to 90 degrees"),
        ({"ra": [1.0], "dec": [1.0]}, float("nan"), "radius: expected angles from 0 to 90 degrees"),
        ({"ra": [1.0], "dec": [1.0]}, 1 * u.kpc, "radius: expected an angle"),
        ({"ra": [1.0], "dec": [1.0]}, [1, 2] * u.deg, "expected one angle, or one for each of 1 rows"),
        ({"ra": [1.0], "dec": [1.0], "major": [-1.0]}, "major", "radius: expected angles from 0"),
    ],
)
def test_bad_arguments(columns: dict[str, list[float]], radius: object, match: str) -> None:
    """Missing columns are named; values that are not angles are refused."""
    with pytest.raises(InvalidValueError, match=match):
        sky_groups(Table(columns), radius)
