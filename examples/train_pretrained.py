"""Train the classifier that comes with galmorph
==============================================

What it shows: how ``Classifier.pretrained("galaxy-zoo-2")`` was made, from simulated galaxies alone. A small residual
network first learns from galaxies as SDSS shows them. Then half of its galaxies are seen by many telescopes, and their
classes are those that people could see. It gets a recipe for pictures with one galaxy each, and is saved in half
precision.

What it costs: with the defaults, about ten minutes on two CPU cores, no download.

What to expect: a file of 0.3 MB and its hash. The same machine with the same versions and number of cores writes the
same bytes. Another machine rounds sums differently; its classifier differs slightly and is as good. The second step can
start from a file of the first one, with ``--start``.

``--architecture`` gives other networks the same start from simulated galaxies. ``Classifier.load`` of the file is an
entry for ``compare``, beside the same network from scratch. Deep networks take hours on CPUs, and those without batch
norm, such as AlexNet, may need lower learning rates::

    python examples/train_pretrained.py --architecture resnet18 --output resnet18.safetensors
    python examples/train_pretrained.py --architecture alexnet --learning-rate 3e-4 1e-4 --output alexnet.safetensors
"""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import galmorph as gm

# Simulated stamps are 4 Petrosian radii (of 90 % of the light) wide. For the median image of Galaxy Zoo 2, a window of
# 2.4 radii, as galmorph measures them, has about the same width.
WINDOW = gm.preprocessing.GalaxyCrop(radii=2.4)

# Fractions of the five classes: about as in Galaxy Zoo 2, with more of the rare cigar-shaped galaxies.
SDSS_SHARES = (0.24, 0.23, 0.05, 0.13, 0.35)
MANY_SHARES = (0.20, 0.19, 0.10, 0.16, 0.35)
SDSS_FRACTION = 0.55  # of the galaxies of the second step

AUGMENTATION = gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=4)
FIRST = gm.training.TrainConfig(
    learning_rate=2e-3,
    label_smoothing=0.05,
    weight_average=0.99,
    precision="float32",  # on accelerators too
    augmentation=AUGMENTATION,
)
SECOND = replace(FIRST, learning_rate=1e-3)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument(
        "--architecture", choices=gm.models.ARCHITECTURES, metavar="NAME", default="small_resnet", help="what to train"
    )
    parser.add_argument("--galaxies", type=int, default=12_000, help="number of galaxies to simulate for each epoch")
    parser.add_argument("--size", type=int, default=80, help="side of a stamp in pixels")
    parser.add_argument(
        "--epochs", type=int, nargs=2, default=(6, 3), help="epochs of the first and of the second step"
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        nargs=2,
        default=(FIRST.learning_rate, SECOND.learning_rate),
        help="highest rate of the first and of the second step",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--start", type=Path, help="classifier of the first step, which is then left out; its architecture is kept"
    )
    parser.add_argument("--output", type=Path, default=Path("output/galaxy-zoo-2.safetensors"))
    return parser.parse_args()


def counts(n: int, shares: Sequence[float]) -> list[int]:
    """Divide galaxies among classes; the last class, spirals, takes what remains."""
    others = [round(share * n) for share in shares[:-1]]
    return [*others, n - sum(others)]


def main() -> None:
    """Simulate, train twice, save."""
    arguments = read_arguments()

    def as_sdss(n: int, seed: int) -> gm.data.Dataset:
        """Simulate galaxies as SDSS shows them."""
        return gm.simulation.simulate_galaxies(
            n, size=arguments.size, seed=arguments.seed + seed, class_counts=counts(n, SDSS_SHARES)
        )

    def as_many(n: int, seed: int) -> gm.data.Dataset:
        """Simulate galaxies as many telescopes show them, with the classes that people could see."""
        return gm.simulation.simulate_galaxies(
            n,
            size=arguments.size,
            seed=arguments.seed + seed,
            class_counts=counts(n, MANY_SHARES),
            survey=gm.simulation.MANY_TELESCOPES,
            seen=True,
        )

    def first(epoch: int) -> gm.data.Dataset:
        """Simulate the galaxies of an epoch of the first step; each epoch has its own."""
        return as_sdss(arguments.galaxies, 1000 * epoch)

    def second(epoch: int) -> gm.data.Dataset:
        """Simulate the galaxies of an epoch of the second step."""
        n = round(SDSS_FRACTION * arguments.galaxies)
        seed = 1000 * (arguments.epochs[0] + epoch)
        return gm.data.Dataset.concatenate([as_sdss(n, seed), as_many(arguments.galaxies - n, seed + 1)])

    def trained(
        start: str | gm.training.Classifier,
        simulate: Callable[[int], gm.data.Dataset],
        config: gm.training.TrainConfig,
        step: int,
    ) -> gm.training.Classifier:
        """Train on galaxies that are simulated anew for each epoch."""
        galaxies = simulate(0)
        print(galaxies)
        result = gm.training.train(
            start,
            galaxies,
            fresh=simulate,
            config=replace(
                config,
                epochs=arguments.epochs[step],
                learning_rate=arguments.learning_rate[step],
                seed=arguments.seed,
            ),
        )
        print(result)
        return result.classifier

    if arguments.start is None:
        classifier = trained(arguments.architecture, first, FIRST, 0)
    else:
        classifier = gm.training.Classifier.load(arguments.start)
    classifier = trained(classifier, second, SECOND, 1)

    recipe = replace(gm.preprocessing.DAI_TONG, size=arguments.size, crop=WINDOW)
    classifier = replace(classifier, recipe=recipe, orientations=True)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    classifier.save(arguments.output, precision="float16")
    content = arguments.output.read_bytes()
    print(f"{arguments.output}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
