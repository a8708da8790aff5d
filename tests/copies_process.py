"""A script without JAX, in which copies of the process work. Its argument names the case."""

import errno
import multiprocessing
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from worker_tasks import blas_threads, kill_at_seven, process_id, slow_process_id

from galmorph._progress import tqdm
from galmorph._workers import run_in_order
from galmorph.errors import WorkerError


def main(case: str) -> None:
    """Print what the case is about."""
    if case == "order":
        print(list(run_in_order(lambda number: -number, range(100), 2)) == [-number for number in range(100)])
    elif case == "processes":
        with tqdm(range(100)) as bar:  # it has a thread
            print(os.getpid() in run_in_order(process_id, bar, 2, total=100))
    elif case == "few":
        print(set(run_in_order(process_id, range(10), 2, total=10)) == {os.getpid()})
    elif case == "other threads":
        with ThreadPoolExecutor(1) as threads:
            threads.submit(time.sleep, 0.01).result()
            print(next(run_in_order(process_id, range(100), 2)) == os.getpid())
    elif case == "refused":
        fork, forks = os.fork, iter((False, True))  # the system copies the process once, and not again

        def refuse() -> int:
            if next(forks):
                raise OSError(errno.ENOMEM, "Cannot allocate memory")
            return fork()

        os.fork = refuse
        print(set(run_in_order(process_id, range(100), 2)) == {os.getpid()}, multiprocessing.active_children())
    elif case == "jax":
        import jax  # noqa: F401

        print(next(run_in_order(process_id, range(100), 2)) == os.getpid())
    elif case == "one BLAS thread":
        print({number for counts in run_in_order(blas_threads, range(100), 2) for number in counts})
    elif case == "death":
        try:
            list(run_in_order(kill_at_seven, range(100), 2))
        except WorkerError as error:
            print(error)
    elif case == "for ever":
        for process in run_in_order(slow_process_id, iter(int, 1), 3):
            print(process, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
