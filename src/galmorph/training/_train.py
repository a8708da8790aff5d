"""Training: a network and a data set to a classifier."""

import hashlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from astropy.table import Table
from flax import nnx

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.errors import DivergenceError, GalmorphWarning
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._classifier.domain import Domain
from galmorph.training._engine.checkpoint import Checkpoints, Progress
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import best_epoch
from galmorph.training._engine.loop import TrainingLoop
from galmorph.training._engine.state import take_apart
from galmorph.training._start import Start

__all__ = ["TrainResult", "train"]


@dataclass(frozen=True, eq=False, repr=False)
class TrainResult:
    """A trained classifier, and how it came about.

    Parameters
    ----------
    classifier
        The classifier, with the weights of the epoch that was chosen.
    history
        One row an epoch: ``epoch``, ``learning_rate`` (at its end), ``loss`` and ``accuracy`` (means over the epoch,
        with augmentation and dropout, while the weights changed), ``validation_loss`` and ``validation_accuracy`` (at
        its end, where there is a validation set), and ``seconds``.
    best_epoch
        The epoch whose weights the classifier has, counted from 1.
    seconds
        Duration of the whole training, compilation included.
    memory
        Bytes that a step takes on a device, as its compiler planned it: weights, moments, gradients, maps and a batch
        of stamps, or all stamps where they lie on the device. 0 where no step was taken, since the training was done.
    """

    classifier: Classifier
    history: Table
    best_epoch: int
    seconds: float
    memory: int = 0

    def __repr__(self) -> str:
        row = self.history[self.best_epoch - 1]
        text = f"{self.classifier!r}, epoch {self.best_epoch} of {len(self.history)}, {self.seconds:.0f} s"
        if "validation_accuracy" in row.colnames:
            text += f", validation accuracy {row['validation_accuracy']:.3f}"
        return f"TrainResult({text})"


def train(
    model: str | nnx.Module | Classifier,
    dataset: Dataset,
    *,
    validation: Dataset | None = None,
    fresh: Callable[[int], Dataset] | None = None,
    config: TrainConfig | None = None,
    checkpoints: str | Path | None = None,
    checkpoint_seconds: float = 60.0,
    progress: bool | Callable[[float], None] = True,
) -> TrainResult:
    """Train a network, or go on with a trained one.

    Stamps are augmented on the device. Validation uses neither augmentation nor dropout, and counts each galaxy once.
    All devices that JAX has share every batch; where ``jax.distributed`` was initialised, those of all processes do,
    and every process calls this with the same arguments.

    Parameters
    ----------
    model
        A name that `galmorph.models.create_model` knows, or a `flax.nnx.Module` of your own, or a `Classifier`, which
        is fine-tuned: training starts from its weights, running statistics and scaling, and keeps its recipe unless
        `dataset` tells one of its own. Where its classes differ from those of `dataset`, outputs are matched by name,
        and those of new classes start at random. Models and classifiers that you pass are left as they are.
    dataset
        What to learn from.
    validation
        What to choose the best epoch with, of the same classes and shapes.
    fresh
        Makes other galaxies for each epoch but the first: called with the number of the epoch from 1 up, it returns a
        data set of the same classes and shape as `dataset`. Simulated galaxies never run out this way:
        ``fresh=lambda epoch: simulate_galaxies(len(dataset), seed=epoch)``. What it returns should depend on the number
        alone, or a training that was killed goes on with other galaxies.
    config
        How to learn; by default ``TrainConfig()``.
    checkpoints
        Folder for checkpoints. A training that was killed and is started again with the same arguments goes on from the
        last one, and ends with the same bits as one that was not.
    checkpoint_seconds
        Least time between two checkpoints. The end of a training that took longer makes one, too.
    progress
        Whether to show a progress bar with loss, accuracy and time left; or what is called now and then with the part
        of the training that is done, from 0 to 1, and first with the part that a checkpoint holds.

    Returns
    -------
    result
        The classifier, and the course of the training.

    Raises
    ------
    InvalidValueError
        If the name is unknown, the validation set or fresh galaxies have other classes or shapes, devices can't share
        a batch, or a classifier takes other stamps than those of `dataset`.
    FileFormatError
        If the folder holds checkpoints of another training.
    DivergenceError
        If the loss becomes infinite or not a number. Its ``result`` has the weights of the epochs before, and the last
        checkpoint, where there is one, is from before too.
    MemoryError
        If the device has not enough memory; the message says which batch size was tried.

    Warns
    -----
    GalmorphWarning
        If classes are both weighted and sampled evenly.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig, evaluate, train
    >>> learn, test = simulate_galaxies(60, seed=0).split((0.8, 0.2))
    >>> result = train("lenet5", learn, config=TrainConfig(epochs=1, seed=0), progress=False)
    >>> scores = evaluate(result.classifier, test)
    """
    config = TrainConfig() if config is None else config
    check_arguments(dataset, validation, config)
    start = Start.at(model, dataset, seed=config.seed)
    folder = None
    if checkpoints is not None:
        folder = Checkpoints(checkpoints, _fingerprint(start, dataset, validation, config))
    try:
        loop = TrainingLoop(start.model, dataset, validation, config, start.scaling, folder, checkpoint_seconds, fresh)
        done = loop.run(start.name, progress=progress)
    except DivergenceError as error:
        if loop.finished is not None and loop.finished.rows:
            error.result = make_result(start, dataset, config, loop.finished)
        raise
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise MemoryError(
            f"the device has not enough memory for {start.name} with batches of {config.batch_size} stamps of "
            f"{dataset.stamps.shape[1:]}; choose a smaller batch_size"
        ) from error
    return make_result(start, dataset, config, done, memory=loop.memory())


def make_result(start: Start, dataset: Dataset, config: TrainConfig, done: Progress, *, memory: int = 0) -> TrainResult:
    """Put the best weights into a copy of the model, and all that a classifier needs beside them."""
    best = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), done.best)  # of this process, on its first device
    parts = take_apart(start.model)._replace(**best._asdict())
    chosen = best_epoch(done.rows, config)
    notes = {"config": config.to_dict(), "galaxies": dataset.class_counts(), "best_epoch": chosen}
    if start.before is not None:
        notes["before"] = dict(start.before)
    classifier = Classifier(
        model=nnx.merge(*parts, copy=True),
        classes=dataset.classes,
        recipe=start.recipe,
        scaling=start.scaling,
        channels=dataset.channels,
        dtype=dataset.stamps.dtype.name,
        architecture=start.architecture,
        domain=Domain.of(dataset),
        notes=notes,
    )
    return TrainResult(classifier, Table(done.rows), chosen, done.seconds, memory)


def check_arguments(dataset: Dataset, validation: Dataset | None, config: TrainConfig) -> None:
    if validation is not None:
        check(
            (validation.classes, validation.stamps.shape[1:]) == (dataset.classes, dataset.stamps.shape[1:]),
            f"validation: expected {dataset.classes} and stamps {dataset.stamps.shape[1:]} as in the training set, got "
            f"{validation.classes} and {validation.stamps.shape[1:]}",
        )
    if config.class_weighting and config.balanced_sampling:
        message = "class_weighting and balanced_sampling together count rare classes twice, and spoil probabilities"
        warnings.warn(message, GalmorphWarning, stacklevel=3)


def _fingerprint(start: Start, dataset: Dataset, validation: Dataset | None, config: TrainConfig) -> str:
    """Hash what decides how a training goes: initial weights, scaling, configuration, galaxies."""
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode())
    digest.update(json.dumps(start.scaling).encode())
    for path, leaf in jax.tree_util.tree_leaves_with_path(take_apart(start.model)[1:3]):
        digest.update(f"{jax.tree_util.keystr(path)} {leaf.shape}".encode() + np.asarray(leaf).tobytes())
    for part in (dataset, validation):
        if part is not None:
            digest.update(part.fingerprint().encode())
    return digest.hexdigest()
