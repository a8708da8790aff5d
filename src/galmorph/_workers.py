"""Workers: who reads and prepares image files. This thread, threads, processes, or an executor of the caller's."""

import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import loky
from threadpoolctl import threadpool_limits
from tqdm import TMonitor

from galmorph._checks import check
from galmorph.errors import WorkerError

__all__ = ["available_cores", "check_workers", "run_in_order"]

_IN_FLIGHT = 32  # tasks, or three for each worker if that is more; so many results wait in memory at most
_TRIAL = 0.5  # seconds in which threads show how fast they are, and how many cores they keep busy
_START = 2.0  # seconds that processes take to start, about; they must save twice as many
_WITH_THREADS = ("jaxlib", "tensorflow", "torch", "mpi4py")  # packages whose state does not survive a fork

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_workers(workers: int | Executor | None) -> None:
    """Raise `InvalidValueError` unless workers are None, a whole number of at least 1, or an executor."""
    number = isinstance(workers, int) and not isinstance(workers, bool) and workers >= 1
    check(
        workers is None or number or isinstance(workers, Executor),
        "workers: expected None (all cores), a whole number of at least 1, or a concurrent.futures.Executor, "
        f"got {workers!r}",
    )


def run_in_order(
    function: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    workers: int | Executor | None,
    *,
    total: int | None = None,
) -> Iterator[_Result]:
    """Run tasks in parallel, and yield their results in the order of the tasks, as soon as they are there.

    A few tasks run ahead of the caller; closing the generator cancels those that have not started.

    Parameters
    ----------
    function
        What to do with a task. It must be possible to pickle it, the tasks and the results.
    tasks
        The tasks. They are taken as the work goes on.
    workers
        None for all cores, 1 for this thread alone, another number for so many workers, or an executor, which stays
        open.
    total
        Number of tasks; None if it is not known, which counts as very many.

    Raises
    ------
    WorkerError
        If a worker process dies.
    """
    if isinstance(workers, Executor):
        # Such executors don't tell how many workers they have; a cluster has many.
        yield from _submit_in_order(workers.submit, function, tasks, 2 * _IN_FLIGHT)
        return
    count = available_cores() if workers is None else workers
    # Each product of small matrices would wake a BLAS thread for each core, which costs more than it gains.
    with threadpool_limits(1, user_api="blas"):
        if count == 1:
            yield from map(function, tasks)
            return
        in_flight = max(_IN_FLIGHT, 3 * count)
        if _can_fork() and (total is None or total >= in_flight):
            with _copies(count, function) as copies:
                yield from _submit_in_order(copies.submit, _run, tasks, in_flight)
        else:
            with _Pools(count, total, in_flight) as pools:
                yield from _submit_in_order(pools.submit, function, tasks, in_flight)


def _submit_in_order(
    submit: Callable[[Callable[[_Task], _Result], _Task], "Future[_Result]"],
    function: Callable[[_Task], _Result],
    tasks: Iterable[_Task],
    in_flight: int,
) -> Iterator[_Result]:
    waiting: deque[tuple[_Task, Future[_Result]]] = deque()
    left = iter(tasks)
    try:
        waiting.extend((task, submit(function, task)) for task in islice(left, in_flight))
        while waiting:
            task, future = waiting.popleft()
            try:
                result = future.result()
            except ValueError:
                # Dask's executor raises it if the worker that has a result dies while the result is on its way
                # (distributed 2026.8). If the function raised it, it does so again.
                result = submit(function, task).result()
            yield result
            waiting.extend((task, submit(function, task)) for task in islice(left, 1))
    except BrokenExecutor as error:
        raise WorkerError(
            f"a process that prepares images died: it could not start or unpickle its task, ran out of memory, or was "
            f"killed ({_first_line(error)}). A ProcessPoolExecutor of your own must start below "
            'if __name__ == "__main__":; a number of workers needs no such line, and workers=1 no other process'
        ) from error
    finally:
        for _, future in waiting:
            future.cancel()


def _can_fork() -> bool:
    """Whether copies of this process can work: on Linux, if no thread could hold a lock that a copy waits for.

    Progress bars have a thread, whose locks no copy needs.
    """
    threads = [thread for thread in threading.enumerate() if not isinstance(thread, TMonitor)]
    return sys.platform == "linux" and len(threads) == 1 and not any(map(sys.modules.get, _WITH_THREADS))


def _copies(count: int, function: Callable[[Any], Any]) -> ProcessPoolExecutor:
    """Start processes that are copies of this one: they can work at once, with all that is imported."""
    copies = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("fork"), initializer=_begin, initargs=(function,)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of the progress bar's thread
        copies.submit(int)  # the first task starts all processes
    return copies


_function: Callable[[Any], Any]  # of a copy


def _begin(function: Callable[[Any], Any]) -> None:
    """Prepare a copy for its tasks. A copy inherits the function, which need not be one that can be pickled."""
    global _function
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_blas()


def _end_with_parent() -> None:
    """Leave no copy behind if the first process is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _run(task: Any) -> Any:
    return _function(task)


class _Pools:
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

    def __enter__(self) -> "_Pools":
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


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _limit_blas() -> None:
    threadpool_limits(1, user_api="blas")


def _import_for(function: Callable[..., object]) -> None:
    """Do nothing: to get the function, a process has imported all that it needs."""
