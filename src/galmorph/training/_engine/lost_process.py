"""The error of a training that lost one of its processes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import jax

from galmorph.errors import GalmorphError

__all__ = ["lost_process_error"]

# How the libraries for sums over processes (Gloo on CPUs, NCCL on GPUs) and JAX's own service report a lost process.
LOST = re.compile(r"gloo|nccl|unavailable|coordination service|heartbeat|connection (closed|reset)|socket closed", re.I)


@contextmanager
def lost_process_error(*, resumes: bool) -> Iterator[None]:
    """Turn JAX's error of a lost connection into an error that says what to do.

    If one process ends, the sums over all processes fail in the others. The process that started JAX's coordination
    service (the first one) is an exception: if it ends, JAX ends all others at once, with a message of its own.

    Parameters
    ----------
    resumes
        Whether the training has a folder for checkpoints.

    Raises
    ------
    GalmorphError
        If JAX runs as several processes, and one of them can't be reached.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if jax.process_count() == 1 or not LOST.search(str(error)):
            raise
        remedy = "the training resumes from its last checkpoint"
        if not resumes:
            remedy = "the training begins again; with checkpoints= it would resume"
        raise GalmorphError(
            f"process {jax.process_index()} of {jax.process_count()} can't reach another one, which has ended or lost "
            f"its network, and can't go on alone; look for the reason in the output of the others, then start all "
            f"processes again: {remedy} (JAX says: {_first_line(error)})"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
