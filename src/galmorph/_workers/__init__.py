"""Workers: who reads and prepares image files. This thread, threads, processes, or an executor of the caller's."""

from galmorph._workers.in_order import available_cores, check_workers, run_in_order

__all__ = ["available_cores", "check_workers", "run_in_order"]
