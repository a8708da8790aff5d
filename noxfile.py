"""Everything that is checked or built: ``nox`` runs the default sessions, ``nox -l`` lists all of them."""

import os
import shutil
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")
MINIMUM_PYTHON = PYPROJECT["project"]["requires-python"].removeprefix(">=")

nox.needs_version = ">=2025.2.9"


def dependencies(group: str) -> tuple[str, ...]:
    """Requirements of a dependency group in pyproject.toml; read by nox, for not every pip knows groups."""
    return nox.project.dependency_groups(PYPROJECT, group)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style and the order of the rooms."""
    session.install(*dependencies("lint"))
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def typing(session: nox.Session) -> None:
    """Check types."""
    session.install("-e", ".", *dependencies("typing"))
    session.run("mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests and the examples in docstrings, two at a time; arguments after ``--`` go to pytest."""
    session.install("-e", ".", *dependencies("test"))
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take many seconds each: whole examples, killed processes, networks at their full size."""
    session.install("-e", ".", *dependencies("test"))
    session.run("pytest", "-n", "2", "--dist", "worksteal", "-m", "slow and not trial", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure which lines and branches the tests run, without the slow ones, and fail if they are fewer than 95 %."""
    session.install("-e", ".", *dependencies("test"), "pytest-cov>=7")
    measured = ("--cov", "--cov-report=term-missing:skip-covered")
    session.run("pytest", "-n", "2", "--dist", "worksteal", *measured, *session.posargs)


@nox.session(default=False)
def trials(session: nox.Session) -> None:
    """Run the tests that take minutes each: a training that is killed twenty times, say."""
    session.install("-e", ".", *dependencies("test"))
    session.run("pytest", "-m", "trial", *session.posargs)


@nox.session(default=False)
def live(session: nox.Session) -> None:
    """Ask the real services two questions on each route, keep the raw answers in tests/recordings, and print a table.

    Arguments after ``--`` go to the script: ``--contact you@example.org``, or words in the names of routes.
    """
    session.install("-e", ".")
    session.run("python", "tests/live/ask_services.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation in docs/_build/html; with ``-- -t intersphinx`` and a network it links other projects."""
    session.install("-e", ".", *dependencies("docs"))
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-b", "html", *session.posargs, "docs", "docs/_build/html")


@nox.session(default=False)
def parity(session: nox.Session) -> None:
    """Compare the networks with PyTorch; arguments after ``--`` go to pytest."""
    # One version, for where an index or a folder offers its CPU build (2.13.0+cpu), pip prefers that to the plain one,
    # which brings gigabytes of CUDA libraries; a newer plain one would come before both.
    session.install("-e", ".", *dependencies("test"), *dependencies("parity"), "torch==2.13.0")
    session.run("pytest", "tests/parity", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed beside PyTorch; or run the script named after ``--`` with its arguments."""
    session.install("-e", ".", *dependencies("parity"), "torch==2.13.0")
    commands = [session.posargs] if session.posargs else [["benchmarks/train_step.py"], ["benchmarks/epoch.py"]]
    for command in commands:
        session.run("python", *command)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build source archive and wheel, check them, and import the wheel in an environment of its own."""
    session.install("build", "twine")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    (wheel,) = Path("dist").glob("*.whl")

    stranger = Path(session.create_tmp()) / "stranger"
    session.run("python", "-m", "venv", "--clear", str(stranger))
    python = str(stranger / ("Scripts" if os.name == "nt" else "bin") / "python")
    session.run(python, "-m", "pip", "install", str(wheel), external=True)
    rooms = "import galmorph as gm; print(gm.__version__, *(getattr(gm, room).__name__ for room in gm.__all__))"
    session.run(python, "-c", rooms, external=True)


@nox.session(default=False, python=MINIMUM_PYTHON)
def minimums(session: nox.Session) -> None:
    """Run the tests with the oldest Python and the oldest direct dependencies that pyproject.toml allows."""
    oldest = [requirement.replace(">=", "==") for requirement in PYPROJECT["project"]["dependencies"]]
    session.install("-e", ".", *oldest, *dependencies("test"))
    # Old releases meet newer releases of their own dependencies, whose deprecations they can't know.
    session.run("pytest", "-W", "ignore::DeprecationWarning", *session.posargs)
