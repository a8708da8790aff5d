"""``galmorph compare``: which network classifies these galaxies better, with a report."""

import csv
import re
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from galmorph._checks import check, check_choice
from galmorph._command.compiled import keep_compiled
from galmorph._command.inputs import user_path
from galmorph._command.output import say
from galmorph._command.reading import add_reading_options, check_effect
from galmorph._command.type_classes import classes_of_types

if TYPE_CHECKING:
    from galmorph.comparison import Comparison, ComparisonPlan
    from galmorph.data import Dataset

__all__ = ["TEXT", "add_arguments", "run"]

TEXT = """Train several networks on the same galaxies, and say which differences are significant. The report, tables,
answers and classifiers go to a folder; a stopped comparison goes on if the same command is given again.

examples: %(prog)s images/ --labels classes.csv --tested-folds 5
          %(prog)s images/ --labels types.csv --scheme hubble
          galmorph simulate 600 simulated && %(prog)s simulated --quick
"""

_NETWORKS, _QUICK_NETWORKS = ("lenet5", "alexnet", "resnet18"), ("lenet5", "small_resnet")
_EPOCHS, _QUICK_EPOCHS = 30, 6


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add = parser.add_argument
    add("folder", type=user_path, metavar="DIR", help="FITS, JPEG or PNG files, or a saved data set")
    add(
        "--labels",
        type=user_path,
        metavar="FILE",
        help="text file of names and classes, with commas, semicolons, tabs, vertical bars or blanks between columns, "
        "or the votes of Galaxy Zoo 2; without it, DIR has a sub-folder for each class",
    )
    add("--name-column", metavar="NAME", help="column of the names in the file of --labels")
    add("--class-column", metavar="NAME", help="column of the classes or types in the file of --labels")
    add(
        "--scheme",
        metavar="NAME",
        help="the file of --labels has types such as SAB(rs)bc; hubble, hubble-stages, bars, hubble-bars or early-late "
        "makes classes of them",
    )
    add("--files", metavar="PATTERN", help="which files are images, such as '*_r.fits' or '{name}_{band}.fits'")
    add_reading_options(parser)
    add("--networks", nargs="+", metavar="NAME", help=f"what to compare ({' '.join(_NETWORKS)})")
    add("--quick", action="store_true", help=f"{' and '.join(_QUICK_NETWORKS)}, {_QUICK_EPOCHS} epochs")
    add("--epochs", type=int, metavar="N", help=f"passes over the training galaxies ({_EPOCHS})")
    add("--seeds", type=int, default=1, metavar="N", help="trainings of each network on each fold (%(default)s)")
    add("--folds", type=int, default=5, metavar="N", help="parts that the galaxies are split into (%(default)s)")
    add("--tested-folds", type=int, default=1, metavar="N", help="folds that are tested in turn (%(default)s)")
    add("--size", type=int, default=64, metavar="PIXELS", help="side of a stamp (%(default)s)")
    add("--to", type=user_path, metavar="FOLDER", help="where results go; comparison-DIR by default")
    add("--quiet", action="store_true", help="no progress bars")


def run(arguments: Namespace) -> None:
    """Compare, print and write."""
    folder = arguments.to or Path(f"comparison-{arguments.folder.resolve().name}")
    arguments.after_interruption = partial(_kept, folder)
    keep_compiled()
    from galmorph.comparison import compare

    _check(arguments)
    plan = _plan(arguments)
    galaxies = _galaxies(arguments)
    say(f"{galaxies!r}\n")
    comparison = compare(plan, galaxies, folder=folder, progress=not arguments.quiet)
    _write(comparison, galaxies, folder, arguments.line)
    say(f"{comparison}\n\nreport: {folder / 'report.html'}")


def _kept(folder: Path) -> str:
    """Say what an interrupted comparison has kept."""
    return "; the same command goes on from here" if folder.exists() else "; nothing was kept yet"


def _check(arguments: Namespace) -> None:
    """Find wrong names before images are read, which may take long."""
    from galmorph.data import get_scheme
    from galmorph.models import ARCHITECTURES

    for name in arguments.networks or ():
        check_choice("--networks", name, ARCHITECTURES)
    if arguments.scheme is not None:
        get_scheme(arguments.scheme)
    check(arguments.seeds >= 1, f"--seeds: expected a whole number of at least 1, got {arguments.seeds}")
    for option in ("scheme", "class_column", "name_column"):
        given = getattr(arguments, option) is not None
        check(not given or arguments.labels is not None, f"--{option.replace('_', '-')}: expected --labels, too")


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
    from galmorph.data import Dataset, get_scheme, image_files, load_galaxy_zoo_2, load_image_folder
    from galmorph.preprocessing import DAI_TONG, Recipe

    folder, labels, progress = arguments.folder, arguments.labels, not arguments.quiet
    reading = {name: getattr(arguments, name) for name in ("files", "hdu", "bands")}
    if labels is None and (folder / "dataset.json").is_file():
        for name, value in reading.items():
            check(value is None, f"--{name}: {folder} is a saved data set, whose stamps are made; leave it out")
        return Dataset.load(folder)
    if arguments.hdu is not None and folder.is_dir():
        check_effect(arguments, map(str, image_files(folder)))
    column, classes, table = arguments.class_column, None, labels
    if arguments.scheme is not None:
        scheme = get_scheme(arguments.scheme)
        table, column = classes_of_types(labels, scheme, column)
        classes = [name for name in scheme.classes if name in table[column]]
    elif labels is not None and column is None and _is_galaxy_zoo(labels):
        return load_galaxy_zoo_2(folder, labels, recipe=replace(DAI_TONG, size=arguments.size), progress=progress)
    return load_image_folder(
        folder,
        labels=table,
        name_column=arguments.name_column,
        class_column=column,
        classes=classes,
        recipe=Recipe(size=arguments.size, channels=3),
        progress=progress,
        **reading,
    )


def _is_galaxy_zoo(labels: Path) -> bool:
    """Recognise the votes of Galaxy Zoo 2, whose images share one scaling, by the header."""
    with labels.open(newline="", encoding="utf-8", errors="replace") as file:
        header = next(csv.reader(file), [""])
    return header[0] == "GalaxyID" and any(re.fullmatch(r"[Cc]lass\d+\.\d+", name) for name in header)


def _write(comparison: "Comparison", galaxies: "Dataset", folder: Path, command: str) -> None:
    comparison.write_report(folder / "report.html", command=command)
    comparison.to_table().write(folder / "comparison.ecsv", overwrite=True)
    comparison.predictions().write(folder / "predictions.ecsv", overwrite=True)
    (folder / "comparison.tex").write_text(comparison.to_latex(), encoding="utf-8")
    if galaxies.table.colnames:
        galaxies.table.write(folder / "galaxies.ecsv", overwrite=True)
