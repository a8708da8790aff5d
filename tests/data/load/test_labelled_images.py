"""Loading images by their labels: what is left out and reported, and what stops the work."""

from pathlib import Path

import pytest
from flat_images import load, save

from galmorph.errors import DatasetError, PoorImageError, SkippedImagesWarning, UnreadableImageError


def test_skipped(folder: Path) -> None:
    """Broken and poor images are left out with one warning; the table's meta lists them and counts their reasons."""
    (folder / "spiral/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    save(folder / "spiral/bright.png", 255)
    with pytest.warns(
        SkippedImagesWarning, match=r"2 of 5 labelled images left out: .*bright\.png: too bright; .*"
    ) as got:
        dataset = load(folder)
    assert len(got) == 1
    assert Path(got[0].filename).name == "flat_images.py"  # the line that called the loader
    assert len(dataset) == 3
    skipped = dataset.table.meta["skipped"]
    assert [entry["name"] for entry in skipped] == ["spiral/bright.png", "spiral/broken.png"]
    assert "too bright" in skipped[0]["reason"]
    assert "cut short" in skipped[1]["reason"]
    assert dataset.table.meta["left_out"] == {"image too poor": 1, "image unreadable": 1}


def test_raise(folder: Path) -> None:
    """On request the first bad image stops the work, by its own error and with the file's name."""
    save(folder / "spiral/bright.png", 255)
    with pytest.raises(PoorImageError, match=r"spiral.bright\.png: too bright"):
        load(folder, on_error="raise")


def test_nothing_left(tmp_path: Path) -> None:
    """If no image is left, there is no data set."""
    save(tmp_path / "spiral/bright.png", 255)
    with pytest.raises(DatasetError, match=r"no image is left.* 1 of 1 labelled images left out: .*too bright"):
        load(tmp_path)


def test_missing_images(flat: Path) -> None:
    """A label without an image is reported like a broken image."""
    labels = {"b": "x", "nowhere": "x", "c": "y", "a": "y", "d": "y"}
    with pytest.warns(SkippedImagesWarning, match="1 of 5 labelled images left out: .*nowhere: no image of this name"):
        dataset = load(flat, labels=labels)
    assert dataset.table.meta["skipped"][0]["name"] == "nowhere"
    assert dataset.table.meta["left_out"] == {"image missing": 1}
    with pytest.raises(UnreadableImageError, match="nowhere: no image of this name"):
        load(flat, labels=labels, on_error="raise")


@pytest.mark.parametrize("name", ["NGC 205", "ngc_205.fits", "NGC-00205"])
def test_name_that_is_written_otherwise(flat: Path, name: str) -> None:
    """A name that differs in case, spaces, hyphens, zeros or ending alone gets a hint."""
    save(flat / "ngc0205.png", 7)
    with pytest.raises(UnreadableImageError, match=r"no image of this name; did you mean 'ngc0205\.png'\?"):
        load(flat, labels={"a": "x", "b": "y", name: "x"}, on_error="raise")


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ({"a": "x", "a.png": "y"}, "is named twice, as 'x' and as 'y'"),
        ({"q": "x"}, "no image is left; 4 have no label.*1 of 1 labelled images left out"),
        ({"a": ""}, "no image is left; 3 have no label, 1 an empty one; check the names"),
    ],
)
def test_labels_that_do_not_fit(flat: Path, labels: dict[str, str], match: str) -> None:
    """Labels that contradict each other, or that give no image a class, are refused with the reason."""
    with pytest.raises(DatasetError, match=match):
        load(flat, labels=labels)


def test_two_names_of_one_file(flat: Path) -> None:
    """A file that two labels name, with and without extension, counts once if they agree."""
    dataset = load(flat, labels={"b": "x", "a": "y", "b.png": "x", "c": "y", "d": "y"})
    assert list(dataset.table["path"]) == ["b.png", "a.png", "c.png", "d.png"]


def test_left_out_in_the_order_of_the_labels(flat: Path) -> None:
    """Missing and broken images are listed in the order of the labels, under the names of the labels."""
    save(flat / "b.png", 255)
    with pytest.warns(SkippedImagesWarning, match="3 of 6 labelled images left out"):
        dataset = load(flat, labels={"first": "x", "b": "x", "c": "x", "a": "y", "last": "x", "d": "x"})
    assert [entry["name"] for entry in dataset.table.meta["skipped"]] == ["first", "b", "last"]
