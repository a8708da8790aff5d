"""Comparisons without any training: galaxies, runs whose answers are drawn at random, and answers by hand."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from astropy.table import Table
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from galmorph.comparison import Comparison
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Run
from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset, Split
from galmorph.errors import DatasetWarning
from galmorph.training import Classifier, Scores, TrainConfig

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


def fabricate_runs(
    plan: ComparisonPlan, dataset: Dataset, skills: Mapping[str, float], *, size: int | None = None
) -> list[Run]:
    """Draw the answers of each training of a plan; a higher skill gives more correct answers (3 is good, 0 a guess).

    The same galaxies are hard for all architectures, and all are overconfident, at a temperature of about 2.
    """
    rng = np.random.default_rng(plan.split_seed)
    classes = len(dataset.classes)
    hard = rng.normal(0, 1, (len(dataset), classes))

    def scores(rows: np.ndarray, skill: float) -> Scores:
        target = np.eye(classes)[dataset.labels[rows]]
        logits = 2 * (skill * target + hard[rows] + rng.normal(0, 0.5, target.shape))
        return Scores(logits.astype(np.float32), dataset.labels[rows], dataset.classes)

    used = versions()
    runs = []
    for (repeat, fold), split in _splits(plan, dataset).items():
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
                        size=size,
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
                        versions=used,
                        load=_no_classifier,
                    )
                )
    return runs


_KNOWN_SPLITS: dict[tuple[Any, ...], dict[tuple[int, int], Split]] = {}


def _splits(plan: ComparisonPlan, dataset: Dataset) -> dict[tuple[int, int], Split]:
    """Split as the plan does, but equal galaxies only once: it takes most of the time of a fabrication."""
    of_plan = (plan.folds, plan.tested_folds, plan.repeats, plan.validation, plan.split_seed)
    key = (*of_plan, dataset.labels.tobytes(), dataset.groups.tobytes())
    if key not in _KNOWN_SPLITS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DatasetWarning)  # classes without galaxies are made on purpose
            _KNOWN_SPLITS[key] = plan.splits(dataset)
    return _KNOWN_SPLITS[key]


def fabricate_comparison(
    skills: Mapping[str, float],
    counts: Sequence[int] = (60, 50, 12, 30, 58),
    *,
    galaxies: Dataset | None = None,
    classes: Sequence[str] = CLASSES,
    names: Sequence[str] | None = None,
    size: int = 32,
    **options: Any,
) -> Comparison:
    """Compare fabricated answers of these skills; by default with three tested folds, two seeds and six epochs."""
    settings = {"folds": 3, "tested_folds": None, "seeds": (0, 1), "config": TrainConfig(epochs=6)}
    plan = ComparisonPlan(architectures=tuple(skills), **settings | options)
    if galaxies is None:
        galaxies = fabricate_galaxies(counts, classes=classes, names=names, size=size)
    return Comparison.of(plan, galaxies, fabricate_runs(plan, galaxies, skills))


def right_and_wrong(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether two models are correct on each galaxy, given how often both, only one, and neither of them is."""
    counts = [both, first, second, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def certain_answers(right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels, all of the first class, and answers with probability 1 that are correct where given."""
    return np.zeros(right.shape[-1], np.int64), np.eye(2)[(~right).astype(int)]


@st.composite
def weighted_answers(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities and whole weights of a few galaxies."""
    galaxies, classes = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    labels = draw(arrays(np.int64, galaxies, elements=st.integers(0, classes - 1)))
    raw = draw(arrays(np.float64, (galaxies, classes), elements=st.floats(0.01, 1)))
    weights = draw(arrays(np.int64, (3, galaxies), elements=st.integers(0, 3)))
    weights[:, 0] += 1  # at least one galaxy is drawn
    return labels, raw / raw.sum(axis=1, keepdims=True), weights.astype(float)


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance of red, green and blue from 0 to 1, as WCAG 2.2 defines it."""
    values = np.asarray(colour)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Contrast of two colours, as WCAG 2.2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


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


def noisy_logits(galaxies: int, classes: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that are drawn from them at a temperature."""
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=(galaxies, classes))
    labels = [rng.choice(classes, p=each) for each in softmax(logits / temperature, axis=1)]
    return logits, np.array(labels)
