"""A folder of images: which files a name stands for, and that no name leads out."""

from pathlib import Path

import pytest
from flat_images import save

from galmorph.data._images.folder import ImageFolder
from galmorph.errors import DatasetError


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three images, two of them with the same name but for the extension, one in a sub-folder; and other files."""
    for name in ("a.png", "a.tif", "b.png", "deep/c.png"):
        save(tmp_path / name, 10)
    (tmp_path / ".hidden.png").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".cache").mkdir()
    return tmp_path


def test_listing(images: Path) -> None:
    """Images and sub-folders are listed by name, without hidden and other files; each listed image counts as seen."""
    folder = ImageFolder(images)
    assert folder.seen() == 0
    assert folder.images() == [images / "a.png", images / "a.tif", images / "b.png"]
    assert folder.sub_folders() == ["deep"]
    assert folder.images("deep") == [images / "deep/c.png"]
    assert folder.seen() == 4


def test_find(images: Path) -> None:
    """A name with or without extension finds its image, in a sub-folder too; any other name finds none."""
    folder = ImageFolder(images)
    assert folder.find("b") == folder.find("b.png") == images / "b.png"
    assert folder.find("deep/c") == images / "deep/c.png"
    assert [folder.find(name) for name in ("c", "b.jpg", "notes", "notes.txt", "nowhere/c")] == [None] * 5


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that does not exist, and a file in its place, are refused."""
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        with pytest.raises(DatasetError, match=f"{name}: expected a folder of images"):
            ImageFolder(tmp_path / name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "/etc/passwd", "C:\\b.png", "b\0"])
def test_names_stay_inside(images: Path, name: str) -> None:
    """No name leads out of the folder."""
    with pytest.raises(DatasetError, match="leads out of it"):
        ImageFolder(images).find(name)


def test_ambiguous_name(images: Path) -> None:
    """A name without extension that fits two files is refused; with the extension it is clear."""
    folder = ImageFolder(images)
    with pytest.raises(DatasetError, match=r"'a' may be a\.png or a\.tif; write the name with its extension"):
        folder.find("a")
    assert folder.find("a.tif") == images / "a.tif"
