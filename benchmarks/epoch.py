"""Speed of whole epochs on this machine, from stored stamps: galmorph and PyTorch with its DataLoader.

    python benchmarks/epoch.py                 # LeNet-5, about 2 minutes on two cores
    python benchmarks/epoch.py resnet18        # another network

The stamps are bytes in memory, 64 x 64 x 3. Both frameworks go through all of them once, in random order, 64 at a time:
turn and mirror each stamp at random, scale it, forward, backward, AdamW. galmorph is called as a user calls it
(`galmorph.training.train`). PyTorch is used as in its tutorials: a Dataset that prepares one stamp at a time, a
DataLoader with the fastest number of workers, and a loop over its batches. Two processes take turns. A figure is the
median over epochs, without the first one, which compiles and starts workers.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

import numpy as np
from _machine import cores, describe

GALAXIES, SIZE, CHANNELS, CLASSES, BATCH = 4096, 64, 3, 5, 64


def make_stamps() -> tuple[np.ndarray, np.ndarray]:
    """Stamps of noise (speed does not depend on what they show) and labels."""
    rng = np.random.default_rng(0)
    stamps = rng.integers(0, 256, (GALAXIES, SIZE, SIZE, CHANNELS), np.uint8)
    return stamps, rng.integers(0, CLASSES, GALAXIES).astype(np.int32)


def with_galmorph(network: str, epochs: int) -> list[float]:
    """Seconds of each epoch with galmorph."""
    from galmorph.data import Dataset
    from galmorph.training import TrainConfig, train

    dataset = Dataset(*make_stamps(), tuple("abcde"))
    result = train(network, dataset, config=TrainConfig(epochs=epochs, batch_size=BATCH), progress=False)
    return list(map(float, result.history["seconds"]))


def with_torch(network: str, epochs: int, workers: int) -> list[float]:
    """Seconds of each epoch with PyTorch."""
    import _torch_networks
    import torch

    class Stamps(torch.utils.data.Dataset):
        """One stamp at a time, turned and mirrored at random."""

        def __init__(self) -> None:
            self.stamps, self.labels = make_stamps()

        def __len__(self) -> int:
            return len(self.stamps)

        def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
            stamp = torch.from_numpy(self.stamps[row]).permute(2, 0, 1).float() / 255
            stamp = torch.rot90(stamp, int(torch.randint(4, ())), (1, 2))
            stamp = stamp.flip(2) if torch.rand(()) < 0.5 else stamp
            return (stamp - 0.5) / 0.3, int(self.labels[row])

    loader = torch.utils.data.DataLoader(
        Stamps(), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )
    model = _torch_networks.create(network, CLASSES, CHANNELS, SIZE).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        for stamps, labels in loader:
            images = stamps.contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return seconds


def run(framework: str, network: str, epochs: int, workers: int = 0) -> float:
    """Train in a process of its own; return the median of the seconds of an epoch, the first left out."""
    command = [sys.executable, __file__, network, "--serve", framework, str(epochs), str(workers)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return statistics.median(json.loads(output.splitlines()[-1])[1:])


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("network", nargs="?", default="lenet5")
    parser.add_argument("--turns", type=int, default=3, help="how often each framework trains")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of each training")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        framework, epochs, workers = options.serve[0], int(options.serve[1]), int(options.serve[2])
        if framework == "galmorph":
            print(json.dumps(with_galmorph(options.network, epochs)))
        else:
            print(json.dumps(with_torch(options.network, epochs, workers)))
        return
    print(describe())
    print(", ".join(f"{name} {version(name)}" for name in ("jax", "flax", "optax", "torch")))
    workers = min({0, 1, cores()}, key=lambda number: run("torch", options.network, 2, number))
    pairs = [
        (run("galmorph", options.network, options.epochs), run("torch", options.network, options.epochs, workers))
        for _ in range(options.turns)
    ]
    ours, theirs = (GALAXIES / statistics.median(each) for each in zip(*pairs, strict=True))
    ratios = sorted(other / mine for mine, other in pairs)
    print("\n| epoch | galmorph, images/s | PyTorch, images/s (workers) | ratio (range) |\n|---|---|---|---|")
    work = f"{options.network} {SIZE}x{SIZE}x{CHANNELS}, {GALAXIES:,} stamps"
    print(
        f"| {work} | {ours:,.0f} | {theirs:,.0f} ({workers}) | "
        f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |"
    )


if __name__ == "__main__":
    main()
