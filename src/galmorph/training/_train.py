"""Training of one network: from a starting point, through the training loop, to a result.

`train` reads from top to bottom. `StartingPoint` finds the initial weights, the scaling of the stamps and the recipe.
`TrainingLoop` makes the step function, takes all steps, and keeps the weights of the best epoch. `make_result` puts
those weights into a `Classifier`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from astropy.table import Table
from flax import nnx

from galmorph._checks import check
from galmorph._interrupts import Interrupts, deferred_interrupts
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import DivergenceError, GalmorphWarning
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._classifier.dataset_checks import check_finite_stamps, check_is_dataset, check_same_recipe
from galmorph.training._engine.checkpoint import Checkpoints
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.history import EpochReport, best_epoch, history_table
from galmorph.training._engine.loop import TrainingLoop
from galmorph.training._engine.lost_process import lost_process_error
from galmorph.training._engine.progress import Progress
from galmorph.training._engine.state import split_model
from galmorph.training._predictions.domain import Domain
from galmorph.training._starting_point import StartingPoint
from galmorph.training._training_warnings import warn_of_arguments, warn_of_loss, warn_of_network

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TrainResult", "train"]


@dataclass(frozen=True, eq=False, repr=False)
class TrainResult:
    """A trained classifier, and the history of its training.

    Parameters
    ----------
    classifier
        The classifier, with the weights of the epoch that was chosen.
    history
        One row for each epoch: ``epoch``, ``learning_rate`` (at its end), ``loss`` and ``accuracy`` (means over the
        epoch, with augmentation and dropout, while the weights change), ``validation_loss`` and
        ``validation_accuracy`` (at its end, if there is a validation set), and ``seconds``.
    best_epoch
        The epoch whose weights the classifier has, counted from 1.
    seconds
        Duration of the whole training, compilation included.
    memory
        Bytes that a step takes on a device, as planned by the compiler: weights, moments, gradients, feature maps and
        a batch of stamps, or all stamps if the device holds them. 0 if no step was taken because the training was
        already complete.
    """

    classifier: Classifier
    history: Table
    best_epoch: int
    seconds: float
    memory: int = 0

    def plot(self) -> "Figure":
        """Draw loss and accuracy by epoch, while training and on the validation galaxies.

        Returns
        -------
        matplotlib.figure.Figure
            Two panels; a dot marks the epoch whose weights the classifier has.
        """
        from galmorph._drawing.history_curves import draw_history

        return draw_history(self.history, self.best_epoch)

    def _repr_html_(self) -> str:
        from galmorph._drawing import html

        text = repr(self).removeprefix("TrainResult(").removesuffix(")")
        curves = html.drawing(self.plot, "Loss and accuracy by epoch; the attribute history has the numbers.")
        return f"{html.heading('TrainResult', text)}\n{curves}"

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
    on_epoch: Callable[[EpochReport], object] | None = None,
    allow_other_recipe: bool = False,
) -> TrainResult:
    """Train a network, or fine-tune a classifier.

    Stamps are augmented on the device. Validation uses neither augmentation nor dropout, and counts each galaxy once.
    All devices of JAX share every batch. If ``jax.distributed`` was initialised, the devices of all processes do, and
    every process must call this function with the same arguments. If one process ends, the others end with an error;
    started again, all resume from the last checkpoint, which must be in a folder that all can read.

    Ctrl-C stops the training after the steps that are being taken, or when the network is compiled, and writes a
    checkpoint if there is a folder for them. A second Ctrl-C stops at once.

    Parameters
    ----------
    model
        A name that `galmorph.models.create_model` knows, a `flax.nnx.Module` of your own, or a `Classifier`, which is
        fine-tuned: training starts from its weights, running statistics and scaling, and keeps its recipe unless
        `dataset` has its own. If its classes differ from those of `dataset`, outputs are matched by name, and those of
        new classes start at random. Models and classifiers that you pass are not changed.
    dataset
        Training set.
    validation
        Validation set, which chooses the best epoch; of the same classes and shapes.
    fresh
        Function that makes new galaxies for each epoch after the first. It gets the number of the epoch, counted from 1
        for the second epoch, and returns a data set of the same classes and shape as `dataset`, with columns of soft
        labels if the configuration names them. So simulated galaxies never run out:
        ``fresh=lambda epoch: simulate_galaxies(len(dataset), seed=epoch)``. Its result should depend on the number
        alone, or a resumed training sees other galaxies.
    config
        Configuration; by default ``TrainConfig()``.
    checkpoints
        Folder for checkpoints. A killed training that is started again with the same arguments resumes from the last
        one, and ends with the same weights, bit for bit, as one that was not killed.
    checkpoint_seconds
        Minimum time between two checkpoints. A training that took longer also writes one at its end.
    progress
        Whether to show a progress bar with loss, accuracy and time left. A function is called now and then with the
        fraction of the training that is done, from 0 to 1; the first call has the fraction that a checkpoint holds.
    on_epoch
        Function that gets the numbers of each epoch at its end, such as a logger. Every call of `train` reports all
        epochs once and in order, from the first: if a training is resumed, those that the checkpoint holds come at
        once, with ``resumed=True``. If the function raises, the training stops with this error; with a folder for
        checkpoints, this epoch is saved before, and the next call goes on after it. Of several processes, only the
        first one calls it.
    allow_other_recipe
        Whether the stamps for validation, and fresh ones, may be made by another recipe than those of `dataset`. A data
        set without a recipe, such as one of simulated galaxies, is taken in any case.

    Returns
    -------
    result
        The classifier, and the history of the training.

    Raises
    ------
    InvalidValueError
        If an argument is of the wrong type, the name is unknown, the validation set or fresh galaxies have other
        classes, shapes or recipes, a column of soft labels is missing or holds no votes, the devices can't share a
        batch equally, several processes have data sets of different lengths or read different checkpoints, checkpoints
        can't be written, stamps are not finite, a classifier takes stamps of another shape than those of `dataset`, a
        network of your own can't take them or has not one output for each class, or the network has no layer of a name
        in ``frozen``.
    FileFormatError
        If the folder holds checkpoints of another training, or none that is whole; or if stamps were damaged on disk.
    BlockingIOError
        If another training uses the folder.
    DivergenceError
        If the loss becomes infinite or NaN. Its ``result`` has the best weights of the epochs before. The last
        checkpoint, if there is one, is also from before.
    MemoryError
        If the device has not enough memory. The message says which batch size was tried.
    GalmorphError
        If another process of the training ended or can't be reached. (If it was the first one, JAX ends this process
        itself, with its own message.)

    Warns
    -----
    GalmorphWarning
        If both ``class_weighting`` and ``balanced_sampling`` are set, a batch is more than twice as large as the
        training set, more than a tenth of the validation galaxies are in the training set, or ``kept_rate`` is set
        without a classifier to start from.
    DatasetWarning
        If a class has no training galaxies.
    ImplausibleWarning
        If all stamps are black, or the loss at the end is far above that of a network that knows nothing; or if a
        network of your own ends in softmax or sigmoid, takes an argument such as ``train``, which galmorph does not
        pass, has a batch norm whose running statistics can't leave their initial values in so few steps, or answers
        differently if the other galaxies of a batch change.

    Examples
    --------
    >>> from galmorph.simulation import simulate_galaxies
    >>> from galmorph.training import TrainConfig, evaluate, train
    >>> learn, test = simulate_galaxies(60, seed=0).split((0.8, 0.2))
    >>> result = train("lenet5", learn, config=TrainConfig(epochs=1, seed=0), progress=False)
    >>> scores = evaluate(result.classifier, test)
    """
    config = TrainConfig() if config is None else config
    check_arguments(dataset, validation, config, allow_other_recipe=allow_other_recipe)
    check(
        on_epoch is None or callable(on_epoch),
        f"on_epoch: expected a function of an EpochReport, got {on_epoch!r}",
    )
    if fresh is not None:
        fresh = _checked(fresh, None if allow_other_recipe else dataset)
    with deferred_interrupts() as interrupts:
        return _train(
            model,
            dataset,
            validation,
            fresh,
            config,
            checkpoints=checkpoints,
            checkpoint_seconds=checkpoint_seconds,
            progress=progress,
            on_epoch=on_epoch,
            interrupts=interrupts,
        )


def _train(
    model: str | nnx.Module | Classifier,
    dataset: Dataset,
    validation: Dataset | None,
    fresh: Callable[[int], Dataset] | None,
    config: TrainConfig,
    *,
    checkpoints: str | Path | None,
    checkpoint_seconds: float,
    progress: bool | Callable[[float], None],
    on_epoch: Callable[[EpochReport], object] | None,
    interrupts: Interrupts,
) -> TrainResult:
    """Train with arguments that were checked."""
    start = StartingPoint.of(model, dataset, seed=config.seed, scaling=config.scaling)
    interrupts.check()
    config.check_frozen(start.model, start.new_layers or ())
    warn_of_arguments(dataset, validation, config)
    if config.kept_rate != 1 and start.new_layers is None:
        message = (
            f"kept_rate: {config.kept_rate:g} has no effect, because {start.name} does not start from a Classifier, of "
            "which weights could be kept; pass one as model"
        )
        warn(message, GalmorphWarning)
    folder = None
    if checkpoints is not None:
        folder = Checkpoints(checkpoints, _fingerprint(start, dataset, validation, config))
    with lost_process_error(resumes=folder is not None), _memory_error_for(start, dataset, config):
        loop = TrainingLoop(
            start.model,
            start.scaling,
            dataset,
            validation,
            config,
            checkpoints=folder,
            checkpoint_seconds=checkpoint_seconds,
            fresh=fresh,
            new_layers=None if config.kept_rate == 1 else start.new_layers,
        )
        if start.architecture is None and start.before is None and jax.process_count() == 1:
            warn_of_network(start.model, loop.answer, dataset, steps=loop.steps)
        interrupts.check()
        try:
            with nullcontext() if folder is None or jax.process_index() > 0 else folder.locked():
                done = loop.run(start.name, progress=progress, on_epoch=on_epoch, interrupts=interrupts)
        except DivergenceError as error:
            if loop.finished is not None and loop.finished.rows:
                error.result = make_result(start, dataset, config, loop.finished)
            raise
    return make_result(start, dataset, config, done, memory=loop.memory())


def check_arguments(
    dataset: Dataset, validation: Dataset | None, config: TrainConfig, *, allow_other_recipe: bool
) -> None:
    """Check types, and that the validation set fits the training set."""
    check_is_dataset("dataset", dataset)
    check_finite_stamps("dataset", dataset)
    check(
        isinstance(config, TrainConfig),
        f"config: expected a TrainConfig, got a {type(config).__name__}; write TrainConfig(epochs=10, ...)",
    )
    if validation is not None:
        check_is_dataset("validation", validation)
        check_finite_stamps("validation", validation)
        if not allow_other_recipe:
            _check_recipe("validation", validation, dataset)
        check(
            (validation.classes, validation.stamps.shape[1:]) == (dataset.classes, dataset.stamps.shape[1:]),
            f"validation: expected {dataset.classes} and stamps {dataset.stamps.shape[1:]} as in the training set, got "
            f"{validation.classes} and {validation.stamps.shape[1:]}",
        )


def _check_recipe(name: str, other: Dataset, dataset: Dataset) -> None:
    remedy = "Make both with one recipe"
    check_same_recipe(name, other, dataset.recipe, of="the training set", remedy=remedy)


def _checked(fresh: Callable[[int], Dataset], same_recipe: Dataset | None) -> Callable[[int], Dataset]:
    """Check fresh galaxies whenever they are made: their stamps, and unless it is None, whether they have a recipe."""

    def checked(epoch: int) -> Dataset:
        made = fresh(epoch)
        check_is_dataset("fresh", made)
        check_finite_stamps("fresh", made)
        if same_recipe is not None:
            _check_recipe("fresh", made, same_recipe)
        return made

    return checked


def make_result(
    start: StartingPoint, dataset: Dataset, config: TrainConfig, done: Progress, *, memory: int = 0
) -> TrainResult:
    """Put the best weights into a copy of the network, and add what a classifier needs besides."""
    best = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), done.best)  # on the first device of this process
    parts = split_model(start.model)._replace(**best._asdict())
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
        orientations=start.orientations,
    )
    warn_of_loss(done.rows[-1]["loss"], len(dataset.classes), config)
    return TrainResult(classifier, history_table(done.rows), chosen, done.seconds, memory)


@contextmanager
def _memory_error_for(start: StartingPoint, dataset: Dataset, config: TrainConfig) -> Iterator[None]:
    """Turn JAX's error of exhausted memory into a `MemoryError` that says what to change."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise MemoryError(
            f"the device has not enough memory for {start.name} with batches of {config.batch_size} stamps of "
            f"{dataset.stamps.shape[1:]}; choose a smaller batch_size"
        ) from error


def _fingerprint(start: StartingPoint, dataset: Dataset, validation: Dataset | None, config: TrainConfig) -> str:
    """Hash everything that determines a training: initial weights, scaling, configuration, galaxies."""
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode())
    digest.update(json.dumps(start.scaling).encode())
    if config.kept_rate != 1:
        digest.update(json.dumps(start.new_layers).encode())
    for path, leaf in jax.tree_util.tree_leaves_with_path(split_model(start.model)[1:3]):
        digest.update(f"{jax.tree_util.keystr(path)} {leaf.shape}".encode() + np.asarray(leaf).tobytes())
    for galaxies in (dataset, validation):
        if galaxies is not None:
            digest.update(galaxies.fingerprint().encode())
            if config.soft_labels is not None:
                digest.update(config.soft_labels.of(galaxies).tobytes())
    return digest.hexdigest()
