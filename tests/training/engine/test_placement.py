"""Many devices and many processes do what one does."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import json, sys
import jax

folder, process, processes, port = sys.argv[1], *map(int, sys.argv[2:])
if processes > 1:
    jax.distributed.initialize(f"127.0.0.1:{port}", processes, process)
from flax import nnx
from galmorph.data import Dataset
from galmorph.models import BasicBlock, ResNet
from galmorph.training import TrainConfig, evaluate, train

blobs = Dataset.load(folder + "/blobs")
learn, validation = blobs.split((0.7, 0.3), seed=0)
model = ResNet(2, channels=1, depths=(1,), block=BasicBlock, width=4, rngs=nnx.Rngs(0))
config = TrainConfig(epochs=2, batch_size=16, optimizer="sgd", learning_rate=0.05)
checkpoints = f"{folder}/run-{jax.device_count()}"
result = train(model, learn, validation=validation, config=config, checkpoints=checkpoints,
               checkpoint_seconds=0.0, progress=False)
history = {name: list(map(float, result.history[name])) for name in result.history.colnames if name != "seconds"}
logits = result.classifier.logits(blobs.stamps)
report = {"devices": jax.device_count(), "history": history, "logits": logits.tolist()}
with open(f"{folder}/report-{process}.json", "w") as file:
    json.dump(report, file)
"""


def run(blobs, folder, *, processes: int = 1, devices: int = 1) -> list[dict]:
    """Train in fresh processes, each with so many virtual devices, and read what each reports."""
    if not (folder / "blobs").exists():
        blobs.save(folder / "blobs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = f"--xla_force_host_platform_device_count={devices}"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), str(process), str(processes), str(port)],
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
    """What one process with one device reports."""
    return run(blobs, tmp_path_factory.mktemp("alone"))[0]


@pytest.mark.parametrize(("processes", "devices"), [(1, 8), (2, 1)], ids=["eight-devices", "two-processes"])
def test_losses_and_answers_are_those_of_one(blobs, alone, tmp_path, processes, devices):
    """Batch norm included, sharing a batch changes nothing but rounding; all processes end with the same weights."""
    reports = run(blobs, tmp_path, processes=processes, devices=devices)
    assert alone["devices"] == 1
    for report in reports:
        assert report["devices"] == processes * devices
        for name, values in alone["history"].items():
            np.testing.assert_allclose(report["history"][name], values, rtol=2e-3, atol=1e-3, err_msg=name)
        np.testing.assert_allclose(report["logits"], alone["logits"], rtol=0.02, atol=0.02)
        assert report["logits"] == reports[0]["logits"]
