"""Folders of FITS images: one file a band, chosen HDUs, and what the table and the warnings say of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from galmorph.data import Dataset, load_image_folder
from galmorph.errors import DatasetWarning, FileFormatError, SkippedImagesWarning
from galmorph.preprocessing import FractionCrop, Recipe

RECIPE = Recipe(size=16, channels=3)
Load = Callable[..., Dataset]


def disc(brightness: float, *, seed: int = 0) -> np.ndarray:
    """Draw an exponential disc with noise."""
    y, x = np.indices((64, 64), dtype=np.float32)
    light = brightness * np.exp(-np.hypot(x - 31, (y - 33) / 0.7) / 4)
    return (light + np.random.default_rng(seed).normal(0, 0.02, light.shape)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two spirals in three bands, an elliptical without z, and a file that is no band of any."""
    for galaxy, (name, bands) in enumerate([("spiral/a", "grz"), ("spiral/b", "grz"), ("elliptical/c", "gr")]):
        for number, band in enumerate(bands):
            path = tmp_path / f"{name}_{band}.fits"
            path.parent.mkdir(exist_ok=True)
            fits.writeto(path, disc(1.0 + number, seed=3 * galaxy + number))
    fits.writeto(tmp_path / "spiral/readme.fits", disc(1.0))
    return tmp_path


def load(folder: Path, **options: object) -> Dataset:
    """Load in this thread, without a progress bar."""
    return load_image_folder(folder, **{"recipe": RECIPE, "workers": 1, "progress": False} | options)  # type: ignore[arg-type]


def test_one_file_a_band(folder: Path) -> None:
    """Each galaxy has one row, with its name and the bands of the path; one that lacks a band is left out by name."""
    with (
        pytest.warns(SkippedImagesWarning, match=r"1 of 3 labelled images left out: .*there is no file of z"),
        pytest.warns(DatasetWarning, match="all 2 galaxies are of one class"),
    ):
        dataset = load(folder, files="{name}_{band}.fits")
    table = dataset.table
    assert list(table["name"]) == ["a", "b"]
    assert list(table["path"]) == ["spiral/a_{g,r,z}.fits", "spiral/b_{g,r,z}.fits"]
    assert list(table["bands"]) == ["g/r/z"] * 2
    assert table["linear"].all()
    assert all("z/r/g shown as red/green/blue" in note for note in table["note"])
    assert table.meta["skipped"][0]["name"] == "elliptical/c_{g,r,z}.fits"
    assert table.meta["unmatched"] == 1


def test_bands_are_chosen_in_the_pattern(folder: Path) -> None:
    """With two bands, no galaxy lacks one. A plain pattern takes one band, each file for itself."""
    assert list(load(folder, files="{name}_{r,g}.fits").table["bands"]) == ["r/g"] * 3
    one = load(folder, files="*_r.fits")
    assert list(one.table["path"]) == ["elliptical/c_r.fits", "spiral/a_r.fits", "spiral/b_r.fits"]
    assert one.table.meta["unmatched"] == 6


def test_labels_name_galaxies_and_not_files(folder: Path) -> None:
    """A table of labels has the names of galaxies."""
    dataset = load(folder, files="{name}_{g,r}.fits", labels={"a": "S", "b": "S", "c": "E"})
    assert dict(zip(dataset.table["name"], dataset.table["class"], strict=True)) == {"a": "S", "b": "S", "c": "E"}


def test_shards_know_every_file_of_a_galaxy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A galaxy is made again if the file of one of its bands has changed; other bands are other files."""
    options = {"files": "{name}_{g,r}.fits", "shards": tmp_path_factory.mktemp("shards")}
    before = load(folder, **options)
    np.testing.assert_array_equal(load(folder, **options).stamps, before.stamps)
    fits.writeto(folder / "spiral/a_r.fits", disc(9.0)[:, ::-1], overwrite=True)
    changed = np.any(load(folder, **options).stamps != before.stamps, axis=(1, 2, 3))
    assert changed.tolist() == [False, True, False]
    with pytest.raises(FileFormatError, match="holds stamps of other files"):
        load(folder, **options | {"files": "*_g.fits"})
    with pytest.raises(FileFormatError, match="holds stamps of hdu None, not 0"):
        load(folder, **options, hdu=0)


def test_hdu_and_bands(tmp_path: Path) -> None:
    """What is read from each file can be chosen, and is in the table."""
    for seed, name in enumerate(("E/a.fits", "S/b.fits")):
        (tmp_path / name).parent.mkdir()
        stack = np.stack([disc(1.0, seed=seed), disc(2.0), disc(3.0)])
        fits.HDUList([fits.PrimaryHDU(disc(1.0, seed=seed)), fits.ImageHDU(stack, name="B")]).writeto(tmp_path / name)
    assert list(load(tmp_path, hdu=0).table["bands"]) == ["", ""]
    assert list(load(tmp_path, hdu="B", bands=["g", "r", "i"]).table["bands"]) == ["g/r/i"] * 2


def test_doubtful_frames_are_named(folder: Path) -> None:
    """A map of segments in a folder of galaxies is loaded, but not without a word."""
    y, x = np.indices((64, 64))
    segments = (np.hypot(x - 32, y - 32) < 12).astype(np.int16)
    fits.writeto(folder / "spiral/s_g.fits", segments)
    recipe = Recipe(size=16, channels=1, crop=FractionCrop(1.0))
    with pytest.warns(DatasetWarning, match=r"1 of 4 images look doubtful, the first: spiral/s_g.fits \(only 2 distin"):
        dataset = load(folder, files="*_g.fits", recipe=recipe)
    assert [note.startswith("only 2 distinct values") for note in dataset.table["note"]] == [False, False, False, True]
