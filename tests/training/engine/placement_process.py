"""A training in a process of its own: ``placement_process.py FOLDER PROCESS PROCESSES PORT DIES``.

It trains on the blobs in the folder with all devices of all processes, and writes a report to ``report-PROCESS.json``.
If DIES is its own number, it kills itself halfway.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import jax

HEARTBEAT = 5  # seconds without a sign of life until JAX ends the other processes


def report(folder: Path, process: int, progress: bool | Callable[[float], None] = False) -> dict:
    """Train, and write down history and answers."""
    from small_networks import Tiny, quick

    from galmorph.data import Dataset
    from galmorph.training import train

    blobs = Dataset.load(folder / "blobs")
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    result = train(
        Tiny(),
        learn,
        validation=validation,
        config=quick(),
        checkpoints=folder / f"run-{jax.device_count()}",
        checkpoint_seconds=0.0,
        progress=progress,
    )
    history = {name: list(map(float, result.history[name])) for name in result.history.colnames if name != "seconds"}
    logits = result.classifier.logits(blobs.stamps)
    found = {"devices": jax.device_count(), "history": history, "logits": logits.tolist()}
    (folder / f"report-{process}.json").write_text(json.dumps(found))
    return found


def die_halfway(done: float) -> None:
    """End this process as a machine that fails would."""
    if done > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder, process, processes, port, dies = Path(sys.argv[1]), *map(int, sys.argv[2:])
    sys.path.append(str(Path(__file__).parents[1]))  # small_networks
    if processes > 1:
        jax.distributed.initialize(f"127.0.0.1:{port}", processes, process, heartbeat_timeout_seconds=HEARTBEAT)
    report(folder, process, die_halfway if process == dies else False)
