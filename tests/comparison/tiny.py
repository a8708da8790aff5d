"""A comparison of networks that train within a second: a dense layer on the mean colour of a stamp."""

from dataclasses import replace
from typing import Any

import numpy as np
from flax import nnx

from galmorph.comparison import Comparison, ComparisonPlan
from galmorph.data import Dataset
from galmorph.training import TrainConfig

__all__ = ["MODELS", "ONE_TRAINING", "PLAN", "Tiny", "colours", "logits_of", "make_tiny"]

PLAN = ComparisonPlan(
    architectures=("tiny", "other"),
    folds=2,
    tested_folds=None,
    validation=0.25,
    seeds=(0, 1),
    config=TrainConfig(epochs=2, batch_size=16, learning_rate=0.01),
)

ONE_TRAINING = replace(PLAN, architectures=("tiny",), seeds=(0,), tested_folds=1)


class Tiny(nnx.Module):
    """A dense layer on the mean of each channel."""

    def __init__(self, classes: int, channels: int, *, rngs: nnx.Rngs) -> None:
        self.dense = nnx.Linear(channels, classes, rngs=rngs)

    def __call__(self, images):
        """Turn mean colours into logits."""
        return self.dense(images.mean(axis=(1, 2)))


def make_tiny(*, classes: int, channels: int, size: int, seed: int) -> Tiny:
    """Make a network, as `create_model` does."""
    assert size == 32
    return Tiny(classes, channels, rngs=nnx.Rngs(seed))


def _make_other(**options: Any) -> Tiny:
    return make_tiny(**{**options, "seed": options["seed"] + 100})


MODELS = {"tiny": make_tiny, "other": _make_other}


def colours(galaxies: int = 128) -> Dataset:
    """Make red and blue stamps, some of them mislabelled."""
    rng = np.random.default_rng(0)
    labels = np.arange(galaxies) % 2
    shown = np.where(rng.random(galaxies) < 0.1, 1 - labels, labels)
    stamps = rng.integers(0, 60, (galaxies, 32, 32, 3))
    stamps[np.arange(galaxies), :, :, 2 * shown] += 60
    return Dataset(stamps.astype(np.uint8), labels, ("red", "blue"))


def logits_of(comparison: Comparison) -> np.ndarray:
    """All answers, in the order of the runs."""
    return np.stack([run.scores.logits for name in PLAN.architectures for run in comparison[name].runs])
