"""The machine of a benchmark, and its compiled functions."""

import os
import platform
from pathlib import Path

__all__ = ["cores", "describe", "keep_compiled"]


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> str:
    """Describe processor, cores, system and Python in one line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{cores()} cores of {processor}, {platform.system()}, Python {platform.python_version()}"


def keep_compiled(folder: Path) -> None:
    """Keep compiled functions in a folder for the next run, unless JAX is already configured to use another one."""
    import jax  # benchmarks of other frameworks do not need it

    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(folder.resolve()))
