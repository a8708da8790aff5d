"""Positions of image files on the sky, and the groups of those that overlap."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from flat_images import Corner, load, save

from galmorph.data import build_dataset, leak_report
from galmorph.errors import ImplausibleWarning

NOISE = np.random.default_rng(0)


def write(path: Path, ra: float | None, dec: float = 0.0, *, side: int = 40, scale: float = 1.0, **more: Any) -> None:
    """Write noise, with coordinates whose reference is the middle of the frame; or without any."""
    path.parent.mkdir(exist_ok=True)
    header = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec}
    header |= {"CRPIX1": (side + 1) / 2, "CRPIX2": (side + 1) / 2, "CDELT1": -scale / 3600, "CDELT2": scale / 3600}
    pixels = NOISE.uniform(60, 200, (side, side)).astype("f4")
    fits.writeto(path, pixels, fits.Header(({} if ra is None else header) | more))


@pytest.fixture
def bands(tmp_path: Path) -> Path:
    """Two galaxies with one file a band, of which one has other pixels, and files without coordinates."""
    for number, ra in enumerate((10.0, 10.5)):
        name = "ES"[number]
        write(tmp_path / name / f"{number}_g.fits", ra)
        write(tmp_path / name / f"{number}_r.fits", ra + 2 / 3600, side=20, scale=2.0)
    write(tmp_path / "S" / "nowhere.fits", None)
    save(tmp_path / "S" / "picture.png", 20)
    return tmp_path


def test_bands_of_a_galaxy_share_a_group(bands: Path) -> None:
    """Files that overlap on the sky share a group; files without coordinates, and pictures, have their own."""
    dataset = load(bands)
    table = dataset.table
    assert table["name"].tolist() == ["0_g", "0_r", "1_g", "1_r", "nowhere", "picture"]
    assert dataset.groups.tolist() == [0, 0, 2, 2, 4, 5]
    np.testing.assert_allclose(table["ra"], [10, 10 + 2 / 3600, 10.5, 10.5 + 2 / 3600, np.nan, np.nan], atol=1e-9)
    np.testing.assert_allclose(table["dec"][:4], 0, atol=1e-9)
    np.testing.assert_allclose(table["field"], [40, 40, 40, 40, np.nan, np.nan], rtol=1e-6)
    assert [str(table[name].unit) for name in ("ra", "dec", "field")] == ["deg", "deg", "arcsec"]
    report = leak_report(dataset[[0, 2, 4]], dataset[[1, 3, 5]], radius="field")
    assert report.counts()["overlapping_sky"] == 2
    assert report.unseen == ("sky of 2 galaxies",)


def test_any_workers_and_shards_give_the_same(bands: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Positions travel from the workers, and through the shards of an earlier run."""
    shards = tmp_path_factory.mktemp("shards")
    first = load(bands, workers=1, shards=shards)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        others = [load(bands, workers=pool), load(bands, workers=1, shards=shards)]
    for other in others:
        assert other.fingerprint() == first.fingerprint()
        for name in first.table.colnames:
            np.testing.assert_array_equal(other.table[name], first.table[name])


def test_one_image_of_several_files(tmp_path: Path) -> None:
    """Bands that are read together have the position of the widest of their frames."""
    for number, ra in enumerate((10.0, 10.01, 40.0)):
        write(tmp_path / f"{number}_g.fits", ra)
        write(tmp_path / f"{number}_r.fits", ra, side=44)
    dataset = load(tmp_path, files="{name}_{band}.fits", labels={"0": "E", "1": "S", "2": "S"})
    np.testing.assert_allclose(dataset.table["ra"], [10.0, 10.01, 40.0], rtol=1e-9)
    np.testing.assert_allclose(dataset.table["field"], 44, rtol=1e-6)
    assert dataset.groups.tolist() == [0, 0, 2]


def test_other_coordinates(tmp_path: Path) -> None:
    """Galactic coordinates become ICRS; the axes may be swapped."""
    place = SkyCoord(150.0, 30.0, unit="deg")
    galactic = {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
    write(tmp_path / "E/galactic.fits", place.galactic.l.deg, place.galactic.b.deg, **galactic)
    write(tmp_path / "S/swapped.fits", 30.0, 150.0, CTYPE1="DEC--TAN", CTYPE2="RA---TAN")
    table = load(tmp_path).table
    found = SkyCoord(np.asarray(table["ra"]), np.asarray(table["dec"]), unit="deg")
    assert (found.separation(place) < 0.01 * u.arcsec).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"CTYPE1": "RA---XYZ"},
        {"CTYPE1": "PIXEL", "CTYPE2": "PIXEL"},
        {"CDELT1": 0.0},
        {"CDELT1": 1.0, "CDELT2": 1.0},
        {"CUNIT1": "furlong"},
    ],
)
def test_damaged_coordinates_are_unknown(tmp_path: Path, damage: dict[str, Any]) -> None:
    """Coordinates that can't be, and a frame of 40 degrees, are no position; the image is read all the same."""
    write(tmp_path / "E/a.fits", 10.0, **damage)
    write(tmp_path / "S/b.fits", 20.0)
    table = load(tmp_path).table
    assert np.isnan(table["ra"][0])
    assert table["ra"][1] == pytest.approx(20.0)


def test_coordinates_that_mean_nothing(tmp_path: Path) -> None:
    """Ten files at one place are one galaxy, or their headers are wrong."""
    for number in range(11):
        write(tmp_path / "ES"[number % 2] / f"{number}.fits", 0.0 if number else 50.0, side=8)
    with pytest.warns(ImplausibleWarning, match=r"10 of 11 images lie at one position on the sky \(ra 0\.00000, dec"):
        load(tmp_path)


def test_no_positions_no_columns(folder: Path) -> None:
    """Pictures have no position, and their table no columns for it."""
    dataset = load(folder)
    assert {"ra", "dec", "field"}.isdisjoint(dataset.table.colnames)
    assert leak_report(dataset[:1], dataset[1:]).unseen == ("sky",)


@pytest.mark.parametrize("placed", [True, False])
def test_a_catalogue_comes_first(tmp_path: Path, placed: bool) -> None:
    """The positions of a catalogue count; without them, those of the files."""
    for number in range(3):
        write(tmp_path / f"{number}.fits", 10.0 if number else 50.0)
    names = [str(number) for number in range(3)]
    catalogue = Table({"name": names, "morphology": ["E", "Sb", "Sb"]})
    if placed:
        catalogue["ra"], catalogue["dec"] = [10.0, 10.0, 50.0], [0.0, 0.0, 0.0]
    manifest = Table({"name": names, "file": [f"{name}.fits" for name in names], "state": ["done"] * 3})
    dataset = build_dataset(
        catalogue, tmp_path, recipe=Corner(), scheme="early-late", manifest=manifest, progress=False, workers=1
    )
    assert dataset.groups.tolist() == ([0, 0, 2] if placed else [0, 1, 1])
    assert "catalogue_ra" not in dataset.table.colnames
    np.testing.assert_allclose(dataset.table["ra"], [10, 10, 50] if placed else [50, 10, 10], rtol=1e-9)
