"""The walk from a catalogue to a verdict, from each of its sources, against a server on the loopback."""

import csv
import io
import re
import runpy
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from cds_answers import PGC_FIELDS, RC3_FIELDS, pgc_row, rc3_row
from ned_server import NedServer, Row
from PIL import Image
from simbad_server import SimbadServer

from galmorph.data import HttpTransport, read_manifest
from galmorph.errors import IncompleteWarning, ServiceError
from galmorph.training import Classifier

pytestmark = pytest.mark.slow

# The class under which NED lists a galaxy; its type there, in RC3 (with T) and in HyperLEDA; its image's axis ratio.
TYPES = (
    ("E", "E1", ".E.1...", -5, "E", 0.9),
    ("S0", "S0^0^", ".L..0..", -2, "S0", 0.8),
    ("A", "SA(s)b: sp", ".SAS3..", 3, "Sb", 0.3),
    ("B", "(R)SB(rs)bc pec", "RSBT4P.", 4, "SBbc", 0.2),
)
NUMBER = 24
# Galaxies 20 and 23 are of different types, and in each other's image.
PLACES = [SkyCoord(10 + number, number - 20, unit="deg") for number in range(NUMBER - 1)]
PLACES.append(SkyCoord(PLACES[20].ra, PLACES[20].dec + Angle(1, "arcmin")))
NAMES = [f"UGC {number + 1:05d}" for number in range(NUMBER)]
OPTIONS = ("--pace", 0, "--epochs", 1, "--batch-size", 16)
FETCHES = "/hips2fits"
OWN = {
    "rc3": ("--source", "rc3"),
    "hyperleda": ("--source", "hyperleda", "--where", "PGC < 1000"),
    "ned": ("--source", "ned", "--images", "ned"),
    "my.csv": ("--source", "my.csv", "--field", "3arcmin"),
}


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


def disc(number: int, side: int) -> np.ndarray:
    """An exponential disc with noise, as flat as the galaxy's type says, of a size, angle and star of its own."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[:side, :side] / side - 0.5
    angle, scale, star = random.uniform(0, np.pi), random.uniform(0.05, 0.09), random.uniform(-0.4, 0.4, 2)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    light = 200 * np.exp(-np.hypot(along, across / TYPES[number % len(TYPES)][-1]) / scale)
    light += 100 * np.exp(-((x - star[0]) ** 2 + (y - star[1]) ** 2) / 2e-4)
    return light + random.normal(10, 1, (side, side))


def cut_out(ra: float, dec: float, degrees: float, side: int) -> bytes:
    """The image of the galaxy at a place."""
    number = min(range(NUMBER), key=lambda each: abs(PLACES[each].ra.deg - ra) + abs(PLACES[each].dec.deg - dec))
    return as_fits(disc(number, side), PLACES[number], arcsec=degrees * 3600 / side)


def position_words(position: SkyCoord) -> tuple[str, str]:
    """Write a position as NED's lists do."""
    return position.ra.to_string("hourangle", precision=2, pad=True), position.dec.to_string(
        "deg", precision=1, pad=True, alwayssign=True
    )


def add_to_ned(server: NedServer, classes: list[str], name: str, type_: str, position: SkyCoord, image: bytes, **kind):
    """Let NED list a galaxy and its image."""
    ra, dec = position_words(position)
    for each in classes:
        server.add(each, [Row(name, ra, dec, legacy_type=type_[:15])])
    server.add_image(name, image, **kind)


@pytest.fixture(scope="module")
def sky():
    """Two dozen galaxies that RC3, HyperLEDA and NED know, among rows that are no galaxies or have no type or image."""
    with SimbadServer() as server:
        rc3, pgc = [], []
        for number, place in enumerate(PLACES):
            requested, type_, code, t, in_hyperleda, _ = TYPES[number % len(TYPES)]
            ra, dec = place.ra.deg, place.dec.deg
            rc3.append(rc3_row(number + 1, RA2000=ra, DE2000=dec, name=NAMES[number], type=code, T=t, D25=1.0))
            ra_text, dec_text = (angle.to_string(unit=unit, sep=" ", precision=2, pad=True)
                                 for angle, unit in ((place.ra, "hourangle"), (place.dec, "deg")))  # fmt: skip
            pgc.append(pgc_row(number + 1, RAJ2000=ra_text, DEJ2000=dec_text, MType=in_hyperleda))
            classes = [requested, "S0/a"] if number % 7 == 0 else [requested]
            image = as_fits(disc(number, 96), place)
            add_to_ned(server, classes, NAMES[number], type_, place, image, field=96 * 1.7 / 60, sia=number % 2 == 0)
            server.add_overview(NAMES[number], ra=ra, dec=dec, morphology=type_, diameter=60.0)
            server.add_object(NAMES[number], ra=ra, dec=dec, galdim_majaxis=1.0)
        rc3 += [rc3_row(90, type="......."), rc3_row(91, D25="", type=".E.0...")]
        pgc += [pgc_row(90, MType=""), pgc_row(91, OType="S"), pgc_row(2000)]
        server.add(
            "E", [Row("HCG 001", object_type="GGroup"), Row("UGC 00003 NED01"), Row("UGC 99999", morphology="E")]
        )
        server.add_table("VII/155/rc3", RC3_FIELDS, rc3)
        server.add_table("VII/237/pgc", PGC_FIELDS, pgc)
        server.cut_out = cut_out
        yield server


@pytest.fixture(scope="module")
def walk(sky, run_example_here):
    """Run the example here, in a folder with a table of one's own; return what it printed and what it asked for."""

    def run(folder: Path, *arguments: object) -> tuple[str, list[str]]:
        before = len(sky.requests)
        write_own_list(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            printed = run_example_here("galaxy_walk.py", *arguments, *OPTIONS, "--server", sky.url, "--output", "here")
        return printed, sky.requests[before:]

    return run


@pytest.fixture(scope="module")
def walked(walk, tmp_path_factory):
    """Give folder, output and requests of an uninterrupted walk from a source."""
    known = {}

    def run(source: str) -> tuple[Path, str, list[str]]:
        if source not in known:
            folder = tmp_path_factory.mktemp("walk")
            known[source] = (folder / "here", *walk(folder, *OWN[source]))
        return known[source]

    return run


def write_own_list(folder: Path) -> None:
    """Write names with types that differ in words from NED's, and a name that nobody bears."""
    words = ("E", "S0", "Sb", "SBc")
    rows = [f"{name},{words[number % len(words)]}" for number, name in enumerate(NAMES)]
    (folder / "my.csv").write_text("\n".join(["name,type", *rows, "Nobody 1,E"]))


def answers(folder: Path) -> list[np.ndarray]:
    """What the networks answered."""
    paths = sorted((folder / "comparison" / "runs").glob("*.npz"))
    assert paths
    return [np.load(path)[name] for path in paths for name in np.load(path).files]


def verdict(printed: str) -> str:
    """What was printed after the images were there, without the time that the training took."""
    return re.sub(r"\d+ s\b", "", printed.partition("24 images")[2])


FROM = {
    "rc3": ("26 galaxies from rc3; left out: {}", "25 of 26", "24 images"),
    "hyperleda": ("25 galaxies from hyperleda; left out: {'object type", "24 of 25", "24 images"),
    "ned": ("25 galaxies from ned; left out: {", "25 of 25", "24 images"),
    "my.csv": ("24 galaxies from my.csv; left out: {}", "24 of 24", "24 images"),
}


@pytest.mark.parametrize("source", sorted(OWN))
def test_each_source_leads_to_a_verdict(walked, source):
    """Two dozen galaxies and images of each source become two classes, no sky leaks, and nothing is asked for twice."""
    folder, printed, asked = walked(source)
    for text in FROM[source]:
        assert text in printed
    assert "no leaks" in printed.lower(), printed
    assert "early 12, late 12" in printed
    assert "lenet5" in printed
    (classifier,) = (folder / "comparison" / "runs").glob("*.galmorph")
    assert Classifier.load(classifier).classes == ("early", "late")
    assert max(Counter(asked).values()) == 1
    assert len(Table.read(folder / "catalogue.ecsv")) == (24 if source in ("hyperleda", "my.csv") else 25)


def test_a_killed_walk_goes_on_and_gives_the_same(walked, walk, sky, repository, tmp_path):
    """Killed while it waits for an image: the next run asks for that image and the later ones, and nothing else."""
    folder, printed, asked = walked("rc3")
    fetched = [url for url in asked if FETCHES in url]
    stuck = 10
    sky.fail(fetched[stuck].partition("?")[2], "silence")
    arguments = [*OWN["rc3"], *OPTIONS, "--server", sky.url, "--output", "here"]
    before = len(sky.requests)
    command = [sys.executable, str(repository / "examples" / "galaxy_walk.py"), *map(str, arguments)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while fetched[stuck] not in sky.requests[before:]:
            assert process.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        ended = process.wait()
    assert ended == -signal.SIGKILL
    first = sky.requests[before:]
    assert first == asked[: len(first)]

    again, rest = walk(tmp_path, *OWN["rc3"])
    assert rest == asked[len(first) - 1 :]
    assert verdict(again) == verdict(printed)
    for one, other in zip(answers(tmp_path / "here"), answers(folder), strict=True):
        np.testing.assert_array_equal(one, other)
    assert walk(tmp_path, *OWN["rc3"])[1] == []


@pytest.mark.trial
@pytest.mark.parametrize("appears", ["catalogue.ecsv", "stamps/*", "comparison/plan.json", "comparison/runs/*"])
def test_a_walk_killed_at_each_step_gives_the_same(walked, walk, repository, sky, tmp_path, appears):
    """Killed as soon as a file of a step is there, it goes on and gives the same."""
    folder, _, asked = walked("rc3")
    before = len(sky.requests)
    command = [sys.executable, str(repository / "examples" / "galaxy_walk.py"), *OWN["rc3"], *map(str, OPTIONS)]
    command += ["--server", sky.url, "--output", "here"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not any((tmp_path / "here").glob(appears)):
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.001)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    first = sky.requests[before:]
    _, rest = walk(tmp_path, *OWN["rc3"])
    # The image that was on its way when it was killed may be asked for again; no other answer is.
    assert sorted({*first, *rest}) == sorted(asked)
    assert len(first) + len(rest) <= len(asked) + 1
    for one, other in zip(answers(tmp_path / "here"), answers(folder), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def example(repository):
    """Functions of the example."""
    return runpy.run_path(str(repository / "examples" / "galaxy_walk.py"))


@pytest.fixture
def services(example, sky, tmp_path, monkeypatch):
    """Make the services of a source over a transport that gives up soon; faults that are left end with the test."""
    write_own_list(tmp_path)
    monkeypatch.chdir(tmp_path)

    def make(source: str, *arguments: str):
        monkeypatch.setattr("sys.argv", ["galaxy_walk.py", *OWN[source], *arguments, "--server", sky.url])
        quick = HttpTransport(pace=0, backoff=0.01, timeout=(2.0, 0.3), deadline=1.5, retries=1)
        return example["Services"](example["read_arguments"](), quick)

    yield make
    sky.faults.clear()


ROUTES = {"rc3": "/TAPVizieR", "hyperleda": "/TAPVizieR", "ned": "/cgi-bin/OBJatt", "my.csv": "/NED::API"}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        *((source, kind) for source in ROUTES for kind in ("500",)),
        ("rc3", "503"),
        ("rc3", "cut_body"),
        ("hyperleda", "reset"),
        ("ned", "silence"),
        ("my.csv", "reset"),
    ],
)
def test_a_fault_that_passes_changes_no_catalogue(services, example, walked, sky, source, kind):
    """An outage, half an answer, a wait: asked again, the service gives the same galaxies."""
    sky.fail(ROUTES[source], kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)  # nobody bears one name of the list
        found = example["find_galaxies"](services(source))
    assert sky.faults[-1].times == 0
    given = Table.read(walked(source)[0] / "catalogue.ecsv")
    assert set(given["name"]) <= set(found["name"])
    assert len(found) == int(FROM[source][0].split()[0])


@pytest.mark.parametrize("kind", ["404", "410", "html", "notice", "cut_page", "503", "slow_body"])
@pytest.mark.parametrize("source", ["rc3", "ned"])
def test_a_catalogue_that_is_gone_is_an_error(services, example, sky, source, kind):
    """Whatever the service says instead of its catalogue, there is an error; when it is back, all rows come."""
    sky.fail(ROUTES[source], kind, times=100)
    given = services(source, "--images", "hips")
    given.transport.deadline = 0.5  # shorter than the pause that 503 asks for
    with pytest.raises(ServiceError, match=r"404|410|503|VOTable|HTML|page|table|ends|deadline"):
        example["find_galaxies"](given)
    sky.faults.clear()
    assert len(example["find_galaxies"](given)) == int(FROM[source][0].split()[0])


@pytest.mark.parametrize("kind", ["404", "notice"])
def test_an_own_list_has_an_older_route(services, example, sky, kind):
    """Where NED::API is gone, the older service gives the same positions, with a warning."""
    sky.fail("/NED::API", kind, times=100)
    with pytest.warns(IncompleteWarning, match=r"OverviewOfObject is gone|1 of 25 galaxies"):
        found = example["find_galaxies"](services("my.csv"))
    assert found["name"].tolist() == NAMES
    np.testing.assert_allclose(found["ra"], [place.ra.deg for place in PLACES])
    assert found["major_axis_arcmin"].mask.all()


def test_an_own_list_without_ned(services, example, sky):
    """SIMBAD gives positions and diameters of the same names, and NED is not asked."""
    before = len(sky.requests)
    with pytest.warns(IncompleteWarning, match="1 of 25 galaxies"):
        found = example["find_galaxies"](services("my.csv", "--names", "simbad"))
    assert found["name"].tolist() == NAMES
    np.testing.assert_allclose(found["ra"], [place.ra.deg for place in PLACES])
    assert set(found["major_axis_arcmin"].tolist()) == {1.0}
    assert all("/simbad/" in url for url in sky.requests[before:])


@pytest.mark.parametrize("kind", ["410", "html"])
def test_images_have_another_route(services, example, sky, tmp_path, kind):
    """Without NED's image service, its page gives the images; without both, the reason says what is left."""
    given = services("ned")
    catalogue = example["find_galaxies"](given)[:4]
    sky.fail("/services/sia", kind, times=100)
    with pytest.warns(IncompleteWarning, match="image service is gone"):
        files = example["gm"].data.fetch_images(catalogue, given.images(), tmp_path / "images", progress=False)
    assert set(files["state"]) == {"done"}
    sky.fail("/cgi-bin/imgdata", kind, times=100)
    with pytest.warns(IncompleteWarning, match="image service is gone"):
        files = example["gm"].data.fetch_images(
            catalogue, services("ned", "--output", "others").images(), tmp_path / "others", progress=False
        )
    assert set(files["state"]) == {"failed"}
    assert "HipsImages(survey=" in files["reason"][0]


def test_a_survey_that_is_gone_fails_each_image_with_its_reason(services, example, sky, tmp_path):
    """Cut-outs that don't come are failures in the manifest, and come with the option to try again."""
    given = services("rc3")
    catalogue = example["find_galaxies"](given)[:3]
    fetch = example["gm"].data.fetch_images
    for kind, reason in (("404", "404"), ("html", "format"), ("cut_body", "bytes")):
        sky.fail(FETCHES, kind, times=100)
        files = fetch(catalogue, given.images(), tmp_path / "images", retry_failed=True, progress=False)
        assert set(files["state"]) == {"failed"}
        assert reason in files["reason"][0]
        sky.faults.clear()
    files = fetch(catalogue, given.images(), tmp_path / "images", retry_failed=True, progress=False)
    assert set(files["state"]) == {"done"}


@pytest.mark.parametrize(("source", "asked"), [("rc3", 1), ("hyperleda", 1), ("ned", 6), ("my.csv", 0)])
def test_a_dry_run_asks_for_numbers_only(services, example, sky, capsys, source, asked):
    """It prints how many requests the catalogue takes, and makes nothing."""
    services(source)
    sys.argv += ["--dry-run", "--pace", "0"]
    before = len(sky.requests)
    example["main"]()
    assert "to send" in capsys.readouterr().out
    assert len(sky.requests) - before == asked


def test_images_that_failed_and_galaxies_without_image(walked):
    """A galaxy without diameter has no field, one without a file in NED no image; both are named in the manifest."""
    for source, name in (("rc3", "NGC 91"), ("ned", "UGC 99999")):
        manifest = read_manifest(walked(source)[0] / "images")
        assert dict(zip(manifest["name"], manifest["state"], strict=True))[name] == "failed"


def test_several_sources_become_one_catalogue(services, example, capsys):
    """RC3 and HyperLEDA list the same galaxies; their types stand side by side, and agree or give no type."""
    given = services("rc3", "--source", "rc3", "hyperleda", "--label", "agreement", "--where", "", "PGC < 1000")
    found = example["find_galaxies"](given)
    both = found[found["n_sources"] == 2]
    assert both["name"].tolist() == NAMES
    assert both["t_rc3"].tolist() == [TYPES[number % len(TYPES)][3] for number in range(NUMBER)]
    agreed = example["with_class"](found, scheme="early-late", limit=None)
    assert set(NAMES) <= set(agreed["name"])
    assert "galaxies have a class" in capsys.readouterr().out


@pytest.mark.trial
def test_real_galaxies_of_ned(run_example_here, shared_data, tmp_path, ned_server):
    """The same with images of NGC galaxies whose type strings are NED's own."""
    types = {}
    with (shared_data / "ned" / "NED_list.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            types.setdefault(row["Name"].replace(" ", ""), []).append((row["Requested"], row["Classification"]))
    paths = [path for path in sorted((shared_data / "ngc_images" / "images").glob("NGC*.png")) if path.stem in types]
    assert len(paths) > 60
    for number, path in enumerate(paths):
        given = types[path.stem]
        place = SkyCoord(2 * number, 0, unit="deg")  # the files give none
        pixels = np.asarray(Image.open(path).convert("L"), float)
        classes = sorted({requested for requested, _ in given})
        image, width = as_fits(pixels, place), pixels.shape[0] * 1.7 / 60
        add_to_ned(ned_server, classes, f"NGC {path.stem[3:]}", given[0][1], place, image, field=width)
    options = (*OPTIONS, "--batch-size", 16, "--server", ned_server.url, "--output", tmp_path / "here")
    printed = run_example_here("galaxy_walk.py", *OWN["ned"], *options)
    classified = int(re.search(r"(\d+) of \d+ galaxies have a class", printed)[1])
    assert classified > 60
    assert f"{classified} images" in printed
    assert "recall by class" in printed
