"""A process that loads a folder into shards, or dies: ``python shards_process.py FOLDER SHARDS WORKERS OPERATION``.

It is killed before this operation on files (see `galmorph.data._load.shards`), if there are so many; 0 lets it live.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from galmorph.data import load_image_folder
from galmorph.data._load import shards
from galmorph.errors import PoorImageError
from galmorph.types import Galaxy, GalaxyImage, Quality, Stamp

FILES = 5  # in a shard
# Python's names for what a process does to files; it may be killed before each.
WATCHED = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir", "tempfile.mkstemp", "sqlite3.connect")


class Measures:
    """A recipe whose measurements depend on the pixels, with all their digits; an image may be too poor."""

    def __call__(self, image: GalaxyImage) -> Stamp:
        """Take the first pixels."""
        level = float(image.pixels[0, 0, 0])
        if level % 9 == 4:
            raise PoorImageError(f"level {level}")
        galaxy = Galaxy(x=level / 3, y=level / 7, radius=np.sqrt(level), axis_ratio=0.1, angle=level / 11)
        quality = Quality(signal_to_noise=float("nan"), diameter=float("inf"), bad_fraction=0.0, truncation=1 / 3)
        return Stamp(pixels=image.pixels[:4, :4] / np.float32(255), galaxy=galaxy, quality=quality)

    def to_dict(self) -> dict[str, Any]:
        """Describe."""
        return {"measures": True, "levels": (0, 255)}


def load(folder: str, into: str | None, workers: int) -> Any:
    """Load with small shards."""
    shards._FILES = FILES
    return load_image_folder(folder, recipe=Measures(), shards=into, workers=workers, progress=False)


def main() -> None:
    """Fork a process for each line of the standard input: it is killed before an operation on files, or prints."""
    folder, into, workers = sys.argv[1:]
    for line in sys.stdin:
        left = int(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                watch(left)
                load(folder, into, int(workers))
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        names = sorted(path.name for path in Path(into).glob("0*")) if Path(into).is_dir() else []
        print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), *names, flush=True)  # noqa: T201


def watch(left: int) -> None:
    """Kill this process before an operation on files."""

    def hook(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event in WATCHED:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
