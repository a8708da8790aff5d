"""The history of a training: one row for each epoch, and the decisions that follow from it."""

import math
from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from jaxtyping import Float, Float32, Int

from galmorph._metrics import correct_answers, log_losses
from galmorph.errors import DivergenceError
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.state import LossSums

__all__ = ["EpochReport", "Row", "best_epoch", "check_finite", "epoch_row", "history_table", "out_of_patience"]

Row = dict[str, float]

_FORMATS = {"learning_rate": ".2e", "seconds": ".1f"}  # of columns when they are printed; others have three digits


@dataclass(frozen=True, kw_only=True)
class EpochReport:
    """The numbers of one epoch, for the function ``on_epoch`` of `train`.

    Parameters
    ----------
    epoch
        Its number, counted from 1.
    epochs
        Number of epochs of the whole training, if it does not stop early.
    learning_rate
        Learning rate at its end.
    loss, accuracy
        Means over the epoch, with augmentation and dropout, while the weights change.
    validation_loss, validation_accuracy
        Those of the validation set at its end; None without a validation set.
    seconds
        Duration of the epoch.
    resumed
        Whether the epoch was taken by an earlier process, and read from a checkpoint.
    """

    epoch: int
    epochs: int
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float
    resumed: bool = False

    @classmethod
    def of(cls, row: Row, epochs: int, *, resumed: bool) -> "EpochReport":
        """Report a row of the history."""
        return cls(
            epoch=int(row["epoch"]),
            epochs=epochs,
            learning_rate=row["learning_rate"],
            loss=row["loss"],
            accuracy=row["accuracy"],
            validation_loss=row.get("validation_loss"),
            validation_accuracy=row.get("validation_accuracy"),
            seconds=row["seconds"],
            resumed=resumed,
        )


def epoch_row(
    epoch: int,
    learning_rate: float,
    sums: LossSums,
    validated: tuple[Float32[np.ndarray, "galaxies classes"], Int[np.ndarray, "galaxies"]] | None,
    losses: Float[np.ndarray, "galaxies"] | None = None,
) -> Row:
    """Loss and accuracy of an epoch, and of the validation set if there is one.

    Parameters
    ----------
    epoch, learning_rate, sums
        Number of the epoch, learning rate at its end, sums over it.
    validated
        Logits and labels of the validation set.
    losses
        Losses of the validation galaxies, if they are not the log losses of their labels.
    """
    galaxies = float(sums.galaxies)
    row = {
        "epoch": epoch,
        "learning_rate": learning_rate,
        "loss": float(sums.loss) / galaxies,
        "accuracy": float(sums.correct) / galaxies,
    }
    if validated is not None:
        logits, labels = validated
        row["validation_loss"] = float((log_losses(labels, logits) if losses is None else losses).mean())
        row["validation_accuracy"] = float(correct_answers(labels, logits).mean())
    return row


def history_table(rows: list[Row]) -> Table:
    """Put the history into a table, whose columns fit on a screen of 80 characters when it is printed."""
    table = Table(rows)
    for name in table.colnames[1:]:
        table[name].format = _FORMATS.get(name, ".3f")
    return table


def best_epoch(rows: list[Row], config: TrainConfig) -> int:
    """The epoch with the lowest validation loss, or the last one if there is no validation; counted from 1."""
    if not config.keep_best or "validation_loss" not in rows[-1]:
        return len(rows)
    return 1 + int(np.argmin([row["validation_loss"] for row in rows]))


def out_of_patience(rows: list[Row], config: TrainConfig) -> bool:
    """Whether the validation loss has not improved for `patience` epochs."""
    if config.patience is None or not rows or "validation_loss" not in rows[-1]:
        return False
    return len(rows) - 1 - int(np.argmin([row["validation_loss"] for row in rows])) >= config.patience


def check_finite(loss: float, first: int, last: int, learning_rate: float, config: TrainConfig) -> None:
    """Raise `DivergenceError` unless the loss, summed over some steps, is a finite number."""
    if not math.isfinite(loss):
        raise DivergenceError(
            f"the loss became {loss} between steps {first} and {last}, at a learning rate of {learning_rate:.2g}; "
            f"lower the learning rate (now {config.learning_rate:g}), warm up longer (now {config.warmup:g}) or clip "
            f"gradients (now {config.gradient_clip})"
        )
