"""The example for several machines trains here: alone, and (a trial) as Slurm would start it."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from galmorph.data import Dataset
from galmorph.simulation import simulate_galaxies
from galmorph.training import Classifier

pytestmark = pytest.mark.slow

SMALL = ("--architecture", "lenet5", "--batch-size", 16)

# What Slurm's srun does, on one machine: start the command twice, and end the other one if one of them fails. Each gets
# the variables in which Slurm describes the job.
SRUN = """#!/bin/bash
shift  # --kill-on-bad-exit=1
export SLURM_JOB_ID SLURM_STEP_NODELIST=127.0.0.1 SLURM_NTASKS=2
for SLURM_PROCID in 0 1; do
    export SLURM_PROCID SLURM_LOCALID=0
    "$@" >> "$LOGS/process-$SLURM_PROCID.log" 2>&1 &
    eval "process$SLURM_PROCID=$!"
done
if [ -n "${VICTIM:-}" ]; then
    until compgen -G "$WATCHED/step-*" > /dev/null; do sleep 0.1; done
    eval "kill -9 \\$process$VICTIM"
fi
wait "$process0"; first=$?
wait "$process1"; second=$?
exit $((first | second))
"""
SCONTROL = """#!/bin/bash
echo "$@" >> "$LOGS/scontrol.log"
"""


def test_alone(run_example_here, tmp_path):
    """Without other processes: a classifier in the output folder."""
    noise = np.random.default_rng(0).integers(0, 256, (100, 32, 32, 1), np.uint8)
    Dataset(noise, np.arange(100) % 2, ("round", "long")).save(tmp_path / "stamps")
    options = ("--stamps", tmp_path / "stamps", "--epochs", 1, "--output", tmp_path)
    printed = run_example_here("train_cluster.py", *SMALL, *options)
    assert printed.startswith("1 processes, 1 devices: TrainResult(")
    assert Classifier.load(tmp_path / "classifier.safetensors").architecture == "lenet5"


def submit(repository: Path, folder: Path, victim: str = "", **slurm: str) -> subprocess.CompletedProcess[str]:
    """Run the job script with a Slurm that has one machine, and that may kill one of the two processes."""
    tools = folder.parent / "slurm"
    tools.mkdir(exist_ok=True)
    for name, text in (("srun", SRUN), ("scontrol", SCONTROL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    folder.mkdir(exist_ok=True)
    job = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SLURM_SUBMIT_DIR": str(repository),
        "SLURM_JOB_ID": str(os.getpid()),
        "LOGS": str(folder),
        "WATCHED": str(folder / "output" / "checkpoints"),
        "VICTIM": victim,
    }
    script = repository / "examples" / "train_cluster.sbatch"
    arguments = (folder.parent / "stamps", folder / "output", *SMALL, "--epochs", 6, "--checkpoint-seconds", 0)
    command = ["/bin/bash", str(script), *map(str, arguments)]
    return subprocess.run(
        command, env={**os.environ, **job, **slurm}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.trial
@pytest.mark.parametrize(
    ("victim", "message"), [("1", "GalmorphError: process 0 of 2 can't reach another"), ("0", "another task died")]
)
def test_slurm(repository, tmp_path, victim, message):
    """A process is killed: the other ends and says why, the job is queued again and ends with the same bytes."""
    simulate_galaxies(200, size=32, seed=0).save(tmp_path / "stamps")
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    done = submit(repository, calm)
    assert done.returncode == 0, (calm / "process-0.log").read_text()
    assert "2 processes, 2 devices: TrainResult(" in (calm / "process-0.log").read_text()

    failed = submit(repository, killed, victim)
    assert failed.returncode == 1
    assert "the job is queued again, and will resume" in failed.stderr
    assert (killed / "scontrol.log").read_text() == f"requeue {os.getpid()}\n"
    assert message in (killed / f"process-{1 - int(victim)}.log").read_text()

    assert submit(repository, killed, SLURM_RESTART_COUNT="1").returncode == 0
    name = Path("output") / "classifier.safetensors"
    assert (killed / name).read_bytes() == (calm / name).read_bytes()


def test_a_job_that_fails_again_and_again_stops(repository, tmp_path):
    """After three restarts the job is not queued again."""
    done = submit(repository, tmp_path / "job", SLURM_RESTART_COUNT="3", TRAIN_CLUSTER="/missing.py")
    assert done.returncode == 1
    assert "failed four times" in done.stderr
    assert not (tmp_path / "job" / "scontrol.log").exists()
