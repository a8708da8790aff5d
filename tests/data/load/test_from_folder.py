"""load_image_folder and stamps_from_files: order, left_out of what is left out, and labels that don't fit."""

import pickle
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from galmorph.data import FileStamp, load_image_folder, stamps_from_files
from galmorph.errors import (
    DatasetError,
    ImageError,
    InvalidValueError,
    PoorImageError,
    SkippedImagesWarning,
    UnreadableImageError,
)
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp


class Corner:
    """The upper left corner as a stamp; images whose first pixel is 255 are too poor."""

    def __init__(self, scale: float = 255.0) -> None:
        self.scale = scale

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Cut out 4 x 4 pixels."""
        if image.pixels[0, 0, 0] == 255:
            raise PoorImageError("too bright")
        galaxy = Galaxy(x=1.0, y=2.0, radius=3.0, axis_ratio=0.5, angle=30.0)
        quality = Quality(signal_to_noise=20.0, diameter=6.0, bad_fraction=0.1, truncation=0.2)
        return Stamp(pixels=image.pixels[:4, :4] / np.float32(self.scale), galaxy=galaxy, quality=quality)

    def to_dict(self) -> dict[str, Any]:
        """Describe the cut."""
        return {"corner": 4}


class Lazy(Executor):
    """An executor that works only when a result is asked for, on pickled copies, and counts what is in flight."""

    def __init__(self) -> None:
        self.submitted = self.taken = self.most = self.cancelled = 0

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Promise a result."""
        self.submitted += 1
        self.most = max(self.most, self.submitted - self.taken)
        content = pickle.dumps((function, args, kwargs))
        owner = self

        class Later(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:  # noqa: ARG002  (it never waits)
                owner.taken += 1
                function, args, kwargs = pickle.loads(content)  # noqa: S301  (our own)
                return pickle.loads(pickle.dumps(function(*args, **kwargs)))  # noqa: S301

            def cancel(self) -> bool:
                owner.cancelled += 1
                return True

        return Later()


def save(path: Path, level: int, shape: tuple[int, ...] = (6, 5)) -> Path:
    """Write a flat grey or coloured PNG."""
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full(shape, level, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images of two classes in sub-folders."""
    save(tmp_path / "spiral/b.png", 20)
    save(tmp_path / "spiral/a.png", 10)
    save(tmp_path / "elliptical/a.png", 30)
    return tmp_path


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Four images, not sorted by class."""
    for number, name in enumerate(["a", "b", "c", "d"]):
        save(tmp_path / f"{name}.png", 10 * number)
    return tmp_path


def load(folder: Path, **options: Any) -> Any:
    """Load without a progress bar."""
    return load_image_folder(folder, **{"recipe": Corner(), "progress": False} | options)


# Sub-folders


def test_sub_folders(folder: Path) -> None:
    """A sub-folder is a class; classes and files are sorted by name; hidden and other files are passed over."""
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
    assert dataset.table.meta == {"skipped": [], "unlabelled": 0, "no_class": 0}


def test_class_order(folder: Path) -> None:
    """Classes stand in the order asked for, even those without an image."""
    dataset = load(folder, classes=["spiral", "merger", "elliptical"])
    assert dataset.class_counts() == {"spiral": 2, "merger": 0, "elliptical": 1}
    np.testing.assert_array_equal(dataset.labels, [2, 0, 0])


def test_table(folder: Path) -> None:
    """What the recipe measured stands in the table, with units and descriptions."""
    table = load(folder).table
    expected = {
        "x": 1, "y": 2, "radius": 3, "axis_ratio": 0.5, "angle": 30, "signal_to_noise": 20, "diameter": 6,
        "bad_fraction": 0.1, "truncation": 0.2,
    }  # fmt: skip
    assert table.colnames == ["name", "path", "class", "pixel_scale", "bands", *expected]
    assert {name: table[name][0] for name in expected} == expected
    assert np.isnan(table["pixel_scale"]).all()
    assert {name: str(table[name].unit) for name in ("x", "radius", "angle", "pixel_scale")} == {
        "x": "pix", "radius": "pix", "angle": "deg", "pixel_scale": "arcsec",
    }  # fmt: skip
    assert all(table[name].description for name in table.colnames)


def test_unlabelled(folder: Path) -> None:
    """Images beside the sub-folders have no label, and are counted."""
    save(folder / "stray.png", 40)
    dataset = load(folder)
    assert (len(dataset), dataset.table.meta["unlabelled"]) == (3, 1)


def test_quantised(folder: Path) -> None:
    """Stamps are uint8 at rest, rounded to the nearest of 256 levels, or floats."""
    exact = load(folder, recipe=Corner(scale=1000.0), dtype="float32").stamps
    assert exact.dtype == np.float32
    np.testing.assert_array_equal(exact[:, 0, 0, 0], np.array([30, 10, 20], np.float32) / np.float32(1000))
    half = load(folder, recipe=Corner(scale=1000.0), dtype="float16").stamps
    np.testing.assert_array_equal(half, exact.astype(np.float16), strict=True)
    rounded = load(folder, recipe=Corner(scale=1000.0)).stamps
    assert rounded.dtype == np.uint8
    np.testing.assert_array_equal(rounded[:, 0, 0, 0], [8, 3, 5])  # 7.65, 2.55, 5.10


def test_groups(folder: Path) -> None:
    """Rows with the same stamp share a group, in whatever folder and under whatever name."""
    save(folder / "elliptical/z.png", 20)
    groups = load(folder).groups
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3


def test_bad_folders(tmp_path: Path, folder: Path) -> None:
    """A missing folder, one without sub-folders and unexpected classes are told apart."""
    with pytest.raises(DatasetError, match="none: expected a folder of images"):
        load(tmp_path / "none")
    with pytest.raises(DatasetError, match="expected one sub-folder a class, got none; give labels="):
        load(folder / "spiral")
    with pytest.raises(DatasetError, match="expected the classes spiral; got elliptical too"):
        load(folder, classes=["spiral"])


@pytest.mark.parametrize(("option", "value"), [("on_error", "ignore"), ("dtype", "int8")])
def test_bad_options(folder: Path, option: str, value: str) -> None:
    """Options have few values."""
    with pytest.raises(InvalidValueError, match=f"{option}: expected one of .*, got '{value}'"):
        load(folder, **{option: value})


# Images that can't become stamps


def test_skipped(folder: Path) -> None:
    """Broken and poor images are left out with one warning; all of them stand in the table's left_out."""
    (folder / "spiral/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    save(folder / "spiral/bright.png", 255)
    with pytest.warns(
        SkippedImagesWarning, match=r"2 of 5 labelled images left out: .*bright\.png: too bright; .*"
    ) as got:
        dataset = load(folder)
    assert len(got) == 1
    assert got[0].filename == __file__ or "jaxtyping" in got[0].filename
    assert len(dataset) == 3
    skipped = dataset.table.meta["skipped"]
    assert [entry["path"] for entry in skipped] == ["spiral/bright.png", "spiral/broken.png"]
    assert "too bright" in skipped[0]["reason"]
    assert "cut short" in skipped[1]["reason"]


def test_raise(folder: Path) -> None:
    """On request the first bad image stops the work, by its own error and with the file's name."""
    save(folder / "spiral/bright.png", 255)
    with pytest.raises(PoorImageError, match=r"spiral.bright\.png: too bright"):
        load(folder, on_error="raise")


def test_raise_cancels(tmp_path: Path) -> None:
    """The error of one image cancels the work on the others."""
    for number in range(400):
        save(tmp_path / f"x/{number:03}.png", 255)
    lazy = Lazy()
    with pytest.raises(PoorImageError, match=r"000\.png: too bright"):
        load(tmp_path, on_error="raise", executor=lazy)
    assert lazy.submitted - lazy.taken == lazy.cancelled > 0


def test_nothing_left(tmp_path: Path) -> None:
    """A data set without images is none."""
    save(tmp_path / "spiral/bright.png", 255)
    with pytest.raises(DatasetError, match=r"no image is left.* 1 of 1 labelled images left out: .*too bright"):
        load(tmp_path)


def test_channels_differ(folder: Path) -> None:
    """Grey and coloured stamps don't mix; the error says what to set."""
    save(folder / "spiral/c.png", 40, (6, 5, 3))
    with pytest.raises(
        DatasetError, match=r"c\.png: got a stamp of shape \(4, 4, 3\).*\(4, 4, 1\); set the recipe's channels"
    ):
        load(folder)


@pytest.mark.parametrize("scale", [10.0, -255.0, float("nan")])
def test_out_of_range(folder: Path, scale: float) -> None:
    """A recipe that breaks its promise of 0 to 1 is found out before anything is rounded."""
    with pytest.raises(DatasetError, match=r"expected stamps between 0 and 1, got .*; check the recipe"):
        load(folder, recipe=Corner(scale))


# Labels


def test_labels_table(flat: Path) -> None:
    """Names with or without extension, quotes, comments, more columns and a byte-order mark are read; order is kept."""
    labels = flat / "labels.csv"
    labels.write_text('\ufeffname,type,remark\n# a comment\nd,"dE0,N",x\n\na.png,SB,\nb,,no class\n', "utf-8")
    dataset = load(flat, labels=labels)
    assert dataset.classes == ("SB", "dE0,N")
    assert list(dataset.table["name"]) == ["d", "a"]
    assert list(dataset.table["class"]) == ["dE0,N", "SB"]
    assert dataset.table.meta == {"skipped": [], "unlabelled": 1, "no_class": 1}


def test_labels_mapping(flat: Path) -> None:
    """A mapping does as well."""
    assert load(flat, labels={"b": "x", "a": "y"}).class_counts() == {"x": 1, "y": 1}


def test_labels_in_sub_folders(folder: Path) -> None:
    """A label may name an image in a sub-folder."""
    dataset = load(folder, labels={"spiral/b": "S", "elliptical/a.png": "E"})
    assert list(dataset.table["path"]) == ["spiral/b.png", "elliptical/a.png"]
    assert dataset.table.meta["unlabelled"] == 1


def test_missing_images(flat: Path) -> None:
    """A label without an image is reported like a broken image."""
    labels = {"a": "x", "nowhere": "x"}
    with pytest.warns(SkippedImagesWarning, match="1 of 2 labelled images left out: .*nowhere: no image of this name"):
        dataset = load(flat, labels=labels)
    assert dataset.table.meta["skipped"][0]["path"] == "nowhere"
    with pytest.raises(UnreadableImageError, match="nowhere: no image of this name"):
        load(flat, labels=labels, on_error="raise")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "/etc/passwd", "C:\\b.png", "b\0"])
def test_names_stay_inside(flat: Path, name: str) -> None:
    """No label leads out of the folder."""
    with pytest.raises(DatasetError, match="leads out of it"):
        load(flat, labels={name: "x"})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "got 0 lines"),
        ("name,class\n", "got 1 lines with 2 columns"),
        ("name\na\n", "got 2 lines with 1 columns"),
        ("name,class\na,x\na,y\n", "'a' stands twice, as 'x' and as 'y'"),
        ("name,class\na,x\na.png,y\n", "is named twice, as 'x' and as 'y'"),
        ("name,class\na,dE0,N\n", "expected 2 columns as in the header, got 3 in the row of 'a'; put .* in quotes"),
        ("a.png,x\nb.png,y\n", "expected a header in the first line"),
        ("name,class\nq,x\n", "no image is left; 4 have no label.*1 of 1 labelled images left out"),
        ("name,class\na,\n", "no image is left; 3 have no label, 1 an empty one; check the names"),
        ('name,class\na,"x\n', "expected a readable CSV file"),
    ],
)
def test_bad_labels(flat: Path, text: str, match: str) -> None:
    """Labels that contradict themselves or name nothing are refused with their reason."""
    (flat / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=match):
        load(flat, labels=flat / "labels.csv")


def test_unreadable_labels(flat: Path) -> None:
    """A missing table and one that is no text are refused."""
    (flat / "labels.csv").write_bytes(b"name,class\n\xff\xfe,x\n")
    with pytest.raises(DatasetError, match=r"labels\.csv: expected a readable CSV file in UTF-8"):
        load(flat, labels=flat / "labels.csv")
    with pytest.raises(DatasetError, match="No such file"):
        load(flat, labels=flat / "none.csv")


def test_ambiguous_name(flat: Path) -> None:
    """A name without extension that fits two files is no name; with it, it is."""
    save(flat / "a.tif", 10)
    with pytest.raises(DatasetError, match=r"'a' may be a\.png or a\.tif; write the name with its extension"):
        load(flat, labels={"a": "x"})
    assert len(load(flat, labels={"a.tif": "x"})) == 1


# Many files


def test_executors_agree(tmp_path: Path) -> None:
    """Threads, and an executor on pickled copies, give what this thread gives, in the same order."""
    for number in range(30):
        save(tmp_path / f"{'xy'[number % 2]}/{number}.png", 255 if number == 7 else number)
    with warnings.catch_warnings(), ThreadPoolExecutor(3) as threads:
        warnings.simplefilter("ignore", SkippedImagesWarning)
        here, there, elsewhere = load(tmp_path), load(tmp_path, executor=threads), load(tmp_path, executor=Lazy())
    for other in (there, elsewhere):
        np.testing.assert_array_equal(here.stamps, other.stamps)
        assert list(here.table["path"]) == list(other.table["path"])
        assert here.table.meta == other.table.meta


def test_bounded(tmp_path: Path) -> None:
    """However many files there are, few are in flight, and those left over are cancelled when the caller stops."""
    path = save(tmp_path / "a.png", 1)
    lazy = Lazy()
    results = stamps_from_files([path] * 1000, Corner(), executor=lazy, progress=False)
    assert isinstance(next(results), FileStamp)
    assert lazy.most <= 64
    results.close()
    assert lazy.submitted - lazy.taken == lazy.cancelled > 0


def test_errors_in_place(tmp_path: Path) -> None:
    """A file's error stands in the file's place."""
    path = save(tmp_path / "a.png", 51)
    first, second, third = stamps_from_files([path, tmp_path / "none.png", str(path)], Corner(), progress=False)
    assert isinstance(first, FileStamp)
    assert isinstance(second, ImageError)
    assert isinstance(third, FileStamp)
    assert (first.name, first.path, first.pixel_scale, first.bands) == ("a", path, None, None)
    np.testing.assert_allclose(first.stamp.pixels, 0.2)


def test_one_path(tmp_path: Path) -> None:
    """One path instead of several is a mistake that would be taken for its letters."""
    with pytest.raises(InvalidValueError, match="paths: expected several files, got one"):
        list(stamps_from_files(str(tmp_path), Corner(), progress=False))


def test_recipe_bugs_surface(tmp_path: Path) -> None:
    """An error that is none of an image is not taken for one."""

    class Buggy(Corner):
        def __call__(self, image: GalaxyImage) -> Stamp:
            raise KeyError(f"bug with {image.name}")

    with pytest.raises(KeyError, match="bug"):
        list(stamps_from_files([save(tmp_path / "a.png", 1)], Buggy(), progress=False))


def test_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The progress bar counts images, or is silent."""
    paths = [save(tmp_path / "a.png", 1)] * 5
    list(stamps_from_files(paths, Corner()))
    assert "5/5" in capsys.readouterr().err
    list(stamps_from_files(paths, Corner(), progress=False))
    assert not capsys.readouterr().err
