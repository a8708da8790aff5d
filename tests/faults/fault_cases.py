"""Run a script that goes through damaged files, one after the other, also if one of them ends it."""

import json
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["CASES", "SEED", "run_cases"]

CASES = int(os.environ.get("GALMORPH_FAULTS", "2000"))
SEED = int(os.environ.get("GALMORPH_FAULTS_SEED", "0"))


def run_cases(script: str, end: int, *arguments: str, seed: int = SEED) -> list[list[str]]:
    """Give file, damage, outcome and detail of each case. If one ends the process, go on with the next one."""
    tests = Path(__file__).parents[1]
    paths = os.pathsep.join(map(str, (tests, tests / "comparison", tests / "training")))
    environment = {**os.environ, "PYTHONPATH": paths, "JAX_PLATFORMS": "cpu"}
    found, first = [], 0
    while first < end:
        command = [sys.executable, str(Path(__file__).with_name(script)), str(seed), str(first), str(end - first)]
        answer = subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in answer.stdout.splitlines()]
        assert lines, answer.stderr
        for begun, done in zip(lines[::2], lines[1::2], strict=False):
            found.append([*begun[1:], *done[1:]])
        if len(lines) % 2:  # it began with a case, and never ended it
            found.append([*lines[-1][1:], "hang" if answer.returncode == -14 else "death", answer.stderr[-300:]])
        first = lines[-1][0] + 1
    return found
