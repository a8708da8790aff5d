"""Training: a network and a data set to a classifier."""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from astropy.table import Table
from flax import nnx
from tqdm import tqdm

from galmorph._checks import check
from galmorph.data import Dataset, epoch_order
from galmorph.errors import DivergenceError
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training._classifier import BATCH_SIZE, Classifier
from galmorph.training._config import TrainConfig
from galmorph.training._domain import Domain
from galmorph.training._engine import (
    ZERO,
    Scaling,
    State,
    Sums,
    Trainer,
    make_predict,
    mean_loss,
    predict_logits,
    take_apart,
)

__all__ = ["TrainResult", "train"]

PAUSE = 0.5  # seconds between two looks at the progress


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
    """

    classifier: Classifier
    history: Table
    best_epoch: int
    seconds: float

    def __repr__(self) -> str:
        row = self.history[self.best_epoch - 1]
        text = f"{self.classifier!r}, epoch {self.best_epoch} of {len(self.history)}, {self.seconds:.0f} s"
        if "validation_accuracy" in row.colnames:
            text += f", validation accuracy {row['validation_accuracy']:.3f}"
        return f"TrainResult({text})"


def train(
    model: str | nnx.Module,
    dataset: Dataset,
    *,
    validation: Dataset | None = None,
    config: TrainConfig | None = None,
    progress: bool = True,
) -> TrainResult:
    """Train a network.

    The stamps lie on the device as they are in the data set (bytes, normally) and are augmented there. Validation uses
    neither augmentation nor dropout, and counts each galaxy once.

    Parameters
    ----------
    model
        A name that `galmorph.models.create_model` knows, or a `flax.nnx.Module` of your own, which is left as it is.
    dataset
        What to learn from.
    validation
        What to choose the best epoch with, of the same classes and shapes.
    config
        How to learn; by default ``TrainConfig()``.
    progress
        Whether to show a progress bar with loss, accuracy and time left.

    Returns
    -------
    result
        The classifier, and the course of the training.

    Raises
    ------
    InvalidValueError
        If the name is unknown, or the validation set has other classes or shapes.
    DivergenceError
        If the loss becomes infinite or not a number.

    Examples
    --------
    >>> from galmorph.data import simulate_galaxies
    >>> from galmorph.training import TrainConfig, evaluate, train
    >>> learn, test = simulate_galaxies(60, seed=0).split((0.8, 0.2))
    >>> result = train("lenet5", learn, config=TrainConfig(epochs=1, seed=0), progress=False)
    >>> scores = evaluate(result.classifier, test)
    """
    begin = time.perf_counter()
    config = TrainConfig() if config is None else config
    if validation is not None:
        check(
            (validation.classes, validation.stamps.shape[1:]) == (dataset.classes, dataset.stamps.shape[1:]),
            f"validation: expected {dataset.classes} and stamps {dataset.stamps.shape[1:]} as in the training set, got "
            f"{validation.classes} and {validation.stamps.shape[1:]}",
        )
    architecture = model if isinstance(model, str) else None
    if isinstance(model, str):
        model = create_model(
            model, classes=len(dataset.classes), channels=dataset.channels, size=dataset.size, seed=config.seed
        )
    scaling = measure_scaling(dataset)
    steps = -(-len(dataset) // config.batch_size)
    trainer, state = Trainer.start(
        model,
        config.optimizer(steps * config.epochs),
        scaling,
        config.augmentation,
        label_smoothing=config.label_smoothing,
        seed=config.seed,
    )
    predict = make_predict(model, scaling)
    schedule = config.schedule(steps * config.epochs)
    rows: list[dict[str, float]] = []
    best, best_epoch = state, 0
    with tqdm(
        total=steps * config.epochs, desc=architecture or type(model).__name__, unit="step", disable=not progress
    ) as bar:
        run = _Epochs(trainer, dataset, config, bar)
        for epoch in range(config.epochs):
            clock = time.perf_counter()
            state, sums = run(state, epoch)
            row = {
                "epoch": epoch + 1,
                "learning_rate": float(schedule((epoch + 1) * steps)),
                "loss": float(sums.loss) / float(sums.galaxies),
                "accuracy": float(sums.correct) / float(sums.galaxies),
            }
            if validation is not None:
                logits = _validate(predict, state, validation)
                row["validation_loss"] = mean_loss(logits, validation.labels)
                row["validation_accuracy"] = float((logits.argmax(1) == validation.labels).mean())
            rows.append({**row, "seconds": time.perf_counter() - clock})
            lowest = min(rows, key=lambda row: row.get("validation_loss", -row["epoch"]))
            if lowest is rows[-1] or not config.keep_best:
                # A copy, since the next step uses the memory of the state again.
                best, best_epoch = jax.tree.map(jnp.copy, state), epoch + 1
    classifier = Classifier(
        model=_with_state(model, best),
        classes=dataset.classes,
        recipe=_recipe_of(dataset),
        scaling=scaling,
        channels=dataset.channels,
        architecture=architecture,
        domain=Domain.of(dataset),
        notes={"config": asdict(config), "galaxies": dataset.class_counts(), "best_epoch": best_epoch},
    )
    return TrainResult(classifier, Table(rows), best_epoch, time.perf_counter() - begin)


class _Epochs:
    """Runs epoch after epoch over stamps on the device, and shows how it goes."""

    def __init__(self, trainer: Trainer, dataset: Dataset, config: TrainConfig, bar: "tqdm[Any]") -> None:
        self._run = trainer.compile()
        self._stamps, self._labels = jax.device_put((np.asarray(dataset.stamps), dataset.labels))
        self._config = config
        self._bar = bar
        self._stride = 1  # steps between two looks at the progress, so that they are about `PAUSE` apart

    def __call__(self, state: State, epoch: int) -> tuple[State, Sums]:
        config = self._config
        order, valid = epoch_order(len(self._labels), config.batch_size, seed=config.seed, epoch=epoch)
        steps, data = len(order), jax.device_put((order, valid))
        total, start = ZERO, 0
        while start < steps:
            end = min(start + self._stride, steps)
            clock = time.perf_counter()
            state, sums = self._run(
                state, self._stamps, self._labels, *data, np.int32(epoch * steps), np.int32(start), np.int32(end)
            )
            total = total.plus(sums)
            loss = float(total.loss) / float(total.galaxies)  # waits for the device
            if not math.isfinite(loss):
                raise DivergenceError(
                    f"the loss became {loss} between steps {epoch * steps + start + 1} and {epoch * steps + end}, at a "
                    f"learning rate of {float(config.schedule(steps * config.epochs)(epoch * steps + end)):.2g}; lower "
                    f"the learning rate (now {config.learning_rate:g}) or warm up longer (now {config.warmup:g})"
                )
            self._stride = _next_stride(self._stride, time.perf_counter() - clock)
            accuracy = float(total.correct) / float(total.galaxies)
            self._bar.set_postfix_str(f"epoch {epoch + 1}, loss {loss:.3f}, accuracy {accuracy:.3f}", refresh=False)
            self._bar.update(end - start)
            start = end
        return state, total


def _next_stride(stride: int, seconds: float) -> int:
    return max(1, min(2 * stride, int(stride * PAUSE / seconds)))


def measure_scaling(dataset: Dataset) -> Scaling:
    """Mean and standard deviation of each channel over all pixels of a data set, between 0 and 1."""
    unit = 255 if dataset.stamps.dtype == np.uint8 else 1
    count, total, squares = 0, np.zeros(dataset.channels), np.zeros(dataset.channels)
    for start in range(0, len(dataset), 1024):
        pixels = np.asarray(dataset.stamps[start : start + 1024], np.float64).reshape(-1, dataset.channels) / unit
        count += len(pixels)
        total += pixels.sum(axis=0)
        squares += np.square(pixels).sum(axis=0)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
    return Scaling(tuple(map(float, mean)), tuple(map(float, std)))


def _validate(predict: Any, state: State, validation: Dataset) -> np.ndarray:
    order, _ = epoch_order(len(validation), min(BATCH_SIZE, len(validation)))
    return predict_logits(predict, state, validation.stamps, order)


def _with_state(model: nnx.Module, state: State) -> nnx.Module:
    parts = take_apart(model)._replace(params=state.params, statistics=state.statistics)
    return nnx.merge(*parts, copy=True)


def _recipe_of(dataset: Dataset) -> Recipe:
    if dataset.recipe is not None:
        return Recipe.from_dict(dataset.recipe)
    return Recipe(size=dataset.size, channels=dataset.channels if dataset.channels in (1, 3) else None)
