"""Dataset.concatenate: order, groups, tables, and what can't be joined."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Column, Table
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import Dataset
from galmorph.errors import DatasetError, DatasetWarning, InvalidValueError

RECIPE = {"size": 8, "crop": ("fraction", 0.5)}


def make(galaxies: int, seed: int = 0, **changes) -> Dataset:
    """Make galaxies with random stamps."""
    stamps = np.random.default_rng(seed).integers(0, 256, (galaxies, 8, 8, 1), np.uint8)
    parts = {"stamps": stamps, "labels": np.arange(galaxies) % 2, "classes": ("smooth", "spiral"), "recipe": RECIPE}
    return Dataset(**parts | changes)


@pytest.mark.parametrize("path", [None, "stamps.npy"])
def test_all_galaxies_in_order(tmp_path: Path, path: str | None) -> None:
    """Galaxies stand in the order of the data sets, in memory or in a file that appears when it is complete."""
    parts = [make(3, 1), make(1, 2), make(4, 3)]
    joined = Dataset.concatenate(iter(parts), stamps=None if path is None else tmp_path / path)
    np.testing.assert_array_equal(joined.stamps, np.concatenate([part.stamps for part in parts]), strict=True)
    np.testing.assert_array_equal(joined.labels, [0, 1, 0, 0, 0, 1, 0, 1])
    assert (joined.classes, joined.recipe) == (("smooth", "spiral"), RECIPE)
    assert isinstance(joined.stamps, np.memmap) == (path is not None)
    assert [entry.name for entry in tmp_path.iterdir()] == ([] if path is None else [path])
    if path is not None:
        np.testing.assert_array_equal(np.load(tmp_path / path), joined.stamps)
        with pytest.raises(FileExistsError, match=r"stamps\.npy: exists; delete it"):
            Dataset.concatenate(parts, stamps=tmp_path / path)


def test_a_whole_is_the_sum_of_its_parts() -> None:
    """Cutting a data set into pieces and joining them gives the same fingerprint and the same table."""
    whole = make(9, groups=[0, 0, 2, 3, 3, 5, 6, 7, 8], table=Table({"name": list("abcdefghi")}))
    joined = Dataset.concatenate([whole[:3], whole[3:4], whole[4:]])
    assert joined.groups.tolist() == [0, 0, 2, 3, 4, 5, 6, 7, 8]  # that of rows 3 and 4 was cut
    assert joined.table["name"].tolist() == list("abcdefghi")
    again = Dataset.concatenate([whole[:3], whole[3:]])
    assert again.fingerprint() == whole.fingerprint()


@pytest.mark.slow
def test_a_file_holds_one_data_set_at_a_time(tmp_path: Path) -> None:
    """With a file for the stamps, each data set is let go before the next one is asked for."""
    import gc
    import weakref

    alive: list[weakref.ref] = []

    def shards() -> Iterator[Dataset]:
        for seed in range(4):
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 1
            part = make(5, seed)
            alive.append(weakref.ref(part.stamps))
            yield part
            del part

    assert len(Dataset.concatenate(shards(), stamps=tmp_path / "stamps.npy")) == 20


GROUPS = st.lists(st.integers(-3, 3), min_size=1, max_size=6)


@given(
    st.lists(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 5)), min_size=1, max_size=6), min_size=1, max_size=4)
)
def test_groups(parts: list[list[tuple[int, int]]]) -> None:
    """Rows share a group if they did, or if their stamps are equal and that is so in several data sets."""
    datasets, rows = [], []
    for number, part in enumerate(parts):
        stamps = np.zeros((len(part), 4, 4, 1), np.uint8)
        stamps[:, 0, 0, 0] = [level for _, level in part]
        datasets.append(Dataset(stamps, np.zeros(len(part), int), ("a",), groups=[group for group, _ in part]))
        rows += [(number, group, level) for group, level in part]
    # A graph walked by hand: rows are linked by their old group, or by a level that several data sets have.
    shared = {level for _, _, level in rows if len({part for part, _, each in rows if each == level}) > 1}
    expected = []
    for start in range(len(rows)):
        reached, new = set(), {start}
        while new:
            reached |= new
            new = {
                other
                for row in new
                for other in range(len(rows))
                if rows[other][:2] == rows[row][:2] or (rows[other][2] == rows[row][2] and rows[row][2] in shared)
            } - reached
        expected.append(min(reached))
    assert Dataset.concatenate(datasets).groups.tolist() == expected


def test_copies_with_other_labels_are_told() -> None:
    """One picture of two classes in two data sets is a fault of the labels."""
    one, other = make(2, 1), make(2, 1, labels=[0, 0])
    with pytest.warns(DatasetWarning, match=r"same stamp .*: row 1 \(spiral\) and row 3 \(smooth\)") as caught:
        Dataset.concatenate([one, other])
    assert caught[0].filename == __file__


def test_tables_are_joined() -> None:
    """Columns are those of all tables; values that a table does not have are masked; units are converted."""
    one = Table({"name": ["a", "b"], "radius": [1, 2]})
    other = Table({"name": ["longer"], "redshift": [0.5], "radius": [0.5]})
    one["radius"].unit, other["radius"].unit = "arcsec", "arcmin"
    one["radius"].description = "its radius"
    table = Dataset.concatenate([make(2, table=one), make(1, 1, table=other), make(1, 2)]).table
    assert table.colnames == ["name", "radius", "redshift"]
    assert table["name"].tolist() == ["a", "b", "longer", None]
    assert table["radius"].tolist() == [1, 2, 30, None]
    assert (str(table["radius"].unit), table["radius"].description) == ("arcsec", "its radius")
    assert table["redshift"].tolist() == [None, None, 0.5, None]
    assert other["radius"].tolist() == [0.5]


def test_data_sets_without_tables() -> None:
    """Without any table there is none."""
    assert Dataset.concatenate([make(2), make(1, 1)]).table.colnames == []


def test_meta_is_added_up() -> None:
    """Counts and lists of galaxies that were left out are added; other values are kept, as lists if they differ."""
    metas = [
        {"left_out": {"no class": 2, "image missing": 1}, "skipped": [{"name": "x"}], "unlabelled": 3, "scheme": "two"},
        {"left_out": {"no class": 5}, "skipped": [{"name": "x"}], "unlabelled": 4, "scheme": "two", "thanks": "NED"},
        {"thanks": ["CDS", "NED"]},
    ]
    parts = [make(1, seed, table=Table({"a": [1]}, meta=meta)) for seed, meta in enumerate(metas)]
    assert Dataset.concatenate(parts).table.meta == {
        "left_out": {"no class": 7, "image missing": 1},
        "skipped": [{"name": "x"}, {"name": "x"}],
        "unlabelled": 7,
        "scheme": "two",
        "thanks": ["NED", "CDS", "NED"],
    }
    assert parts[0].table.meta["skipped"] == [{"name": "x"}]


def test_a_saved_part_has_the_same_recipe(tmp_path: Path) -> None:
    """A recipe from a file, whose tuples have become lists, is the same recipe."""
    make(2, 1).save(tmp_path / "saved")
    joined = Dataset.concatenate([make(2), Dataset.load(tmp_path / "saved")])
    joined.save(tmp_path / "joined")
    assert Dataset.load(tmp_path / "joined").fingerprint() == joined.fingerprint()


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            make(1, classes=("spiral", "smooth")),
            r"got spiral, smooth in datasets\[1\], but smooth, spiral before; load",
        ),
        (make(1, stamps=np.zeros((1, 4, 4, 1), np.uint8)), r"one shape, got 4 x 4 x 1 in datasets\[1\], but 8 x 8 x 1"),
        (
            make(1, stamps=np.zeros((1, 8, 8, 1), np.float16)),
            r"got float16 in datasets\[1\], but uint8 before; load all",
        ),
        (
            make(1, recipe={"size": 9, "crop": ["fraction", 0.5]}),
            r"one recipe, got size 9 instead of 8 in datasets\[1\];",
        ),
        (make(1, recipe=None), r"one recipe, got none in datasets\[1\]; make all with the same recipe"),
        (make(1, table=Table({"name": [1.5]})), r"columns of one name hold values of one kind .*name.*; convert or"),
        (make(1, table=Table({"x": [1.5]}, units={"x": "kg"})), r"expected the unit pix in the column 'x' .*, got kg;"),
    ],
    ids=["classes", "shape", "dtype", "recipe", "no recipe", "columns", "units"],
)
def test_what_does_not_fit(tmp_path: Path, other: Dataset, message: str) -> None:
    """The message says what differs and where, and no file is left behind."""
    first = make(2, table=Table({"name": ["a", "b"], "x": [1.0, 2.0]}, units={"x": "pix"}))
    with pytest.raises(DatasetError, match=message):
        Dataset.concatenate([first, other])
    if "table" not in message and "column" not in message:
        with pytest.raises(DatasetError, match=message):
            Dataset.concatenate([first, other], stamps=tmp_path / "stamps.npy")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([], DatasetError, "expected at least one data set, got none"),
        (make(2), InvalidValueError, "expected several data sets, got one; put it in a list"),
        ([make(1), make(2).stamps], InvalidValueError, "expected data sets, got a ndarray"),
    ],
)
def test_no_data_sets(value, error, message) -> None:
    """One data set, none, and something else are told apart."""
    with pytest.raises(error, match=message):
        Dataset.concatenate(value)


def test_whole_numbers_with_a_unit_stay_whole():
    """A column whose unit is the same in all tables is not converted, and keeps its type."""
    parts = [
        Dataset(
            np.zeros((2, 4, 4, 1), np.uint8), [0, 1], ("a", "b"), table=Table({"width": Column([8, 9], unit="pix")})
        )
        for _ in range(2)
    ]
    joined = Dataset.concatenate(parts)
    assert joined.table["width"].tolist() == [8, 9, 8, 9]
    assert joined.table["width"].dtype.kind == "i"


def test_an_odd_meta_is_kept_as_it_is():
    """Counts are added only if they are counts: other values of the same names are listed."""
    metas = [{"left_out": "none", "no_class": "few"}, {"left_out": {"no text": 1}, "no_class": 3}]
    parts = [
        Dataset(np.zeros((2, 4, 4, 1), np.uint8), [0, 1], ("a", "b"), table=Table({"x": [0, 1]}, meta=meta))
        for meta in metas
    ]
    meta = Dataset.concatenate(parts).table.meta
    assert (meta["left_out"], meta["no_class"]) == (["none", {"no text": 1}], ["few", 3])
