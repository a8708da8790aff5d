"""Speed of whole training steps on this machine: galmorph and PyTorch, in images a second.

    python benchmarks/train_step.py              # all works, 7 to 18 minutes on two cores, depending on their load
    python benchmarks/train_step.py --quick      # two works, few repeats: does it run?
    python benchmarks/train_step.py resnet18     # works whose name begins with this
    python benchmarks/train_step.py --gpu        # on a GPU, 3 to 5 minutes
    python benchmarks/train_step.py --bfloat16   # also in bfloat16, on a CPU without instructions for it

A step is everything that a training does for one batch: take rows of byte stamps, convert them to floats, turn and
mirror them at random, scale, forward, backward, AdamW. galmorph takes its steps as `galmorph.training.train` does: one
call for each step on CPUs, and 64 steps in one compiled loop on GPUs, which hold the stamps. PyTorch runs the same
networks (`_torch_networks.py`) with channels_last maps and its fused AdamW; on GPUs it also holds the stamps there, and
uses the benchmark mode of cuDNN. Both compute in float32 on CPUs and in bfloat16 on GPUs (weights and moments in
float32, PyTorch by its autocast). On CPUs with instructions for bfloat16, both are tried in bfloat16 too.

Each framework has its own process for each way that is tried: on CPUs PyTorch with all cores and with half of them, on
GPUs in eager mode and compiled (`torch.compile(mode="reduce-overhead")`: CUDA graphs). JAX uses all cores. The
processes take turns, several steps at a time, and never run at the same time once all are ready. Figures are medians
over the turns, for each framework in its best way, which is named. A ratio is the median over pairs of neighbouring
turns. The ratio in float32 is that of the best ways in float32.

The floor is the rate of this machine if only two things took time: the multiplications of the plain algorithms
(forward, and twice as many backward, without the gradient of the images, which is not needed), at the rate of a large
matrix product; and the seven times that AdamW reads or writes each weight, at the rate of a copy.
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
from itertools import chain
from pathlib import Path
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
    Work("densenet121", 64, 3, 32),
    Work("alexnet", 224, 3, 32),
)
GPU_WORKS = (
    Work("lenet5", 64, 1, 64),
    Work("resnet18", 64, 3, 32),
    Work("resnet18", 64, 3, 256),
    Work("resnet50", 224, 3, 64),
)
GPU_EPOCH = 64  # steps
BFLOAT16_FEATURES = ("avx512_bf16", "amx_bf16", "bf16")  # of x86 and ARM, as Linux names them


class Way(NamedTuple):
    """How a framework takes its steps."""

    framework: str
    threads: int = 0  # of PyTorch on a CPU; 0 for the default
    compiled: bool = False  # by PyTorch on a GPU
    bfloat16: bool = False

    def __str__(self) -> str:
        named = {f"{self.threads} threads": self.threads, "compiled": self.compiled}
        precision = "bfloat16" if self.bfloat16 else "float32"
        return ", ".join([*(name for name, chosen in named.items() if chosen), precision])


def cpu_features() -> list[str]:
    """Instructions of this CPU for bfloat16: none are found on systems other than Linux, which don't list them."""
    described = Path("/proc/cpuinfo")
    words = set(described.read_text().split()) if described.exists() else set()
    return [feature for feature in BFLOAT16_FEATURES if feature in words]


def choose_ways(*, gpu: bool, bfloat16: bool) -> list[Way]:
    """List the ways to try on this machine."""
    if gpu:
        return [Way("galmorph", bfloat16=True), *(Way("torch", compiled=way, bfloat16=True) for way in (False, True))]
    threads = sorted({max(1, cores() // 2), cores()})
    precisions = (False, True) if bfloat16 else (False,)
    ours = [Way("galmorph", bfloat16=precision) for precision in precisions]
    return ours + [Way("torch", number, bfloat16=precision) for precision in precisions for number in threads]


def make_batches(work: Work, batches: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make stamps of noise (speed does not depend on their content), labels, and the rows of some batches."""
    rng = np.random.default_rng(0)
    stamps = rng.integers(0, 256, (batches * work.batch, work.size, work.size, work.channels), np.uint8)
    labels = rng.integers(0, CLASSES, len(stamps)).astype(np.int32)
    return stamps, labels, rng.permutation(len(stamps)).astype(np.int32).reshape(batches, work.batch)


class Rates(NamedTuple):
    """Rates of this machine."""

    flops: float  # in products of matrices: 2048 x 2048 of float32, on a GPU 8192 x 8192 of bfloat16
    bytes: float  # in copies of 256 MiB, read and written

    @classmethod
    def measure(cls, *, gpu: bool) -> "Rates":
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

        extent, dtype = (8192, jnp.bfloat16) if gpu else (2048, jnp.float32)
        product = seconds(lambda matrix: matrix @ matrix, jax.random.normal(jax.random.key(0), (extent, extent), dtype))
        copy = seconds(lambda values: values + 1, jnp.zeros(2**26))
        return cls(2 * extent**3 / product, 2 * 2**28 / copy)

    def floor(self, work: Work) -> float:
        """Upper limit of images a second."""
        from galmorph.models import create_model, summary

        model = create_model(work.network, classes=CLASSES, channels=work.channels, size=work.size)
        costs = summary(model, size=work.size, channels=work.channels)
        operations = work.batch * (3 * costs.flops - costs.layers[0].flops)
        return work.batch / (operations / self.flops + 7 * 4 * costs.parameters / self.bytes)


def with_galmorph(work: Work, way: Way, *, gpu: bool) -> Callable[[int], None]:
    """Make a function that takes a number of steps with galmorph."""
    import jax

    from galmorph.data import Dataset
    from galmorph.models import create_model
    from galmorph.training import Scaling, TrainConfig
    from galmorph.training._engine.feed import Resident
    from galmorph.training._engine.state import NO_GALAXIES
    from galmorph.training._engine.step import Step

    stamps, labels, order = make_batches(work, GPU_EPOCH if gpu else 4)
    model = create_model(work.network, classes=CLASSES, channels=work.channels, size=work.size)
    precision = "bfloat16" if way.bfloat16 else "float32"
    config = TrainConfig(
        learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY, batch_size=work.batch, precision=precision
    )
    scaling, even = Scaling((0.5,) * work.channels, (0.3,) * work.channels), np.ones(CLASSES, np.float32)
    step, state, constants = Step.of(model, config, steps=10_000, scaling=scaling, class_weights=even)

    def call(steps: int) -> None:
        nonlocal state
        for i in range(steps):
            rows = order[i % len(order)]
            state, sums = run(state, constants, stamps[rows], labels[rows], np.int32(i), valid)
        jax.block_until_ready((state, sums))

    def loop(steps: int) -> None:
        nonlocal state, taken
        end = taken + steps
        while taken < end:
            epoch, start = divmod(taken, GPU_EPOCH)
            stop = min(start + end - taken, GPU_EPOCH)
            state, sums = feed.take(state, NO_GALAXIES, epoch, start, stop)
            taken += stop - start
        jax.block_until_ready((state, sums))

    if gpu:
        feed, taken = Resident(step, constants, config, Dataset(stamps, labels, tuple("abcde"))), 0
        return loop
    run, valid = jax.jit(step, donate_argnums=0), np.ones(work.batch, bool)
    return call


def with_torch(work: Work, way: Way, *, gpu: bool) -> Callable[[int], None]:
    """Make a function that takes a number of steps with PyTorch."""
    import _torch_networks
    import torch

    device = torch.device("cuda" if gpu else "cpu")
    if gpu:
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    else:
        torch.set_num_threads(way.threads)
    torch.manual_seed(0)
    batches = make_batches(work, GPU_EPOCH if gpu else 4)
    stamps, labels, order = (torch.from_numpy(values).to(device) for values in batches)
    stamps, labels, order = stamps.permute(0, 3, 1, 2), labels.long(), order.long()
    network = _torch_networks.create(work.network, CLASSES, work.channels, work.size).to(device)
    network = network.to(memory_format=torch.channels_last).train()
    kernels = [weights for weights in network.parameters() if weights.ndim > 1]
    others = [weights for weights in network.parameters() if weights.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, fused=True)
    answer = torch.compile(network, mode="reduce-overhead") if way.compiled else network

    def at_random(changed: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        return torch.where(torch.rand(len(images), 1, 1, 1, device=device) < 0.5, changed, images)

    def take(steps: int) -> None:
        for i in range(steps):
            rows = order[i % len(order)]
            images = stamps[rows].float() / 255
            images = at_random(images.flip(3), images)
            images = at_random(images.flip(2, 3), images)
            images = at_random(images.transpose(2, 3).flip(2), images)
            images = ((images - 0.5) / 0.3).contiguous(memory_format=torch.channels_last)
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device.type, torch.bfloat16, enabled=way.bfloat16):
                loss = torch.nn.functional.cross_entropy(answer(images), labels[rows])
            loss.backward()
            optimizer.step()
        if gpu:
            torch.cuda.synchronize()

    return take


def serve(work: Work, way: Way, *, gpu: bool) -> None:
    """Run as one of the processes: read numbers of steps, answer with seconds."""
    begin = time.perf_counter()
    take = (with_galmorph if way.framework == "galmorph" else with_torch)(work, way, gpu=gpu)
    take(1)
    print(json.dumps(time.perf_counter() - begin), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        take(int(line))
        print(json.dumps(time.perf_counter() - begin), flush=True)


class Worker:
    """A process that takes steps on request."""

    def __init__(self, work: Work, way: Way, *, gpu: bool) -> None:
        self.way = way
        command = [sys.executable, __file__, "--serve", json.dumps(work), json.dumps(way)]
        command += ["--gpu"] if gpu else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first_step = 0.0

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def wait(self) -> None:
        """Wait for the first step, which compiles."""
        self.first_step = self.first_step or self._answer()

    def seconds(self, steps: int) -> float:
        """Take steps, and return their duration; infinity if the process failed."""
        if self.process.poll() is not None:
            return float("inf")
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> float:
        return json.loads(self.process.stdout.readline() or "Infinity")


def measure(work: Work, workers: list[Worker], rates: Rates, turns: int, turn_seconds: float) -> str:
    """Measure one work with workers that are ready; return a row of the table."""
    for worker in workers:
        worker.seconds(3)
    steps = [max(1, round(turn_seconds / worker.seconds(2) * 2)) for worker in workers]
    speeds = np.zeros((turns, len(workers)))
    for turn in range(turns):
        for i in range(len(workers))[:: 1 if turn % 2 == 0 else -1]:
            speeds[turn, i] = work.batch * steps[i] / workers[i].seconds(steps[i])
    medians = np.median(speeds, axis=0)
    ways = [worker.way for worker in workers]

    def best(framework: str, *, bfloat16: bool) -> int:
        tried = [i for i, way in enumerate(ways) if way.framework == framework and (bfloat16 or not way.bfloat16)]
        return max(tried, key=lambda i: medians[i])

    def ratio(*, bfloat16: bool) -> str:
        ratios = speeds[:, best("galmorph", bfloat16=bfloat16)] / speeds[:, best("torch", bfloat16=bfloat16)]
        return f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"

    ours, theirs = best("galmorph", bfloat16=True), best("torch", bfloat16=True)
    cells = [str(work), *(f"{medians[i]:,.1f} ({ways[i]})" for i in (ours, theirs)), ratio(bfloat16=True)]
    if not all(way.bfloat16 for way in ways):
        cells.append(ratio(bfloat16=False))
    cells += [f"{rates.floor(work):,.0f}", f"{workers[ours].first_step:.1f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("works", nargs="*", help="beginnings of names; by default all works")
    parser.add_argument("--quick", action="store_true", help="two works, few and short turns")
    parser.add_argument("--gpu", action="store_true", help="on a GPU instead of the CPU")
    parser.add_argument("--bfloat16", action="store_true", help="also in bfloat16, whatever the CPU offers")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    gpu = options.gpu
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # processes share the memory of a GPU
    if options.serve:
        work, way = map(json.loads, options.serve)
        serve(Work(*work), Way(*way), gpu=gpu)
        return
    works = [work for work in (GPU_WORKS if gpu else WORKS) if str(work).startswith(tuple(options.works) or "")]
    works = works[:2] if options.quick else works
    turns, turn_seconds = (3, 0.5) if options.quick else (7, 0.5) if gpu else (9, 2.0)
    features = cpu_features()
    ways = choose_ways(gpu=gpu, bfloat16=options.bfloat16 or bool(features))
    print(describe())
    print(f"instructions of the CPU for bfloat16: {', '.join(features) or 'none found'}")
    print(", ".join(f"{name} {version(name)}" for name in ("jax", "flax", "optax", "torch")))
    print(f"GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '')}")
    rates = Rates.measure(gpu=gpu)
    print(f"matrix products: {rates.flops / 1e9:.0f} GFLOP/s; copies: {rates.bytes / 1e9:.1f} GB/s")
    heads = ["work", "galmorph, images/s (way)", "PyTorch (way)", "ratio (range)"]
    heads += [] if gpu else ["ratio in float32"]
    heads += ["floor", "first step, s"]
    print(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|", flush=True)

    with ExitStack() as stack:

        def start(work: Work) -> list[Worker]:
            workers = []
            for way in ways:
                workers.append(stack.enter_context(Worker(work, way, gpu=gpu)))
                if not gpu:
                    workers[-1].wait()
            return workers

        started = {work: start(work) for work in works} if gpu else {}  # all at once, because compiling takes a minute
        for worker in chain(*started.values()):
            worker.wait()
        for work in works:
            workers = started.get(work) or start(work)
            print(measure(work, workers, rates, turns, turn_seconds), flush=True)


if __name__ == "__main__":
    main()
