"""Lists and catalogues whose process is killed: what was answered is not asked again, and the table is the same."""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cds_answers import PGC_FIELDS, pgc_row
from fetch_process import Forker, names
from simbad_server import SimbadServer

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="uses fork and SIGKILL")]

GALAXIES = 12
WORKS = [("resolve_names", "NED", GALAXIES), ("resolve_names", "SIMBAD", GALAXIES), ("fetch_catalogue",)]


@pytest.fixture
def stocked() -> Iterator[SimbadServer]:
    """A server whose NED and SIMBAD know all galaxies but one, and whose HyperLEDA has eleven pieces."""
    with SimbadServer() as server:
        for number, name in enumerate(names(GALAXIES)):
            if number != 5:
                server.add_overview(name, ra=10.0 * number, morphology="Sb")
                server.add_object(name, ra=10.0 * number, dec=1.0)
        server.add_table("VII/237/pgc", PGC_FIELDS, [pgc_row(50_000 * number + 1) for number in range(GALAXIES - 1)])
        yield server


@pytest.fixture(scope="module")
def fork() -> Iterator[Forker]:
    """A process that forks others."""
    forker = Forker()
    yield forker
    forker.stop()


def answers(folder: Path) -> int:
    """Number of answers in the cache; names of unfinished files have a suffix."""
    return sum(path.is_file() and len(path.name) == 64 for path in (folder / "answers").rglob("*"))


@pytest.mark.parametrize(("work", "options"), [(work, options) for work, *options in WORKS])
def test_killed_runs_ask_only_what_is_left(fork: Forker, tmp_path: Path, stocked: SimbadServer, work: str, options):
    """Killed three times between any two answers, a run sends no request again that has an answer in the cache."""
    calm, folder = tmp_path / "calm", tmp_path / "killed"

    def run(where: Path, **kill: object) -> str:
        where.mkdir(exist_ok=True)
        return fork(work, where, stocked.url, *options, **kill)

    assert run(calm) == "whole"
    expected, all_requests = (calm / "table.ecsv").read_bytes(), sorted(stocked.requests)
    assert len(all_requests) == GALAXIES
    moments = random.Random(3)  # noqa: S311 (no secret)
    stocked.requests.clear()
    for _ in range(3):
        # The unknown galaxy is never in the cache, so each run has at least one request to be killed at.
        ended = run(folder, kill_after=(stocked.requests, moments.randrange(1, 4), moments.uniform(0, 0.01)))
        assert ended == "killed"
    known = answers(folder)
    assert 0 < known < GALAXIES
    asked = len(stocked.requests)
    assert run(folder) == "whole"
    assert (folder / "table.ecsv").read_bytes() == expected
    assert len(stocked.requests) - asked == GALAXIES - known
    again = {request: times for request, times in Counter(stocked.requests).items() if times > 1}
    unknown = sum("NGC%205" in request for request in again)
    assert len(again) - unknown <= 3  # the one that was on its way at each kill
    assert sorted(set(stocked.requests)) == sorted(set(all_requests))
