"""A training that lost a process says so; test_placement.py (a trial) kills real ones."""

import re

import jax
import pytest

from galmorph.errors import GalmorphError
from galmorph.training._engine.lost_process import lost_process_error

# As jax 0.10.2 reported it when a process was killed, on CPUs (Gloo).
REPORTED = (
    "INTERNAL: Error dispatching computation: Gloo all-reduce failed: [external/gloo/gloo/transport/tcp/pair.cc:547] "
    "Connection closed by peer [127.0.0.1]:7593"
)


@pytest.fixture
def two_processes(monkeypatch):
    """Let JAX believe that this is the second of two processes."""
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(jax, "process_index", lambda: 1)


@pytest.mark.parametrize(
    ("resumes", "remedy"),
    [(True, "the training resumes from its last checkpoint"), (False, "the training begins again; with checkpoints=")],
)
@pytest.mark.usefixtures("two_processes")
def test_it_says_what_to_do(resumes, remedy):
    """Which process lost the connection, what to do, and what JAX reported."""
    expected = f"process 1 of 2 can't reach another one.*start all processes again: {remedy}.*{re.escape(REPORTED)}"
    with pytest.raises(GalmorphError, match=expected), lost_process_error(resumes=resumes):
        raise jax.errors.JaxRuntimeError(REPORTED)


@pytest.mark.usefixtures("two_processes")
def test_other_errors_stay_what_they_are():
    """Memory that is exhausted is not a lost process."""
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"), lost_process_error(resumes=True):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99999999999 bytes.")


def test_one_process_loses_none():
    """Without other processes, an error of the device passes unchanged."""
    with pytest.raises(jax.errors.JaxRuntimeError, match="Gloo"), lost_process_error(resumes=True):
        raise jax.errors.JaxRuntimeError(REPORTED)
