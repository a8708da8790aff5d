"""A comparison in a process of its own, which a test kills: ``python comparison_process.py FOLDER``."""

import sys

from galmorph.comparison import ComparisonPlan, compare
from galmorph.simulation import simulate_galaxies
from galmorph.training import TrainConfig

if __name__ == "__main__":
    plan = ComparisonPlan(
        architectures=("lenet5", "small_resnet"), folds=2, tested_folds=None, seeds=(0,), config=TrainConfig(epochs=3)
    )
    galaxies = simulate_galaxies(320, size=32, seed=0, class_counts=[64] * 5)
    compare(plan, galaxies, folder=sys.argv[1], progress=False)
