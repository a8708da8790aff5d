"""Tasks for worker processes, which import them by name."""

import os
import signal
import time
from pathlib import Path

from flat_images import Corner

from galmorph.types import GalaxyImage, Stamp


class SignedCorner(Corner):
    """A corner whose process leaves an empty file with its number in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Sign, and cut out the corner."""
        (self.folder / f"process-{os.getpid()}").touch()
        return super().__call__(image)


def process_id(_: int) -> int:
    """Tell which process runs this."""
    return os.getpid()


def slow_process_id(_: int) -> int:
    """Tell which process runs this, after a moment."""
    time.sleep(0.01)
    return os.getpid()


def kill_at_seven(number: int) -> int:
    """Kill the process that gets the number seven."""
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def blas_threads(_: int) -> list[int]:
    """Tell how many threads each BLAS library may use."""
    from threadpoolctl import threadpool_info

    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
