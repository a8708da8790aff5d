"""fetch_images when it is killed, or its disk is full: nothing lost, nothing half-written, nothing done twice."""

import errno
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import fetch_process
import pytest
from ned_server import NedServer, Row

from galmorph.data._fetch.manifest import MANIFEST, read_manifest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses fork, SIGKILL, and limits of the system")

SCRIPT = fetch_process.__file__
COLUMNS = ["name", "file", "state", "reason", "url", "bytes", "sha256"]  # all but times


def outcome(directory: Path) -> tuple[list[tuple], dict[str, bytes]]:
    """The manifest without times, in the order of names, and all other files."""
    rows = sorted(tuple(row) for row in read_manifest(directory)[COLUMNS])
    return rows, {path.name: path.read_bytes() for path in directory.iterdir() if path.name != MANIFEST}


def is_sound(directory: Path, whole: dict[str, bytes]) -> bool:
    """Whether each file that has its name is whole, and each row that is done has its file."""
    there = {path.name: path.read_bytes() for path in directory.iterdir() if not path.name.startswith(".")}
    rows = read_manifest(directory) if (directory / MANIFEST).exists() else []
    done = {row["file"] for row in rows if row["state"] == "done"}
    images = {name for name in there if not name.startswith(MANIFEST)}
    return done <= images and all(there[name] == whole[name] for name in images)


@pytest.fixture
def stocked(ned_server: NedServer) -> NedServer:
    """A server with files for twenty galaxies: some have a damaged one before the good one, some have none."""
    for number, name in enumerate(fetch_process.names(20)):
        content = fetch_process.image(number)
        if number % 5 == 1:
            ned_server.add_image(name, content[:1000], field=6.0, tag="damaged", packed=False)
        if number % 7 != 3:
            ned_server.add_image(name, content, packed=number % 2 == 0)
    return ned_server


class Fetcher:
    """Processes that fetch from a server, one after the other."""

    def __init__(self, server: NedServer, work: str = "ned") -> None:
        command = [sys.executable, SCRIPT, work, server.url]
        self.server = server
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, directory: Path, *, kill_after: tuple[int, float] | None = None) -> str:
        """Fetch; kill it after a number of requests and then some seconds; tell how it ended: whole, killed, failed."""
        asked = len(self.server.requests)
        self._say(f"{directory}\n")
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            while len(self.server.requests) < asked + kill_after[0] and not has_ended(child):
                time.sleep(0.001)
            time.sleep(kill_after[1])
            os.kill(child, signal.SIGKILL)
        self._say("\n")
        return self.process.stdout.readline().strip()

    def _say(self, text: str) -> None:
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def has_ended(child: int) -> bool:
    """Whether a process only waits to be waited for."""
    return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def kill_at_random_moments(directory: Path, server: NedServer, kills: int) -> None:
    """Kill runs in a folder again and again, let the last one end, and compare with a run that was left in peace."""
    calm, folder = directory / "calm", directory / "0"
    with Fetcher(server) as fetch:
        assert fetch(calm) == "whole"
        expected = outcome(calm)
        assert {row[2] for row in expected[0]} == {"done", "failed"}

        moments = random.Random(1)  # noqa: S311 (no secret)
        killed = 0
        while killed < kills:
            ended = fetch(folder, kill_after=(moments.randrange(12), moments.uniform(0, 0.03)))
            assert ended != "failed"
            killed += ended == "killed"
            assert not folder.is_dir() or is_sound(folder, expected[1])
            if ended == "whole":
                assert outcome(folder) == expected
                folder = directory / str(killed)
        assert fetch(folder) == "whole"
        assert outcome(folder) == expected
        asked = len(server.requests)
        assert fetch(folder) == "whole"
        assert len(server.requests) == asked  # nothing was left to do


def test_kills_at_random_moments_change_nothing(tmp_path: Path, stocked: NedServer):
    """Files and manifest are those of a run that was left in peace."""
    kill_at_random_moments(tmp_path, stocked, 3)


@pytest.mark.trial
def test_twenty_kills_at_random_moments_change_nothing(tmp_path: Path, stocked: NedServer):
    """Files and manifest are those of a run that was left in peace."""
    kill_at_random_moments(tmp_path, stocked, 20)


def gathered(directory: Path) -> dict[str, bytes]:
    """The catalogue and the data set, byte for byte."""
    return {path.name: path.read_bytes() for path in [directory / "catalogue.ecsv", *(directory / "dataset").iterdir()]}


def kill_the_whole_way(directory: Path, server: NedServer, kills: int) -> None:
    """Kill runs from a search to a data set, in one folder, and compare what the last one makes with a calm run's."""
    names = fetch_process.names(12)
    server.add("E", [Row(name, legacy_type="E1") for name in names[:7]])
    server.add(
        "B", [Row(name, dec=f"+{number:02d}d00m00s", legacy_type="SBb") for number, name in enumerate(names[7:])]
    )
    moments = random.Random(2)  # noqa: S311 (no secret)
    with Fetcher(server, "gather") as fetch:
        start = time.monotonic()
        assert fetch(directory / "calm") == "whole"
        seconds = time.monotonic() - start
        killed = tries = 0
        while killed < kills:
            folder = directory / str(tries // 4)  # a run that ends soon has little left to be killed in
            tries += 1
            ended = fetch(folder, kill_after=(0, moments.uniform(0, seconds)))
            assert ended != "failed"
            killed += ended == "killed"
        for folder in {directory / str(each // 4) for each in range(tries)}:
            assert fetch(folder) == "whole"
            assert gathered(folder) == gathered(directory / "calm")


def test_kills_on_the_way_to_a_data_set_change_nothing(tmp_path: Path, stocked: NedServer):
    """Catalogue and data set are those of a run that was left in peace."""
    kill_the_whole_way(tmp_path, stocked, 3)


@pytest.mark.trial
def test_twenty_kills_on_the_way_to_a_data_set_change_nothing(tmp_path: Path, stocked: NedServer):
    """Catalogue and data set are those of a run that was left in peace."""
    kill_the_whole_way(tmp_path, stocked, 20)


def test_kills_between_any_two_steps_lose_nothing(tmp_path: Path):
    """Killed before each opening, renaming and deleting of a file, a run leaves what the next one can finish.

    What comes differs each time, so a file without its row could not be told from a stranger's by its content.
    """
    counts = [0, *range(1, 40)]
    command = [sys.executable, SCRIPT, "memory", tmp_path, *map(str, counts)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == told[-1] == "whole"  # the last one because there was no later step
    assert told.count("killed") > 20
    assert "failed" not in told
    for count in counts:
        [done, failed], files = outcome(tmp_path / str(count))
        assert (done[:4], failed[:3]) == (("NGC 2", "NGC_2.fits", "done", ""), ("[A/B3] 3", "", "failed")), count
        assert set(files) == {"NGC_2.fits", ".fetching.lock"}, count
        assert hashlib.sha256(files["NGC_2.fits"]).hexdigest() == done[-1], count


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


LIMITED = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from astropy.table import Table
from fetch_process import Memory, names
from galmorph.data._fetch.fetch import fetch_images
{limit}
for directory in sys.argv[1:]:
    try:
        fetch_images(Table({{"name": names(8)}}), Memory(8, side=120), directory, progress=False)
    except OSError as error:
        print(error.errno, error)
    else:
        print("whole")
"""


def run_limited(limit: str, *directories: Path) -> list[str]:
    """Fetch in a process after some lines that set a limit; return for each directory which OSError came."""
    code = LIMITED.format(tests=str(Path(SCRIPT).parent), limit=limit)
    command = [sys.executable, "-B", "-c", code, *directories]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path: Path):
    """A file that can't be written whole has no name and no row; what came before stays, and the next run goes on."""
    folder = tmp_path / "full"
    advice = "what was fetched before stays: mend this, and run again"
    # Each file may have 4 kB: the manifest can't grow.
    [told] = run_limited("resource.setrlimit(resource.RLIMIT_FSIZE, (4096, -1))", folder)
    assert advice in told
    assert run_limited("", folder) == ["whole"]
    before = outcome(folder)
    (folder / before[0][0][1]).unlink()
    # Images have 60 kB, and the manifest less.
    [told] = run_limited("resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, -1))", folder)
    assert told.startswith(f"{errno.EFBIG} ")
    assert advice in told
    assert not list(folder.glob(".fetching-*"))
    assert run_limited("", folder) == ["whole"]
    assert outcome(folder) == before


def test_a_folder_without_rights_is_told(open_folder: Path):
    """Where nothing may be written the error says so, with the place."""
    open_folder.chmod(0o555)
    limit = "os.setuid(65534) if os.getuid() == 0 else None"
    for told in run_limited(limit, open_folder, open_folder / "new"):
        assert told.startswith(f"{errno.EACCES} ")
        assert str(open_folder) in told
    assert list(open_folder.iterdir()) == []
