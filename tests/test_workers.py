"""Workers: threads, processes and executors give the same, in order, and say it when a process dies."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flat_images import Corner, load, save
from worker_tasks import SignedCorner, blas_threads, kill_at_seven, process_id, slow_process_id

import galmorph._workers.in_order
import galmorph._workers.pools as module
from galmorph._workers import run_in_order
from galmorph._workers.pools import Pools
from galmorph.data import stamps_from_files
from galmorph.errors import InvalidValueError, WorkerError

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let threads and fresh processes work, as where JAX is loaded; `test_copies` tests copies of a process."""
    monkeypatch.setattr(galmorph._workers.in_order, "can_fork", lambda: False)


@pytest.fixture
def _processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes take over at once, and threads wait for them."""
    monkeypatch.setattr(Pools, "_would_save_time", lambda _: True)
    monkeypatch.setattr(Pools, "_have_started", lambda pools: pools._started.result() is None)


@pytest.mark.parametrize("workers", [None, 1, 2, 5])
def test_order(workers: int | None) -> None:
    """However many workers there are, results come in the order of the tasks."""
    assert list(run_in_order(str, range(300), workers)) == list(map(str, range(300)))


def test_no_tasks() -> None:
    """Nothing to do is not an error."""
    assert list(run_in_order(str, [], None)) == []


@pytest.mark.usefixtures("_processes")
def test_processes_agree(tmp_path: Path) -> None:
    """Processes run the tasks, outside of this process, and give the same data set as this thread."""
    (tmp_path / "images").mkdir()
    for number in range(12):
        save(tmp_path / f"images/{'xy'[number % 2]}/{number}.png", number)
    here = load(tmp_path / "images", workers=1)
    there = load(tmp_path / "images", workers=2, recipe=SignedCorner(tmp_path))
    assert here.fingerprint() == there.fingerprint()
    assert list(here.table["path"]) == list(there.table["path"])
    signed = {path.name for path in tmp_path.glob("process-*")}
    assert signed
    assert f"process-{os.getpid()}" not in signed


@pytest.mark.parametrize(
    ("seconds", "busy", "done", "left", "expected"),
    [
        (0.1, 0.1, 100, 10_000, False),  # too early to say
        (1.0, 1.0, 0, 10_000, False),  # nothing is done
        (1.0, 1.0, 100, 700, False),  # 7 s with half of two cores idle: processes would save 3.5 s, less than 4
        (1.0, 1.0, 100, 900, True),
        (1.0, 1.0, 100, None, True),  # an unknown number
        (1.0, 2.0, 100, 10_000, False),  # threads keep both cores busy
    ],
)
def test_processes_only_if_they_save_time(
    seconds: float, busy: float, done: int, left: int | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes take over if much is left and threads leave cores idle; here two cores, with clocks set by hand."""
    clock = {"monotonic": 50.0, "process_time": 7.0}
    monkeypatch.setattr(module.time, "monotonic", lambda: clock["monotonic"])
    monkeypatch.setattr(module.time, "process_time", lambda: clock["process_time"])
    in_flight = 32
    total = None if left is None else left + done + in_flight
    with Pools(2, total, in_flight) as pools:
        for task in range(done + in_flight):
            pools.submit(str, task)
        clock["monotonic"] += seconds
        clock["process_time"] += busy
        assert pools._would_save_time() is expected


def test_threads_work_until_processes_have_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first tasks stay here while processes start, later ones go there, and the order is kept."""
    monkeypatch.setattr(Pools, "_would_save_time", lambda _: True)
    seen = []
    for process in run_in_order(slow_process_id, range(3000), 2):
        seen.append(process)
        if process != os.getpid():
            break
    assert seen[0] == os.getpid()
    assert seen[-1] != os.getpid()


def test_short_work_starts_no_process() -> None:
    """Work that threads finish soon stays in this process."""
    assert set(run_in_order(process_id, range(200), 2)) == {os.getpid()}


@pytest.mark.usefixtures("_processes")
def test_killed_process() -> None:
    """A process that is killed, as by a system without memory, is an error that says what happened."""
    with pytest.raises(WorkerError, match=r"a process that prepares images died.*workers=1 no other process"):
        list(run_in_order(kill_at_seven, range(64), 2))


def test_executor_stays_open() -> None:
    """An executor of the caller is used as it is, and not shut down."""
    with ThreadPoolExecutor(1) as threads:
        assert list(run_in_order(str, range(3), threads)) == ["0", "1", "2"]
        assert threads.submit(str, 4).result() == "4"


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("workers", [0, -1, True, 2.0, "2"])
def test_wrong_workers(workers: Any, tmp_path: Path) -> None:
    """Workers that are no number and no executor are refused before any file is read."""
    with pytest.raises(InvalidValueError, match=r"workers: expected None \(all cores\), a whole number"):
        next(stamps_from_files([tmp_path / "none.png"], Corner(), workers=workers))
    with pytest.raises(InvalidValueError, match="workers"):
        load(tmp_path, workers=workers)


SCRIPT = """
    import sys, warnings
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from galmorph._workers.pools import Pools
    from galmorph.data import stamps_from_files
    from galmorph.errors import WorkerError
    from galmorph.types import Galaxy, Quality, Stamp

    class Corner:  # defined in the script itself
        def __call__(self, image):
            return Stamp(image.pixels[:8, :8] / 255, Galaxy(4, 4, 2, 1, 0), Quality(9.0, 4.0, 0.0, 0.0))

        def to_dict(self):
            return {}

    print("script runs")
    Pools._would_save_time = lambda _: True
    Pools._have_started = lambda pools: pools._started.result() is None
    if sys.argv[1] == "number":
        workers = 2
    else:
        workers = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        stamps = list(stamps_from_files(sys.argv[2:], Corner(), workers=workers, progress=False))
        print([stamp.name for stamp in stamps])
    except WorkerError as error:
        print("refused:", error)
"""


@pytest.mark.parametrize("workers", ["number", "executor"])
def test_script_without_main_guard(workers: str, tmp_path: Path) -> None:
    """A script needs no guard for a number of workers; without one, its own process pool is refused with the reason."""
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    files = [str(save(tmp_path / f"{number}.png", number)) for number in range(3)]
    done = subprocess.run(
        [sys.executable, str(script), workers, *files], check=True, capture_output=True, text=True, timeout=60
    )
    if workers == "number":
        assert done.stdout.splitlines() == ["script runs", "['0', '1', '2']"]
        assert not done.stderr
    else:
        assert "refused: a process that prepares images died" in done.stdout
        assert '__name__ == "__main__"' in done.stdout


def test_blas_threads_come_back() -> None:
    """The number of BLAS threads is what it was when the work is done."""
    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas_threads(0)
    assert list(run_in_order(blas_threads, range(2), 1)) == [[1] * len(before)] * 2
    assert blas_threads(0) == before
