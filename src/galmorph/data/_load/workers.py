"""Workers: who reads and prepares image files, this thread, threads for all cores, or an executor."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from galmorph._checks import check

__all__ = ["available_cores", "check_workers", "open_workers"]


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


@contextmanager
def open_workers(workers: int | Executor | None) -> Iterator[Executor | None]:
    """Give an executor for a number of workers, or None if this thread shall do the work.

    Raises
    ------
    InvalidValueError
        If `workers` is none of its values.
    """
    check_workers(workers)
    if isinstance(workers, Executor):
        yield workers
        return
    count = available_cores() if workers is None else workers
    # Each product of small matrices would wake a BLAS thread for each core, which costs more than it gains.
    with threadpool_limits(1, user_api="blas"):
        if count == 1:
            yield None
            return
        with ThreadPoolExecutor(count, thread_name_prefix="galmorph-files") as threads:
            yield threads
