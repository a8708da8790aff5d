"""Run: one training of one architecture, with its answers to the tested and the validation galaxies."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from astropy.table import Table
from jaxtyping import Float32, Int

from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.models import summary
from galmorph.preprocessing import in_orientations
from galmorph.training import Classifier, Scores, TrainResult, evaluate

__all__ = ["Job", "Run", "evaluate_training", "no_classifier"]


def no_classifier() -> Classifier:
    """Say that a run has no classifier: estimators of scikit-learn are not kept."""
    raise InvalidValueError(
        "classifier: expected the run of a network, but this is one of a scikit-learn estimator, which is not kept, "
        "because its files run code; fit it again to the same galaxies"
    )


@dataclass(frozen=True, kw_only=True)
class Job:
    """Identity of one training in a comparison.

    Parameters
    ----------
    architecture
        Name of the architecture.
    seed
        Seed of the training.
    repeat
        Number of the repeat, counted from 0.
    fold
        The tested fold, counted from 0.
    learning_rate
        Peak learning rate.
    size
        Number of training galaxies; None for all.
    """

    architecture: str
    seed: int
    repeat: int
    fold: int
    learning_rate: float
    size: int | None = None

    @property
    def stem(self) -> str:
        """Stem of its files' names, made of letters, digits, dots, underscores and hyphens."""
        rate = f"{self.learning_rate:g}"
        if float(rate) != self.learning_rate:  # six digits are too few
            rate = repr(float(self.learning_rate))
        size = "" if self.size is None else f"-size{self.size}"
        return f"{self.architecture}-repeat{self.repeat}-fold{self.fold}-seed{self.seed}-rate{rate}{size}"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Run(Job):
    """One training of one architecture, with its answers to galaxies with which it was not trained.

    Parameters
    ----------
    architecture, seed, repeat, fold, learning_rate, size
        As for `Job`.
    rows
        Rows of the data set that were tested, ascending, of shape ``(galaxies,)``.
    scores
        Answers to the tested galaxies.
    validation
        Answers to the validation galaxies.
    orientations
        Probabilities for the tested galaxies in the eight orientations of `galmorph.preprocessing.in_orientations`:
        float32 of shape ``(8, galaxies, classes)``.
    history
        Losses and accuracies by epoch, as in `galmorph.training.TrainResult`.
    best_epoch
        The epoch whose weights were kept, counted from 1.
    seconds
        Duration of the training, including compilation.
    rate
        Number of galaxies classified per second.
    memory
        Bytes that a training step takes on a device, as in `galmorph.training.TrainResult`.
    parameters
        Number of weights.
    flops
        Operations for one answer, as counted by `galmorph.models.summary`.
    versions
        Versions of the packages that were used, by name; and the machine.
    load
        Function that returns the classifier.
    external
        Answers to external galaxies, by their names.
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
    external: Mapping[str, Scores] = field(default_factory=dict)

    @property
    def classifier(self) -> Classifier:
        """The trained classifier; it is read from its file if the comparison has a folder.

        Raises
        ------
        InvalidValueError
            If this is the run of an estimator of scikit-learn.
        """
        return self.load()

    def __repr__(self) -> str:
        return f"Run({self.stem}: {self.scores!r})"


def evaluate_training(
    job: Job, result: TrainResult, dataset: Dataset, rows: Int[np.ndarray, "galaxies"], validation: Dataset
) -> Run:
    """Collect everything that a comparison needs from a finished training: answers, speed, size and versions.

    Parameters
    ----------
    job
        Identity of the training.
    result
        Result of the training.
    dataset
        All galaxies.
    rows
        Rows of the tested galaxies.
    validation
        The validation galaxies.
    """
    classifier = result.classifier
    test = dataset[rows]
    scores = evaluate(classifier, test)
    begin = time.perf_counter()
    oriented = [classifier.probabilities(stamps) for stamps in in_orientations(np.asarray(test.stamps))]
    seconds = time.perf_counter() - begin
    layers = summary(classifier.model, size=dataset.size, channels=dataset.channels)
    return Run(
        **vars(job),
        rows=rows,
        scores=scores,
        validation=evaluate(classifier, validation),
        orientations=np.stack(oriented),
        history=result.history,
        best_epoch=result.best_epoch,
        seconds=result.seconds,
        rate=len(oriented) * len(test) / seconds,
        memory=result.memory,
        parameters=layers.parameters,
        flops=layers.flops,
        versions=versions(),
        load=lambda: classifier,
    )
