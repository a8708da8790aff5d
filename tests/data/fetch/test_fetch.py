"""fetch_images and plan_fetch: one image for each galaxy, and a manifest that says what happened."""

import gzip
import hashlib
import io
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from fetch_process import Memory, image, names
from ned_server import FAULTS, NedServer

from galmorph.data import read_image
from galmorph.data._fetch.fetch import fetch_images, plan_fetch
from galmorph.data._fetch.hips import HipsImages
from galmorph.data._fetch.image_source import Candidate, ImageSource, Target
from galmorph.data._fetch.manifest import MANIFEST, Manifest, read_manifest
from galmorph.data._fetch.manifest_db import ManifestRow
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._ned.client import NedClient
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import (
    DatasetError,
    InvalidValueError,
    LongRunError,
    OutageError,
    TransportError,
    UnsuitableImageError,
)


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
        """Describe."""
        return {"source": "shelf"}

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:
        """Count."""
        plan = RequestPlan(what="from the shelf", requests=galaxies, pace=self.pace)
        if plan.seconds > 6 * 3600 and not helpdesk_agreed:
            raise LongRunError(f"{plan}; write to the helpdesk first")
        return plan


def fetch(source: ImageSource, directory: Path, *galaxies: str, **options: object) -> Table:
    """Fetch without a bar."""
    return fetch_images(Table({"name": galaxies or ("M 31",)}), source, directory, progress=False, **options)


def plan(source: ImageSource, directory: Path, *galaxies: str, **options: object) -> RequestPlan:
    """Plan what `fetch` does."""
    return plan_fetch(Table({"name": galaxies or ("M 31",)}), source, directory, **options)


def files(directory: Path) -> dict[str, bytes]:
    """Read all files but the manifest and its lock."""
    return {
        path.name: path.read_bytes() for path in directory.iterdir() if path.name not in (MANIFEST, ".fetching.lock")
    }


def test_each_galaxy_gets_one_file_and_one_row(tmp_path: Path):
    """The table describes the folder in the catalogue's order: names, sizes, hashes, addresses, reasons."""
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
    """Galaxies that are done or failed are not requested again; new galaxies are."""
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
    """Galaxies that were never tried come first, then the oldest tries; files that exist stay."""
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
    """A foreign file of the same name stays, and the reason names it; a file with the same content is accepted."""
    (tmp_path / "A.fits").write_bytes(b"mine")
    (tmp_path / "B.fits").write_bytes(image(1))
    source = OneByOne([image(1)], [gzip.compress(image(1))])
    table = fetch(source, tmp_path, "A", "B")
    assert list(table["state"]) == ["failed", "done"]
    assert "A.fits: a file with this name exists, and fetch_images did not write it; move it away" in table["reason"][0]
    assert files(tmp_path) == {"A.fits": b"mine", "B.fits": image(1)}
    (tmp_path / "A.fits").unlink()
    assert list(fetch(source, tmp_path, "A", "B", retry_failed=True)["state"]) == ["done", "done"]


def test_what_a_killed_run_left_is_finished_or_cleared(tmp_path: Path):
    """A file with its name but without its row is verified, then accepted or fetched; scratch files are deleted."""
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
    """Another source, other options, another limit: refused before anything is requested, also by a plan."""
    shelf, hips = OneByOne([image(1)]), HipsImages()
    fetch(shelf, tmp_path)
    for source, options in ((hips, {}), (shelf, {"max_pixels": 10})):
        with pytest.raises(DatasetError, match="choose another directory"):
            fetch(source, tmp_path, "B", **options)
    with pytest.raises(DatasetError, match="choose another directory"):
        plan(hips, tmp_path, "B")
    assert len(shelf.seen) == 1


def test_one_folder_one_run(tmp_path: Path):
    """While a run is at work, another is refused."""
    with (
        Manifest(tmp_path, {"source": {"source": "shelf"}, "max_pixels": 36_000_000}),
        pytest.raises(BlockingIOError, match="another fetch_images is working here"),
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


def test_images_that_show_nothing_are_refused_at_once(tmp_path: Path):
    """If a file can be read but is not suitable, it is not requested again: the next candidate is."""
    file = io.BytesIO()
    fits.PrimaryHDU(np.zeros((10, 10))).writeto(file)
    source = OneByOne([file.getvalue()], [image(1)])
    assert fetch(source, tmp_path)["state"][0] == "done"
    assert source.seen == [("M 31", 0), ("M 31", 1)]
    table = fetch(OneByOne([file.getvalue()]), tmp_path, "B")
    assert "B: all pixels are equal" in table["reason"][0]


def test_suffixes_tell_what_a_file_is(tmp_path: Path):
    """The suffix follows from the content (gzipped, plain or a picture), not from the service's name for the file."""
    png = b"\x89PNG\r\n\x1a\n"
    table = fetch(OneByOne([gzip.compress(image(1)), image(2)]), tmp_path, "A", "B")
    assert list(table["file"]) == ["A.fits.gz", "B.fits"]
    assert "http://shelf/0?name=C: the PNG file is cut short" in fetch(OneByOne([png]), tmp_path, "C")["reason"][0]


def test_an_accident_does_not_choose_the_image(tmp_path: Path):
    """An unreadable or refused file is requested twice before the next candidate; an outage ends the try."""
    noise, good, other = b"noise", image(1), image(2)
    assert fetch(OneByOne([noise, good], [other]), tmp_path, "A")["url"][0].startswith("http://shelf/0")
    assert fetch(OneByOne([TransportError("404"), good], [other]), tmp_path, "B")["url"][0].startswith("http://shelf/0")
    assert fetch(OneByOne([noise, noise], [other]), tmp_path, "C")["url"][0].startswith("http://shelf/1")
    broken = OneByOne([OutageError("no answer; tried 5 times"), good], [other])
    table = fetch(broken, tmp_path, "D")
    assert (table["state"][0], table["reason"][0]) == ("failed", "no answer; tried 5 times")
    assert fetch(broken, tmp_path, "D", retry_failed=True)["url"][0].startswith("http://shelf/0")


def test_a_long_outage_ends_the_run(tmp_path: Path):
    """After 20 galaxies in a row without an answer the run stops; single ones don't add up."""
    galaxies = [f"G {number}" for number in range(50)]
    down = OutageError("no answer; tried 5 times")
    steps = [*[down] * 19, image(1), *[down] * 20, image(1)]
    source = OneByOne(steps)
    with pytest.raises(OutageError, match=r"20 galaxies in a row got no answer.*continue with retry_failed=True"):
        fetch(source, tmp_path, *galaxies)
    assert len(read_manifest(tmp_path)) == 40
    assert set(fetch(source, tmp_path, *galaxies, retry_failed=True)["state"]) == {"done"}


def test_transports_of_ones_own_report_outages(tmp_path: Path):
    """An `OutageError` of a user's transport ends a galaxy at once, and the run after 20; other errors don't."""

    class Own(Transport):
        def __init__(self, error: TransportError) -> None:
            self.error = error
            self.requests = 0

        def get(self, request: Request) -> Answer:  # noqa: ARG002 (it never answers)
            self.requests += 1
            raise self.error

    galaxies = Table({"name": [f"G {number}" for number in range(30)], "ra": [0.0] * 30, "dec": [0.0] * 30})
    down, rude = Own(OutageError("down for maintenance")), Own(TransportError("404"))
    with pytest.raises(OutageError, match=r"20 galaxies in a row got no answer; the last reason: down for maintenance"):
        fetch_images(galaxies, HipsImages(field=1 * u.arcmin, transport=down), tmp_path / "down", progress=False)
    assert down.requests == 20
    table = fetch_images(galaxies, HipsImages(field=1 * u.arcmin, transport=rude), tmp_path / "rude", progress=False)
    assert set(table["state"]) == {"failed"}
    assert rude.requests == 60  # each was tried once more


def test_a_source_without_candidates_is_a_reason(tmp_path: Path):
    """No candidate is a reason as well, and so is what the source raises."""
    assert fetch(OneByOne(), tmp_path)["reason"][0] == "the source offers no image"
    source = HipsImages()
    table = fetch(source, tmp_path / "hips", "x" * 3000)
    assert table["reason"][0].startswith("xxx")
    assert len(table["reason"][0]) == 1000
    with pytest.raises(UnsuitableImageError):
        source.candidates(Target(name="x"))


def test_a_plan_touches_nothing(tmp_path: Path):
    """It counts what is left, requests nothing and makes no folder."""
    source = Memory(8)
    assert plan(source, tmp_path / "new", *names(8)).requests == 8
    assert not (tmp_path / "new").exists()
    assert source.seen == []
    fetch(source, tmp_path / "new", *names(8)[:4])
    assert plan(source, tmp_path / "new", *names(8)).requests == 4
    assert plan(source, tmp_path / "new", *names(8), retry_failed=True).requests == 5


def test_a_plan_needs_no_limit_of_pixels(tmp_path: Path):
    """The limit decides nothing about the requests, so a plan accepts a folder with any."""
    fetch(OneByOne([image(1)]), tmp_path, "A", max_pixels=10_000)
    assert plan(OneByOne([image(1)]), tmp_path, "A", "B").requests == 1


def test_a_long_run_needs_consent(tmp_path: Path):
    """Before anything is requested, and only for what is left; a plan may be of any length."""
    source = OneByOne([image(1)], pace=4 * 3600)
    assert plan(source, tmp_path, "A", "B").seconds == 8 * 3600
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
    written = capsys.readouterr().err
    assert "4/8" in written
    assert "8/8" in written
    assert written.count("\n") == 1


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
    with pytest.raises(InvalidValueError, match=message):
        plan_fetch(Table(columns), Memory(1), tmp_path / "new")
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
    """After any temporary fault of a list or a file, all galaxies have the same files as without it."""
    stocked.fail(where, fault, times=times)
    galaxies = [f"NGC {number}" for number in range(4)]
    first = fetch(ned_images(stocked), tmp_path, *galaxies)
    assert list(first["state"] == "failed") == [False, times == 2, False, False] or "imgdata" in where
    table = fetch(ned_images(stocked), tmp_path, *galaxies, retry_failed=True)
    assert list(table["state"]) == ["done"] * 4
    assert {name: gzip.decompress(content) for name, content in files(tmp_path).items()} == {
        f"NGC_{number}.fits.gz": image(number) for number in range(4)
    }
