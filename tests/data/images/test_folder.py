"""A folder of images: which files a name stands for, and that no name leads out."""

from pathlib import Path

import pytest
from flat_images import save

from galmorph.data._images.folder import ImageFolder
from galmorph.errors import DatasetError, InvalidValueError


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
    """Images and sub-folders are listed by name, without hidden and other files; a tree has those of all folders."""
    folder = ImageFolder(images)
    assert folder.images() == [images / "a.png", images / "a.tif", images / "b.png"]
    assert folder.sub_folders() == ["deep"]
    assert folder.images("deep") == [images / "deep/c.png"]
    assert folder.tree() == [images / name for name in ("a.png", "a.tif", "b.png", "deep/c.png")]
    assert folder.tree("deep") == folder.images("deep")


def test_trees(images: Path) -> None:
    """A tree goes to any depth, but not into hidden folders and __MACOSX, and a link that leads back ends it."""
    save(images / "deep/deeper/d.png", 10)
    save(images / "__MACOSX/a.png", 10)
    save(images / ".cache/a.png", 10)
    (images / "deep/deeper/back").symlink_to(images, target_is_directory=True)
    folder = ImageFolder(images)
    assert folder.sub_folders() == ["deep"]
    assert folder.tree("deep") == [images / "deep/c.png", images / "deep/deeper/d.png"]


def test_unread(images: Path) -> None:
    """Pictures of other formats are known; texts and hidden files are no pictures."""
    for name in ("a.webp", "deep/b.NPY", ".c.gif"):
        (images / name).touch()
    folder = ImageFolder(images)
    assert folder.tree()
    assert folder.unread() == [images / "a.webp", images / "deep/b.NPY"]


def test_find_below(images: Path) -> None:
    """On request a bare name is found in any sub-folder, if only one image has it; here it comes first."""
    save(images / "deep/deeper/b.png", 10)
    save(images / "deep/deeper/c.tif", 10)
    folder = ImageFolder(images)
    assert folder.find("b", below=True) == images / "b.png"
    assert folder.find("c.png", below=True) == images / "deep/c.png"
    assert folder.find("deeper/b", below=True) is None
    assert folder.holds("c")
    assert not folder.holds("../a.png")
    with pytest.raises(
        DatasetError, match=r"'c' may be deep/c\.png or deep/deeper/c\.tif; write the name with its folder"
    ):
        folder.find("c", below=True)


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


def test_bands_in_class_folders(tmp_path: Path) -> None:
    """With a pattern, the images are galaxies with all bands that any has; names find them, and others are listed."""
    for name in ("Sc/M51_g.png", "Sc/M51_r.png", "E/M49_r.png", "E/M49_i.png", "E/M49.png", "Sc/readme.txt", "x.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    folder = ImageFolder(tmp_path, files="{name}_{band}.png")
    m51, m49 = tmp_path / "Sc/M51_{g,r,i}.png", tmp_path / "E/M49_{g,r,i}.png"
    assert folder.tree() == [m49, m51]
    assert folder.images("Sc") == folder.tree("Sc") == [m51]
    assert folder.sub_folders() == ["E", "Sc"]
    assert folder.find("Sc/M51") == folder.find("M51", below=True) == folder.find("Sc/M51_{g,r,i}.png") == m51
    assert folder.find("M51_g.png", below=True) is None
    assert folder.unmatched() == [tmp_path / "E/M49.png", tmp_path / "x.png"]
    assert ImageFolder(tmp_path).unmatched() == []


def test_listed_bands(tmp_path: Path) -> None:
    """A list in the pattern chooses the bands, in its order; what stands beside the band is not of the name."""
    for band in "gri":
        (tmp_path / f"a_{band}_sci.png").touch()
    folder = ImageFolder(tmp_path, files="{name}_{i,g}_sci.png")
    assert folder.images() == [tmp_path / "a_{i,g}_sci.png"]
    assert folder.find("a") == folder.images()[0]
    assert folder.unmatched() == [tmp_path / "a_r_sci.png"]


@pytest.mark.parametrize("files", ["*_r.png", "{name}_r.png"])
def test_one_band_of_several(tmp_path: Path, files: str) -> None:
    """A pattern without bands chooses files."""
    for name in ("a_g.png", "a_r.png", "deep/b_r.png", "a_r.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    folder = ImageFolder(tmp_path, files=files)
    assert folder.tree() == [tmp_path / "a_r.png", tmp_path / "deep/b_r.png"]
    assert folder.find("a_r") == folder.find("a_r.png") == tmp_path / "a_r.png"
    assert folder.find("a_g") is None
    assert folder.find("a") == (tmp_path / "a_r.png" if "name" in files else None)


@pytest.mark.parametrize(
    ("files", "path"), [("{band}/{name}.png", "{g,r}/a.png"), ("{name}/{band}.png", "a/{g,r}.png")]
)
def test_folders_of_bands(tmp_path: Path, files: str, path: str) -> None:
    """Folders that hold the bands of galaxies are not classes, and the galaxy has its own name."""
    for band in "gr":
        file = tmp_path / "Sc" / files.format(name="a", band=band)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    folder = ImageFolder(tmp_path, files=files)
    assert folder.tree() == [tmp_path / "Sc" / path]
    assert folder.sub_folders("Sc") == []
    assert folder.find("Sc/a") == folder.find(f"Sc/{path}") == tmp_path / "Sc" / path
    assert folder.find("a", below=True) == tmp_path / "Sc" / path
    assert folder.unmatched() == []


def test_braces_in_names(images: Path) -> None:
    """Without a pattern, a name with braces is found if any of its files is there; other braces are no name."""
    (images / "M51_g.png").touch()
    folder = ImageFolder(images)
    assert folder.find("M51_{g,r}.png") == images / "M51_{g,r}.png"
    assert folder.find("M52_{g,r}.png") is None
    assert not folder.holds("{.., g}/M51.png")


@pytest.mark.parametrize("files", ["../{name}_{band}.png", "/a_{band}.png", "", "{galaxy}.png"])
def test_wrong_pattern(tmp_path: Path, files: str) -> None:
    """Patterns stay inside of the folder, and know two words."""
    with pytest.raises(InvalidValueError, match=r"expected a pattern inside of the folder|got '\{galaxy\}'"):
        ImageFolder(tmp_path, files=files)


def test_masks_are_no_bands(tmp_path: Path) -> None:
    """A mask beside one galaxy is no band that all others lack; it counts among the files that don't fit."""
    for name in ("A_g", "A_r", "A_mask", "B_g", "B_r"):
        save(tmp_path / f"{name}.png", 1)
    folder = ImageFolder(tmp_path, "{name}_{band}.png")
    assert [path.name for path in folder.images()] == ["A_{g,r}.png", "B_{g,r}.png"]
    assert [path.name for path in folder.unmatched()] == ["A_mask.png"]
