"""Run: one training of one architecture, and what it answered."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from jaxtyping import Float32, Int

from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset
from galmorph.models import summary
from galmorph.preprocessing import in_orientations
from galmorph.training import Classifier, Scores, TrainResult, evaluate

__all__ = ["Job", "Run", "make_run"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """Which training of a comparison.

    Parameters
    ----------
    architecture
        Name of the architecture.
    seed
        Seed of the training.
    repeat
        How often the galaxies had been cut into folds before.
    fold
        The fold that is tested.
    learning_rate
        Largest step size.
    """

    architecture: str
    seed: int
    repeat: int
    fold: int
    learning_rate: float

    @property
    def stem(self) -> str:
        """Name for its files: of letters, digits, dots, underscores and hyphens."""
        return f"{self.architecture}-repeat{self.repeat}-fold{self.fold}-seed{self.seed}-rate{self.learning_rate:g}"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Run(Job):
    """One training of one architecture, and what it answered to galaxies that it has not seen.

    Parameters
    ----------
    architecture, seed, repeat, fold, learning_rate
        Which training.
    rows
        Rows of the data set that were tested, ascending, of shape ``(galaxies,)``.
    scores
        Answers to the tested galaxies.
    validation
        Answers to the galaxies that chose the epoch.
    orientations
        Probabilities of the tested galaxies in the eight orientations of `galmorph.preprocessing.in_orientations`:
        float32 of shape ``(8, galaxies, classes)``.
    history
        Course of the training, as in `galmorph.training.TrainResult`.
    best_epoch
        The epoch whose weights answered, counted from 1.
    seconds
        Duration of the training, compilation included.
    rate
        Galaxies that are answered in a second.
    memory
        Bytes that a training step takes on a device, as in `galmorph.training.TrainResult`.
    parameters
        Number of weights.
    flops
        Operations for one answer, as `galmorph.models.summary` counts them.
    versions
        What it was trained and asked with, by the name of the package; and the machine.
    load
        Gives the classifier.
    """

    rows: Int[np.ndarray, "galaxies"]
    scores: Scores
    validation: Scores
    orientations: Float32[np.ndarray, "8 galaxies classes"]
    history: Table
    best_epoch: int
    seconds: float
    rate: float
    memory: int
    parameters: int
    flops: int
    versions: Mapping[str, str]
    load: Callable[[], Classifier]

    @property
    def classifier(self) -> Classifier:
        """The trained classifier; read from its file where the comparison has a folder."""
        return self.load()

    def __repr__(self) -> str:
        return f"Run({self.stem}: {self.scores!r})"


def make_run(
    job: Job, result: TrainResult, dataset: Dataset, rows: Int[np.ndarray, "galaxies"], validation: Dataset
) -> Run:
    """Ask a classifier for everything that a comparison wants to know of it.

    Parameters
    ----------
    job
        Which training it was.
    result
        What came of it.
    dataset
        All galaxies.
    rows
        Those that are tested.
    validation
        Those that chose the epoch.
    """
    classifier = result.classifier
    test = dataset[rows]
    scores = evaluate(classifier, test)
    begin = time.perf_counter()
    turned = [classifier.probabilities(stamps) for stamps in in_orientations(np.asarray(test.stamps))]
    seconds = time.perf_counter() - begin
    layers = summary(classifier.model, size=dataset.size, channels=dataset.channels)
    return Run(
        **vars(job),
        rows=rows,
        scores=scores,
        validation=evaluate(classifier, validation),
        orientations=np.stack(turned),
        history=result.history,
        best_epoch=result.best_epoch,
        seconds=result.seconds,
        rate=8 * len(test) / seconds,
        memory=result.memory,
        parameters=layers.parameters,
        flops=layers.flops,
        versions=versions(),
        load=lambda: classifier,
    )
