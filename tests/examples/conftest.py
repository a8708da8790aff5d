"""What the tests of the examples share."""

import contextlib
import io
import runpy
import subprocess
import sys
import warnings
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


@pytest.fixture(scope="session")
def run_example_here(repository: Path) -> Callable[..., str]:
    """Run an example in this process, which has imported and compiled much already; return what it printed."""

    def run(script: str, *arguments: object) -> str:
        path = repository / "examples" / script
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("default")  # as for users
            patch.setattr(sys, "argv", [str(path), *map(str, arguments)])
            runpy.run_path(str(path), run_name="__main__")
        return printed.getvalue()

    return run
