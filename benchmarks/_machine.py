"""What a benchmark ran on."""

import os
import platform
from pathlib import Path

__all__ = ["cores", "describe"]


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> str:
    """Name processor, cores, system and Python in a line."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{cores()} cores of {processor}, {platform.system()}, Python {platform.python_version()}"
