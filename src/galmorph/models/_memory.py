"""Memory that stays in the process from one training step to the next.

XLA allocates the intermediate results of a step as one block, and frees it at the end. On Linux, the GNU C library
takes such a large block from the system each time, and the first touch of each page is slow: a third of the time of a
ResNet-18 step on CPUs (docs/performance.md). `keep_memory` tells the library to keep freed memory, in one pool for all
threads. The memory of the process then never shrinks. It may grow over the first steps, until each block finds a free
place of its size.
"""

import ctypes
import os
import platform

__all__ = ["keep_memory"]

SWITCH = "GALMORPH_KEEP_MEMORY"
PARAMETERS = {"M_ARENA_MAX": (-8, 1), "M_MMAP_MAX": (-4, 0), "M_TRIM_THRESHOLD": (-1, -1)}  # mallopt(3), malloc.h


def keep_memory() -> bool:
    """Keep freed memory in this process, and return whether that succeeded.

    This affects threads that start later, so call it before the first computation of JAX. It does nothing if the
    environment variable ``GALMORPH_KEEP_MEMORY`` is 0, or if the C library is not GNU's.
    """
    if os.environ.get(SWITCH, "1") == "0" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    done = [mallopt(number, value) for number, value in PARAMETERS.values()]
    return all(done)
