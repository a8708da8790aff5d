"""Galaxies that a small network can tell apart in seconds."""

import numpy as np
import pytest
from small_networks import quick

from galmorph.data import Dataset
from galmorph.training import Classifier, train


@pytest.fixture(scope="session")
def blobs() -> Dataset:
    """Sixty noisy 32-pixel stamps: round blobs (0) and elongated ones (1), at any angle."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    y, x = np.indices((32, 32)) - 15.5
    angle = rng.uniform(0, np.pi, 60)[:, None, None]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    width = np.where(labels, 2.0, 5.0)[:, None, None]
    light = np.exp(-((along / 6) ** 2) - (across / width) ** 2) + rng.normal(0, 0.05, (60, 32, 32))
    return Dataset(np.clip(255 * light, 0, 255).astype(np.uint8)[..., None], labels, ("round", "long"))


@pytest.fixture(scope="session")
def classifier(blobs: Dataset) -> Classifier:
    """LeNet-5, trained on the blobs for one epoch."""
    return train("lenet5", blobs, config=quick(epochs=1), progress=False).classifier
