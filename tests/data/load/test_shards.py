"""Loads that are interrupted: what was made is kept, and the data set is that of a load that was not."""

import json
import os
import random
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from flat_images import Corner, load, save
from PIL import Image

from galmorph.data import Dataset, build_dataset, load_galaxy_zoo_2
from galmorph.data._load import load_options, shards
from galmorph.errors import (
    DatasetError,
    FileFormatError,
    PoorImageError,
    SkippedImagesWarning,
    UnreadableImageError,
)
from galmorph.types import GalaxyImage, Stamp

IMAGES = 23


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes of images, of which two are damaged and one is a copy."""
    folder = tmp_path / "images"
    for number in range(IMAGES):
        (folder / f"c{number % 2}").mkdir(parents=True, exist_ok=True)
        save(folder / f"c{number % 2}" / f"{number:02d}.png", 3 * number + 1)
    (folder / "c0/04.png").write_bytes(b"<html>")
    (folder / "c1/19.png").write_bytes(b"")
    save(folder / "c0/22.png", 1)
    return folder


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make shards of five files."""
    monkeypatch.setattr(shards, "_FILES", 5)


class Counting(Corner):
    """A recipe that counts its images, and can be interrupted."""

    def __init__(self, stop_at: int = 0, side: int = 4) -> None:
        super().__init__(side)
        self.names: list[str] = []
        self._stop_at = stop_at

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Count."""
        self.names.append(image.name)
        if len(self.names) == self._stop_at:
            raise KeyboardInterrupt
        return super().__call__(image)


def quiet(folder: Path, **options: Any) -> Dataset:
    """Load without the warning that images were left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkippedImagesWarning)
        return load(folder, **{"workers": 1} | options)


def same(one: Dataset, other: Dataset) -> bool:
    """Whether everything of two data sets is the same, to the last bit."""
    assert one.fingerprint() == other.fingerprint()
    assert one.table.meta == other.table.meta
    assert one.table.colnames == other.table.colnames
    for name in one.table.colnames:
        np.testing.assert_array_equal(one.table[name], other.table[name], strict=True)
    return one.recipe == other.recipe


# Killed


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="uses fork and SIGKILL")
@pytest.mark.parametrize(("workers", "kills"), [(1, 12), pytest.param(2, 60, marks=pytest.mark.trial)])
def test_kills_change_nothing(tmp_path: Path, workers: int, kills: int) -> None:
    """However often it is killed, a load loses no shard that is complete, and ends with the same bits."""
    folder, into = tmp_path / "images", tmp_path / "shards"
    for number in range(IMAGES):
        (folder / f"c{number % 2}").mkdir(parents=True, exist_ok=True)
        pixels = np.full((4, 4), number, np.uint8)
        Image.fromarray(pixels + np.arange(16, dtype=np.uint8).reshape(4, 4)).save(
            folder / f"c{number % 2}/{number}.png"
        )
    script = Path(__file__).with_name("shards_process.py")
    command = [sys.executable, "-W", "ignore", str(script), str(folder), str(into), str(workers)]
    moments = random.Random(1)  # noqa: S311 (no secret)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def run(operation: int) -> tuple[int, set[str]]:
            print(operation, file=process.stdin, flush=True)
            code, *names = process.stdout.readline().split()
            return int(code), {name for name in names if name.endswith(".json")}

        killed, complete = 0, set()
        while killed < kills:
            code, found = run(moments.randrange(1, 60))
            assert code in (0, -9)
            assert complete <= found
            complete = found
            killed += code == -9
            if code == 0:
                for path in into.iterdir():
                    path.unlink()
                complete = set()
        assert run(0)[0] == 0
    assert not list(into.glob(".*.npy*"))

    sys.path.insert(0, str(script.parent))
    try:
        import shards_process
    finally:
        sys.path.remove(str(script.parent))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resumed = shards_process.load(str(folder), str(into), workers)
        whole = shards_process.load(str(folder), None, 1)
    assert same(whole, resumed)
    assert 0 < len(whole) < IMAGES


# Interrupted


def complete(into: Path) -> int:
    """Count the complete shards in a folder."""
    return len(list(into.glob("0*.json")))


def test_a_second_run_makes_only_what_is_missing(images: Path, tmp_path: Path) -> None:
    """A load that was interrupted has some shards; the next one makes the others, and a third one none."""
    every = Counting()
    whole = quiet(images, recipe=every)
    with pytest.raises(KeyboardInterrupt):
        quiet(images, recipe=Counting(stop_at=20), shards=tmp_path / "shards")
    kept = complete(tmp_path / "shards")
    assert 2 <= kept <= 4
    recipe = Counting()
    resumed = quiet(images, recipe=recipe, shards=tmp_path / "shards")
    assert recipe.names == every.names[5 * kept - 1 :]  # one of the first ten files is damaged
    assert same(whole, resumed)
    recipe = Counting()
    assert same(whole, quiet(images, recipe=recipe, shards=tmp_path / "shards"))
    assert recipe.names == []


def test_workers_agree(images: Path, tmp_path: Path) -> None:
    """Shards that threads made are those that one thread made, byte for byte."""
    with ThreadPoolExecutor(3) as threads:
        quiet(images, workers=threads, shards=tmp_path / "several")
    quiet(images, shards=tmp_path / "one")
    for path in (tmp_path / "one").glob("*[0-9].*"):
        assert path.read_bytes() == (tmp_path / "several" / path.name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == [
        *(f"00000{number}.{ending}" for number in range(5) for ending in ("json", "npy")),
        "shards.json",
    ]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_floats_keep_their_bits(images: Path, tmp_path: Path, dtype: str) -> None:
    """Stamps of other dtypes come back as they were."""
    options = {"dtype": dtype, "recipe": Corner(scale=777.0)}
    quiet(images, shards=tmp_path / "shards", **options)
    assert same(quiet(images, **options), quiet(images, shards=tmp_path / "shards", **options))


def test_errors_keep_their_class(images: Path, tmp_path: Path) -> None:
    """What a file lacked is raised, if that is asked for later, with the same class and message."""
    quiet(images, shards=tmp_path / "shards")
    with pytest.raises(UnreadableImageError, match=r"04\.png: expected a FITS") as kept:
        quiet(images, shards=tmp_path / "shards", on_error="raise")
    with pytest.raises(UnreadableImageError) as fresh:
        quiet(images, on_error="raise")
    assert str(kept.value) == str(fresh.value)
    save(images / "c0/04.png", 255)
    quiet(images, shards=tmp_path / "shards")
    with pytest.raises(PoorImageError, match=r"04\.png: too bright"):
        quiet(images, shards=tmp_path / "shards", on_error="raise")


def test_changed_files_are_read_again(images: Path, tmp_path: Path) -> None:
    """If a file was replaced, appeared or is gone, its shard is made again, and no other."""
    quiet(images, shards=tmp_path / "shards")
    save(images / "c0/04.png", 200)
    (images / "c1/01.png").unlink()
    save(images / "c1/01.png", 99, (7, 7))
    recipe = Counting()
    again = quiet(images, recipe=recipe, shards=tmp_path / "shards")
    assert recipe.names == ["00", "02", "04", "06", "08", "20", "22", "01", "03", "05"]
    assert same(quiet(images), again)
    assert len(again) == 22


def test_a_shard_without_any_stamp(images: Path, tmp_path: Path) -> None:
    """A shard may hold errors only."""
    for number in (0, 2, 6, 8):
        (images / f"c0/{number:02d}.png").write_bytes(b"")
    quiet(images, shards=tmp_path / "shards")
    assert not (tmp_path / "shards/000000.npy").exists()
    assert same(quiet(images), quiet(images, shards=tmp_path / "shards"))


# All loaders


def test_galaxy_zoo_and_catalogue(tmp_path: Path) -> None:
    """Each loader resumes, and keeps its stamps in a file on request."""
    names = [str(100 + number) for number in range(24)]
    for number, name in enumerate(names):
        save(tmp_path / "images" / f"{name}.png", 10 * number)
    labels = dict(zip(names, ["spiral", "edge_on"] * 12, strict=True))
    catalogue = Table({"name": names, "morphology": ["E", "Sb"] * 12})
    manifest = Table({"name": names, "file": [f"{name}.png" for name in names], "state": ["done"] * 24})

    def galaxy_zoo(**options: Any) -> Dataset:
        return load_galaxy_zoo_2(tmp_path / "images", labels, recipe=recipe, progress=False, workers=1, **options)

    def build(**options: Any) -> Dataset:
        usual = {"scheme": "early-late", "manifest": manifest, "progress": False, "workers": 1, "recipe": recipe}
        return build_dataset(catalogue, tmp_path / "images", **usual | options)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for loader in (galaxy_zoo, build):
            into, path = tmp_path / f"{loader.__name__}-shards", tmp_path / f"{loader.__name__}.npy"
            recipe = Counting()
            whole = loader()
            recipe = Counting(stop_at=22)
            with pytest.raises(KeyboardInterrupt):
                loader(shards=into, stamps=path)
            assert not path.exists()
            kept = complete(into)
            recipe = Counting()
            resumed = loader(shards=into, stamps=path)
            assert kept > 0
            assert recipe.names == names[5 * kept :]
            assert same(whole, resumed)
            assert isinstance(resumed.stamps, np.memmap)
            np.testing.assert_array_equal(np.load(path), whole.stamps)


def test_many_stamps_of_a_read_only_folder(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stamps too many for memory go to the images, to the shards, or to the temporary files: where one may write."""
    usual = quiet(images)
    monkeypatch.setattr(load_options, "_IN_MEMORY", 100)
    places: list[Path | None] = []
    temporary = load_options.stamp_file

    def noted(folder: Path | None, path: Any) -> Any:
        places.append(folder)
        return temporary(folder, path)

    monkeypatch.setattr(load_options, "stamp_file", noted)
    for options in ({}, {"shards": tmp_path / "shards"}):
        mapped = quiet(images, **options)
        assert isinstance(mapped.stamps, np.memmap)
        assert same(usual, mapped)
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write anywhere
    assert same(usual, quiet(images))
    assert places == [images, tmp_path / "shards", None]


# Refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": Corner(3)}, r"shards\.json: holds stamps of another recipe: corner 4, not 3; use another folder"),
        ({"dtype": "float16"}, r"holds stamps of dtype 'uint8', not 'float16'; use another folder, or delete this one"),
        ({"labels": {"c0/00": "a", "c1/01": "b"}}, "holds stamps of files 23, not 2; use another folder"),
    ],
    ids=["recipe", "dtype", "files"],
)
def test_other_work_is_refused(images: Path, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """A folder is for one recipe, one dtype and one list of files."""
    quiet(images, shards=tmp_path / "shards")
    before = {path: path.read_bytes() for path in (tmp_path / "shards").iterdir()}
    with pytest.raises(FileFormatError, match=message):
        quiet(images, shards=tmp_path / "shards", **options)
    assert {path: path.read_bytes() for path in (tmp_path / "shards").iterdir()} == before


def test_other_files_are_refused(images: Path, tmp_path: Path) -> None:
    """As many files of other names are other files; another version of galmorph may make other stamps."""
    into = tmp_path / "shards"
    quiet(images, shards=into)
    (images / "c0/00.png").rename(images / "c0/0.png")
    with pytest.raises(FileFormatError, match=r"shards\.json: holds stamps of other files; use another folder"):
        quiet(images, shards=into)
    (images / "c0/0.png").rename(images / "c0/00.png")
    header = json.loads((into / "shards.json").read_text())
    (into / "shards.json").write_text(json.dumps(header | {"galmorph": "0.0.1"}))
    with pytest.raises(FileFormatError, match=r"holds stamps of galmorph '0\.0\.1', not '"):
        quiet(images, shards=into)
    (into / "shards.json").write_text("[1")
    with pytest.raises(FileFormatError, match=r"shards\.json: expected a description of shards, but it can't be read"):
        quiet(images, shards=into)


@pytest.mark.parametrize("name", ["000001.json", "000001.npy"])
def test_damage_is_refused(images: Path, tmp_path: Path, name: str) -> None:
    """A file that has lost its end, or a bit, is named; deleting the shard repairs it."""
    into = tmp_path / "shards"
    whole = quiet(images, shards=into)
    content = bytearray((into / name).read_bytes())
    for damaged in (content[:-7], b"", content[:-1] + bytes([content[-1] ^ 1])):
        (into / name).write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"000001\.json: expected a shard .*; delete this file"):
            quiet(images, shards=into)
    (into / name).unlink()
    if name.endswith("npy"):
        with pytest.raises(FileFormatError, match=r"can't be read .*No such file"):
            quiet(images, shards=into)
        (into / "000001.json").unlink()
    assert same(whole, quiet(images, shards=into))


def test_one_run_at_a_time(images: Path, tmp_path: Path) -> None:
    """A second run in the same folder is refused while the first one works."""

    class Greedy(Corner):
        def __call__(self, image: GalaxyImage) -> Stamp:
            with pytest.raises(BlockingIOError, match="another run is working here; wait until it ends"):
                quiet(images, shards=tmp_path / "shards")
            return super().__call__(image)

    assert len(quiet(images, recipe=Greedy(), shards=tmp_path / "shards")) == 21


def test_shapes_differ(images: Path, tmp_path: Path) -> None:
    """Grey and coloured stamps don't mix, within a shard and between two."""
    save(images / "c1/21.png", 40, (6, 5, 3))
    with pytest.raises(DatasetError, match=r"21\.png: got a stamp of shape \(4, 4, 3\).*\(4, 4, 1\); set the recipe's"):
        quiet(images, shards=tmp_path / "shards")
    assert not (tmp_path / "shards/000004.json").exists()
