"""Sub-folders as classes: which are, which are not, and what is not read."""

import warnings
from pathlib import Path

import pytest
from flat_images import load, save

from galmorph.errors import DatasetError, DatasetWarning, SkippedImagesWarning


def test_other_folders_are_no_classes(folder: Path) -> None:
    """Folders without an image are no classes, and are named; hidden ones and those of archives are ignored."""
    (folder / "logs").mkdir()
    (folder / "logs/run.txt").touch()
    (folder / "empty/deep").mkdir(parents=True)
    save(folder / "__MACOSX/._a.png", 40)
    save(folder / "__MACOSX/a.png", 40)
    save(folder / ".thumbs/a.png", 40)
    with pytest.warns(DatasetWarning, match="no image in the sub-folders empty, logs; they are not classes") as got:
        dataset = load(folder)
    assert len(got) == 1
    assert Path(got[0].filename).name == "flat_images.py"  # the line that called the loader
    assert dataset.class_counts() == {"elliptical": 1, "spiral": 2}
    assert dataset.table.meta["unlabelled"] == 0


def test_images_one_level_deeper(folder: Path) -> None:
    """Images in folders inside of a class count for the class."""
    (folder / "lenticular").mkdir()
    save(folder / "lenticular/batch1/x.png", 40)
    save(folder / "spiral/batch1/a.png", 50)
    dataset = load(folder)
    assert dataset.class_counts() == {"elliptical": 1, "lenticular": 1, "spiral": 3}
    assert list(dataset.table["path"])[1:3] == ["lenticular/batch1/x.png", "spiral/a.png"]


@pytest.mark.parametrize("parts", [("train", "test"), ("Training", "Validation", "Test"), ("SDSS", "DES"), ("images",)])
def test_classes_one_level_deeper(tmp_path: Path, parts: tuple[str, ...]) -> None:
    """Folders above those of the classes are not taken for classes, unless they are asked for."""
    for number, (part, name) in enumerate((part, name) for part in parts for name in ("E", "S")):
        (tmp_path / part).mkdir(exist_ok=True)
        save(tmp_path / part / name / "a.png", 30 + number)
    first = sorted(parts)[0]
    with pytest.raises(
        DatasetError, match=rf"for each class, got {first}.*, which hold the folders E, S; load .*{first}'"
    ):
        load(tmp_path)
    assert load(tmp_path / first).class_counts() == {"E": 1, "S": 1}
    if len(parts) > 1:
        assert len(load(tmp_path, classes=sorted(parts))) == 2 * len(parts)


def test_parts_without_classes(tmp_path: Path) -> None:
    """Images directly in train and test have no class at all."""
    save(tmp_path / "train/a.png", 30)
    save(tmp_path / "test/b.png", 40)
    with pytest.raises(DatasetError, match="got test, train, which are no classes; load each of them"):
        load(tmp_path)


def test_nothing_to_read(tmp_path: Path) -> None:
    """If no sub-folder holds an image, the error names them."""
    (tmp_path / "E").mkdir()
    with pytest.raises(
        DatasetError, match=r"expected one sub-folder for each class, none of E holds an image; give labels="
    ):
        load(tmp_path)


def test_other_formats(folder: Path) -> None:
    """Pictures in formats that are not read are counted and named; other files are not."""
    for name in ("c.webp", "d.npy", "notes.txt"):
        (folder / "spiral" / name).touch()
    with pytest.warns(SkippedImagesWarning, match=r"2 files are in formats that are not read \(c\.webp, d\.npy\)"):
        assert len(load(folder)) == 3


def test_a_folder_for_each_galaxy(tmp_path: Path) -> None:
    """A sub-folder for each galaxy is not a class for each galaxy."""
    for number in range(12):
        save(tmp_path / f"NGC {number}/r.png", 30 + number)
    with pytest.raises(DatasetError, match=r"got 12 different ones for 12 images .*; if each sub-folder is one galaxy"):
        load(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load(tmp_path, labels={f"NGC {n}/r": "ES"[n % 2] for n in range(12)})) == 12
