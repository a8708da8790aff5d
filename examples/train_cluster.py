"""Train on several machines
=========================

What it shows: several processes, each on its own machine or with its own GPU, train one network together. Slurm starts
them with the job script beside this file, after it was adapted to your cluster::

    sbatch examples/train_cluster.sbatch stamps output/cluster

Without Slurm, start the script once for each process, on any machines that reach each other; here two on one machine::

    python examples/train_cluster.py --coordinator 127.0.0.1:12345 --processes 2 --process 0 &
    python examples/train_cluster.py --coordinator 127.0.0.1:12345 --processes 2 --process 1

Alone, it trains with the devices of one machine::

    python examples/train_cluster.py

What it costs: with the defaults (simulated galaxies, LeNet-5) a minute on two CPU cores, no download.

What to expect: all processes end with the same weights, and the first one saves them. If one process ends too early,
the others end as well and say so. Start all of them again in the same way: the training resumes from its last
checkpoint, and the classifier gets the same bits as without the interruption. So every process must see the output
folder, and the same stamps.
"""

import argparse
import os
import traceback
from pathlib import Path

import jax

import galmorph as gm


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--stamps", type=Path, help="a saved data set; by default simulated galaxies")
    add("--output", type=Path, default=Path("output/cluster"), help="folder for checkpoints and the classifier")
    add("--architecture", default="lenet5")
    add("--epochs", type=int, default=10)
    add("--batch-size", type=int, default=64, help="over all processes; a multiple of the number of devices")
    add("--galaxies", type=int, default=2000, help="number of galaxies to simulate")
    add("--checkpoint-seconds", type=float, default=60.0, help="time between two checkpoints")
    add("--coordinator", help="address of the first process, as host:port; not needed with Slurm")
    add("--processes", type=int, default=1, help="number of processes; not needed with Slurm")
    add("--process", type=int, default=0, help="number of this process, from 0; not needed with Slurm")
    return parser.parse_args()


def join_the_others(arguments: argparse.Namespace) -> None:
    """Connect this process with the others, if there are any. JAX must not have computed anything before."""
    if arguments.coordinator:
        jax.distributed.initialize(arguments.coordinator, arguments.processes, arguments.process)
    elif int(os.environ.get("SLURM_NTASKS", "1")) > 1:
        jax.distributed.initialize()  # finds address and numbers in what Slurm tells each process


def train(arguments: argparse.Namespace) -> None:
    """Train together; the first process saves and prints the result."""
    if arguments.stamps:
        galaxies = gm.data.Dataset.load(arguments.stamps)
    else:  # each process simulates the same ones
        galaxies = gm.simulation.simulate_galaxies(arguments.galaxies, seed=0)
    learn, validation, test = galaxies.split((0.8, 0.1, 0.1), seed=0)
    config = gm.training.TrainConfig(epochs=arguments.epochs, batch_size=arguments.batch_size)
    result = gm.training.train(
        arguments.architecture,
        learn,
        validation=validation,
        config=config,
        checkpoints=arguments.output / "checkpoints",
        checkpoint_seconds=arguments.checkpoint_seconds,
    )
    if jax.process_index() == 0:
        print(f"{jax.process_count()} processes, {jax.device_count()} devices: {result}")
        print(gm.training.evaluate(result.classifier, test))
        result.classifier.save(arguments.output / "classifier.safetensors")


def main() -> None:
    """Join the other processes, and train."""
    arguments = read_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    join_the_others(arguments)
    try:
        train(arguments)
    except Exception:
        if jax.process_count() == 1:
            raise
        traceback.print_exc()
        os._exit(1)  # at once: a usual end would wait for minutes, for processes that may be gone


if __name__ == "__main__":
    main()
