"""Speed from image files to stamps and answers: galmorph and PyTorch's DataLoader on the same files.

    python benchmarks/prepare.py                       # files made by the script, about 6 minutes on two cores
    python benchmarks/prepare.py --images FOLDER       # JPEGs of your own, such as those of Galaxy Zoo 2

All works turn JPEGs of 424 x 424 pixels into stamps of 64 x 64 x 3. PyTorch's Dataset does what the transforms of its
tutorials do, with pillow alone: decode, crop the central 170 pixels, resize them to 80, crop the central 64, to floats.
Its DataLoader has the fastest number of workers. galmorph does the same with the recipe `DAI_TONG`; with
``GalaxyCrop`` it also finds and measures the galaxy. `predict` reads, prepares and classifies with the pretrained
network; beside it, the rates of preparing alone and of the network alone. Works take turns, each in a process of its
own; a figure is the median.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from _galaxy_files import make_files
from _machine import cores, describe

BATCH = 64


def with_torch(paths: list[Path], workers: int) -> float:
    """Images a second of a DataLoader."""
    import numpy as np
    import torch
    from PIL import Image

    class Files(torch.utils.data.Dataset):
        """One file at a time."""

        def __len__(self) -> int:
            return len(paths)

        def __getitem__(self, row: int) -> torch.Tensor:
            with Image.open(paths[row]) as image:
                left, top = (image.width - 170) // 2, (image.height - 170) // 2
                part = image.convert("RGB").crop((left, top, left + 170, top + 170))
            part = part.resize((80, 80), Image.Resampling.BILINEAR).crop((8, 8, 72, 72))
            return torch.from_numpy(np.array(part)).permute(2, 0, 1).float().div(255)

    loader = torch.utils.data.DataLoader(Files(), BATCH, num_workers=workers)
    begin = time.perf_counter()
    seen = sum(len(batch) for batch in loader)
    return seen / (time.perf_counter() - begin)


def prepare(crop: str) -> Callable[[list[Path], int | None], float]:
    """Images a second of `stamps_from_files` with a recipe."""

    def measure(paths: list[Path], workers: int | None) -> float:
        from galmorph.data import stamps_from_files
        from galmorph.preprocessing import DAI_TONG, Recipe

        recipe = DAI_TONG if crop == "dai-tong" else Recipe(size=64, channels=3)
        begin = time.perf_counter()
        seen = sum(1 for _ in stamps_from_files(paths, recipe, workers=workers, progress=False, dtype="uint8"))
        return seen / (time.perf_counter() - begin)

    return measure


def predict(orientations: bool) -> Callable[[list[Path], int | None], float]:
    """Measure images a second of `Classifier.predict`, once it is compiled, over eight orientations or with one."""

    def measure(paths: list[Path], workers: int | None) -> float:
        from galmorph.training import Classifier

        classifier = Classifier.pretrained("galaxy-zoo-2")
        classifier.predict(paths[: 2 * BATCH], workers=1, orientations=orientations)
        begin = time.perf_counter()
        table = classifier.predict(paths, workers=workers, orientations=orientations)
        return len(table) / (time.perf_counter() - begin)

    return measure


def prepare_for_predict(paths: list[Path], workers: int | None) -> float:
    """Images a second of the pretrained classifier's recipe."""
    from galmorph.data import stamps_from_files
    from galmorph.training import Classifier

    recipe = Classifier.pretrained("galaxy-zoo-2").recipe
    begin = time.perf_counter()
    seen = sum(1 for _ in stamps_from_files(paths, recipe, workers=workers, progress=False, dtype="uint8"))
    return seen / (time.perf_counter() - begin)


def network(orientations: bool) -> Callable[[list[Path], int | None], float]:
    """Measure images a second of the pretrained network on stamps in memory, once it is compiled."""

    def measure(paths: list[Path], workers: int | None) -> float:  # noqa: ARG001  (as the others)
        import numpy as np

        from galmorph.training import Classifier

        classifier = Classifier.pretrained("galaxy-zoo-2")
        size, channels = classifier.recipe.size, classifier.channels
        stamps = np.random.default_rng(0).integers(0, 256, (len(paths), size, size, channels), np.uint8)
        classifier.probabilities(stamps[: 2 * BATCH])
        begin = time.perf_counter()
        classifier.probabilities(stamps, orientations=orientations)
        return len(stamps) / (time.perf_counter() - begin)

    return measure


WORKS: dict[str, Callable[[list[Path], int | None], float]] = {
    "dai-tong": prepare("dai-tong"),
    "galaxy": prepare("galaxy"),
    "predict": predict(orientations=False),
    "predict-orientations": predict(orientations=True),
    "prepare-for-predict": prepare_for_predict,
    "network": network(orientations=False),
    "network-orientations": network(orientations=True),
}


def run(work: str, folder: Path, number: int, workers: int | None) -> float:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, "--serve", work, str(folder), str(number), json.dumps(workers)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(output.splitlines()[-1])


def serve(work: str, folder: Path, number: int, workers: int | None) -> float:
    """Measure here, after the files were read once, so that they are in the system's cache."""
    paths = sorted(folder.rglob("*.jpg"))[:number]
    for path in paths:
        path.read_bytes()
    return with_torch(paths, workers or 0) if work == "torch" else WORKS[work](paths, workers)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, help="a folder of JPEGs; by default the script makes some")
    parser.add_argument("--number", type=int, default=3000, help="how many files")
    parser.add_argument("--turns", type=int, default=3, help="how often each work runs")
    parser.add_argument("--serve", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        work, folder, number, workers = options.serve
        print(serve(work, Path(folder), int(number), json.loads(workers)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.images or Path(scratch)
        if options.images is None:
            make_files(folder, options.number)
        print(describe())
        print(", ".join(f"{name} {version(name)}" for name in ("jax", "numpy", "pillow", "simplejpeg", "torch")))
        number = options.number
        best = max({0, 1, cores()}, key=lambda workers: run("torch", folder, number, workers))
        kinds: list[tuple[str, int | None]] = [("torch", best)]
        kinds += [(work, workers) for work in ("dai-tong", "galaxy", "predict") for workers in (1, None)]
        kinds += [(work, None) for work in WORKS if work not in ("dai-tong", "galaxy", "predict")]
        rates: dict[tuple[str, int | None], list[float]] = {kind: [] for kind in kinds}
        for _ in range(options.turns):
            for work, workers in kinds:
                rates[work, workers].append(run(work, folder, number, workers))
    torch = rates["torch", best]
    print("\n| work | images/s (range) | of PyTorch's rate |\n|---|---|---|")
    for (work, workers), values in rates.items():
        ratio = statistics.median(mine / other for mine, other in zip(values, torch, strict=True))
        how = f"{workers} workers" if work == "torch" else {1: "one thread", None: "all cores"}[workers]
        print(
            f"| {work}, {how} | {statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f}) | "
            f"{ratio:.2f} |"
        )
    print("\nOf the slower of preparing alone and the network alone:")
    for seen, name in (("one orientation", ""), ("eight orientations", "-orientations")):
        parts = rates["prepare-for-predict", None], rates[f"network{name}", None]
        slower = map(min, zip(*parts, strict=True))
        share = statistics.median(
            mine / least for mine, least in zip(rates[f"predict{name}", None], slower, strict=True)
        )
        print(f"predict, {seen}: {share:.2f}")


if __name__ == "__main__":
    main()
