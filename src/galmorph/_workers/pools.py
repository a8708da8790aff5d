"""Threads that hand over to fresh processes, where copies of this process could not work."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

import loky
from threadpoolctl import threadpool_limits

__all__ = ["Pools"]

_TRIAL = 0.5  # seconds in which threads show how fast they are, and how many cores they keep busy
_START = 2.0  # seconds that processes take to start, about; they must save twice as many

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


class Pools:
    """Threads at first; processes take over if these would save time.

    Threads start at once, but Python lets only one of them run at a time outside of NumPy. Processes do not share
    Python, and take seconds to start, in which the threads go on. They load no JAX, do not fork this process, which may
    have, and do not run the user's script again.
    """

    def __init__(self, count: int, total: int | None, in_flight: int) -> None:
        self._count, self._in_flight = count, in_flight
        self._left = math.inf if total is None else total
        self._submitted = 0
        self._begin = time.monotonic(), time.process_time()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="galmorph-files")
        self._processes: Executor | None = None
        self._started: Future[None] | None = None  # done when a process can work

    def __enter__(self) -> "Pools":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        if self._processes is not None:
            self._processes.shutdown()

    def submit(self, function: Callable[[_Task], _Result], task: _Task) -> "Future[_Result]":
        """Give a task to the threads or, if there is long work left, to the processes as soon as one has started."""
        if self._processes is None and self._would_save_time():
            self._processes = loky.ProcessPoolExecutor(self._count, initializer=_limit_blas)
            self._started = self._processes.submit(_import_for, function)
        self._submitted += 1
        self._left -= 1
        executor = self._processes if self._processes is not None and self._have_started() else self._threads
        return executor.submit(function, task)

    def _have_started(self) -> bool:
        """Whether a process can work, or has failed to start, which the next task then says."""
        return self._started is not None and self._started.done()

    def _would_save_time(self) -> bool:
        seconds, busy = time.monotonic() - self._begin[0], time.process_time() - self._begin[1]
        done = self._submitted - self._in_flight
        if seconds < _TRIAL or done < 1:
            return False
        idle = max(0.0, 1 - busy / (seconds * self._count))  # part of the cores' time
        return self._left * seconds / done * idle > 2 * _START


def _limit_blas() -> None:
    threadpool_limits(1, user_api="blas")


def _import_for(function: Callable[..., object]) -> None:
    """Do nothing: to get the function, a process has imported all that it needs."""
