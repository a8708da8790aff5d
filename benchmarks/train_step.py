"""Whole training steps on this machine: galmorph beside PyTorch, images a second.

    python benchmarks/train_step.py              # all works, 7 to 18 minutes on two cores, by their load
    python benchmarks/train_step.py --quick      # two works, few repeats: does it run?
    python benchmarks/train_step.py resnet18     # works whose name begins so

A step is what one batch costs in a training: take rows of byte stamps, bring them to floats, turn and mirror them at
random, scale, forward, backward, AdamW. galmorph runs its own training step, compiled. PyTorch runs the same networks
(`_torch_networks.py`) in eager mode, with channels_last maps and its fused AdamW. Both compute in float32.

Each framework works in a process of its own, PyTorch in one for each number of threads that it is tried with; JAX takes
all cores. They take turns, several steps at a time, and never run together. Figures are medians over the turns, those
of PyTorch with its better number of threads; a ratio is the median over pairs of neighbouring turns.

The floor is what this machine would reach if nothing cost but the multiplications of the plain algorithms (forward, and
twice as many backward, but for the gradient of the images, which nobody asks for), at the rate of a large matrix
product, and the seven times that AdamW reads or writes each weight, at the rate of a copy.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
from _machine import cores, describe


class Work(NamedTuple):
    """What is trained."""

    network: str
    size: int
    channels: int
    batch: int

    def __str__(self) -> str:
        return f"{self.network} {self.size}x{self.size}x{self.channels}, batch {self.batch}"


CLASSES = 5
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-2
WORKS = (
    Work("lenet5", 64, 1, 64),
    Work("resnet18", 64, 3, 32),
    Work("resnet18", 128, 1, 16),
    Work("resnet50", 64, 3, 32),
    Work("resnet50", 224, 3, 8),
    Work("alexnet", 224, 3, 32),
)


def make_batches(work: Work) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stamps of noise (speed does not depend on what they show), labels, and rows of some batches."""
    rng = np.random.default_rng(0)
    stamps = rng.integers(0, 256, (4 * work.batch, work.size, work.size, work.channels), np.uint8)
    labels = rng.integers(0, CLASSES, len(stamps)).astype(np.int32)
    return stamps, labels, rng.permutation(len(stamps)).astype(np.int32).reshape(4, work.batch)


class Rates(NamedTuple):
    """What this machine can do in a second."""

    flops: float  # in products of 2048 x 2048 matrices of float32
    bytes: float  # in copies of 256 MiB, read and written

    @classmethod
    def measure(cls) -> "Rates":
        """Take the fastest of several tries."""
        import jax
        import jax.numpy as jnp

        def seconds(function: Callable[[jax.Array], jax.Array], operand: jax.Array) -> float:
            compiled = jax.jit(function)
            compiled(operand).block_until_ready()
            tries = []
            for _ in range(10):
                begin = time.perf_counter()
                compiled(operand).block_until_ready()
                tries.append(time.perf_counter() - begin)
            return min(tries)

        product = seconds(lambda matrix: matrix @ matrix, jnp.ones((2048, 2048)))
        copy = seconds(lambda values: values + 1, jnp.zeros(2**26))
        return cls(2 * 2048**3 / product, 2 * 2**28 / copy)

    def floor(self, work: Work) -> float:
        """Images a second at best."""
        from galmorph.models import create_model, summary

        model = create_model(work.network, classes=CLASSES, channels=work.channels, size=work.size)
        costs = summary(model, size=work.size, channels=work.channels)
        operations = work.batch * (3 * costs.flops - costs.layers[0].flops)
        return work.batch / (operations / self.flops + 7 * 4 * costs.parameters / self.bytes)


def with_galmorph(work: Work) -> Callable[[int], None]:
    """Make a function that takes so many steps with galmorph."""
    import jax

    from galmorph.models import create_model
    from galmorph.training import Scaling, TrainConfig
    from galmorph.training._step import Step

    stamps, labels, order = make_batches(work)
    model = create_model(work.network, classes=CLASSES, channels=work.channels, size=work.size)
    config = TrainConfig(learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    scaling = Scaling((0.5,) * work.channels, (0.3,) * work.channels)
    step = Step.of(model, config, steps=10_000, scaling=scaling, class_weights=np.ones(CLASSES, np.float32))
    run, state, valid = jax.jit(step, donate_argnums=0), step.start(), np.ones(work.batch, bool)

    def take(steps: int) -> None:
        nonlocal state
        for i in range(steps):
            rows = order[i % len(order)]
            state, sums = run(state, stamps[rows], labels[rows], np.int32(i), valid)
        jax.block_until_ready((state, sums))

    return take


def with_torch(work: Work, threads: int) -> Callable[[int], None]:
    """Make a function that takes so many steps with PyTorch."""
    import _torch_networks
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    stamps, labels, order = (torch.from_numpy(values) for values in make_batches(work))
    stamps, labels = stamps.permute(0, 3, 1, 2), labels.long()
    network = _torch_networks.create(work.network, CLASSES, work.channels, work.size)
    network = network.to(memory_format=torch.channels_last).train()
    kernels = [weights for weights in network.parameters() if weights.ndim > 1]
    others = [weights for weights in network.parameters() if weights.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True)

    def at_random(changed: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        return torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, changed, images)

    def take(steps: int) -> None:
        for i in range(steps):
            rows = order[i % len(order)].long()
            images = stamps[rows].float() / 255
            images = at_random(images.flip(3), images)
            images = at_random(images.flip(2, 3), images)
            images = at_random(images.transpose(2, 3).flip(2), images)
            images = ((images - 0.5) / 0.3).contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            torch.nn.functional.cross_entropy(network(images), labels[rows]).backward()
            optimizer.step()

    return take


def serve(framework: str, work: Work, threads: int) -> None:
    """Be one of the two processes: read numbers of steps, answer with seconds."""
    begin = time.perf_counter()
    take = with_galmorph(work) if framework == "galmorph" else with_torch(work, threads)
    take(1)
    print(json.dumps(time.perf_counter() - begin), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        take(int(line))
        print(json.dumps(time.perf_counter() - begin), flush=True)


class Worker:
    """A process that takes steps when asked to."""

    def __init__(self, framework: str, work: Work, threads: int = 0) -> None:
        command = [sys.executable, __file__, "--serve", framework, json.dumps(work), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.start = self._answer()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def seconds(self, steps: int) -> float:
        """Take steps, and say how long that took."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> float:
        return json.loads(self.process.stdout.readline())


def measure(work: Work, rates: Rates, turns: int, turn_seconds: float) -> str:
    """Measure one work; return a row of the table."""
    tries = sorted({max(1, cores() // 2), cores()})
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker("galmorph", work))]
        workers += [stack.enter_context(Worker("torch", work, threads)) for threads in tries]
        steps = [max(1, round(turn_seconds / worker.seconds(2) * 2)) for worker in workers]
        speeds = np.zeros((turns, len(workers)))
        for turn in range(turns):
            for i in range(len(workers))[:: 1 if turn % 2 == 0 else -1]:
                speeds[turn, i] = work.batch * steps[i] / workers[i].seconds(steps[i])
        first_step = workers[0].start
    ours, *theirs = np.median(speeds, axis=0)
    best = int(np.argmax(theirs))
    ratios = speeds[:, 0] / speeds[:, 1 + best]
    return (
        f"| {work} | {ours:,.1f} | {theirs[best]:,.1f} ({tries[best]}) | {np.median(ratios):.2f} "
        f"({ratios.min():.2f} to {ratios.max():.2f}) | {rates.floor(work):,.0f} | {first_step:.1f} |"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("works", nargs="*", help="beginnings of names; all works if none is given")
    parser.add_argument("--quick", action="store_true", help="two works, few and short turns")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        framework, work, threads = options.serve
        serve(framework, Work(*json.loads(work)), int(threads))
        return
    works = [work for work in WORKS if str(work).startswith(tuple(options.works) or "")]
    turns, turn_seconds = (3, 0.5) if options.quick else (9, 2.0)
    print(describe())
    print(", ".join(f"{name} {version(name)}" for name in ("jax", "flax", "optax", "torch")))
    print(f"GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '')}")
    rates = Rates.measure()
    print(f"matrix products: {rates.flops / 1e9:.0f} GFLOP/s; copies: {rates.bytes / 1e9:.1f} GB/s")
    print("\n| work | galmorph, images/s | PyTorch (threads) | ratio (range) | floor | first step, s |")
    print("|---|---|---|---|---|---|")
    for work in works[:2] if options.quick else works:
        print(measure(work, rates, turns, turn_seconds), flush=True)


if __name__ == "__main__":
    main()
