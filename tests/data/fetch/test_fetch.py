"""fetch_images: one image a galaxy, and a manifest that tells the truth."""

import gzip
import hashlib
import io
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from fetch_process import Memory, image, names
from ned_server import FAULTS, NedServer

from galmorph.data import read_image
from galmorph.data._fetch.fetch import fetch_images
from galmorph.data._fetch.hips import HipsImages
from galmorph.data._fetch.manifest import MANIFEST, Manifest, read_manifest
from galmorph.data._fetch.manifest_db import ManifestRow
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._fetch.source import Candidate, ImageSource, Target, targets_of
from galmorph.data._ned.client import NedClient
from galmorph.data._web.body import HiccupError
from galmorph.data._web.plan import RequestPlan
from galmorph.data._web.request import Request
from galmorph.data._web.transport import HttpTransport
from galmorph.errors import DatasetError, InvalidValueError, LongRunError, TransportError, UnsuitableImageError


class OneByOne:
    """A source with a list of steps for each galaxy: for each candidate the bytes, or the error, of each try."""

    def __init__(self, *candidates: list[bytes | BaseException], pace: float = 1.0) -> None:
        self.steps = list(candidates)
        self.pace = pace
        self.seen: list[tuple[str, int]] = []

    def candidates(self, galaxy: Target) -> list[Candidate]:
        """List."""
        params = (("name", galaxy.name),)
        return [Candidate(request=Request(url=f"http://shelf/{i}", params=params)) for i in range(len(self.steps))]

    def fetch(self, candidate: Candidate) -> bytes:
        """Give, or fail."""
        number = int(candidate.request.url.rsplit("/", 1)[1])
        self.seen.append((candidate.request.params[0][1], number))
        steps = self.steps[number]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, BaseException):
            raise step
        return step

    def describe(self) -> dict[str, str]:
        """Tell."""
        return {"source": "shelf"}

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:
        """Count."""
        plan = RequestPlan(what="from the shelf", requests=galaxies, pace=self.pace)
        plan.check_length(helpdesk_agreed=helpdesk_agreed)
        return plan


def outage() -> TransportError:
    """Make the error of a service that did not answer, as HttpTransport raises it."""
    error = TransportError("no answer; tried 5 times")
    error.__cause__ = HiccupError("no answer")
    return error


def fetch(source: ImageSource, directory: Path, *galaxies: str, **options: object) -> Table:
    """Fetch without a bar."""
    return fetch_images(Table({"name": galaxies or ("M 31",)}), source, directory, progress=False, **options)


def files(directory: Path) -> dict[str, bytes]:
    """Read all files but the manifest and its lock."""
    return {
        path.name: path.read_bytes() for path in directory.iterdir() if path.name not in (MANIFEST, ".fetching.lock")
    }


def sky_image(ra: float, dec: float, **cards: object) -> bytes:
    """Write an image of 40 by 20 pixels of 3.6 arcsec around a position."""
    header = fits.Header(
        {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": dec, "CRPIX1": 20.5, "CRPIX2": 10.5,
            "CDELT1": -1e-3, "CDELT2": 1e-3,
        }
        | cards
    )  # fmt: skip
    file = io.BytesIO()
    fits.PrimaryHDU(np.arange(800, dtype=np.float32).reshape(20, 40), header).writeto(file)
    return file.getvalue()


def test_each_galaxy_gets_one_file_and_one_row(tmp_path: Path):
    """The table tells in the catalogue's order what is in the folder: names, sizes, sums, addresses, reasons."""
    source = Memory(8)
    catalogue = Table({"name": [*names(8), "NGC  1 ", "NGC 2"]})
    table = fetch_images(catalogue, source, tmp_path / "new" / "folder", progress=False)
    folder = tmp_path / "new" / "folder"
    assert list(table["name"]) == names(8)
    assert list(table["state"]) == ["done", "done", "done", "failed"] * 2
    assert table["file"][1] == "NGC_1.fits"
    assert table["file"][0] == "%5BA%2FB0%5D_0.fits"
    assert sorted(files(folder)) == sorted(filter(None, table["file"]))
    for row in table[table["state"] == "done"]:
        content = (folder / row["file"]).read_bytes()
        assert content == source.files[row["name"]]
        assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert row["url"].startswith("http://memory/good?name=")
        assert row["reason"] == ""
        assert row["seconds"] >= 0
        assert row["retrieved"].endswith("+00:00")
        read_image(folder / row["file"])
    assert set(table["reason"][table["state"] == "failed"]) == {f"{n}: there is none; {n}: there is none" for n in
                                                                 (names(8)[3], names(8)[7])}  # fmt: skip
    assert table.meta["options"] == {"source": {"source": "memory"}, "max_pixels": 36_000_000}
    stored = read_manifest(folder)
    assert stored.colnames == table.colnames
    assert all(list(stored[column]) == list(table[column]) for column in table.colnames)


def test_the_next_run_does_only_what_is_left(tmp_path: Path):
    """What is there or failed is not asked for again; new galaxies are."""
    source = Memory(8)
    first = fetch(source, tmp_path, *names(8)[:5])
    source.seen.clear()
    second = fetch(source, tmp_path, *names(8)[:5])
    assert source.seen == []
    assert all(list(first[column]) == list(second[column]) for column in first.colnames)
    third = fetch(source, tmp_path, *reversed(names(8)))
    assert set(source.seen) == set(names(8)[5:])
    assert list(third["name"]) == names(8)[::-1]
    assert len(read_manifest(tmp_path)) == 8


def test_failed_galaxies_are_tried_again_when_asked(tmp_path: Path):
    """The oldest try first, after those that were never tried; what is there stays."""
    source = OneByOne([TransportError("gone"), TransportError("gone"), TransportError("gone"), TransportError("gone"),
                    image(1)])  # fmt: skip
    fetch(source, tmp_path, "B")
    fetch(source, tmp_path, "A")
    source.seen.clear()
    assert list(fetch(source, tmp_path, "A", "B")["state"]) == ["failed", "failed"]
    assert source.seen == []
    assert list(fetch(source, tmp_path, "A", "B", "C", retry_failed=True)["state"]) == ["done"] * 3
    assert [name for name, _ in source.seen] == ["C", "B", "A"]


def test_files_that_went_missing_are_fetched_again(tmp_path: Path):
    """A file that was deleted, or has another size than when it came, is replaced."""
    source = OneByOne([image(1)])
    fetch(source, tmp_path, "A", "B", "C")
    (tmp_path / "A.fits").unlink()
    (tmp_path / "B.fits").write_bytes(b"cut")
    source.seen.clear()
    assert set(fetch(source, tmp_path, "A", "B", "C")["state"]) == {"done"}
    assert source.seen == [("A", 0), ("B", 0)]
    assert set(files(tmp_path).values()) == {image(1)}


def test_foreign_files_are_never_overwritten(tmp_path: Path):
    """A file of the same name that is not from here stays, and is said to be in the way; the same content is taken."""
    (tmp_path / "A.fits").write_bytes(b"mine")
    (tmp_path / "B.fits").write_bytes(image(1))
    source = OneByOne([image(1)], [gzip.compress(image(1))])
    table = fetch(source, tmp_path, "A", "B")
    assert list(table["state"]) == ["failed", "done"]
    assert "A.fits: this file is there, and not from here; move it away" in table["reason"][0]
    assert files(tmp_path) == {"A.fits": b"mine", "B.fits": image(1)}
    (tmp_path / "A.fits").unlink()
    assert list(fetch(source, tmp_path, "A", "B", retry_failed=True)["state"]) == ["done", "done"]


def test_what_a_killed_run_left_is_finished_or_cleared(tmp_path: Path):
    """A file with its name but without its row is verified, and taken or fetched; scratch files go."""
    source = OneByOne([image(1)])
    sha256 = hashlib.sha256(image(1)).hexdigest()
    options = {"source": source.describe(), "max_pixels": 36_000_000}
    arrived = {"state": "done", "bytes": len(image(1)), "sha256": sha256, "url": "http://before/"}
    with Manifest(tmp_path, options) as manifest:
        for name in ("A", "B", "C"):
            manifest.announce(ManifestRow(name=name, file=f"{name}.fits", **arrived))
    (tmp_path / "A.fits").write_bytes(image(1))  # killed after the renaming; B before it
    (tmp_path / "C.fits").write_bytes(image(2))  # somebody's own
    (tmp_path / ".fetching-x").write_bytes(b"half")
    table = fetch(source, tmp_path, "A", "B", "C")
    assert list(table["state"]) == ["done", "done", "failed"]
    assert table["url"][0] == "http://before/"
    assert [name for name, _ in source.seen] == ["B", "C"]
    assert files(tmp_path) == {"A.fits": image(1), "B.fits": image(1), "C.fits": image(2)}


def test_an_interrupted_run_leaves_no_scratch(tmp_path: Path):
    """Ctrl-C ends the run; the galaxy under way has no row, and the lock is free."""
    source = OneByOne([image(1), KeyboardInterrupt(), image(2)])
    with pytest.raises(KeyboardInterrupt):
        fetch(source, tmp_path, "A", "B")
    assert list(read_manifest(tmp_path)["name"]) == ["A"]
    assert list(files(tmp_path)) == ["A.fits"]
    assert set(fetch(source, tmp_path, "A", "B")["state"]) == {"done"}


def test_no_name_leads_out_of_the_folder(tmp_path: Path):
    """Whatever galaxies are called, their files are in the folder itself."""
    galaxies = ["../../x", "/etc/passwd", "C:\\x", "..", MANIFEST, ".fetching.lock", "a\0b", "x" * 500, "CON", "é"]
    table = fetch(OneByOne([image(1)]), tmp_path / "a" / "b", *galaxies)
    assert set(table["state"]) == {"done"}
    assert sorted(files(tmp_path / "a" / "b")) == sorted(table["file"])
    assert len(set(table["file"])) == len(galaxies)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        path.name for path in (tmp_path / "a" / "b").iterdir()
    ]


def test_one_folder_one_source(tmp_path: Path):
    """Another source, other options, another limit: refused before anything is asked, also in a dry run."""
    shelf, hips = OneByOne([image(1)]), HipsImages()
    fetch(shelf, tmp_path)
    for source, options in ((hips, {}), (shelf, {"max_pixels": 10}), (hips, {"dry_run": True})):
        with pytest.raises(DatasetError, match="choose another directory"):
            fetch(source, tmp_path, "B", **options)
    assert len(shelf.seen) == 1


def test_one_folder_one_run(tmp_path: Path):
    """While a run is at work, another is refused."""
    with (
        Manifest(tmp_path, {"source": {"source": "shelf"}, "max_pixels": 36_000_000}),
        pytest.raises(BlockingIOError, match="another fetch_images is at work here"),
    ):
        fetch(OneByOne([image(1)]), tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<html><body>Please try later</body></html>", "expected a FITS, JPEG, PNG or TIFF image"),
        (image(1)[:1000], "damaged FITS file|file is cut short|truncated|fetch it again"),
        (image(1, side=101), "10201|101 x 101 pixels are more than 10000"),
        (gzip.compress(b"\0" * (40 << 20), mtime=0), "unpacks to more than"),
        (gzip.compress(image(1), mtime=0)[:-20], "fetch it again|expected a readable image file"),
    ],
)
def test_what_is_no_image_gets_no_name(tmp_path: Path, content: bytes, reason: str):
    """Error pages, halves, giants and bombs are refused with the reason, and leave nothing in the folder."""
    table = fetch(OneByOne([content]), tmp_path, max_pixels=10_000)
    assert table["state"][0] == "failed"
    assert any(each in table["reason"][0] for each in reason.split("|"))
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((10, 10), np.nan), "no pixel holds a measurement"),
        (
            np.where(np.arange(100).reshape(10, 10) < 60, np.nan, np.arange(100.0).reshape(10, 10)),
            "only 40% of the pixels",
        ),
        (np.zeros((10, 10)), "all pixels are equal"),
        (np.arange(100.0), "a spectrum or a single row"),
        (np.zeros((40, 10, 10)), "a cube of 40 planes"),
    ],
)
def test_images_that_show_nothing_are_refused_at_once(tmp_path: Path, pixels: np.ndarray, reason: str):
    """A sound file that does not serve is not asked for again: the next candidate is."""
    file = io.BytesIO()
    fits.PrimaryHDU(pixels).writeto(file)
    source = OneByOne([file.getvalue()], [image(1)])
    assert fetch(source, tmp_path)["state"][0] == "done"
    assert source.seen == [("M 31", 0), ("M 31", 1)]
    table = fetch(OneByOne([file.getvalue()]), tmp_path, "B")
    assert reason in table["reason"][0]


@pytest.mark.parametrize(
    ("ra", "dec", "inside"),
    [
        (10.0, 60.0, True),
        (10.0, 60.0 + 9.5e-3, True),
        (10.0, 60.0 + 11e-3, False),
        (10.0 + 38e-3, 60.0, True),  # 19 pixels along the parallel: 38 thousandths of a degree of right ascension
        (10.0 + 42e-3, 60.0, False),
        (190.0, -60.0, False),
        (10.0, -30.0, False),
    ],
)
def test_the_galaxy_must_be_in_the_image(tmp_path: Path, ra: float, dec: float, inside: bool):
    """An image of 40 by 20 pixels of a thousandth of a degree, at declination 60, where cos(dec) is one half."""
    catalogue = Table({"name": ["x"], "ra": [ra], "dec": [dec]})
    table = fetch_images(catalogue, OneByOne([sky_image(10.0, 60.0)]), tmp_path, progress=False)
    assert table["state"][0] == ("done" if inside else "failed")
    assert ("the image does not show its position" in table["reason"][0]) is not inside


def test_an_image_in_another_frame_is_understood(tmp_path: Path):
    """M31 in galactic coordinates (l = 121.17, b = -21.57) is M31."""
    catalogue = Table({"name": ["x"], "ra": [10.6847] * u.deg, "dec": [41.2688] * u.deg})
    galactic = sky_image(121.1743, -21.5733, CTYPE1="GLON-TAN", CTYPE2="GLAT-TAN")
    assert fetch_images(catalogue, OneByOne([galactic]), tmp_path, progress=False)["state"][0] == "done"


@pytest.mark.parametrize("cards", [{"CTYPE1": "NONSENSE"}, {"CDELT1": 0.0}, {"CTYPE1": "X", "CTYPE2": "Y"}])
def test_an_image_without_sound_coordinates_is_taken(tmp_path: Path, cards: dict):
    """Where the header does not tell, the position is no reason to refuse."""
    catalogue = Table({"name": ["x"], "ra": [200.0], "dec": [0.0]})
    assert (
        fetch_images(catalogue, OneByOne([sky_image(10, 60, **cards)]), tmp_path, progress=False)["state"][0] == "done"
    )


def test_plates_show_their_galaxies(tmp_path: Path, shared_data: Path):
    """The plate solution of real DSS scans: M49 lies on its plate, M51 does not."""
    plate = (shared_data / "ned/fits/MESSIER 049.fits").read_bytes()
    catalogue = Table({"name": ["M 49", "M 51"], "ra": [187.444992, 202.469575], "dec": [8.000411, 47.195258]})
    assert list(fetch_images(catalogue, OneByOne([plate]), tmp_path, progress=False)["state"]) == [
        "done",
        "failed",
    ]


def test_suffixes_tell_what_a_file_is(tmp_path: Path):
    """Packed, plain or a picture: by the content, whatever the service called it."""
    png = b"\x89PNG\r\n\x1a\n"
    table = fetch(OneByOne([gzip.compress(image(1)), image(2)]), tmp_path, "A", "B")
    assert list(table["file"]) == ["A.fits.gz", "B.fits"]
    assert "http://shelf/0?name=C: the PNG file is cut short" in fetch(OneByOne([png]), tmp_path, "C")["reason"][0]


def test_an_accident_does_not_choose_the_image(tmp_path: Path):
    """What could not be read, or was refused, is asked for twice before the next candidate; an outage ends the try."""
    noise, good, other = b"noise", image(1), image(2)
    assert fetch(OneByOne([noise, good], [other]), tmp_path, "A")["url"][0].startswith("http://shelf/0")
    assert fetch(OneByOne([TransportError("404"), good], [other]), tmp_path, "B")["url"][0].startswith("http://shelf/0")
    assert fetch(OneByOne([noise, noise], [other]), tmp_path, "C")["url"][0].startswith("http://shelf/1")
    broken = OneByOne([outage(), good], [other])
    table = fetch(broken, tmp_path, "D")
    assert (table["state"][0], table["reason"][0]) == ("failed", "no answer; tried 5 times")
    assert fetch(broken, tmp_path, "D", retry_failed=True)["url"][0].startswith("http://shelf/0")


def test_a_long_outage_ends_the_run(tmp_path: Path):
    """After 20 galaxies in a row without an answer the run stops; single ones don't add up."""
    galaxies = [f"G {number}" for number in range(50)]
    steps = [outage() for _ in range(19)] + [image(1)] + [outage() for _ in range(20)] + [image(1)]
    source = OneByOne(steps)
    with pytest.raises(TransportError, match=r"20 galaxies in a row got no answer.*go on with retry_failed=True"):
        fetch(source, tmp_path, *galaxies)
    assert len(read_manifest(tmp_path)) == 40
    assert set(fetch(source, tmp_path, *galaxies, retry_failed=True)["state"]) == {"done"}


def test_a_source_without_candidates_is_told(tmp_path: Path):
    """No candidate is a reason as well, and so is what the source raises."""
    assert fetch(OneByOne(), tmp_path)["reason"][0] == "the source offers no image"
    source = HipsImages()
    table = fetch(source, tmp_path / "hips", "x" * 3000)
    assert table["reason"][0].startswith("xxx")
    assert len(table["reason"][0]) == 1000
    with pytest.raises(UnsuitableImageError):
        source.candidates(Target(name="x"))


def test_a_dry_run_touches_nothing(tmp_path: Path):
    """It counts what is left, asks nothing and makes no folder."""
    source = Memory(8)
    plan = fetch(source, tmp_path / "new", *names(8), dry_run=True)
    assert plan.requests == 8
    assert not (tmp_path / "new").exists()
    assert source.seen == []
    fetch(source, tmp_path / "new", *names(8)[:4])
    assert fetch(source, tmp_path / "new", *names(8), dry_run=True).requests == 4
    assert fetch(source, tmp_path / "new", *names(8), dry_run=True, retry_failed=True).requests == 5


def test_a_long_run_needs_consent(tmp_path: Path):
    """Before anything is asked, and only for what is left; a dry run may tell its length."""
    source = OneByOne([image(1)], pace=4 * 3600)
    assert fetch(source, tmp_path, "A", "B", dry_run=True).seconds == 8 * 3600
    with pytest.raises(LongRunError, match="helpdesk"):
        fetch(source, tmp_path, "A", "B")
    assert source.seen == []
    fetch(source, tmp_path, "A")
    assert set(fetch(source, tmp_path, "A", "B")["state"]) == {"done"}
    assert len(fetch(source, tmp_path, *"ABCDE", helpdesk_agreed=True)) == 5


def test_one_progress_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """It counts galaxies, begins with what is there, and can be switched off."""
    fetch(Memory(8), tmp_path, *names(8)[:4])
    assert capsys.readouterr().err == ""
    fetch_images(Table({"name": names(8)}), Memory(8), tmp_path)
    told = capsys.readouterr().err
    assert "4/8" in told
    assert "8/8" in told
    assert told.count("\n") == 1


def test_targets_carry_units_to_degrees_and_arcsec():
    """Columns may have units, be masked, or be missing; a name counts once, by its first row."""
    catalogue = Table(
        {
            "name": ["M  31", "M 31", "x", "y", "z"],
            "ra": [60, 2, 3, np.nan, 0] * u.arcmin,
            "dec": [1.0, 2.0, 91.0, 4.0, -90.0],
            "major_axis_arcmin": MaskedColumn([60, 1, 0, 2, 3], mask=[False, False, False, False, True], unit=u.arcsec),
        }
    )
    assert list(targets_of(catalogue).values()) == [
        Target(name="M 31", ra=1.0, dec=1.0, diameter=60.0),
        Target(name="x"),
        Target(name="y", diameter=2.0),
        Target(name="z", ra=0.0, dec=-90.0),
    ]
    assert targets_of(Table({"name": ["x"]})) == {"x": Target(name="x")}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"galaxy": ["x"]}, "catalogue: expected the columns name; name missing among galaxy"),
        ({"name": ["x", " "]}, "expected a name in each row, got none in row 1"),
        ({"name": ["\ud800"]}, "expected valid text as name"),
        ({"name": ["x"], "ra": ["no"], "dec": [1.0]}, "expected numbers in deg in the column 'ra'"),
    ],
)
def test_catalogues_that_can_not_be_used_are_refused(tmp_path: Path, columns: dict, message: str):
    """The column and the row are named, and no folder is made."""
    with pytest.raises(InvalidValueError, match=message):
        fetch_images(Table(columns), Memory(1), tmp_path / "new", progress=False)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def stocked(ned_server: NedServer) -> NedServer:
    """A server with two files for each of four galaxies."""
    for number in range(4):
        for band in ("103aE", "IIIaF"):
            ned_server.add_image(f"NGC {number}", image(number + 10 * (band == "IIIaF")), band=band)
    return ned_server


def ned_images(server: NedServer) -> NedImages:
    """Make an impatient source."""
    transport = HttpTransport(pace=0.0, timeout=(1.0, 0.3), deadline=1.2, retries=1, backoff=0.0)
    return NedImages(client=NedClient(transport=transport, base_url=server.url), bands=("103aE", "IIIaF"))


ONCE = sorted(set(FAULTS) - {"wrong_count"})  # which only lists of galaxies have
OUTAGES = ("500", "reset", "cut_body", "silence")


@pytest.mark.parametrize(
    ("fault", "where", "times"),
    [
        *((fault, "imgdata?objname=NGC 1", 1) for fault in ONCE),
        *((fault, "NGC_1:I:103aE", 1) for fault in ONCE),
        # Longer than the transport has patience: the first run fails, the second gets the same file, not the next.
        *((fault, "NGC_1:I:103aE", 2) for fault in OUTAGES),
    ],
)
def test_faults_leave_no_trace(tmp_path: Path, stocked: NedServer, fault: str, where: str, times: int):
    """Whatever goes wrong for a time with a list or a file, in the end all galaxies have the file of a calm run."""
    stocked.fail(where, fault, times=times)
    galaxies = [f"NGC {number}" for number in range(4)]
    first = fetch(ned_images(stocked), tmp_path, *galaxies)
    assert list(first["state"] == "failed") == [False, times == 2, False, False] or "imgdata" in where
    table = fetch(ned_images(stocked), tmp_path, *galaxies, retry_failed=True)
    assert list(table["state"]) == ["done"] * 4
    assert {name: gzip.decompress(content) for name, content in files(tmp_path).items()} == {
        f"NGC_{number}.fits.gz": image(number) for number in range(4)
    }
