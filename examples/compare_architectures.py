"""
Which architecture classifies these galaxies better?
====================================================

Trains LeNet-5, a small ResNet and ResNet-18 on the same galaxies with the same budget, and says which differences are
significant. By default the galaxies are simulated, so it runs offline. It takes about three minutes on two cores::

    python examples/compare_architectures.py

For a first look in less than a minute, with LeNet-5 and a small ResNet::

    python examples/compare_architectures.py --quick

With your own images, each of them tested once, in five folds::

    python examples/compare_architectures.py --images DIR --labels FILE --tested-folds 5

DIR holds FITS, JPEG or PNG files; FILE is a CSV of name and class, or the table of votes of Galaxy Zoo 2. Without
--labels, DIR has one sub-folder for each class. Trained networks and all answers are kept in the output folder. A
stopped comparison resumes if the same command is given again.

Compiled functions are kept in astropy's cache folder; set JAX_COMPILATION_CACHE_DIR to use another one.

A thousand simulated galaxies and five epochs are only a demonstration. They show which network learns fastest, and the
confidence intervals are wide. All classes are equally common, so that each of them is tested by enough galaxies. A
network as large as AlexNet needs more galaxies, more epochs, and three times as long.
"""

import argparse
import csv
import shlex
import sys
import warnings
from pathlib import Path

import jax
from astropy.config import get_cache_dir

import galmorph as gm
from galmorph.errors import FewGalaxiesWarning

SIMULATED = {"galaxies": 1200, "epochs": 5, "architectures": ["lenet5", "small_resnet", "resnet18"]}
QUICK = {"galaxies": 400, "epochs": 4, "architectures": ["lenet5", "small_resnet"]}
REAL_EPOCHS = 30


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[1], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--images", type=Path, help="folder of FITS, JPEG or PNG files; simulated galaxies if missing")
    add("--labels", type=Path, help="CSV of name and class, or of Galaxy Zoo 2 votes")
    add("--quick", action="store_true", help="fewer galaxies, smaller networks")
    add("--galaxies", type=int, help="how many galaxies to simulate; 1200, or 400 with --quick, if missing")
    add("--architectures", nargs="+", metavar="NAME", help="what to compare; see the top of this file if missing")
    add("--epochs", type=int, help="5 for simulated galaxies (4 with --quick), 30 for real ones if missing")
    add("--batch-size", type=int, default=32)
    add("--learning-rate", type=float, default=1e-3)
    add("--seeds", type=int, default=1, help="trainings of each architecture on each fold")
    add("--folds", type=int, default=5, help="number of parts that the galaxies are split into")
    add("--tested-folds", type=int, default=1, help="number of folds that are tested in turn")
    add("--output", type=Path, help="folder for report, tables, figures, answers and classifiers")
    return parser.parse_args()


def make_plan(arguments: argparse.Namespace) -> gm.comparison.ComparisonPlan:
    """Fix what is compared, and how, before anything is trained."""
    simulated = QUICK if arguments.quick else SIMULATED
    return gm.comparison.ComparisonPlan(
        architectures=tuple(arguments.architectures or simulated["architectures"]),
        seeds=tuple(range(arguments.seeds)),
        folds=arguments.folds,
        tested_folds=arguments.tested_folds,
        config=gm.training.TrainConfig(
            epochs=arguments.epochs or (simulated["epochs"] if arguments.images is None else REAL_EPOCHS),
            batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
            augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=2),
        ),
    )


def load_galaxies(arguments: argparse.Namespace) -> gm.data.Dataset:
    """Simulate galaxies, or read images and labels."""
    if arguments.images is None:
        galaxies = arguments.galaxies or (QUICK if arguments.quick else SIMULATED)["galaxies"]
        classes = gm.data.GALAXY_ZOO_2_CLASSES
        counts = {
            name: galaxies // len(classes) + (number < galaxies % len(classes)) for number, name in enumerate(classes)
        }
        return gm.simulation.simulate_galaxies(galaxies, scheme="galaxy-zoo-2", class_counts=counts, seed=0)
    if arguments.labels is not None and is_galaxy_zoo(arguments.labels):
        return gm.data.load_galaxy_zoo_2(arguments.images, arguments.labels, recipe=gm.preprocessing.DAI_TONG)
    recipe = gm.preprocessing.Recipe(size=64, channels=3)
    return gm.data.load_image_folder(arguments.images, labels=arguments.labels, recipe=recipe)


def is_galaxy_zoo(labels: Path) -> bool:
    """Recognise the table of Galaxy Zoo, whose images share one scaling, by its first column."""
    with labels.open(newline="") as file:
        return next(csv.reader(file))[0] == "GalaxyID"


def output_folder(arguments: argparse.Namespace) -> Path:
    """Choose the output folder; each kind of galaxies has its own."""
    if arguments.output is not None:
        return arguments.output
    kind = "quick" if arguments.quick else "simulated" if arguments.images is None else arguments.images.resolve().name
    return Path(f"comparison-{kind}")


def save(comparison: gm.comparison.Comparison, folder: Path) -> None:
    """Write report, tables and figures."""
    comparison.write_report(folder / "report.html", command=shlex.join(["python", *sys.argv]))
    comparison.to_table().write(folder / "comparison.ecsv", overwrite=True)
    comparison.predictions().write(folder / "predictions.ecsv", overwrite=True)
    (folder / "comparison.tex").write_text(comparison.to_latex(), encoding="utf-8")
    plots = comparison.plots
    for name, axes in (
        ("ranking", plots.ranking()),
        ("learning_curves", plots.learning_curves()),
        ("confusion", plots.confusion()),
        ("reliability", plots.reliability()),
        ("quality_against_cost", plots.quality_against_cost()),
    ):
        axes.figure.savefig(folder / f"{name}.png", dpi=200)


def main() -> None:
    """Compare, print, save."""
    arguments = read_arguments()
    if jax.config.jax_compilation_cache_dir is None:  # a second run compiles less
        jax.config.update("jax_compilation_cache_dir", get_cache_dir("galmorph"))
    warnings.simplefilter("ignore", FewGalaxiesWarning)  # the table says so, too
    plan, folder = make_plan(arguments), output_folder(arguments)
    galaxies = load_galaxies(arguments)
    print(galaxies)
    comparison = gm.comparison.compare(plan, galaxies, folder=folder)
    print(f"\n{comparison}\n")
    save(comparison, folder)
    print(f"open {folder.resolve() / 'report.html'}; tables, figures, answers and classifiers are beside it")


if __name__ == "__main__":
    main()
