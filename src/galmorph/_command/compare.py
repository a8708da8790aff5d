"""``galmorph compare``: which network classifies these galaxies better, with a report."""

import csv
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._command.compiled import keep_compiled
from galmorph._command.output import say

if TYPE_CHECKING:
    from galmorph.comparison import Comparison, ComparisonPlan
    from galmorph.data import Dataset

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Train several networks on the same galaxies, and say which differences are significant. The report, tables,
answers and classifiers go to a folder; a stopped comparison goes on if the same command is given again.

examples: %(prog)s images/ --labels classes.csv --tested-folds 5
          galmorph simulate 600 simulated && %(prog)s simulated --quick
"""

_NETWORKS, _QUICK_NETWORKS = ("lenet5", "alexnet", "resnet18"), ("lenet5", "small_resnet")
_EPOCHS, _QUICK_EPOCHS = 30, 6


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="FITS, JPEG or PNG files, or a saved data set")
    add(
        "--labels",
        type=Path,
        metavar="FILE",
        help="CSV of name and class, or of the votes of Galaxy Zoo 2; without it, DIR has a sub-folder for each class",
    )
    add("--networks", nargs="+", metavar="NAME", help=f"what to compare ({' '.join(_NETWORKS)})")
    add("--quick", action="store_true", help=f"{' and '.join(_QUICK_NETWORKS)}, {_QUICK_EPOCHS} epochs")
    add("--epochs", type=int, metavar="N", help=f"passes over the training galaxies ({_EPOCHS})")
    add("--seeds", type=int, default=1, metavar="N", help="trainings of each network on each fold (%(default)s)")
    add("--folds", type=int, default=5, metavar="N", help="parts that the galaxies are split into (%(default)s)")
    add("--tested-folds", type=int, default=1, metavar="N", help="folds that are tested in turn (%(default)s)")
    add("--size", type=int, default=64, metavar="PIXELS", help="side of a stamp (%(default)s)")
    add("--to", type=Path, metavar="FOLDER", help="where results go; comparison-DIR by default")
    add("--quiet", action="store_true", help="no progress bars")


def run(arguments: Namespace) -> None:
    """Compare, print and write."""
    folder = arguments.to or Path(f"comparison-{arguments.folder.resolve().name}")
    arguments.after_interruption = "; the same command goes on from here"
    keep_compiled()
    from galmorph.comparison import compare

    plan = _plan(arguments)
    galaxies = _galaxies(arguments)
    say(f"{galaxies!r}\n")
    comparison = compare(plan, galaxies, folder=folder, progress=not arguments.quiet)
    _write(comparison, folder, arguments.line)
    say(f"{comparison}\n\nreport: {folder / 'report.html'}")


def _plan(arguments: Namespace) -> "ComparisonPlan":
    from galmorph.comparison import ComparisonPlan
    from galmorph.preprocessing import Augmentation
    from galmorph.training import TrainConfig

    epochs = _QUICK_EPOCHS if arguments.quick else _EPOCHS
    return ComparisonPlan(
        architectures=tuple(arguments.networks or (_QUICK_NETWORKS if arguments.quick else _NETWORKS)),
        seeds=tuple(range(arguments.seeds)),
        folds=arguments.folds,
        tested_folds=arguments.tested_folds,
        config=TrainConfig(
            epochs=epochs if arguments.epochs is None else arguments.epochs,
            batch_size=32,
            augmentation=Augmentation(rotation="quarter", flip=True, shift=2),
        ),
    )


def _galaxies(arguments: Namespace) -> "Dataset":
    """Open a saved data set, or read images and labels."""
    from galmorph.data import Dataset, load_galaxy_zoo_2, load_image_folder
    from galmorph.preprocessing import DAI_TONG, Recipe

    folder, labels, progress = arguments.folder, arguments.labels, not arguments.quiet
    if labels is None and (folder / "dataset.json").is_file():
        return Dataset.load(folder)
    if labels is not None and _is_galaxy_zoo(labels):
        return load_galaxy_zoo_2(folder, labels, recipe=DAI_TONG, progress=progress)
    recipe = Recipe(size=arguments.size, channels=3)
    return load_image_folder(folder, labels=labels, recipe=recipe, progress=progress)


def _is_galaxy_zoo(labels: Path) -> bool:
    """Recognise the votes of Galaxy Zoo 2, whose images share one scaling, by the first column."""
    with labels.open(newline="", encoding="utf-8", errors="replace") as file:
        return next(csv.reader(file), [""])[0] == "GalaxyID"


def _write(comparison: "Comparison", folder: Path, command: str) -> None:
    comparison.write_report(folder / "report.html", command=command)
    comparison.to_table().write(folder / "comparison.ecsv", overwrite=True)
    comparison.predictions().write(folder / "predictions.ecsv", overwrite=True)
    (folder / "comparison.tex").write_text(comparison.to_latex(), encoding="utf-8")
