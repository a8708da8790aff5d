"""leak_report: the same names, sky and pixels in different parts of a data set."""

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

from galmorph.data import Dataset, plan_split
from galmorph.data._catalogue.sky import sky_groups
from galmorph.data._dataset.leaks import LeakReport, leak_report
from galmorph.errors import InvalidValueError
from galmorph.simulation import simulate_galaxies


def dataset(names: list[str], ra: list[float], *, seed: int = 0, stamps: np.ndarray | None = None) -> Dataset:
    """Make a data set of noise on the equator."""
    noise = np.random.default_rng(seed).integers(0, 256, (len(names), 20, 20, 1), np.uint8)
    columns = {"name": names, "ra": ra, "dec": [0.0] * len(names)}
    return Dataset(noise if stamps is None else stamps, [0] * len(names), ("x",), table=Table(columns))


@pytest.fixture
def parts() -> tuple[Dataset, Dataset]:
    """A training and a test part, with a leak of each kind and one of two kinds."""
    train = dataset(["NGC 1", "NGC 2", "NGC 3", "NGC 4"], [0.0, 10.0, 20.0, 359.95])
    test = dataset(["NGC  2", "a", "b", "c"], [90.0, 20.1, 50.0, 0.01], seed=1)
    test.stamps[1] = np.rot90(train.stamps[2])
    test.stamps[2] = train.stamps[0][:, ::-1]
    return train, test


def test_leaks(parts: tuple[Dataset, Dataset]) -> None:
    """Each leak is found, named and measured; a pair that leaks in two ways is one row."""
    report = leak_report(*parts, radius=300.0)
    pairs = report.pairs
    assert [tuple(row) for row in pairs["part_1", "row_1", "part_2", "row_2"]] == [
        (0, 1, 1, 0),
        (0, 2, 1, 1),
        (0, 0, 1, 2),
        (0, 0, 1, 3),
    ]
    assert tuple(pairs["name_1", "name_2"][0]) == ("NGC 2", "NGC  2")
    assert list(pairs["same_name"]) == [True, False, False, False]
    assert list(pairs["overlapping_sky"]) == [False, True, False, True]
    assert list(pairs["similar_pixels"]) == [False, True, True, False]
    np.testing.assert_allclose(pairs["separation"], [np.nan, 360, np.nan, 36], rtol=1e-9)
    assert str(pairs["separation"].unit) == "arcsec"
    np.testing.assert_allclose(pairs["correlation"], [np.nan, 1, 1, np.nan], rtol=1e-6)
    assert report
    assert len(report) == 4
    assert repr(report) == (
        "LeakReport(4 pairs leak among 4 + 4 galaxies: 1 of the same name, 2 on overlapping sky, 2 of the same pixels)"
    )


def test_mending(parts: tuple[Dataset, Dataset]) -> None:
    """Without the rows that the report names in the later part, nothing leaks."""
    train, test = parts
    stamps = np.concatenate([test.stamps, np.random.default_rng(2).integers(0, 256, (2, 20, 20, 1), np.uint8)])
    longer = dataset([*test.table["name"], "d", "e"], [*test.table["ra"], 120.0, 130.0], stamps=stamps)
    rows = np.setdiff1d(np.arange(len(longer)), leak_report(train, longer).pairs["row_2"])
    assert list(rows) == [4, 5]
    report = leak_report(train, longer[rows])
    assert not report
    assert repr(report) == "LeakReport(no leaks among 4 + 2 galaxies)"
    assert [report.pairs[name].dtype.kind for name in ("name_1", "name_2", "separation")] == ["U", "U", "f"]


def test_three_parts(parts: tuple[Dataset, Dataset]) -> None:
    """Every two parts are compared."""
    report = leak_report(parts[0], dataset(["z"], [200.0], seed=3), parts[0][2:3])
    assert [tuple(row) for row in report.pairs["part_1", "row_1", "part_2", "row_2"]] == [(0, 2, 2, 0)]
    assert report.counts() == {"same_name": 1, "overlapping_sky": 1, "similar_pixels": 1}


@pytest.mark.parametrize("correlation", [0.9, 1.0])
def test_limits_of_the_correlation(parts: tuple[Dataset, Dataset], correlation: float) -> None:
    """Stamps of noise correlate only if they are the same, so both limits find a stamp that is repeated."""
    repeated = leak_report(parts[0], parts[0][:1], correlation=correlation)
    assert repeated.counts()["similar_pixels"] == 1


def test_radius(parts: tuple[Dataset, Dataset]) -> None:
    """The radius may be an angle or a column, as for sky_groups."""
    assert leak_report(*parts, radius=1 * u.arcsec).counts()["overlapping_sky"] == 0
    for part in parts:
        part.table["diameter_arcmin"] = 0.7
    assert leak_report(*parts, radius="diameter_arcmin").counts()["overlapping_sky"] == 1


def test_groups_keep_splits_from_leaking() -> None:
    """A split of rows leaks; a split of the groups that sky_groups makes does not."""
    galaxies = simulate_galaxies(100, size=32, seed=0)
    rng = np.random.default_rng(0)
    names = [f"N {row % 80}" for row in range(100)]
    table = Table({"name": names, "ra": rng.uniform(0, 30, 100), "dec": np.zeros(100)})
    groups = sky_groups(table, 300.0)
    for known, leaks in ((None, True), (groups, False)):
        split = Dataset(galaxies.stamps, galaxies.labels, galaxies.classes, table=table, groups=known).split((0.5, 0.5))
        assert bool(leak_report(*split, radius=300.0)) is leaks


def test_unknown_names_and_positions_are_not_compared(parts: tuple[Dataset, Dataset]) -> None:
    """Without names and positions, pixels are still compared; the report says what was not."""
    train, test = parts
    bare = Dataset(test.stamps, test.labels, test.classes)
    report = leak_report(train, bare)
    assert report.unseen == ("names", "sky")
    assert repr(report).endswith("2 of the same pixels; not compared: names, sky)")
    assert "name_1" not in report.pairs.colnames


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.filterwarnings("ignore:all 4 galaxies are of one class:galmorph.errors.DatasetWarning")
def test_bad_arguments(parts: tuple[Dataset, Dataset]) -> None:
    """One part can't leak, and stamps of two shapes can't be compared."""
    with pytest.raises(InvalidValueError, match="parts: expected at least two data sets, got 1"):
        leak_report(parts[0])
    small = Dataset(np.zeros((1, 8, 8, 1), np.uint8), [0], ("x",))
    with pytest.raises(InvalidValueError, match=r"stamps of one shape, got \(8, 8, 1\) and \(20, 20, 1\)"):
        leak_report(parts[0], small)
    with pytest.raises(
        InvalidValueError, match=r"got Split\(.*; the parts of a split are leak_report\(\*split\.apply\(galaxies\)\)"
    ):
        leak_report(parts[0], plan_split(dataset(list("abcd"), [0.0] * 4), (0.5, 0.5)))
    with pytest.raises(InvalidValueError, match=r"correlation: expected a number from 0.9 to 1, got 0.5"):
        leak_report(*parts, correlation=0.5)


def test_report_is_frozen(parts: tuple[Dataset, Dataset]) -> None:
    """A report does not change."""
    report = leak_report(*parts)
    assert isinstance(report, LeakReport)
    with pytest.raises(AttributeError, match="cannot assign"):
        report.sizes = ()  # type: ignore[misc]
