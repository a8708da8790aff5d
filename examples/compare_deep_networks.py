"""
AlexNet, ResNets and DenseNets on the tuning fork
=================================================

Ten networks on the same galaxies of Galaxy Zoo 2 at 224 pixels: AlexNet, ResNet-18, -34, -50, -101 and -152, and
DenseNet-121, -169, -201 and -264. Do deeper ones classify better? The four classes are those of Hubble's tuning fork:
E (smooth), edge-on, S and SB (other disks without and with a bar). One report has ranking, differences with intervals,
learning curves and confusion matrices.

With the images and the table of the Galaxy Zoo team (``gz2_hart16.csv`` and ``gz2_filename_mapping.csv``)::

    python examples/compare_deep_networks.py --images images --labels gz2_hart16.csv --mapping gz2_filename_mapping.csv

With those of the Kaggle competition *Galaxy Zoo, the Galaxy Challenge*::

    python examples/compare_deep_networks.py --images images_training_rev1 --labels training_solutions_rev1.csv

A CSV of GalaxyID and class, one of E, edge-on, S and SB, will do as well. The Challenge has no classes, only fractions
of votes: there, the answer with most votes counts, question by question, however narrow its majority.

Before it starts, it prints the number of trainings and how long they take, roughly. Ten networks at 224 pixels need an
accelerator; on CPUs, try fewer galaxies, a smaller size and the smaller networks::

    python examples/compare_deep_networks.py --images DIR --labels CSV --size 64 --limit 500 --architectures resnet18

To resume a comparison that was stopped, give the same command again. With additional architectures, seeds or tested
folds, only these are trained. ``--quick`` shows within a minute, with small networks, whether everything works; its
numbers mean nothing.

Stamps are the central 224 of 424 pixels, resampled if another size is asked for. Networks are trained as with
``--protocol ours`` of ``reproduce_dai_tong.py``, which must be beside this file, as must ``compare_architectures.py``.
"""

import argparse
import time
import warnings
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from astropy.config import get_cache_dir
from astropy.table import Table
from compare_architectures import save
from flax import nnx
from reproduce_dai_tong import ours

import galmorph as gm
from galmorph.errors import FewGalaxiesWarning

# Multiply-adds for a stamp of 224 pixels, in units of 1e9: to count them takes seconds to a minute each.
MULTIPLY_ADDS = {
    "alexnet": 0.71,
    "resnet18": 1.81,
    "resnet34": 3.66,
    "resnet50": 4.09,
    "resnet101": 7.80,
    "resnet152": 11.51,
    "densenet121": 2.60,
    "densenet169": 3.08,
    "densenet201": 3.95,
    "densenet264": 5.20,
}
QUICK = {"size": 32, "epochs": 2, "limit": 120, "architectures": ("lenet5", "small_resnet")}
FULL = {"size": 224, "epochs": 30, "limit": None, "architectures": tuple(MULTIPLY_ADDS)}

# A training step takes three times the operations of a prediction, and networks reach about a third of the speed of the
# product of large matrices.
SLOWER = 3 * 3
COMPILING = 60  # seconds for each network, more on CPUs for the deepest


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[1], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--images", type=Path, required=True, help="folder of JPEG files")
    add("--labels", type=Path, required=True, help="CSV: gz2_hart16, votes of the challenge, or GalaxyID and class")
    add("--mapping", type=Path, help="gz2_filename_mapping.csv, for images named by asset_id")
    add("--quick", action="store_true", help="two networks, small stamps, 120 galaxies: a trial")
    add("--architectures", nargs="+", metavar="NAME", help="what to compare; all ten if missing")
    add("--size", type=int, help="side of a stamp in pixels; 224, or 32 with --quick, if missing")
    add("--epochs", type=int, help="epochs of each training; 30, or 2 with --quick, if missing")
    add("--limit", type=int, metavar="N", help="take N of the galaxies, drawn at random; all if missing")
    add("--batch-size", type=int, default=32)
    add("--seeds", type=int, default=1, help="trainings of each architecture on each fold")
    add("--folds", type=int, default=5, help="number of parts that the galaxies are split into")
    add("--tested-folds", type=int, default=1, help="number of folds that are tested in turn")
    add("--output", type=Path, default=Path("deep-networks"), help="folder for report, tables, answers, classifiers")
    arguments = parser.parse_args()
    for name, value in (QUICK if arguments.quick else FULL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    return arguments


def make_plan(arguments: argparse.Namespace) -> gm.comparison.ComparisonPlan:
    """Fix what is compared, and how, before anything is trained."""
    return gm.comparison.ComparisonPlan(
        architectures=tuple(arguments.architectures),
        seeds=tuple(range(arguments.seeds)),
        folds=arguments.folds,
        tested_folds=arguments.tested_folds,
        config=ours(arguments),
    )


def read_labels(arguments: argparse.Namespace) -> Table:
    """Read what tells the classes of the galaxies that have an image, and draw some of them if there is a limit."""
    names = ["dr7objid", "asset_id", "sample", "ra", "dec", "gz2_class", "GalaxyID", "class"]
    names += [f"Class{answer}" for answer in ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2")]
    table = Table.read(arguments.labels, format="ascii.csv", include_names=names)
    if arguments.limit is None:
        return table
    if arguments.mapping is not None:
        mapping = Table.read(arguments.mapping, format="ascii.csv")
        files = dict(zip(mapping["objid"], mapping["asset_id"], strict=True))
        stems = [str(files.get(name, "")) for name in table["dr7objid"]]
    else:
        stems = table["asset_id" if "asset_id" in table.colnames else table.colnames[0]].astype(str)
    there = {path.stem for path in arguments.images.rglob("*")}
    rows = np.flatnonzero([stem in there for stem in stems])
    return table[np.sort(np.random.default_rng(0).permutation(rows)[: arguments.limit])]


def seconds(arguments: argparse.Namespace, plan: gm.comparison.ComparisonPlan, galaxies: int) -> float:
    """Estimate how long all trainings take, from the operations of the networks and the speed of a large product."""

    def operations(name: str) -> float:
        if name in MULTIPLY_ADDS:
            return 2e9 * MULTIPLY_ADDS[name] * (arguments.size / 224) ** 2
        size = {"classes": 4, "channels": 3, "size": arguments.size}
        model = nnx.eval_shape(lambda: gm.models.create_model(name, **size))
        return gm.models.summary(model, size=arguments.size, channels=3).flops

    side = 2048
    product = jax.jit(lambda x: x @ x)
    matrix = jnp.ones((side, side))
    product(matrix).block_until_ready()
    start = time.perf_counter()
    product(matrix).block_until_ready()
    speed = 2 * side**3 / (time.perf_counter() - start)
    learning = galaxies * (1 - 1 / plan.folds) * (1 - plan.validation)
    per_galaxy = sum(map(operations, plan.architectures)) / len(plan.architectures)
    work = SLOWER * per_galaxy * learning * plan.config.epochs * plan.trainings
    return work / speed + COMPILING * len(plan.architectures)


def main() -> None:
    """Estimate, compare, print, save."""
    arguments = read_arguments()
    if jax.config.jax_compilation_cache_dir is None:  # all folds share compiled functions
        jax.config.update("jax_compilation_cache_dir", get_cache_dir("galmorph"))
    warnings.simplefilter("ignore", FewGalaxiesWarning)  # the table says so, too
    recipe = replace(gm.preprocessing.DAI_TONG, size=arguments.size, crop=gm.preprocessing.FractionCrop(224 / 424))
    galaxies = gm.data.load_galaxy_zoo_2(
        arguments.images, read_labels(arguments), mapping=arguments.mapping, scheme="tuning-fork", recipe=recipe
    )
    print(galaxies)
    plan = make_plan(arguments)
    hours = seconds(arguments, plan, len(galaxies)) / 3600
    about = f"{hours:,.1f} hours" if hours >= 2 else f"{60 * hours:.0f} minutes"
    print(
        f"{plan.trainings} trainings of {plan.config.epochs} epochs, roughly {about} here; a rerun resumes", flush=True
    )
    comparison = gm.comparison.compare(plan, galaxies, folder=arguments.output)
    print(f"\n{comparison}\n")
    save(comparison, arguments.output)
    print(f"open {arguments.output.resolve() / 'report.html'}; tables, figures, answers and classifiers are beside it")


if __name__ == "__main__":
    main()
