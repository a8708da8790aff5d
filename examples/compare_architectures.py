"""Which architecture classifies these galaxies better?
====================================================

What it shows: one call trains several architectures on the same split with the same recipe, budget and augmentation,
and says how well each recognises galaxies that none has seen. It prints a table with intervals and saves figures
(learning curves, confusion matrices, a gallery of test galaxies with label and answer) and the classifiers.

What it costs: with defaults, on simulated galaxies, under 3 minutes on two CPU cores, no download. On your own images
(or the 2,616 of Galaxy Zoo 2, with the defaults for real images, about half an hour)::

    python examples/compare_architectures.py --images DIR --labels FILE

DIR holds FITS, JPEG or PNG files; FILE is a CSV of name and class, or the table of votes of Galaxy Zoo 2. Without
--labels, DIR has one sub-folder for each class.

What is compiled is kept in astropy's folder for caches; JAX_COMPILATION_CACHE_DIR names another one.

What to expect: a few hundred simulated galaxies and a few epochs are a demonstration, too few to rank networks: the
intervals say so. A network as large as AlexNet needs more of both.
"""

import argparse
import csv
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
from astropy.config import get_cache_dir

import galmorph as gm

SIMULATED = {"galaxies": 800, "epochs": 5}
REAL = {"epochs": 30}


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--images", type=Path, help="folder of FITS, JPEG or PNG files; simulated galaxies if missing")
    parser.add_argument("--labels", type=Path, help="CSV of name and class, or of Galaxy Zoo 2 votes")
    parser.add_argument("--galaxies", type=int, default=SIMULATED["galaxies"], help="how many galaxies to simulate")
    parser.add_argument("--architectures", nargs="+", default=["lenet5", "alexnet", "resnet18"], metavar="NAME")
    parser.add_argument("--epochs", type=int, help="5 for simulated galaxies, 30 for real ones if missing")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each architecture")
    parser.add_argument("--output", type=Path, default=Path("comparison"), help="folder for figures and classifiers")
    return parser.parse_args()


def load_galaxies(arguments: argparse.Namespace) -> gm.data.Dataset:
    """Simulate galaxies, or read images and labels."""
    if arguments.images is None:
        return gm.simulation.simulate_galaxies(arguments.galaxies, scheme="galaxy-zoo-2", seed=0)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        if arguments.labels is not None and is_galaxy_zoo(arguments.labels):
            recipe = gm.preprocessing.DAI_TONG
            return gm.data.load_galaxy_zoo_2(arguments.images, arguments.labels, recipe=recipe, executor=threads)
        recipe = gm.preprocessing.Recipe(size=64, channels=3)
        return gm.data.load_image_folder(arguments.images, labels=arguments.labels, recipe=recipe, executor=threads)


def is_galaxy_zoo(labels: Path) -> bool:
    """Tell Galaxy Zoo's tables, whose images share one scaling, by their first column."""
    with labels.open(newline="") as file:
        return next(csv.reader(file))[0] == "GalaxyID"


def main() -> None:
    """Compare, print, save."""
    arguments = read_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if jax.config.jax_compilation_cache_dir is None:  # a second run compiles less
        jax.config.update("jax_compilation_cache_dir", get_cache_dir("galmorph"))
    galaxies = load_galaxies(arguments)
    print(galaxies)

    epochs = (SIMULATED if arguments.images is None else REAL)["epochs"]
    config = gm.training.TrainConfig(
        epochs=arguments.epochs or epochs,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=2),
    )

    def save(run: gm.comparison.Run) -> None:
        run.result.classifier.save(arguments.output / f"{run.architecture}-{run.seed}.galmorph")

    comparison = gm.comparison.compare(
        arguments.architectures, galaxies, seeds=arguments.seeds, config=config, on_run=save
    )
    print(f"\n{comparison}\n")

    comparison.to_table().write(arguments.output / "comparison.ecsv", overwrite=True)
    comparison.split.save(arguments.output / "split.json")
    for name, plot in (
        ("learning_curves", gm.comparison.plot_learning_curves),
        ("confusion", gm.comparison.plot_confusion),
        ("gallery", gm.comparison.plot_gallery),
    ):
        plot(comparison).savefig(arguments.output / f"{name}.png", dpi=150)
    print(f"figures, table, split and classifiers are in {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
