"""Stamps from files: their pixels, groups of equal ones, and the table of what was measured."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from flat_images import Corner, load, save
from PIL import Image

from galmorph.data import Dataset, load_image_folder
from galmorph.errors import DatasetError, DatasetWarning, MismatchWarning, SkippedImagesWarning
from galmorph.preprocessing import DAI_TONG, Recipe, Stretch


def test_table(folder: Path) -> None:
    """The table holds what the recipe measured, with units and descriptions."""
    table = load(folder).table
    expected = {
        "x": 1, "y": 2, "radius": 3, "axis_ratio": 0.5, "angle": 30, "signal_to_noise": 20, "diameter": 6,
        "bad_fraction": 0.1, "truncation": 0.2,
    }  # fmt: skip
    assert table.colnames == [
        "name", "path", "class", "pixel_scale", "bands", "linear", "format", "channels", "width", "height",
        *expected, "note",
    ]  # fmt: skip
    assert [table[name][0] for name in ("format", "channels", "width", "height")] == ["PNG", 1, 5, 6]
    assert {name: table[name][0] for name in expected} == expected
    assert np.isnan(table["pixel_scale"]).all()
    assert table["linear"].dtype == bool
    assert not table["linear"].any()  # PNGs
    assert list(table["note"]) == [""] * len(table)
    assert {name: str(table[name].unit) for name in ("x", "radius", "diameter", "angle", "pixel_scale")} == {
        "x": "pix", "radius": "pix", "diameter": "pix", "angle": "deg", "pixel_scale": "arcsec",
    }  # fmt: skip
    assert all(table[name].description for name in table.colnames)


def test_quantised(folder: Path) -> None:
    """Stored stamps are uint8, rounded to the nearest of 256 levels, or floats."""
    exact = load(folder, recipe=Corner(scale=1000.0), dtype="float32").stamps
    assert exact.dtype == np.float32
    np.testing.assert_array_equal(exact[:, 0, 0, 0], np.array([30, 10, 20], np.float32) / np.float32(1000))
    half = load(folder, recipe=Corner(scale=1000.0), dtype="float16").stamps
    np.testing.assert_array_equal(half, exact.astype(np.float16), strict=True)
    rounded = load(folder, recipe=Corner(scale=1000.0)).stamps
    assert rounded.dtype == np.uint8
    np.testing.assert_array_equal(rounded[:, 0, 0, 0], [8, 3, 5])  # 7.65, 2.55, 5.10


def test_groups(folder: Path) -> None:
    """Rows with the same stamp share a group, whatever their folders and names."""
    save(folder / "elliptical/z.png", 20)
    groups = load(folder).groups
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3


def test_contradictions(folder: Path) -> None:
    """One picture in two classes is a fault of the labels, and both files are named."""
    picture = Image.fromarray(40 + np.arange(30, dtype=np.uint8).reshape(6, 5))
    for name in ("elliptical/y.png", "spiral/y.png"):
        picture.save(folder / name)
    with pytest.warns(
        DatasetWarning, match=r"same stamp .* elliptical/y\.png \(elliptical\) and spiral/y\.png \(spiral\)"
    ):
        load(folder)


def test_channels_differ(folder: Path) -> None:
    """Grey and coloured stamps don't mix; the error says what to set."""
    save(folder / "spiral/c.png", 40, (6, 5, 3))
    with pytest.raises(
        DatasetError, match=r"c\.png: got a stamp of shape \(4, 4, 3\).*\(4, 4, 1\); set the recipe's channels"
    ):
        load(folder)


@pytest.mark.parametrize("scale", [10.0, -255.0])
def test_out_of_range(folder: Path, scale: float) -> None:
    """A recipe that breaks its promise of 0 to 1 is found out before anything is rounded."""
    with pytest.raises(DatasetError, match=r"expected stamps between 0 and 1, got .*; check the recipe"):
        load(folder, recipe=Corner(scale=scale))


def test_levels_that_do_not_fit_are_said(tmp_path: Path) -> None:
    """Levels for grey values up to 255 make 16-bit pictures white and faint fluxes black; found levels fit both."""
    y, x = np.indices((64, 64)) - 31.5
    light = np.exp(-np.hypot(x, y / 0.6) / 6) + np.random.default_rng(0).normal(0.05, 0.005, (64, 64))
    for name in ("bright", "faint", "right"):
        (tmp_path / name).mkdir()
    Image.fromarray((20_000 * light).astype(np.uint16)).save(tmp_path / "bright" / "a.png")
    Image.fromarray((150 * light).astype(np.uint8)).save(tmp_path / "right" / "c.png")
    fits.writeto(tmp_path / "faint" / "b.fits", (2 * light).astype(np.float32))

    def load_with(recipe: Recipe) -> Dataset:
        return load_image_folder(tmp_path, recipe=recipe, progress=False)

    with pytest.warns(
        MismatchWarning,
        match=r"2 of 3 stamps are nearly black or white: bright/a\.png \(white\), faint/b\.fits \(black\); the recipe's"
        r" levels don't fit these images: let it find them for each image, with Stretch\(black=None, white=None\)",
    ) as caught:
        load_with(DAI_TONG)
    assert [warning.filename for warning in caught] == [__file__]
    assert len(load_with(Recipe(size=64, channels=3, stretch=Stretch(black=None, white=None)))) == 3


def test_stamps_without_measurement_are_counted(tmp_path: Path) -> None:
    """A frame of which half is missing is kept, and said; a large hole in the galaxy is refused."""
    y, x = np.indices((64, 64)) - 31.5
    for number, name in enumerate(("whole", "half", "hole")):
        pixels = 50 * np.exp(-np.hypot(x, y / 0.6) / 6) + np.random.default_rng(number).normal(0, 1, (64, 64))
        pixels[:, :32] = np.nan if name == "half" else pixels[:, :32]
        pixels[22:42, 20:44] = np.nan if name == "hole" else pixels[22:42, 20:44]
        (tmp_path / "ES"[number % 2]).mkdir(exist_ok=True)
        fits.writeto(tmp_path / "ES"[number % 2] / f"{name}.fits", pixels.astype(np.float32))
    with (
        pytest.warns(SkippedImagesWarning, match=r"1 of 3 .*hole\.fits.* is a hole without measurement, at most 25%"),
        pytest.warns(
            DatasetWarning, match=r"^half or more of 1 of 2 stamps has no measurement .* S/half\.fits \(50 %\)"
        ),
    ):
        dataset = load_image_folder(tmp_path, recipe=DAI_TONG, progress=False, workers=1)
    assert dataset.table["bad_fraction"].tolist() == [0.0, 0.5]
