"""Data sets: what they refuse, slicing, saving and loading."""

import hashlib
import json

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import Dataset
from galmorph.errors import DatasetError, DatasetWarning, FileFormatError, InvalidValueError

RECIPE = {"size": 8, "crop": {"kind": "fraction", "fraction": 0.5}}


def make(galaxies: int = 6, dtype=np.uint8) -> Dataset:
    """Make galaxies with random stamps, a table with text, numbers and units, and groups."""
    rng = np.random.default_rng(galaxies)
    stamps = rng.integers(0, 256, (galaxies, 8, 8, 3)).astype(np.uint8)
    table = Table({"name": [f"[TH2002] {row}, «é»" for row in range(galaxies)], "bands": [""] * galaxies})
    table["radius"] = np.linspace(1, 2, galaxies)
    table["radius"].unit = "pix"
    table.meta["skipped"] = [{"name": "x", "reason": "empty"}]
    return Dataset(
        stamps if dtype == np.uint8 else (stamps / 255).astype(dtype),
        np.arange(galaxies) % 2,
        ("smooth", "spiral"),
        table=table,
        groups=np.arange(galaxies) // 2,
        recipe=RECIPE,
    )


def assert_same(first: Dataset, second: Dataset) -> None:
    """Assert that two data sets are equal in every part."""
    for name in ("stamps", "labels", "groups"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        assert getattr(first, name).dtype == getattr(second, name).dtype
    assert (first.classes, first.recipe) == (second.classes, second.recipe)
    assert first.table.colnames == second.table.colnames
    for name in first.table.colnames:
        assert first.table[name].tolist() == second.table[name].tolist()
        assert first.table[name].unit == second.table[name].unit
    assert first.table.meta == second.table.meta


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_load_gives_back_what_was_saved(tmp_path, dtype):
    """A round trip through the folder keeps every part, and leaves the stamps on disk."""
    dataset = make(dtype=dtype)
    dataset.save(tmp_path / "new" / "galaxies")
    loaded = Dataset.load(tmp_path / "new" / "galaxies")
    assert_same(loaded, dataset)
    assert isinstance(loaded.stamps, np.memmap)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["galaxies"]


def test_a_data_set_without_table_survives_too(tmp_path):
    """Table, groups and recipe may be missing."""
    dataset = Dataset(np.zeros((2, 4, 4, 1), np.uint8), [0, 0], ("only",))
    dataset.save(tmp_path / "galaxies")
    assert_same(Dataset.load(tmp_path / "galaxies"), dataset)


def test_saving_replaces_only_a_data_set_and_only_when_asked(tmp_path):
    """A folder of the same name is kept, unless it is a data set and `overwrite` is True."""
    make(6).save(tmp_path / "galaxies")
    with pytest.raises(FileExistsError, match="pass overwrite=True"):
        make(4).save(tmp_path / "galaxies")
    make(4).save(tmp_path / "galaxies", overwrite=True)
    assert len(Dataset.load(tmp_path / "galaxies")) == 4
    (tmp_path / "thesis").mkdir()
    with pytest.raises(FileExistsError, match="thesis: exists"):
        make(4).save(tmp_path / "thesis", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["galaxies", "thesis"]


def test_a_failed_save_leaves_the_old_data_set(tmp_path):
    """An error in the middle of saving leaves the old data set, and nothing half-written."""
    make(6).save(tmp_path / "galaxies")
    broken = make(4)
    broken.recipe = {"size": object()}
    with pytest.raises(TypeError, match="not JSON serializable"):
        broken.save(tmp_path / "galaxies", overwrite=True)
    assert_same(Dataset.load(tmp_path / "galaxies"), make(6))
    assert [path.name for path in tmp_path.iterdir()] == ["galaxies"]


def cut(path):
    """Cut a file in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    """Make a file empty."""
    path.write_bytes(b"")


def overwrite(path):
    """Put something else in a file's place."""
    path.write_bytes(b"\x80junk")


@pytest.mark.parametrize("name", ["stamps.npy", "labels.npy", "groups.npy", "table.ecsv", "dataset.json"])
@pytest.mark.parametrize("damage", [cut, empty, overwrite])
def test_damaged_files_are_refused(tmp_path, name, damage):
    """Each file that is cut short, empty or overwritten is noticed."""
    make().save(tmp_path / "galaxies")
    damage(tmp_path / "galaxies" / name)
    with pytest.raises((FileFormatError, DatasetError), match=r"galaxies|expected"):
        Dataset.load(tmp_path / "galaxies")


def forget_hashes(folder):
    """Make a data set look like one of an earlier version, which wrote no hashes."""
    header = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(
        json.dumps({name: header[name] for name in header if name[:3] not in ("fil", "sha")})
    )


def test_missing_files_and_other_versions_are_refused(tmp_path):
    """A folder without a data set and one of another version are refused, with the reason."""
    with pytest.raises(FileFormatError, match="nowhere: expected a data set written by"):
        Dataset.load(tmp_path / "nowhere")
    make().save(tmp_path / "galaxies")
    header = json.loads((tmp_path / "galaxies" / "dataset.json").read_text())
    (tmp_path / "galaxies" / "dataset.json").write_text(json.dumps({**header, "version": 99}))
    with pytest.raises(FileFormatError, match="got 'galmorph dataset' version 99"):
        Dataset.load(tmp_path / "galaxies")


def test_pickled_arrays_are_not_opened(tmp_path):
    """An array that holds Python objects could run code: it is refused."""
    make().save(tmp_path / "galaxies")
    np.save(tmp_path / "galaxies" / "labels.npy", np.array([{}] * 6, dtype=object), allow_pickle=True)
    for _ in range(2):
        with pytest.raises(FileFormatError, match=r"labels.npy: is damaged|Python objects in dtype"):
            Dataset.load(tmp_path / "galaxies")
        forget_hashes(tmp_path / "galaxies")  # as older versions wrote it


@given(st.data())
def test_slicing_takes_the_same_rows_of_everything(data):
    """Slices, indices and masks act alike on stamps, labels, table and groups."""
    dataset = make(9)
    rows = data.draw(st.lists(st.integers(0, 8), min_size=1))
    mask = np.isin(np.arange(9), rows)
    for key, chosen in [
        (rows, rows),
        (np.array(rows), rows),
        (mask, np.flatnonzero(mask)),
        (slice(2, 8, 2), [2, 4, 6]),
    ]:
        part = dataset[key]
        np.testing.assert_array_equal(part.stamps, dataset.stamps[chosen])
        np.testing.assert_array_equal(part.labels, dataset.labels[chosen])
        np.testing.assert_array_equal(part.groups, dataset.groups[chosen])
        assert part.table["name"].tolist() == [dataset.table["name"][row] for row in chosen]


def test_a_slice_copies_no_stamps():
    """Stamps of a slice are those of the whole; indices make a copy."""
    dataset = make(6)
    assert np.shares_memory(dataset[1:5:2].stamps, dataset.stamps)
    assert not np.shares_memory(dataset[[1, 3]].stamps, dataset.stamps)


def test_a_list_of_true_and_false_is_a_mask():
    """A list of True and False selects as an array does; it is not taken for the rows 1 and 0."""
    dataset = make(6)
    assert (
        dataset[[True, False, False, True, False, False]].table["name"].tolist()
        == dataset.table["name"][[0, 3]].tolist()
    )
    with pytest.raises(IndexError, match="boolean index"):
        dataset[[True, False]]


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda galaxies: galaxies["name"], r"got 'name'; use galaxies\.table\['name'\]"),
        (lambda galaxies: galaxies[True], r"expected a number, a slice, indices or a mask, got True"),
        (lambda galaxies: galaxies[1.0], r"expected a number, a slice, indices or a mask, got 1\.0"),
        (lambda galaxies: galaxies[[0.5, 1.0]], r"expected a number, a slice, indices or a mask, got \[0\.5, 1\.0\]"),
        (lambda galaxies: np.asarray(galaxies), r"not one array; use galaxies\.stamps or galaxies\.labels"),
    ],
    ids=["column", "flag", "fraction", "fractions", "array"],
)
def test_what_a_data_set_is_not(act, message):
    """A data set is no table and no array; each error says what to use."""
    with pytest.raises(InvalidValueError, match=message):
        act(make(6))


def test_long_lists_of_classes_are_cut():
    """The text form lists ten classes and the number of all."""
    stamps = np.zeros((468, 4, 4, 1), np.uint8)
    text = repr(Dataset(stamps, range(468), [f"c{number}" for number in range(468)]))
    assert text.endswith("c8 1, c9 1, ... (468 classes))")
    assert repr(Dataset(stamps[:2], [0, 1], ("a", "b"))).endswith("uint8: a 1, b 1)")


def test_copies_are_grouped():
    """Copies share a group, also if they are turned, mirrored or a little noisy; groups of before stay."""
    rng = np.random.default_rng(0)
    stamps = rng.integers(0, 250, (8, 20, 20, 1)).astype(np.uint8)
    stamps[3], stamps[5], stamps[6] = stamps[0], np.rot90(stamps[1])[::-1], stamps[0] + rng.integers(0, 3, (20, 20, 1))
    dataset = Dataset(stamps, [0, 1] * 4, ("a", "b"), groups=[0, 1, 2, 3, 4, 5, 6, 1])
    with pytest.warns(DatasetWarning, match=r"1 galaxies have .* another class: row 0 \(a\) and row 3 \(b\)"):
        grouped = dataset.group_copies()
    assert grouped.groups.tolist() == [0, 1, 2, 0, 4, 1, 0, 1]
    assert dataset.groups.tolist() == [0, 1, 2, 3, 4, 5, 6, 1]
    assert grouped.group_copies(correlation=1.0).groups.tolist() == grouped.groups.tolist()
    with pytest.raises(InvalidValueError, match=r"correlation: expected a number from 0\.9 to 1, got 0\.5"):
        dataset.group_copies(correlation=0.5)


def test_an_empty_selection_is_refused():
    """A data set has at least one galaxy."""
    with pytest.raises(DatasetError, match="expected at least one galaxy, got none"):
        make()[np.zeros(6, bool)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1]}, "labels: expected one for each of 3 stamps, got 2"),
        ({"groups": [0]}, "groups: expected one for each of 3 stamps, got 1"),
        ({"table": Table({"name": ["a"]})}, "table: expected one for each of 3 stamps, got 1"),
        ({"labels": [0, 1, 2]}, "labels: expected indices into 2 classes, got 0 to 2"),
        ({"labels": [0, 1, -1]}, "got -1 to 1"),
        ({"classes": ("a", "a")}, "expected different names, got a more than once"),
        ({"stamps": np.zeros((3, 8, 9, 1), np.uint8)}, r"stamps: expected .* got shape \(3, 8, 9, 1\) of uint8$"),
        ({"stamps": np.zeros((3, 8, 8, 1), np.float64)}, r"stamps: expected .* float64; use stamps\.astype\(.float32"),
        ({"stamps": np.zeros((3, 8, 8), np.uint8)}, r"got shape \(3, 8, 8\) .*; use stamps\[\.\.\., np\.newaxis\]"),
        (
            {"stamps": np.zeros((3, 3, 8, 8), np.uint8)},
            r"use stamps\.transpose\(0, 2, 3, 1\) if the channels come first",
        ),
        (
            {"stamps": np.full((3, 8, 8, 1), 255, np.float32)},
            "float32 from 0 .* to 1 .*, got 255 to 255; divide them by 255",
        ),
        ({"stamps": np.full((3, 8, 8, 1), -0.5, np.float32)}, r"from 0 .* to 1 .*, got -0\.5 to -0\.5"),
        ({"table": Table({"name": ["a", "b\udcff", "c"]})}, r"table: name: expected text .*, got 'b\\udcff'"),
        ({"stamps": np.full((3, 8, 8, 1), np.nan, np.float16)}, "from 0 .* to 1 .*, got NaN; leave these galaxies out"),
        ({"classes": 2}, r"classes: expected names, got 2; write \('smooth', 'spiral'\)"),
        ({"table": {"name": ["a", "b", "c"]}}, "table: expected an astropy Table, got a dict; write Table"),
        ({"labels": [[0], [1], [0]]}, r"labels: expected one whole number .* got shape \(3, 1\); use labels.ravel\(\)"),
        (
            {"labels": ["a", "b", "a"]},
            r"labels: expected whole numbers, got 'a' .*; \[classes\.index\(name\) for name in",
        ),
        ({"labels": [0.2, 1.0, 0.0]}, r"labels: expected whole numbers, got 0\.2"),
        (
            {"labels": np.eye(3, 2)},
            r"labels: expected one whole number .* shape \(3, 2\); use labels\.argmax\(axis=1\)",
        ),
        (
            {"labels": np.ma.array([0, 1, 1], mask=[0, 0, 1])},
            "labels: expected a number for each stamp, got masked values",
        ),
        (
            {"groups": ["x", "y", "x"]},
            r"groups: expected whole numbers, got 'x' .*; np\.unique\(groups, return_inverse=True",
        ),
        ({"labels": [2**32 + 1, 0, 1]}, "labels: expected indices into 2 classes, got 0 to 4294967297"),
        ({"labels": np.array([1j, 0, 1])}, "labels: expected whole numbers, got complex128"),
        ({"groups": [np.nan, 0, 1]}, "groups: expected whole numbers, got nan"),
        ({"groups": np.zeros((3, 2), int)}, r"groups: expected one whole number for each stamp, got shape \(3, 2\)"),
        ({"groups": [1e300, 0, 1]}, r"groups: expected whole numbers of less than 64 bits, got 1e\+300"),
        ({"groups": np.array([2**63 + 1, 0, 1], np.uint64)}, "groups: expected whole numbers of less than 64 bits"),
        ({"groups": [0.0, 0.5, 1.0]}, r"groups: expected whole numbers, got 0\.5"),
        ({"classes": "ab"}, r"classes: expected several names, got the text 'ab'"),
        ({"classes": (0, 1)}, r"classes: expected texts, got 0; use \[str\(name\) for name in classes\]"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_parts_that_do_not_fit_are_refused(change, message):
    """Lengths, labels, names and shapes are checked, and the message gives the numbers."""
    parts = {"stamps": np.zeros((3, 8, 8, 1), np.uint8), "labels": [0, 1, 0], "classes": ("a", "b")} | change
    with pytest.raises(DatasetError, match=message):
        Dataset(parts.pop("stamps"), parts.pop("labels"), parts.pop("classes"), **parts)


@pytest.mark.usefixtures("unchecked_shapes")
def test_stamps_may_be_a_list():
    """A list of stamps becomes an array, and each row has its own group."""
    dataset = Dataset([np.zeros((4, 4, 1), np.uint8), np.ones((4, 4, 1), np.uint8)], [1, 0], ("a", "b"))
    assert dataset.stamps[:, 0, 0, 0].tolist() == [0, 1]
    assert dataset.groups.tolist() == [0, 1]
    assert (len(dataset), dataset.size, dataset.channels) == (2, 4, 1)


def test_equal_galaxies_have_equal_fingerprints():
    """The fingerprint depends on stamps, labels, classes and groups, and not on the table."""
    stamps = np.arange(4 * 32 * 32, dtype=np.float32).reshape(4, 32, 32, 1) / 8192
    first = Dataset(stamps, [0, 1, 0, 1], ("a", "b"))
    assert Dataset(stamps.copy(), [0, 1, 0, 1], ("a", "b"), table=Table({"name": list("wxyz")})).fingerprint() == (
        first.fingerprint()
    )
    others = [
        Dataset(stamps + np.float32(0.5), [0, 1, 0, 1], ("a", "b")),
        Dataset(stamps.astype(np.float16), [0, 1, 0, 1], ("a", "b")),
        Dataset(stamps, [0, 1, 1, 1], ("a", "b")),
        Dataset(stamps, [0, 1, 0, 1], ("a", "c")),
        Dataset(stamps, [0, 1, 0, 1], ("a", "b"), groups=[0, 0, 1, 2]),
    ]
    assert len({first.fingerprint(), *(other.fingerprint() for other in others)}) == 6


def test_a_fingerprint_is_the_hash_of_all_stamps():
    """It is the SHA-256 of classes, shape, labels, groups and stamps, also of more stamps than are read at once."""
    rng = np.random.default_rng(0)
    stamps, labels = rng.integers(0, 256, (1500, 1, 1, 1), np.uint8), np.arange(1500) % 2
    content = b"('a', 'b') (1500, 1, 1, 1) uint8" + labels.astype("<i4").tobytes()
    content += np.arange(1500).astype("<i8").tobytes() + stamps.tobytes()
    assert Dataset(stamps, labels, ("a", "b")).fingerprint() == hashlib.sha256(content).hexdigest()


def test_has_position():
    """Numbers in both columns are a position; masked ones, text and missing columns are none."""
    galaxies = make(3)
    assert galaxies.has_position.tolist() == [False] * 3
    galaxies.table["ra"], galaxies.table["dec"] = [10.0, np.nan, 30.0], np.ma.array([1.0, 2.0, 3.0], mask=[0, 0, 1])
    assert galaxies.has_position.tolist() == [True, False, False]
    galaxies.table["ra"] = ["00 40 00.0"] * 3
    assert galaxies.has_position.tolist() == [False] * 3
    assert Dataset(galaxies.stamps, galaxies.labels, galaxies.classes).has_position.tolist() == [False] * 3
