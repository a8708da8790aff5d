"""
The comparison of Dai & Tong (2018), with intervals
===================================================

Dai & Tong (2018, arXiv:1807.10406) compared networks on 28,790 images of Galaxy Zoo 2 in five classes, on one split of
9 to 1. This example does the same for LeNet-5, AlexNet, ResNet-18, ResNet-50 and their ResNet-26, and adds the
uncertainties of the differences. It needs the images of the Kaggle competition *Galaxy Zoo, the Galaxy Challenge*, and
its table of votes::

    python examples/reproduce_dai_tong.py --images images_training_rev1 --votes training_solutions_rev1.csv

With fewer images, test each image once instead::

    python examples/reproduce_dai_tong.py --images DIR --votes CSV --folds 5 --tested-folds 5

An accelerator is advisable: 2,616 images in five folds took ten minutes on an H100. On two CPU cores they took three
minutes for LeNet-5, half an hour to an hour each for AlexNet and ResNet-18, an hour or more for ResNet-50, and longer
for ResNet-26. ``--architectures`` selects some. To resume a comparison that was stopped, give the same command again.
With additional architectures, only these are trained.

Both protocols have the sample of the paper (thresholds on the votes), its split, and the input with which its code
tests: the central 176 of 424 pixels, resampled to 64.

``--protocol ours`` (the default) trains with AdamW for 25 epochs in batches of 32, with smoothed labels, averaged
weights, quarter turns, flips and shifts; the epoch with the lowest validation loss is kept.

``--protocol theirs`` trains as their published code: Nesterov's momentum of 0.9, a rate of 0.1 that falls to a tenth
after each 30,000 of 100,000 steps, batches of 128, no weight decay (their code declares one, but it never reaches the
loss), each stamp brought to zero mean and unit variance, quarter turns, flips, and zooms as by crops of 170 to 241
pixels, shifts and contrasts. With ``--steps`` below 100,000, the rate falls in proportion.

What differs from the paper, with ``--protocol theirs``, too:

- Width of the crop and turn are drawn for each image. In their code, both are drawn once for a whole run: the first
  slip.
- Batch norm predicts with running averages. In their code these are never updated, and testing normalises with the
  statistics of the test batch, so an answer depends on the other images: the second slip.
- Each image is tested once. They count one twice, 2,880 for 2,879: the third slip.
- An eighth of the galaxies outside the tested fold is set apart, for the learning curves and, with ``--protocol ours``,
  the choice of the epoch. They have no validation images and watch the test images during training.
- Stamps end at the central 176 pixels. Where a crop reaches beyond, the border is reflected, and they see the sky.
- Zooms and contrasts are drawn log-uniformly, theirs uniformly; contrasts are clipped to the range of a stamp.
- Brightness isn't changed. Their changes add a constant, which the scaling of each stamp removes again.
- LeNet-5 and ResNet-18 are not in their comparison; VGG-16, Inception V3 and Dieleman's network (2015) are not here.
"""

import argparse
import math
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
    add("--protocol", choices=("ours", "theirs"), default="ours", help="how the networks are trained")
    add("--steps", type=int, default=100_000, help="of a training with --protocol theirs")
    add("--epochs", type=int, default=25, help="of a training with --protocol ours")
    add("--batch-size", type=int, default=None, help="by default 32 with --protocol ours, 128 with theirs")
    add("--output", type=Path, default=Path("dai-tong"), help="folder for report, table, answers and classifiers")
    return parser.parse_args()


# Factors of a stamp of 176 pixels that give crops of 170 and 241 pixels, of which 64 of 80 are shown.
THEIR_ZOOM = (176 / (241 * 64 / 80), 176 / (170 * 64 / 80))


def ours(arguments: argparse.Namespace) -> gm.training.TrainConfig:
    """Train as galmorph advises."""
    return gm.training.TrainConfig(
        epochs=arguments.epochs,
        batch_size=arguments.batch_size or 32,
        label_smoothing=0.05,
        weight_average=0.99,
        augmentation=gm.preprocessing.Augmentation(rotation="quarter", flip=True, shift=2),
    )


def theirs(arguments: argparse.Namespace, galaxies: int) -> gm.training.TrainConfig:
    """Train as Dai & Tong, for as many whole epochs as come nearest to the number of steps."""
    batch = arguments.batch_size or 128
    epochs = max(1, round(arguments.steps / math.ceil(galaxies / batch)))
    return gm.training.TrainConfig(
        epochs=epochs,
        batch_size=batch,
        optimizer="sgd",
        learning_rate=0.1,
        schedule="steps",
        decay_steps=max(1, round(0.3 * arguments.steps)),
        warmup=0.0,
        weight_decay=0.0,
        scaling="stamp",
        keep_best=False,
        augmentation=gm.preprocessing.Augmentation(
            rotation="quarter", flip=True, shift=8, zoom=THEIR_ZOOM, contrast=(0.2, 1.8), fill="reflect"
        ),
    )


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
    learning = round(len(galaxies) * (1 - 1 / arguments.folds) * 7 / 8)  # an eighth of the others is for validation
    if arguments.protocol == "theirs" and arguments.steps < 100_000:
        print(f"{arguments.steps:,} steps instead of their 100,000: the learning rate falls in proportion")
    plan = gm.comparison.ComparisonPlan(
        architectures=tuple(arguments.architectures),
        folds=arguments.folds,
        tested_folds=arguments.tested_folds,
        seeds=tuple(range(arguments.seeds)),
        config=ours(arguments) if arguments.protocol == "ours" else theirs(arguments, learning),
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
