"""Warnings of what makes a training worth little, before and after it."""

import math
from collections.abc import Callable

import numpy as np
from flax import nnx
from jaxtyping import Float32

from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import DatasetWarning, GalmorphWarning, ImplausibleWarning
from galmorph.training._classifier.network_check import initial_statistics
from galmorph.training._engine.config import TrainConfig

__all__ = ["warn_of_arguments", "warn_of_loss", "warn_of_network"]

_SHARED = 0.1  # of the validation galaxies
_READ = 2**31  # bytes of stamps that may be read to find copies
_LOOKED_AT = 64  # stamps whose brightness is looked at
_BLACK = 1.01 / 255  # of white; nothing can be seen
_LEFT = 0.05  # largest weight that initial values of running statistics may still have at the end
_FEW = 8  # galaxies whose answers are compared
_DIFFERENT = 0.02  # of the largest logit; rounding changes less
_HOPELESS = 30.0  # times the loss of a network that knows nothing; random weights may have ten times as much


def warn_of_arguments(dataset: Dataset, validation: Dataset | None, config: TrainConfig) -> None:
    """Warn of what makes a training worth little."""
    if validation is dataset:
        warn("validation: is the training set, and can't show overfitting; split the galaxies first", GalmorphWarning)
    elif validation is not None and dataset.stamps.nbytes <= _READ:
        copies = int(np.count_nonzero(validation.copies_of(dataset)))
        if copies > _SHARED * len(validation):
            message = (
                f"validation: {copies} of {len(validation)} galaxies are in the training set, too (the same pixels, "
                "maybe turned), and can't show overfitting; split the galaxies first, after Dataset.group_copies"
            )
            warn(message, GalmorphWarning)
    if config.class_weighting and config.balanced_sampling:
        message = "class_weighting and balanced_sampling together count rare classes twice, and spoil probabilities"
        warn(message, GalmorphWarning)
    if config.batch_size > 2 * len(dataset):
        message = (
            f"batch_size: {config.batch_size} for a training set of {len(dataset)} galaxies: an epoch is one step, and "
            f"most of it goes to repeated galaxies that don't count; choose {max(len(dataset) // 4, 1)} or less"
        )
        warn(message, GalmorphWarning)
    some = dataset.stamps[:: -(-len(dataset) // _LOOKED_AT)]
    brightest, white = float(some.max()), 255 if some.dtype == np.uint8 else 1
    if brightest <= _BLACK * white:
        cure = "multiply values from 0 to 1 by 255 before they become uint8" if white > 1 else "was 255 divided twice?"
        message = f"dataset: no pixel is brighter than {brightest:.2g} of {white}, so all stamps are black; {cure}"
        warn(message, ImplausibleWarning)
    missing = [name for name, count in dataset.class_counts().items() if not count]
    if missing:
        message = f"no training galaxies of {', '.join(missing)}: a network never learns to answer that; leave it out"
        warn(message, DatasetWarning)


def warn_of_network(
    model: nnx.Module,
    answer: Callable[[np.ndarray], Float32[np.ndarray, "galaxies classes"]],
    dataset: Dataset,
    *,
    steps: int,
) -> None:
    """Warn of what goes wrong in a network of the user's own.

    Parameters
    ----------
    model
        The network before its training.
    answer
        Gives its logits for stamps, as validation and prediction do.
    dataset
        The training set.
    steps
        Steps of the whole training.
    """
    layer, momentum, left = initial_statistics(model, steps)
    if left > _LEFT:
        message = (
            f"model: after {steps} steps, the running statistics of the batch norm {layer} are still {left:.0%} their "
            "initial values, so that the network sees other numbers in evaluation than in training, and looks worse "
            f"than it is; make it with a momentum below {momentum:g}, nnx.BatchNorm(..., momentum=0.9), or train longer"
        )
        warn(message, ImplausibleWarning)
    few = np.asarray(dataset.stamps[:: max(1, len(dataset) // _FEW)][:_FEW])
    together, alone = answer(few)[0], answer(few[:1])[0]
    if np.abs(together - alone).max() > _DIFFERENT * np.abs(together).max():
        message = (
            f"model: the answer of {type(model).__name__} to a galaxy depends on the others in its batch, so that it "
            "changes with their order; take no mean over the batch, and leave use_running_average of nnx.BatchNorm to "
            "galmorph"
        )
        warn(message, ImplausibleWarning)


def warn_of_loss(loss: float, classes: int, config: TrainConfig) -> None:
    """Warn if the last epoch's loss is far above the logarithm of the number of classes."""
    of_counts = config.soft_labels is not None and config.soft_labels.kind == "counts"
    nothing = math.log(classes)
    if classes > 1 and not of_counts and loss > _HOPELESS * nothing:
        message = (
            f"the loss of the last epoch is {loss:.3g}, where a network that knows nothing has {nothing:.3g} "
            f"({classes} classes): it did not learn. Is the learning rate, {config.learning_rate:g}, too high?"
        )
        warn(message, ImplausibleWarning)
