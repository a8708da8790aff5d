"""The history of a training: one row for each epoch, and the decisions that follow from it."""

import math

import numpy as np
from astropy.table import Table
from jaxtyping import Float32, Int

from galmorph._metrics import correct_answers, log_losses
from galmorph.errors import DivergenceError
from galmorph.training._engine.config import TrainConfig
from galmorph.training._engine.state import LossSums

__all__ = ["Row", "best_epoch", "check_finite", "epoch_row", "history_table", "out_of_patience"]

Row = dict[str, float]

_FORMATS = {"learning_rate": ".2e", "seconds": ".1f"}  # of columns when they are printed; others have three digits


def epoch_row(
    epoch: int,
    learning_rate: float,
    sums: LossSums,
    validated: tuple[Float32[np.ndarray, "galaxies classes"], Int[np.ndarray, "galaxies"]] | None,
) -> Row:
    """Loss and accuracy of an epoch, and of the validation set if there is one (given as logits and labels)."""
    galaxies = float(sums.galaxies)
    row = {
        "epoch": epoch,
        "learning_rate": learning_rate,
        "loss": float(sums.loss) / galaxies,
        "accuracy": float(sums.correct) / galaxies,
    }
    if validated is not None:
        logits, labels = validated
        row["validation_loss"] = float(log_losses(labels, logits).mean())
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
