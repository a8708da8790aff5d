"""Comparisons without any training: galaxies, and runs whose answers are drawn at random."""

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table
from scipy.special import softmax

from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Run
from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset
from galmorph.training import Classifier, Scores

CLASSES = ("round", "in_between", "cigar", "edge_on", "spiral")


def fabricate_galaxies(
    counts: Sequence[int] = (60, 50, 12, 30, 58),
    *,
    classes: Sequence[str] = CLASSES,
    size: int = 32,
    channels: int = 3,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> Dataset:
    """Draw blobs, the flatter the higher their class; each with a name."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    y, x = np.indices((size, size)) - (size - 1) / 2
    angle = rng.uniform(0, np.pi, len(labels))[:, None, None]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    flat = (1 - 0.8 * labels / max(len(counts) - 1, 1))[:, None, None]
    light = np.exp(-(along**2 + (across / flat) ** 2) / (size / 6) ** 2)
    tint = rng.uniform(0.6, 1.0, (len(labels), 1, 1, channels))
    stamps = light[..., None] * tint + rng.normal(0, 0.04, (len(labels), size, size, channels)) + 0.05
    table = Table({"name": [f"NGC {number}" for number in range(1, len(labels) + 1)] if names is None else list(names)})
    return Dataset(np.clip(255 * stamps, 0, 255).astype(np.uint8), labels, tuple(classes), table=table)


def fabricate_runs(plan: ComparisonPlan, dataset: Dataset, skills: Mapping[str, float]) -> list[Run]:
    """Draw the answers of each training of a plan: the higher the skill, the oftener right (3 is good, 0 is a guess).

    All architectures find the same galaxies hard, and each is twice as sure as it should be.
    """
    rng = np.random.default_rng(plan.split_seed)
    classes = len(dataset.classes)
    hard = rng.normal(0, 1, (len(dataset), classes))

    def scores(rows: np.ndarray, skill: float) -> Scores:
        target = np.eye(classes)[dataset.labels[rows]]
        logits = 2 * (skill * target + hard[rows] + rng.normal(0, 0.5, target.shape))
        return Scores(logits.astype(np.float32), dataset.labels[rows], dataset.classes)

    runs = []
    for (repeat, fold), split in plan.splits(dataset).items():
        _, validation, test = split.parts
        for place, architecture in enumerate(plan.architectures):
            for seed in plan.seeds:
                skill = skills[architecture] + rng.normal(0, 0.1)
                answered = scores(test, skill)
                turned = answered.logits + rng.normal(0, 0.5, (8, *answered.logits.shape))
                runs.append(
                    Run(
                        architecture=architecture,
                        seed=seed,
                        repeat=repeat,
                        fold=fold,
                        learning_rate=plan.config.learning_rate,
                        rows=test,
                        scores=answered,
                        validation=scores(validation, skill),
                        orientations=softmax(turned, axis=2).astype(np.float32),
                        history=_history(plan.config.epochs, skill, rng),
                        best_epoch=max(1, plan.config.epochs - 1),
                        seconds=10.0 * 4**place,
                        rate=4000.0 / 4**place,
                        memory=10_000_000 * 4**place,
                        parameters=60_000 * 20**place,
                        flops=1_000_000 * 15**place,
                        versions=versions(),
                        load=_no_classifier,
                    )
                )
    return runs


def _history(epochs: int, skill: float, rng: np.random.Generator) -> Table:
    epoch = np.arange(1, epochs + 1)
    loss = 1.6 * np.exp(-skill * epoch / epochs) + rng.uniform(0, 0.05, epochs)
    return Table(
        {
            "epoch": epoch,
            "learning_rate": np.full(epochs, 1e-3),
            "loss": loss,
            "accuracy": np.exp(-loss),
            "validation_loss": loss + rng.uniform(0, 0.1, epochs),
            "validation_accuracy": np.exp(-loss) * rng.uniform(0.9, 1, epochs),
            "seconds": np.full(epochs, 1.0),
        }
    )


def _no_classifier() -> Classifier:
    raise NotImplementedError("a fabricated run has no classifier")
