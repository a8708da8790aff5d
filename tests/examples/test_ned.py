"""The examples about NED run as a user would run them, against a server on the loopback."""

import csv
import io
import runpy
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from ned_server import NedServer, Row
from PIL import Image

from galmorph.data import read_manifest
from galmorph.training import Classifier

SIDE = 96
# The class under which NED lists a galaxy, its type, and the axis ratio of its image.
TYPES = (
    ("E", "E1", 0.9),
    ("E", "E4:", 0.6),
    ("S0", "S0^0^ sp", 0.3),
    ("A", "SA(s)b: sp", 0.2),
    ("B", "(R')SB(rs)bc pec", 0.8),
)


@pytest.fixture
def run(run_example, tmp_path, monkeypatch):
    """Run an example in an empty folder, and return what it printed."""
    monkeypatch.chdir(tmp_path)
    return lambda script, *arguments: run_example(script, *arguments).stdout


@pytest.fixture
def run_again(run, repository, monkeypatch, capsys):
    """Run an example in this process, where imports and compiled functions are ready, and return what it printed."""

    def run(script: str, *arguments: object) -> str:
        monkeypatch.setattr("sys.argv", [script, *map(str, arguments)])
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as it is for a user, warnings are no errors
            runpy.run_path(str(repository / "examples" / script), run_name="__main__")
        return capsys.readouterr().out

    return run


def disc(number: int, axis_ratio: float) -> np.ndarray:
    """An exponential disc with noise, which takes less time than a galaxy of `galmorph.simulation`."""
    noise = np.random.default_rng(number)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    return 200 * np.exp(-np.hypot(x, y / axis_ratio) / 8) + noise.normal(10, 1, (SIDE, SIDE))


def as_fits(pixels: np.ndarray, position: SkyCoord, *, arcsec: float = 1.7) -> bytes:
    """Write a plane as FITS, its centre at a position."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [position.ra.deg, position.dec.deg]
    wcs.wcs.crpix = [(side + 1) / 2 for side in pixels.shape[::-1]]
    wcs.wcs.cdelt = [-arcsec / 3600, arcsec / 3600]
    stream = io.BytesIO()
    fits.PrimaryHDU(pixels.astype(np.float32), wcs.to_header()).writeto(stream)
    return stream.getvalue()


def position_words(position: SkyCoord) -> tuple[str, str]:
    """Write a position as OBJatt does."""
    return position.ra.to_string("hourangle", precision=2, pad=True), position.dec.to_string(
        "deg", precision=1, pad=True, alwayssign=True
    )


def add_galaxy(
    server: NedServer, classes: list[str], name: str, type_: str, position: SkyCoord, pixels: np.ndarray
) -> None:
    """Let the server know a galaxy, its types and its image."""
    ra, dec = position_words(position)
    for each in classes:
        server.add(each, [Row(name, ra, dec, legacy_type=type_)])
    server.add_image(name, as_fits(pixels, position), field=pixels.shape[0] * 1.7 / 60)


@pytest.fixture
def simulated(ned_server: NedServer) -> NedServer:
    """Fifty galaxies of five types on a server, among a group, a component and a galaxy without image."""
    for number in range(50):
        name = f"UGC {number + 1:05d}" if number else "[TH2002] 433"
        position = SkyCoord(10 + number / 2, 20 - number / 3, unit="deg")
        requested, type_, axis_ratio = TYPES[number % len(TYPES)]
        classes = [requested, "S0"] if number % 7 == 0 and requested != "S0" else [requested]
        add_galaxy(ned_server, classes, name, type_, position, disc(number, axis_ratio))
    ned_server.add(
        "E", [Row("HCG 001", object_type="GGroup"), Row("UGC 00003 NED01"), Row("UGC 99999", legacy_type="E")]
    )
    return ned_server


def test_the_catalogue_of_ned(run, run_again, simulated):
    """The CSV table has one row for each galaxy and class, the ECSV table one for each galaxy, with all columns."""
    options = ("--base-url", simulated.url, "--pace", 0, "--output", "NED_list.csv")
    plan = run_again("ned_catalogue.py", *options, "--dry-run")
    assert "0 requests to send (6 answers are in the cache)" in plan
    printed = run("ned_catalogue.py", *options)
    assert "53 galaxies in NED_list.csv and NED_list.ecsv" in printed
    assert len(simulated.requests) == 6  # each page once, whatever ran twice
    with Path("NED_list.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    listed = [(row.name, code) for code, listing in simulated.listings.items() for row in listing]
    assert rows[0] == ["Name", "Redshift", "Classification", "Requested"]
    assert len(rows) == 1 + len(listed)
    richer = Table.read("NED_list.ecsv")
    assert len(richer) == 53
    assert {"ra", "dec", "object_type", "legacy_type", "requested"} <= set(richer.colnames)


def test_the_whole_way(run, run_again, simulated):
    """From lists to a classifier: rows that are not galaxies or have no image are left out, and no sky leaks."""
    options = ("--base-url", simulated.url, "--pace", 0, "--epochs", 1, "--batch-size", 16, "--output", "here")
    printed = run("ned_walk.py", *options)
    assert "53 objects, 51 of them galaxies" in printed
    assert "50 images" in printed
    manifest = read_manifest("here/images")
    assert dict(zip(manifest["name"], manifest["state"], strict=True))["UGC 99999"] == "failed"
    assert Classifier.load("here/classifier.galmorph").classes == ("early", "late")
    asked = len(simulated.requests)
    assert printed == run_again("ned_walk.py", *options)
    assert len(simulated.requests) == asked  # the second run asks for nothing


def test_the_whole_way_with_real_galaxies(run_again, ned_server, shared_data):
    """The same with images of NGC galaxies whose type strings are NED's own."""
    types = {}
    with (shared_data / "ned" / "NED_list.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            types.setdefault(row["Name"].replace(" ", ""), []).append((row["Requested"], row["Classification"]))
    paths = [path for path in sorted((shared_data / "ngc_images" / "images").glob("NGC*.png")) if path.stem in types]
    assert len(paths) > 60
    for number, path in enumerate(paths):
        name = path.stem
        position = SkyCoord(2 * number, 0, unit="deg")  # the files give none
        pixels = np.asarray(Image.open(path).convert("L"), float)
        classes = sorted({requested for requested, _ in types[name]})
        add_galaxy(ned_server, classes, f"NGC {name[3:]}", types[name][0][1], position, pixels)
    options = ("--base-url", ned_server.url, "--pace", 0, "--epochs", 2, "--batch-size", 16, "--output", "here")
    printed = run_again("ned_walk.py", *options)
    assert f"{len(paths)} images" in printed
    assert "early" in printed
    assert Classifier.load("here/classifier.galmorph").classes == ("early", "late")
