"""Cost against the number of galaxies: time and memory of building, opening, training and predicting.

    python benchmarks/scaling.py                    # up to 100,000 galaxies, about 15 minutes on two cores
    python benchmarks/scaling.py --most 1000000     # a million stamps; files stay at 100,000

Files are colour JPEGs of 64 x 64 pixels, which the script makes; stamps are 32 x 32 x 3 bytes. Each measurement runs
in a process of its own. A figure has seconds, without imports and compilation, and the largest memory of the process,
sampled every 20 ms: what it holds itself, without the pages of files that the system maps and can take back. The
exponent is the slope of log(seconds) over log(galaxies) from each size to the next: 1 is linear. Galaxies a second of
the largest size give the time for surveys.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from _galaxy_files import make_files
from _machine import describe

SIDE, SIZE = 64, 32
MOST_FILES = 100_000
CLASSES = tuple("abcde")
SURVEYS = {"NED, 2.5 million images": 2.5e6, "Rubin, 10¹⁰ galaxies": 1e10}


def build(scratch: Path, number: int) -> None:
    """Make a data set of files, with the stamps in a file."""
    from galmorph.data import load_image_folder
    from galmorph.preprocessing import FractionCrop, Recipe

    paths = [f"{row // 10_000:03}/{row:07}.jpg" for row in range(number)]
    labels = {path: CLASSES[row % 5] for row, path in enumerate(paths)}
    recipe = Recipe(size=SIZE, channels=3, crop=FractionCrop(1.0))
    with measured():
        load_image_folder(
            scratch / f"files-{number}",
            labels=labels,
            recipe=recipe,
            stamps=scratch / f"built-{number}.npy",
            progress=False,
        )


def answer_files(scratch: Path, number: int) -> None:
    """Classify files, and write the answers."""
    from galmorph.preprocessing import FractionCrop, Recipe

    files = scratch / f"files-{number}.txt"
    files.write_text(
        "".join(f"{scratch}/files-{number}/{row // 10_000:03}/{row:07}.jpg\n" for row in range(number)),
        encoding="utf-8",
    )
    classifier = small_classifier(Recipe(size=SIZE, channels=3, crop=FractionCrop(1.0)))
    with measured():
        classifier.predict_to(files, scratch / f"files-{number}.csv", progress=False)


def open_dataset(scratch: Path, number: int) -> None:
    """Open a saved data set, and read all of it once."""
    from galmorph.data import Dataset

    with measured():
        Dataset.load(scratch / f"dataset-{number}").fingerprint()


def epoch(scratch: Path, number: int) -> None:
    """Train for an epoch."""
    from galmorph.data import Dataset
    from galmorph.training import TrainConfig, train

    dataset = Dataset.load(scratch / f"dataset-{number}")
    with measured() as result:
        history = train("lenet5", dataset, config=TrainConfig(epochs=2, batch_size=64), progress=False).history
        result["seconds"] = float(history["seconds"][-1])  # the first epoch compiles


def answer_stamps(scratch: Path, number: int) -> None:
    """Classify the stamps of a data set, and write the answers."""
    from galmorph.data import Dataset

    dataset = Dataset.load(scratch / f"dataset-{number}")
    classifier = small_classifier(None)
    with measured():
        classifier.predict_to(dataset, scratch / f"stamps-{number}.csv", progress=False)


def small_classifier(recipe: object) -> "object":
    """Give a LeNet-5 that has learned a little noise, and is compiled."""
    from galmorph.data import Dataset
    from galmorph.training import TrainConfig, train

    rng = np.random.default_rng(0)
    stamps, labels = rng.integers(0, 256, (640, SIZE, SIZE, 3), np.uint8), np.arange(640) % 5
    dataset = Dataset(stamps, labels, CLASSES, recipe=None if recipe is None else recipe.to_dict())
    classifier = train("lenet5", dataset, config=TrainConfig(epochs=1, batch_size=64), progress=False).classifier
    classifier.probabilities(stamps)
    return classifier


WORKS: dict[str, Callable[[Path, int], None]] = {
    "build, from files": build,
    "predict_to, from files": answer_files,
    "open and read": open_dataset,
    "epoch of LeNet-5": epoch,
    "predict_to, from stamps": answer_stamps,
}


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Print seconds and the largest memory, in MB, of a block. The block may set the seconds itself."""
    result = {"memory": memory()}
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(0.02):
            result["memory"] = max(result["memory"], memory())

    sampler = threading.Thread(target=sample)
    sampler.start()
    begin = time.perf_counter()
    yield result
    result.setdefault("seconds", time.perf_counter() - begin)
    stop.set()
    sampler.join()
    print(json.dumps([result["seconds"], result["memory"]]))


def memory() -> float:
    """Memory that this process holds itself, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("RssAnon"))


def make_dataset(scratch: Path, number: int) -> None:
    """Save a data set of noise, in pieces that fit into memory."""
    from galmorph.data import Dataset

    stamps = np.lib.format.open_memmap(scratch / "noise.npy", "w+", np.uint8, (number, SIZE, SIZE, 3))
    rng = np.random.default_rng(0)
    for start in range(0, number, 65_536):
        part = stamps[start : start + 65_536]
        part[:] = rng.integers(0, 256, part.shape, np.uint8)
    Dataset(stamps, np.arange(number) % 5, CLASSES).save(scratch / f"dataset-{number}")
    (scratch / "noise.npy").unlink()


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, default=100_000, help="largest number of galaxies")
    parser.add_argument("--scratch", type=Path, help="folder for files and data sets, kept; by default a temporary one")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        work, scratch, number = options.serve
        WORKS[work](Path(scratch), int(number))
        return
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        sizes = [10**power for power in range(3, 10) if 10**power <= options.most]
        files = make_files(scratch / "files", min(sizes[-1], MOST_FILES), side=SIDE)
        for number in (size for size in sizes if size <= MOST_FILES):  # a folder for each size, of links to the files
            for path in files[:number]:
                link = scratch / f"files-{number}" / path.relative_to(scratch / "files")
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.exists():
                    link.hardlink_to(path)
        for number in sizes:
            if not (scratch / f"dataset-{number}").exists():
                make_dataset(scratch, number)
        print(describe())
        print("\n| work | galaxies | seconds | galaxies/s | exponent | memory, MB |\n|---|---|---|---|---|---|")
        rates = {}
        for work in WORKS:
            previous: tuple[int, float] | None = None
            for number in sizes:
                if "files" in work and number > MOST_FILES:
                    continue
                command = [sys.executable, __file__, "--serve", work, str(scratch), str(number)]
                output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                seconds, most = json.loads(output.splitlines()[-1])
                slope = (
                    ""
                    if previous is None
                    else f"{math.log(seconds / previous[1]) / math.log(number / previous[0]):.2f}"
                )
                previous = number, seconds
                rates[work] = number / seconds
                print(
                    f"| {work} | {number:,} | {seconds:.1f} | {number / seconds:,.0f} | {slope} | {most:,.0f} |",
                    flush=True,
                )
    print(f"\n| work | {' | '.join(SURVEYS)} |\n|---|{'---|' * len(SURVEYS)}")
    for work, rate in rates.items():
        print(f"| {work} | {' | '.join(duration(galaxies / rate) for galaxies in SURVEYS.values())} |")


def duration(seconds: float) -> str:
    """Write a duration in the largest unit that gives at least one."""
    units = {"years": 365.25 * 86400, "days": 86400, "hours": 3600, "minutes": 60}
    name, length = next(((name, length) for name, length in units.items() if seconds >= length), ("seconds", 1))
    return f"{seconds / length:.3g} {name}"


if __name__ == "__main__":
    main()
