"""
The comparison of Dai & Tong (2018), with intervals
===================================================

Dai & Tong (2018, arXiv:1807.10406) compared networks on 28,790 images of Galaxy Zoo 2 in five classes, on one split of
9 to 1. This example does the same for LeNet-5, AlexNet, ResNet-18, ResNet-50 and a reconstruction of their ResNet-26,
and adds the uncertainties of the differences. It needs the images of the Kaggle competition *Galaxy Zoo, the Galaxy
Challenge*, and its table of votes::

    python examples/reproduce_dai_tong.py --images images_training_rev1 --votes training_solutions_rev1.csv

With fewer images, test each image once instead::

    python examples/reproduce_dai_tong.py --images DIR --votes CSV --folds 5 --tested-folds 5

An accelerator is advisable: 2,616 images in five folds take ten minutes on an H100. On two CPU cores they take three
minutes for LeNet-5, half an hour to an hour each for AlexNet and ResNet-18, an hour or more for ResNet-50, and four to
five hours for ResNet-26. ``--architectures`` selects some. To resume a comparison that was stopped, give the same
command again. With additional architectures, only these are trained.

As in the paper: the sample (thresholds on the votes), the crop (the central 136 of 424 pixels, resampled to 64) and the
split. Optimiser, epochs and augmentation of the paper are not known to us. Here all networks are trained in the same
way: AdamW, 25 epochs, smoothed labels, averaged weights, quarter turns, flips and shifts; the epoch with the lowest
validation loss is kept.
"""

import argparse
import shlex
import sys
import warnings
from pathlib import Path

import jax
from astropy.config import get_cache_dir

import galmorph as gm
from galmorph.comparison import wilson_interval
from galmorph.errors import FewGalaxiesWarning

ARCHITECTURES = ("lenet5", "alexnet", "resnet18", "resnet50", "resnet26_dai_tong")

# Correct answers of their ResNet-26, and test images, by class: whole numbers that give the percentages of the
# abstract.
PAPER = {
    "completely_round_smooth": (815, 843),
    "in_between_smooth": (762, 807),
    "cigar_shaped_smooth": (34, 58),
    "edge_on": (368, 390),
    "spiral": (763, 781),
}
PAPER_ALL = (2742, 2880)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[1], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--images", type=Path, required=True, help="folder of JPEG files named by GalaxyID")
    add("--votes", type=Path, required=True, help="CSV of votes, or of GalaxyID and class")
    add("--architectures", nargs="+", default=ARCHITECTURES, metavar="NAME")
    add("--folds", type=int, default=10, help="number of parts that the galaxies are split into")
    add("--tested-folds", type=int, default=1, help="number of parts that are tested, one after another")
    add("--seeds", type=int, default=1, help="number of trainings of each architecture on each fold")
    add("--epochs", type=int, default=25)
    add("--batch-size", type=int, default=32)
    add("--output", type=Path, default=Path("dai-tong"), help="folder for report, table, answers and classifiers")
    return parser.parse_args()


def print_paper(comparison: gm.comparison.Comparison) -> None:
    """Print the numbers of the paper beside ours, each with the size of its sample."""
    best, counts = comparison.best, comparison.test.class_counts()
    print(f"\n{'':<26}{best.architecture + ', here':<36}ResNet-26 of Dai & Tong (2018)")
    rows = [("accuracy", best.accuracy, len(comparison.test), PAPER_ALL)]
    rows += [(name, best.recall[name], counts[name], PAPER[name]) for name in PAPER]
    for name, ours, tested, (right, of) in rows:
        low, high = wilson_interval(right, of)
        here = f"{ours} of {tested:,}"
        print(f"{name:<26}{here:<36}{right / of:.3f} [{low:.3f}, {high:.3f}] of {of:,}")


def main() -> None:
    """Compare, print, save."""
    arguments = read_arguments()
    if jax.config.jax_compilation_cache_dir is None:  # all folds share compiled functions
        jax.config.update("jax_compilation_cache_dir", get_cache_dir("galmorph"))
    warnings.simplefilter("ignore", FewGalaxiesWarning)  # the table shows this too
    galaxies = gm.data.load_galaxy_zoo_2(arguments.images, arguments.votes, recipe=gm.preprocessing.DAI_TONG)
    print(galaxies)
    plan = gm.comparison.ComparisonPlan(
        architectures=tuple(arguments.architectures),
        folds=arguments.folds,
        tested_folds=arguments.tested_folds,
        seeds=tuple(range(arguments.seeds)),
        config=gm.training.TrainConfig(
            epochs=arguments.epochs,
            batch_size=arguments.batch_size,
            label_smoothing=0.05,
            weight_average=0.99,
            augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=2),
        ),
    )
    comparison = gm.comparison.compare(plan, galaxies, folder=arguments.output)
    print(f"\n{comparison}")
    print_paper(comparison)
    comparison.write_report(
        arguments.output / "report.html",
        title="The comparison of Dai & Tong (2018), with intervals",
        command=shlex.join(["python", *sys.argv]),
    )
    comparison.to_table().write(arguments.output / "comparison.ecsv", overwrite=True)
    print(f"\nopen {arguments.output.resolve() / 'report.html'}")


if __name__ == "__main__":
    main()
