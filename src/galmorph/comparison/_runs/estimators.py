"""Estimators of scikit-learn on features of the galaxies, as entries of a comparison: is a network needed at all?"""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Int
from sklearn.base import clone

from galmorph._checks import check
from galmorph.comparison._runs.nested import Parts
from galmorph.comparison._runs.plan import ON_FEATURES
from galmorph.comparison._runs.run import Job, Run, no_classifier
from galmorph.comparison._runs.versions import versions
from galmorph.data import Dataset
from galmorph.training import Scores

__all__ = ["EstimatorEntry"]


@dataclass(frozen=True, eq=False)
class EstimatorEntry:
    """An estimator of scikit-learn, which is fitted anew for each training set and seed.

    Parameters
    ----------
    estimator
        The estimator; it is cloned, and never changed.
    features
        Features of each galaxy.
    galaxies
        The data set.
    digest
        SHA-256 of the estimator and the features.
    """

    estimator: Any
    features: Float[np.ndarray, "galaxies features"] | Int[np.ndarray, "galaxies features"]
    galaxies: Dataset
    digest: str

    @classmethod
    def of(cls, name: str, estimator: Any, features: np.ndarray, dataset: Dataset) -> "EstimatorEntry":
        """Check the estimator; the features are checked before.

        Raises
        ------
        InvalidValueError
            If it is not an estimator that gives probabilities.
        """
        wanted = all(hasattr(estimator, method) for method in ("fit", "predict_proba", "get_params"))
        check(
            wanted and not isinstance(estimator, type),
            f"models[{name!r}]: expected a classifier of scikit-learn with predict_proba, such as "
            f"RandomForestClassifier(), got {estimator!r}; CalibratedClassifierCV gives others probabilities",
        )
        described = _one_line(estimator)
        digest = hashlib.sha256(f"{described} {features.dtype.str} {features.shape}".encode() + features.tobytes())
        return cls(estimator, features, dataset, digest.hexdigest())

    @property
    def described(self) -> str:
        """What it is, and the hash of estimator and features."""
        return (
            f"{_one_line(self.estimator)} of scikit-learn on {self.features.shape[1]} {ON_FEATURES}, which have no "
            f"orientations and whose cost is not counted; SHA-256 {self.digest}"
        )

    def blank(self) -> None:
        """No file keeps it."""

    def flops(self) -> int:
        """Operations for one answer, which nobody counts: next to nothing beside a network's."""
        return 1

    def run(self, job: Job, parts: Parts) -> Run:
        """Fit it with a seed, and let it answer the tested and the validation galaxies."""
        learn, validation, test = parts
        estimator = clone(self.estimator)
        seeds = {name: job.seed for name in estimator.get_params() if name.split("__")[-1] == "random_state"}
        begin = time.perf_counter()
        estimator.set_params(**seeds).fit(self.features[learn], self.galaxies.labels[learn])
        seconds = time.perf_counter() - begin
        learned, validated = (self._scores(estimator, rows, len(learn)) for rows in (learn, validation))
        begin = time.perf_counter()
        scores = self._scores(estimator, test, len(learn))
        answering = time.perf_counter() - begin
        history = {
            "epoch": [1],
            "learning_rate": [job.learning_rate],
            "loss": [learned.log_loss],
            "accuracy": [learned.accuracy],
            "validation_loss": [validated.log_loss],
            "validation_accuracy": [validated.accuracy],
            "seconds": [seconds],
        }
        return Run(
            **vars(job),
            rows=test,
            scores=scores,
            validation=validated,
            orientations=np.broadcast_to(scores.probabilities, (8, *scores.logits.shape)).copy(),
            history=Table(history),
            best_epoch=1,
            seconds=seconds,
            rate=len(test) / answering,
            memory=0,
            parameters=0,
            flops=0,
            versions=versions(),
            load=no_classifier,
        )

    def _scores(self, estimator: Any, rows: Int[np.ndarray, "rows"], learned: int) -> Scores:
        """Let it answer. From n galaxies no probability below 1 / (n + 1) can be learned, though trees answer 0."""
        probabilities = np.zeros((len(rows), len(self.galaxies.classes)))
        probabilities[:, np.asarray(estimator.classes_, int)] = estimator.predict_proba(self.features[rows])
        logits = np.log(np.maximum(probabilities, 1 / (learned + 1))).astype(np.float32)
        return Scores(logits, self.galaxies.labels[rows], self.galaxies.classes)


def _one_line(estimator: Any) -> str:
    return " ".join(repr(estimator).split())
