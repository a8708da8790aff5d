"""Memory for intermediate results, kept from one training step to the next.

XLA takes the memory for the intermediate results of a step as one block from the C library, and gives it back at the
end. On Linux the GNU C library maps so large a block anew each time, and the first touch of each of its pages costs:
a third of the time of a ResNet-18 step on CPUs (docs/performance.md). `keep_memory` asks the library to keep what it
once had, for all threads together. The memory of the process then never shrinks, and may grow over the first steps,
until each block finds a free place of its size.
"""

import ctypes
import os
import platform

__all__ = ["keep_memory"]

SWITCH = "GALMORPH_KEEP_MEMORY"
PARAMETERS = {"M_ARENA_MAX": (-8, 1), "M_MMAP_MAX": (-4, 0), "M_TRIM_THRESHOLD": (-1, -1)}  # mallopt(3), malloc.h


def keep_memory() -> bool:
    """Keep freed memory in this process; return whether that was done.

    It works for threads which start afterwards, so it comes before the first computation of JAX. Nothing is done where
    the environment says ``GALMORPH_KEEP_MEMORY=0``, or where the C library is not GNU's.
    """
    if os.environ.get(SWITCH, "1") == "0" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    done = [mallopt(number, value) for number, value in PARAMETERS.values()]
    return all(done)
