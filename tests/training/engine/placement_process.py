"""A training in a process of its own: ``placement_process.py FOLDER PROCESS PROCESSES PORT``.

It trains on the blobs in the folder with all devices of all processes, and writes a report to ``report-PROCESS.json``.
"""

import json
import sys
from pathlib import Path

import jax


def report(folder: Path, process: int) -> dict:
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
        progress=False,
    )
    history = {name: list(map(float, result.history[name])) for name in result.history.colnames if name != "seconds"}
    logits = result.classifier.logits(blobs.stamps)
    found = {"devices": jax.device_count(), "history": history, "logits": logits.tolist()}
    (folder / f"report-{process}.json").write_text(json.dumps(found))
    return found


if __name__ == "__main__":
    folder, process, processes, port = sys.argv[1:]
    sys.path.append(str(Path(__file__).parents[1]))  # small_networks
    if int(processes) > 1:
        jax.distributed.initialize(f"127.0.0.1:{port}", int(processes), int(process))
    report(Path(folder), int(process))
