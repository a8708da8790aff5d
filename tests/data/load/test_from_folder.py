"""load_image_folder: a sub-folder for each class, or labels in a table or a mapping."""

from pathlib import Path

import numpy as np
import pytest
from flat_images import load, save

from galmorph.errors import DatasetError, DatasetWarning, InvalidValueError, SkippedImagesWarning


def test_sub_folders(folder: Path) -> None:
    """A sub-folder is a class; classes and files are sorted by name; hidden and other files are ignored."""
    (folder / ".cache").mkdir()
    (folder / "spiral/.a.png").touch()
    (folder / "spiral/notes.txt").touch()
    dataset = load(folder)
    assert dataset.classes == ("elliptical", "spiral")
    assert list(dataset.table["path"]) == ["elliptical/a.png", "spiral/a.png", "spiral/b.png"]
    assert list(dataset.table["name"]) == ["a", "a", "b"]
    assert list(dataset.table["class"]) == ["elliptical", "spiral", "spiral"]
    np.testing.assert_array_equal(dataset.labels, [0, 1, 1])
    np.testing.assert_array_equal(dataset.stamps[:, 0, 0, 0], [30, 10, 20])
    assert dataset.stamps.shape == (3, 4, 4, 1)
    assert dataset.recipe == {"corner": 4}
    assert dataset.table.meta == {"skipped": [], "left_out": {}, "unlabelled": 0, "no_class": 0}


def test_class_order(folder: Path) -> None:
    """Classes stand in the order asked for, even those without an image, which are named."""
    with pytest.warns(DatasetWarning, match="no galaxy of the class 'merger'"):
        dataset = load(folder, classes=["spiral", "merger", "elliptical"])
    assert dataset.class_counts() == {"spiral": 2, "merger": 0, "elliptical": 1}
    np.testing.assert_array_equal(dataset.labels, [2, 0, 0])


def test_unlabelled(folder: Path) -> None:
    """Images beside the sub-folders have no label, and are counted and named."""
    save(folder / "stray.png", 40)
    with pytest.warns(
        SkippedImagesWarning, match=r"1 images lie beside the sub-folders and are not read \(stray\.png\)"
    ):
        dataset = load(folder)
    assert (len(dataset), dataset.table.meta["unlabelled"]) == (3, 1)


def test_bad_folders(tmp_path: Path, folder: Path) -> None:
    """A missing folder, one without sub-folders and unexpected classes are told apart."""
    with pytest.raises(DatasetError, match="none: expected a folder of images"):
        load(tmp_path / "none")
    with pytest.raises(DatasetError, match="expected one sub-folder for each class, got none; give labels="):
        load(folder / "spiral")
    with pytest.raises(DatasetError, match="expected the classes spiral; got elliptical too"):
        load(folder, classes=["spiral"])


@pytest.mark.parametrize(("option", "value"), [("on_error", "ignore"), ("dtype", "int8")])
def test_bad_options(folder: Path, option: str, value: str) -> None:
    """Options have few values."""
    with pytest.raises(InvalidValueError, match=f"{option}: expected one of .*, got '{value}'"):
        load(folder, **{option: value})


def test_labels_mapping(flat: Path) -> None:
    """A mapping does as well; images that it does not name are counted."""
    with pytest.warns(SkippedImagesWarning, match=r"^2 of 4 images are not named in the labels .* the first: c\.png$"):
        dataset = load(flat, labels={"b": "x", "a": "y"})
    assert dataset.class_counts() == {"x": 1, "y": 1}


def test_labels_in_sub_folders(folder: Path) -> None:
    """A label may name an image in a sub-folder."""
    with pytest.warns(SkippedImagesWarning, match=r"1 of 3 images are not named .* the first: spiral/a\.png"):
        dataset = load(folder, labels={"spiral/b": "S", "elliptical/a.png": "E"})
    assert list(dataset.table["path"]) == ["spiral/b.png", "elliptical/a.png"]
    assert dataset.table.meta["unlabelled"] == 1
