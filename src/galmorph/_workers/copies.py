"""Copies of this process, which prepare images at once with all that is imported."""

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from threadpoolctl import threadpool_limits
from tqdm import TMonitor

__all__ = ["can_fork", "run_in_copy", "start_copies"]

_WITH_THREADS = ("jaxlib", "tensorflow", "torch", "mpi4py")  # packages whose state does not survive a fork

_function: Callable[[Any], Any]  # of a copy


def can_fork() -> bool:
    """Whether copies of this process can work: on Linux, if no thread could hold a lock that a copy waits for.

    Progress bars have a thread, whose locks no copy needs.
    """
    threads = [thread for thread in threading.enumerate() if not isinstance(thread, TMonitor)]
    return sys.platform == "linux" and len(threads) == 1 and not any(map(sys.modules.get, _WITH_THREADS))


def start_copies(count: int, function: Callable[[Any], Any]) -> ProcessPoolExecutor | None:
    """Start copies of this process for `run_in_copy`.

    Parameters
    ----------
    count
        How many.
    function
        What they do with a task. They inherit it, so it need not be one that can be pickled.

    Returns
    -------
    copies
        An executor whose processes run, or None where the system refuses to copy a process of this size.
    """
    copies = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("fork"), initializer=_begin, initargs=(function,)
    )
    others = multiprocessing.active_children()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of the progress bar's thread
            copies.submit(int)  # the first task starts all processes
    except OSError:
        for copy in set(multiprocessing.active_children()).difference(others):
            copy.terminate()
            copy.join()
        return None
    return copies


def run_in_copy(task: Any) -> Any:
    """Do in a copy what it is for."""
    return _function(task)


def _begin(function: Callable[[Any], Any]) -> None:
    """Prepare a copy for its tasks."""
    global _function
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threadpool_limits(1, user_api="blas")


def _end_with_parent() -> None:
    """Leave no copy behind if the first process is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
