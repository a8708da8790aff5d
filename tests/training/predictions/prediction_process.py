"""A process that predicts to a file and kills itself in the middle, again and again, until it is done.

Its arguments are a saved classifier, a folder, the name of a file in it, and numbers. For each number it forks a
process that predicts the images in the folder, and is killed (SIGKILL) before it renames so many files. With -1 it is
killed before it removes the description of the run, and with 0 it may end. After each, it prints a line of JSON: how
the process ended, and the inodes and times of all files.
"""

import json
import os
import signal
import sys
import warnings
from pathlib import Path

from galmorph.training import Classifier


def die_at(count: int) -> None:
    """Kill this process before its count-th renaming of a file, or before it removes the description of the run."""
    left = count

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        left -= event == "os.rename"
        renamed = event == "os.rename" and left == 0
        removed = event == "os.remove" and count < 0 and Path(str(arguments[0])).name == "run.json"
        if renamed or removed:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def predict(saved: str, folder: Path, name: str, count: int) -> None:
    """Predict the images of a folder."""
    warnings.simplefilter("ignore")
    classifier = Classifier.load(saved)
    if count:
        die_at(count)
    classifier.predict_to(folder / "images", folder / name, part=3, progress=False)


def state(folder: Path) -> dict[str, list[int]]:
    """Give inode and time of each file that is not an image."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "images"]
    return {str(path.relative_to(folder)): [path.stat().st_ino, path.stat().st_mtime_ns] for path in files}


def main() -> None:
    """Fork a process for each number."""
    saved, folder, name, *counts = sys.argv[1:]
    for count in map(int, counts):
        child = os.fork()  # before JAX has started any thread
        if child == 0:
            predict(saved, Path(folder), name, count)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = "killed" if os.WIFSIGNALED(status) else ("whole" if status == 0 else "failed")
        print(json.dumps({"ended": ended, "files": state(Path(folder))}), flush=True)  # noqa: T201 (its answer)


if __name__ == "__main__":
    main()
