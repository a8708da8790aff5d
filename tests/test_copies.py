"""Where a process has no JAX and no threads, copies of it prepare images. Each case runs in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="other systems don't copy safely")]

SCRIPT = Path(__file__).with_name("copies_process.py")


@pytest.mark.parametrize(
    ("case", "printed"),
    [
        ("order", "True"),  # with a function that can't be pickled
        ("processes", "False"),
        ("few", "True"),  # so few tasks are not worth a process
        ("other threads", "True"),
        ("refused", "True []"),  # threads work instead, and no copy is left
        ("jax", "True"),
        ("one BLAS thread", "{1}"),
        ("death", "a process that prepares images died"),
    ],
)
def test_copies(case: str, printed: str) -> None:
    """Copies work where they can, in order, and it is said if one dies; elsewhere this process works."""
    done = subprocess.run([sys.executable, SCRIPT, case], check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith(printed)


@contextmanager
def _endless() -> Iterator[tuple["subprocess.Popen[str]", set[int]]]:
    """Run a script with three copies that has no end; yield it and its copies."""
    command = [sys.executable, SCRIPT, "for ever"]
    # A group of processes of its own gets Ctrl-C as a shell sends it, to all of them.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as script:
        assert script.stdout is not None
        copies: set[int] = set()
        while len(copies) < 3:
            copies.add(int(script.stdout.readline()))
        try:
            yield script, copies
        finally:
            script.kill()


def _wait_for_end(processes: set[int]) -> None:
    for _ in range(100):
        if not any(Path(f"/proc/{process}/cmdline").exists() for process in processes):
            return
        time.sleep(0.1)
    pytest.fail(f"processes still run: {processes}")


def test_killed_script_leaves_no_copy() -> None:
    """If the first process is killed, its copies end."""
    with _endless() as (script, copies):
        assert os.getpid() not in copies
        script.kill()
        script.wait()
        _wait_for_end(copies)


def test_ctrl_c() -> None:
    """Ctrl-C ends the script and its copies, and only the script says so."""
    with _endless() as (script, copies):
        os.killpg(script.pid, signal.SIGINT)
        _, errors = script.communicate(timeout=60)
        assert errors.count("KeyboardInterrupt") == 1
        _wait_for_end(copies)
