"""Many devices and many processes do what one does."""

import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("placement_process.py")


def run(folder, *, processes: int = 1, devices: int = 1) -> list[dict]:
    """Train in fresh processes, each with so many virtual devices, and read what each reports."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = f"--xla_force_host_platform_device_count={devices}"
    started = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT), str(folder), str(process), str(processes), str(port)],
            env={**os.environ, "XLA_FLAGS": flags},
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in range(processes)
    ]
    for process in started:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    return [json.loads((folder / f"report-{process}.json").read_text()) for process in range(processes)]


@pytest.fixture(scope="module")
def alone(blobs, tmp_path_factory) -> dict:
    """What one process with one device reports: this process."""
    folder = tmp_path_factory.mktemp("alone")
    blobs.save(folder / "blobs")
    return runpy.run_path(str(SCRIPT))["report"](folder, 0)


@pytest.mark.parametrize(("processes", "devices"), [(1, 8), (2, 1)], ids=["eight-devices", "two-processes"])
def test_losses_and_answers_are_those_of_one(blobs, alone, tmp_path, processes, devices):
    """Batch norm included, sharing a batch changes nothing but rounding; all processes end with the same weights."""
    blobs.save(tmp_path / "blobs")
    reports = run(tmp_path, processes=processes, devices=devices)
    assert alone["devices"] == 1
    for report in reports:
        assert report["devices"] == processes * devices
        for name, values in alone["history"].items():
            np.testing.assert_allclose(report["history"][name], values, rtol=2e-3, atol=1e-3, err_msg=name)
        np.testing.assert_allclose(report["logits"], alone["logits"], rtol=0.02, atol=0.02)
        assert report["logits"] == reports[0]["logits"]
