"""The examples about NED run as a user would run them, against a server on the loopback."""

import csv
import io
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
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier

SIDE = 96
TYPES = {
    "completely_round_smooth": ("E", "E1"),
    "in_between_smooth": ("E", "E4:"),
    "cigar_shaped_smooth": ("S0", "S0^0^ sp"),
    "edge_on": ("A", "SA(s)b: sp"),
    "spiral": ("B", "(R')SB(rs)bc pec"),
}


@pytest.fixture
def run(run_example, tmp_path, monkeypatch):
    """Run an example in an empty folder, and return what it printed."""
    monkeypatch.chdir(tmp_path)
    return lambda script, *arguments: run_example(script, *arguments).stdout


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
    """Fifty simulated galaxies of five classes on a server, among a group, a component and a galaxy without image."""
    galaxies = simulate_galaxies(50, seed=3, size=SIDE)
    for number, stamp in enumerate(galaxies.stamps):
        name = f"UGC {number + 1:05d}" if number else "[TH2002] 433"
        position = SkyCoord(10 + number / 2, 20 - number / 3, unit="deg")
        requested, type_ = TYPES[galaxies.classes[galaxies.labels[number]]]
        classes = [requested, "S0"] if number % 7 == 0 and requested != "S0" else [requested]
        add_galaxy(ned_server, classes, name, type_, position, stamp.astype(float).mean(axis=-1))
    ned_server.add(
        "E", [Row("HCG 001", object_type="GGroup"), Row("UGC 00003 NED01"), Row("UGC 99999", legacy_type="E")]
    )
    return ned_server


def test_the_catalogue_of_the_seed(run, simulated):
    """The CSV table has a row for each galaxy and class, and the ECSV table one row a galaxy with all that NED told."""
    options = ("--base-url", simulated.url, "--pace", 0, "--output", "NED_list.csv")
    plan = run("ned_catalogue.py", *options, "--dry-run")
    assert "0 requests to send (6 answers are there already)" in plan
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


def test_the_whole_way(run, simulated):
    """From listings to a classifier: what is no galaxy or has no image is left out and counted, and no sky leaks."""
    options = ("--base-url", simulated.url, "--pace", 0, "--epochs", 1, "--batch-size", 16, "--output", "here")
    printed = run("ned_walk.py", *options)
    assert "53 objects, of which 51 galaxies stay" in printed
    assert "50 images" in printed
    manifest = read_manifest("here/images")
    assert dict(zip(manifest["name"], manifest["state"], strict=True))["UGC 99999"] == "failed"
    assert Classifier.load("here/classifier.galmorph").classes == ("early", "late")
    asked = len(simulated.requests)
    assert printed == run("ned_walk.py", *options)
    assert len(simulated.requests) == asked  # the second run asks for nothing


def test_the_whole_way_with_real_galaxies(run, ned_server, shared_data):
    """The same with images of NGC galaxies whose type strings are NED's own."""
    types = {}
    with (shared_data / "ned" / "NED_list.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            types.setdefault(row["Name"].replace(" ", ""), []).append((row["Requested"], row["Classification"]))
    paths = [path for path in sorted((shared_data / "ngc_images" / "images").glob("NGC*.png")) if path.stem in types]
    assert len(paths) > 60
    for number, path in enumerate(paths):
        name = path.stem
        position = SkyCoord(2 * number, 0, unit="deg")  # the files tell none
        pixels = np.asarray(Image.open(path).convert("L"), float)
        classes = sorted({requested for requested, _ in types[name]})
        add_galaxy(ned_server, classes, f"NGC {name[3:]}", types[name][0][1], position, pixels)
    options = ("--base-url", ned_server.url, "--pace", 0, "--epochs", 2, "--batch-size", 16, "--output", "here")
    printed = run("ned_walk.py", *options)
    assert f"{len(paths)} images" in printed
    assert "early" in printed
    assert Classifier.load("here/classifier.galmorph").classes == ("early", "late")
