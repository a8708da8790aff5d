"""`run_in_order`: tasks in parallel, results in their order."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from itertools import islice
from typing import TypeVar

from threadpoolctl import threadpool_limits

from galmorph._checks import check
from galmorph._workers.copies import can_fork, run_in_copy, start_copies
from galmorph._workers.pools import Pools
from galmorph.errors import WorkerError

__all__ = ["available_cores", "check_workers", "run_in_order"]

_IN_FLIGHT = 32  # tasks, or three for each worker if that is more; so many results wait in memory at most

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
        many = total is None or total >= in_flight
        copies = start_copies(count, function) if many and can_fork() else None
        if copies is not None:
            with copies:
                yield from _submit_in_order(copies.submit, run_in_copy, tasks, in_flight)
        else:
            with Pools(count, total, in_flight) as pools:
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


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
