"""Ctrl-C stops a training between two steps, with a checkpoint, and never with a segmentation fault."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_networks import Linear, quick, weights

from galmorph.training import train

pytestmark = pytest.mark.usefixtures("ctrl_c")

PROCESS = Path(__file__).with_name("interrupted_process.py")


def test_what_was_done_is_kept(tmp_path, blobs):
    """The epoch in which it comes is in a checkpoint, and the training that goes on ends with the same bits."""
    options = {"config": quick(epochs=3), "progress": False}

    def press(report):
        if report.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(Linear(), blobs, checkpoints=tmp_path, on_epoch=press, **options)
    assert [path.name for path in tmp_path.glob("step*")] == ["step-000000008.safetensors"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = train(Linear(), blobs, checkpoints=tmp_path, **options)
    whole = train(Linear(), blobs, **options)
    for one, other in zip(weights(resumed.classifier.model), weights(whole.classifier.model), strict=True):
        np.testing.assert_array_equal(one, other)


def interrupt(folder: Path, seed: int, seconds: float) -> tuple[int, str]:
    """Interrupt a training so many seconds after it began; gives how the process ended, and its last word."""
    command = [sys.executable, str(PROCESS), str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        try:
            word, _ = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            return 0, "hangs"
    return process.returncode, word.strip()


@pytest.mark.slow
def test_a_process_ends_in_order(tmp_path):
    """A real Ctrl-C while JAX compiles is a `KeyboardInterrupt`, and the process ends without a fault."""
    assert interrupt(tmp_path, 0, 3.0) == (0, "interrupted")


@pytest.mark.trial
def test_fifty_processes_end_in_order(tmp_path):
    """The same at fifty random moments of the first ten seconds, which are mostly compilation."""
    rng = random.Random(0)  # noqa: S311 (no secrets)
    ends = [interrupt(tmp_path / str(number), number, rng.uniform(0, 10)) for number in range(50)]
    assert ends == [(0, "interrupted")] * 50
