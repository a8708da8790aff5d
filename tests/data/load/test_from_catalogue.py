"""build_dataset: a catalogue and its images to a data set, and a list of what is left out."""

import gc
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from flat_images import Corner

from galmorph.data import Dataset, LeftOut, Morphology, Scheme
from galmorph.data._catalogue.clean import clean
from galmorph.data._load import load_options
from galmorph.data._load.from_catalogue import build_dataset
from galmorph.errors import (
    DatasetError,
    DatasetWarning,
    InvalidValueError,
    SkippedImagesWarning,
    UnreadableImageError,
    UnsuitableImageError,
)


def early_or_late(galaxy: Morphology) -> str | LeftOut:
    """E and S0 are early, all other stages are late."""
    if galaxy.form in ("E", "S0"):
        return "early"
    return LeftOut("no stage") if galaxy.stage is None else "late"


SCHEME = Scheme(name="two", classes=("early", "late"), rule=early_or_late)
SIDE = 16
TYPES = ["E2", "SAB(rs)b", "S0^-", "Sb"]
COUNT = 60


class World:
    """Catalogue, images and manifest of some dozens of galaxies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = [f"NGC {row + 1:04d}" for row in range(COUNT)]
        rng = np.random.default_rng(1)
        self.catalogue = Table(
            {
                "name": np.array(names, "U40"),
                "ra": rng.uniform(0, 360, COUNT),
                "dec": rng.uniform(-60, 60, COUNT),
                "object_type": ["G"] * COUNT,
                "redshift": MaskedColumn(rng.uniform(0, 0.1, COUNT), mask=[row == 0 for row in range(COUNT)]),
                "morphology": [TYPES[row % 4] if row % 3 else "" for row in range(COUNT)],
                "legacy_type": [f"{TYPES[row % 4]:15}LINER" for row in range(COUNT)],
                "requested": ["E;S"] * COUNT,
            },
            meta={"acknowledgement": "thanks", "left_out": {"no name": 5}},
        )
        self.catalogue["ra"].unit = "deg"
        self.stamps = rng.integers(0, 255, (COUNT, 3, SIDE, SIDE), np.uint8)
        files = [f"{name.replace(' ', '_')}.fits" for name in names]
        for file, image in zip(files, self.stamps, strict=True):
            fits.writeto(folder / file, image, fits.Header({"BANDS": "r,g,i"}))
        self.manifest = Table({"name": names, "file": np.array(files, "U40")})
        self.manifest["state"] = np.array(["done"] * COUNT, "U40")
        self.manifest["reason"] = np.array([""] * COUNT, "U40")

    def build(self, **options: Any) -> Dataset:
        """Build without a progress bar."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkippedImagesWarning)
            return self.loud(**options)

    def loud(self, **options: Any) -> Dataset:
        """Build with warnings."""
        usual = {"recipe": Corner(SIDE), "scheme": SCHEME, "manifest": self.manifest, "progress": False}
        return build_dataset(self.catalogue, self.folder, **usual | options)

    def harm(self) -> dict[str, str]:
        """Make galaxies fail in every way; return which, and why."""
        self.catalogue["morphology"][7] = "S?"
        self.catalogue["morphology"][9] = self.catalogue["legacy_type"][9] = ""
        self.manifest["state"][10] = "failed"
        self.manifest["reason"][10] = "no candidate of 3 will do"
        (self.folder / "NGC_0012.fits").unlink()
        (self.folder / "NGC_0013.fits").write_bytes(b"<html>Not found</html>")
        fits.writeto(self.folder / "NGC_0014.fits", np.zeros(100), overwrite=True)
        bright = self.stamps[14].copy()
        bright[0, 0, 0] = 255
        fits.writeto(self.folder / "NGC_0015.fits", bright, overwrite=True)
        self.manifest.remove_row(15)
        return {
            "NGC 0008": "no stage: 'S?'",
            "NGC 0010": "no text",
            "NGC 0011": "no image found: no candidate of 3 will do",
            "NGC 0012": "image missing",
            "NGC 0013": "image unreadable",
            "NGC 0014": "image unsuitable",
            "NGC 0015": "image too poor",
            "NGC 0016": "image not fetched",
        }


@pytest.fixture(scope="module")
def _original(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("images"))


@pytest.fixture
def world(_original: World, tmp_path: Path) -> World:
    """Some dozens of FITS files that a test may change, with their catalogue."""
    copy = object.__new__(World)
    copy.__dict__.update(_original.__dict__)
    copy.folder = tmp_path / "images"
    shutil.copytree(_original.folder, copy.folder)
    copy.catalogue, copy.manifest = _original.catalogue.copy(), _original.manifest.copy()
    return copy


def equal(one: Dataset, other: Dataset) -> bool:
    """Whether everything of two data sets is the same."""
    np.testing.assert_array_equal(one.stamps, other.stamps, strict=True)
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.groups, other.groups)
    assert (one.classes, one.recipe, one.table.meta) == (other.classes, other.recipe, other.table.meta)
    assert one.table.colnames == other.table.colnames
    return one.table.pformat() == other.table.pformat()


def test_build(world: World) -> None:
    """Each galaxy gets its stamp, its class and its row, with all that the catalogue knows."""
    dataset = world.build()
    assert len(dataset) == COUNT
    assert dataset.class_counts() == {"early": COUNT // 2, "late": COUNT // 2}
    np.testing.assert_array_equal(dataset.stamps, world.stamps.transpose(0, 2, 3, 1))
    table = dataset.table
    assert list(table["name"]) == list(world.catalogue["name"])
    assert list(table["type"][:3]) == ["E2             LINER", "SAB(rs)b", "S0^-"]
    assert list(table["class"][:3]) == ["early", "late", "early"]
    assert list(table["path"][:2]) == ["NGC_0001.fits", "NGC_0002.fits"]
    assert table["bands"][0] == "r/g/i"
    assert str(table["ra"].unit) == "deg"
    assert table["redshift"].mask[0]
    assert table.colnames == [
        *world.catalogue.colnames, "type", "path", "class", "pixel_scale", "bands", "linear",
            "format", "channels", "width", "height", "x", "y", "radius",
        "axis_ratio", "angle", "signal_to_noise", "diameter", "bad_fraction", "truncation", "note",
    ]  # fmt: skip
    assert table.meta == {
        "acknowledgement": "thanks", "left_out": {"no name": 5}, "scheme": "two", "skipped": [],
    }  # fmt: skip
    assert dataset.recipe == {"corner": SIDE}


def test_left_out(world: World) -> None:
    """Galaxies that are left out are listed by name with the reason, and counted by reason."""
    reasons = world.harm()
    with pytest.warns(
        SkippedImagesWarning, match=r"6 of 60 galaxies left out because they have no sound image: no image found 1, "
    ) as got:
        dataset = world.loud()
    assert len(got) == 1
    assert got[0].filename == __file__
    assert len(dataset) == COUNT - 8
    assert not set(dataset.table["name"]) & set(reasons)
    meta = dataset.table.meta
    assert [entry["name"] for entry in meta["skipped"]] == list(reasons)
    for entry in meta["skipped"]:
        assert entry["reason"].startswith(reasons[entry["name"]])
    assert meta["left_out"] == {"no name": 5} | {reason.split(":")[0]: 1 for reason in reasons.values()}
    assert "NGC_0013.fits: expected a FITS" in meta["skipped"][4]["reason"]
    assert world.catalogue.meta["left_out"] == {"no name": 5}


def test_classes_without_galaxies(world: World) -> None:
    """Classes of the scheme that no galaxy has are named."""
    with pytest.warns(DatasetWarning, match=r"no galaxy of the class 'Irr': networks can't learn it") as got:
        world.loud(scheme="hubble")
    assert got[0].filename == __file__


def test_executors_agree(world: World) -> None:
    """Threads make the same data set as this thread."""
    world.harm()
    with ThreadPoolExecutor(3) as threads:
        assert equal(world.build(), world.build(workers=threads))


def test_saved(world: World, tmp_path: Path) -> None:
    """The list of what is left out is saved with the data set."""
    world.harm()
    dataset = world.build()
    dataset.save(tmp_path / "saved")
    again = Dataset.load(tmp_path / "saved")
    assert again.table.meta == dataset.table.meta
    assert again.table["redshift"].mask[0]
    assert list(again.table["type"]) == list(dataset.table["type"])


def test_groups(world: World) -> None:
    """Rows that share sky or have equal stamps share a group, directly or through others."""
    world.catalogue["ra"][:4], world.catalogue["dec"][:4] = [0.0, 359.9, 90.0, 180.0], 0.0
    fits.writeto(world.folder / "NGC_0003.fits", world.stamps[0], overwrite=True)
    fits.writeto(world.folder / "NGC_0004.fits", world.stamps[1], overwrite=True)
    assert list(world.build(radius=180.1).groups[:4]) == [0, 0, 0, 0]
    assert list(world.build(radius=10.0).groups[:4]) == [0, 1, 0, 1]
    world.catalogue["diameter"] = 0.1
    world.catalogue["diameter"][:2] = 12.1, 0.0
    assert list(world.build(radius="diameter").groups[:4]) == [0, 0, 0, 0]
    del world.catalogue["ra"]
    assert list(world.build().groups[:4]) == [0, 1, 0, 1]


def test_own_catalogue(world: World) -> None:
    """Names and types are enough; columns of the same name are kept under another one."""
    world.catalogue = Table(
        {"name": ["NGC  0002", "NGC 0001"], "legacy_type": ["Sb", "E"], "radius": [1.0, 2.0], "type": ["a", "b"]}
    )
    table = world.build().table
    assert list(table["path"]) == ["NGC_0002.fits", "NGC_0001.fits"]
    assert list(table["catalogue_radius"]) == [1.0, 2.0]
    assert list(table["catalogue_type"]) == ["a", "b"]
    assert list(table["type"]) == ["Sb", "E"]
    assert list(table["radius"]) == [3.0, 3.0]


def test_raise(world: World) -> None:
    """With on_error="raise" the first unsound or missing image stops the work; types without a class do not."""
    world.catalogue["morphology"][1] = "S?"
    world.manifest["state"][2] = "failed"
    assert len(world.build(on_error="raise")) == COUNT - 2
    fits.writeto(world.folder / "NGC_0014.fits", np.zeros(100), overwrite=True)
    with pytest.raises(UnsuitableImageError, match=r"NGC_0014\.fits"):
        world.build(on_error="raise")
    (world.folder / "NGC_0005.fits").unlink()
    with pytest.raises(UnreadableImageError, match=r"NGC_0005\.fits: no such image; expected what the manifest names"):
        world.build(on_error="raise")


# Stamps in files


def test_stamps_in_a_file(world: World, tmp_path: Path) -> None:
    """Stamps go to the named file on request, of exactly the rows that are left, and the data set maps it."""
    world.harm()
    path = tmp_path / "stamps.npy"
    dataset = world.build(stamps=path)
    assert isinstance(dataset.stamps, np.memmap)
    assert equal(world.build(), dataset)
    np.testing.assert_array_equal(np.load(path), dataset.stamps)
    assert path.stat().st_size == 128 + dataset.stamps.nbytes
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["images", "stamps.npy"]
    with pytest.raises(FileExistsError, match=r"stamps\.npy: exists; delete it"):
        world.build(stamps=path)


def open_files() -> int:
    """Count the open files of this process, if the system can say."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


@pytest.mark.slow
def test_many_stamps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stamps too many for memory go to a file without a name, which disappears with them."""
    usual = world.build(dtype="float16")
    monkeypatch.setattr(load_options, "_IN_MEMORY", 1000)
    before = sorted(world.folder.iterdir())
    gc.collect()  # what other tests left open
    space = open_files()
    dataset = world.build(dtype="float16")
    assert isinstance(dataset.stamps, np.memmap)
    assert equal(usual, dataset)
    assert sorted(world.folder.iterdir()) == before
    part = dataset[[0, 1, 2]]  # copied
    del dataset
    gc.collect()
    np.testing.assert_array_equal(part.stamps, usual.stamps[:3])
    assert open_files() == space


def test_nothing_is_left_behind(world: World, tmp_path: Path) -> None:
    """A build that fails leaves no file."""
    fits.writeto(world.folder / "NGC_0050.fits", np.zeros(100), overwrite=True)
    with pytest.raises(UnsuitableImageError, match="NGC_0050"):
        world.build(on_error="raise", stamps=tmp_path / "stamps.npy")
    assert [entry.name for entry in tmp_path.iterdir()] == ["images"]


def test_full_disk(world: World, tmp_path: Path) -> None:
    """If the disk is full, the build ends with an error and leaves no file."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, usual[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            world.build(stamps=tmp_path / "stamps.npy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [entry.name for entry in tmp_path.iterdir()] == ["images"]


# What is refused


def test_nothing_left(world: World) -> None:
    """If no galaxy is left there is no data set; the error says why they are left out."""
    world.catalogue["legacy_type"] = "?"
    world.catalogue["morphology"] = ["E"] + ["?"] * (COUNT - 1)
    world.manifest["state"][0] = "failed"
    with pytest.raises(DatasetError, match="no galaxy of 60 is left: unparsed 59, no image found 1"):
        world.build()
    world.catalogue = world.catalogue[:0]
    with pytest.raises(DatasetError, match="no galaxy of 0 is left: the catalogue is empty"):
        world.build()


def test_repeated_names(world: World) -> None:
    """A galaxy in two rows would count twice; clean removes one of them."""
    world.catalogue["name"][1] = "NGC  0001"
    with pytest.raises(DatasetError, match=r"got 1 names more than once \('NGC 0001'\); use clean\(catalogue\)"):
        world.build()
    world.catalogue = clean(world.catalogue)
    assert len(world.build()) == COUNT - 1


def test_files_stay_inside(world: World) -> None:
    """No manifest leads out of the directory."""
    world.manifest["file"][0] = "../stamps.fits"
    with pytest.raises(DatasetError, match=r"'../stamps\.fits', which leads out of it"):
        world.build()


def test_bad_arguments(world: World, tmp_path: Path) -> None:
    """Missing columns and folders are named, options have few values."""
    with pytest.raises(InvalidValueError, match="manifest: expected the columns name, file, state; state missing"):
        world.build(manifest=world.manifest["name", "file"])
    with pytest.raises(DatasetError, match="manifest"):  # there is none in the directory
        world.build(manifest=None)
    with pytest.raises(InvalidValueError, match="on_error: expected one of"):
        world.build(on_error="ignore")
    with pytest.raises(InvalidValueError, match="dtype: expected one of"):
        world.build(dtype="int8")
    with pytest.raises(InvalidValueError, match="radius: expected angles"):
        world.build(radius=-1.0)
    with pytest.raises(DatasetError, match="expected a folder of images"):
        build_dataset(world.catalogue, tmp_path / "none", recipe=Corner(SIDE), scheme=SCHEME, manifest=world.manifest)
    with pytest.raises(InvalidValueError, match=r"scheme: expected one of 'hubble'.*, got 'mine'"):
        world.build(scheme="mine")
    del world.catalogue["morphology"], world.catalogue["legacy_type"]
    with pytest.raises(InvalidValueError, match="expected a column morphology or legacy_type"):
        world.build()
    del world.catalogue["name"]
    with pytest.raises(InvalidValueError, match="name missing"):
        world.build()
