"""What the tests of the examples share."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def run_example(repository: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run an example as a user would, in the current folder or another one; it must end well."""

    def run(script: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(repository / "examples" / script), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=400, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run
