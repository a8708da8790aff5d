"""Weights of the classes in the loss."""

import numpy as np
from jaxtyping import Float32

from galmorph.data import Dataset
from galmorph.training._engine.config import TrainConfig

__all__ = ["class_weights"]


def class_weights(dataset: Dataset, config: TrainConfig) -> Float32[np.ndarray, "classes"]:
    """Inverse frequency of each class, scaled to a mean of 1 over the galaxies.

    The weight of a class without galaxies is 1. All are 1 if the configuration asks for no weights.
    """
    if not config.class_weighting:
        return np.ones(len(dataset.classes), np.float32)
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    present = np.count_nonzero(counts)
    return np.where(counts > 0, len(dataset) / (present * np.maximum(counts, 1)), 1).astype(np.float32)
