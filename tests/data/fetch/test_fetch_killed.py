"""fetch_images when it is killed, or its disk is full: nothing lost, nothing half-written, nothing done twice."""

import errno
import hashlib
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fetch_process import Forker, image, names
from ned_server import NedServer, Row

from galmorph.data._fetch.manifest import MANIFEST, read_manifest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="uses fork, SIGKILL, and limits of the system"),
]

GALAXIES = 12
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
    """A server with files for twelve galaxies: some have a damaged one before the good one, some have none."""
    for number, name in enumerate(names(GALAXIES)):
        content = image(number)
        if number % 5 == 1:
            ned_server.add_image(name, content[:1000], field=6.0, tag="damaged", packed=False)
        if number % 7 != 3:
            ned_server.add_image(name, content, packed=number % 2 == 0)
    return ned_server


@pytest.fixture(scope="module")
def fork() -> Iterator[Forker]:
    """A process that forks others."""
    forker = Forker()
    yield forker
    forker.stop()


def kill_at_random_moments(fork: Forker, directory: Path, server: NedServer, kills: int) -> None:
    """Kill runs in a folder again and again, let the last one end, and compare with a run that was left in peace."""
    calm, folder = directory / "calm", directory / "0"

    def fetch(where: Path, **options: object) -> str:
        return fork("fetch_from_ned", where, server.url, GALAXIES, **options)

    assert fetch(calm) == "whole"
    expected = outcome(calm)
    assert {row[2] for row in expected[0]} == {"done", "failed"}

    moments = random.Random(1)  # noqa: S311 (no secret)
    killed = 0
    while killed < kills:
        ended = fetch(folder, kill_after=(server.requests, moments.randrange(12), moments.uniform(0, 0.03)))
        assert ended in ("whole", "killed")
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


def test_kills_at_random_moments_change_nothing(fork: Forker, tmp_path: Path, stocked: NedServer):
    """Files and manifest are those of a run that was left in peace."""
    kill_at_random_moments(fork, tmp_path, stocked, 3)


@pytest.mark.trial
def test_twenty_kills_at_random_moments_change_nothing(fork: Forker, tmp_path: Path, stocked: NedServer):
    """Files and manifest are those of a run that was left in peace."""
    kill_at_random_moments(fork, tmp_path, stocked, 20)


def gathered(directory: Path) -> dict[str, bytes]:
    """The catalogue and the data set, byte for byte.

    A run that is killed after it has saved the data set leaves a whole one, which the next run replaces: then the
    names of the files have another number, and the header names them.
    """
    files = [directory / "catalogue.ecsv", *(directory / "dataset").iterdir()]
    return {re.sub(r"-\d+(?=\.)", "", path.name): path.read_bytes() for path in files if path.name != "dataset.json"}


def kill_the_whole_way(fork: Forker, directory: Path, server: NedServer, kills: int) -> None:
    """Kill runs from a search to a data set, two in a folder, and compare what the last one makes with a calm run's."""
    galaxies = names(GALAXIES)
    server.add("E", [Row(name, legacy_type="E1") for name in galaxies[:7]])
    server.add(
        "B", [Row(name, dec=f"+{number:02d}d00m00s", legacy_type="SBb") for number, name in enumerate(galaxies[7:])]
    )
    moments = random.Random(2)  # noqa: S311 (no secret)
    start = time.monotonic()
    assert fork("gather", directory / "calm", server.url) == "whole"
    seconds = time.monotonic() - start
    killed = 0
    while killed < kills:
        # The second run in a folder has less left to be killed in.
        moment = moments.uniform(0, seconds / (1 + killed % 2))
        ended = fork("gather", directory / str(killed // 2), server.url, kill_after=([], 0, moment))
        assert ended in ("whole", "killed")
        killed += ended == "killed"
    for folder in {directory / str(each // 2) for each in range(kills)}:
        assert fork("gather", folder, server.url) == "whole"
        assert gathered(folder) == gathered(directory / "calm")


def test_kills_on_the_way_to_a_data_set_change_nothing(fork: Forker, tmp_path: Path, stocked: NedServer):
    """Catalogue and data set are those of a run that was left in peace."""
    kill_the_whole_way(fork, tmp_path, stocked, 3)


@pytest.mark.trial
def test_twenty_kills_on_the_way_to_a_data_set_change_nothing(fork: Forker, tmp_path: Path, stocked: NedServer):
    """Catalogue and data set are those of a run that was left in peace."""
    kill_the_whole_way(fork, tmp_path, stocked, 20)


def test_kills_between_any_two_steps_lose_nothing(fork: Forker, tmp_path: Path):
    """Killed before each opening, renaming and deleting of a file, a run leaves what the next one can finish.

    The content differs each time, so a file without its row could not be recognised by its content.
    """
    ends = []
    for count in range(1, 50):
        folder = tmp_path / str(count)
        ends.append(fork("fetch_changing", folder, die_at=count))
        if ends[-1] == "killed":
            assert fork("fetch_changing", folder) == "whole"
        [done, failed], files = outcome(folder)
        assert (done[:4], failed[:3]) == (("NGC 2", "NGC_2.fits", "done", ""), ("[A/B3] 3", "", "failed")), count
        assert set(files) == {"NGC_2.fits", ".fetching.lock"}, count
        assert hashlib.sha256(files["NGC_2.fits"]).hexdigest() == done[-1], count
        if ends[-1] != "killed":
            break
    assert set(ends[:-1]) == {"killed"}
    assert ends[-1] == "whole"  # there was no later step
    assert len(ends) > 12


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def test_a_full_disk_stops_the_run_and_loses_nothing(fork: Forker, tmp_path: Path):
    """A file that can't be written completely has no name and no row; earlier ones stay, and the next run resumes."""
    folder = tmp_path / "full"
    advice = "images fetched before are kept: fix this, then run again"
    # Each file may have 4 kB: the manifest can't grow.
    assert advice in fork("fetch_large", folder, file_size=4096)
    assert fork("fetch_large", folder) == "whole"
    before = outcome(folder)
    (folder / before[0][0][1]).unlink()
    # Images have 60 kB, and the manifest less.
    said = fork("fetch_large", folder, file_size=50_000)
    assert said.startswith(f"{errno.EFBIG} ")
    assert advice in said
    assert not list(folder.glob(".fetching-*"))
    assert fork("fetch_large", folder) == "whole"
    assert outcome(folder) == before


def test_a_folder_without_rights_is_an_error(fork: Forker, open_folder: Path):
    """If nothing may be written, the error says so and names the place."""
    open_folder.chmod(0o555)
    for folder in (open_folder, open_folder / "new"):
        said = fork("fetch_large", folder, without_rights=True)
        assert said.startswith(f"{errno.EACCES} ")
        assert str(open_folder) in said
    assert list(open_folder.iterdir()) == []
