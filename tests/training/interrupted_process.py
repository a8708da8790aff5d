"""Train LeNet-5 in a process that is to be interrupted: arguments are the folder for checkpoints and a seed."""

import sys

import numpy as np

from galmorph.data import Dataset
from galmorph.training import TrainConfig, train


def main() -> None:
    """Say when it begins, train, and say how it ended."""
    rng = np.random.default_rng(int(sys.argv[2]))
    galaxies = Dataset(rng.integers(0, 255, (512, 32, 32, 1), np.uint8), np.arange(512) % 2, ("a", "b"))
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    try:
        train("lenet5", galaxies, config=TrainConfig(epochs=4000), checkpoints=sys.argv[1], progress=False)
    except KeyboardInterrupt:
        sys.stdout.write("interrupted\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
