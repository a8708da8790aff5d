"""Many devices and many processes do what one does, also if one of them was killed and all were started again."""

import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from galmorph.errors import InvalidValueError
from galmorph.training._engine.placement import Placement

SCRIPT = Path(__file__).with_name("placement_process.py")


def start(folder, *, processes: int = 1, devices: int = 1, dies: int = -1) -> list[subprocess.Popen[str]]:
    """Train in fresh processes, each with so many virtual devices; one of them may kill itself halfway."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = f"--xla_force_host_platform_device_count={devices}"
    return [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), *map(str, (folder, process, processes, port, dies))],
            env={**os.environ, "XLA_FLAGS": flags},
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in range(processes)
    ]


def run(folder, *, processes: int = 1, devices: int = 1) -> list[dict]:
    """Train in fresh processes, and read what each reports."""
    for process in start(folder, processes=processes, devices=devices):
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    return [json.loads((folder / f"report-{process}.json").read_text()) for process in range(processes)]


@pytest.fixture(scope="module")
def alone(blobs, tmp_path_factory) -> dict:
    """What one process with one device reports: this process."""
    folder = tmp_path_factory.mktemp("alone")
    blobs.save(folder / "blobs")
    return runpy.run_path(str(SCRIPT))["report"](folder, 0)


@pytest.fixture(scope="module")
def pair(blobs, tmp_path_factory) -> list[dict]:
    """What two processes report that nobody disturbs."""
    folder = tmp_path_factory.mktemp("pair")
    blobs.save(folder / "blobs")
    return run(folder, processes=2)


@pytest.fixture(scope="module")
def eight_devices(blobs, tmp_path_factory) -> list[dict]:
    """What one process with eight devices reports."""
    folder = tmp_path_factory.mktemp("eight")
    blobs.save(folder / "blobs")
    return run(folder, devices=8)


@pytest.mark.slow
@pytest.mark.parametrize(("together", "devices"), [("eight_devices", 8), ("pair", 2)])
def test_losses_and_answers_are_those_of_one(alone, together, devices, request):
    """Batch norm included, sharing a batch changes nothing but rounding; all processes end with the same weights."""
    reports = request.getfixturevalue(together)
    assert alone["devices"] == 1
    for report in reports:
        assert report["devices"] == devices
        for name, values in alone["history"].items():
            np.testing.assert_allclose(report["history"][name], values, rtol=2e-3, atol=1e-3, err_msg=name)
        np.testing.assert_allclose(report["logits"], alone["logits"], rtol=0.02, atol=0.02)
        assert report["logits"] == reports[0]["logits"]


# The first process holds the service by which the others find each other: if it dies, JAX ends them with its own words.
DEATHS = [
    (1, r"GalmorphError: process 0 of 2 can't reach another one.*start all processes again: the training resumes"),
    (0, "another task died"),
]


@pytest.mark.trial
@pytest.mark.parametrize(("dies", "message"), DEATHS)
def test_a_process_that_dies(blobs, pair, tmp_path, dies, message):
    """The other one ends by itself, says why, and both resume: with the bits of a training that nobody disturbed."""
    blobs.save(tmp_path / "blobs")
    processes = start(tmp_path, processes=2, dies=dies)
    dead, other = processes[dies], processes[1 - dies]
    assert dead.wait(240) == -signal.SIGKILL
    begin = time.monotonic()
    _, errors = other.communicate(timeout=60)
    assert time.monotonic() - begin < 30
    assert other.returncode != 0
    assert re.search(message, errors), errors
    dead.communicate()
    assert list((tmp_path / "run-2").glob("step-*"))
    assert not list(tmp_path.glob("report-*"))
    again = run(tmp_path, processes=2)
    for name in ("history", "logits"):
        assert [report[name] for report in again] == [report[name] for report in pair]


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        ((4, 2, 1), "dataset: process 0 has 3 steps in an epoch, and process 1 4; give all"),
        ((3, 0, 0), "checkpoints: process 0 begins at epoch 3, step 1, and process 1 at epoch 1, step 0; choose"),
    ],
)
def test_processes_that_differ_are_refused(monkeypatch, theirs, message):
    """Another number of galaxies, or a folder of checkpoints that one process does not see, would hang all of them."""
    placement = Placement(8)
    placement.check_same(steps=3, epoch=2, step=1)
    placement.processes = 2
    gathered = "galmorph.training._engine.placement.multihost_utils.process_allgather"
    monkeypatch.setattr(gathered, lambda mine: np.stack([mine, np.asarray(theirs, mine.dtype)]))
    with pytest.raises(InvalidValueError, match=message):
        placement.check_same(steps=3, epoch=2, step=1)
