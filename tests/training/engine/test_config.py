"""Configurations of a training."""

import pytest

from galmorph.errors import InvalidValueError
from galmorph.training import TrainConfig


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size: expected a whole number"),
        ({"learning_rate": 0.0}, "learning_rate: expected a finite number above 0, got 0.0"),
        ({"warmup": 1.0}, "warmup: expected a number from 0 to 0.9, got 1.0"),
        ({"weight_decay": -1.0}, "weight_decay: expected 0 or more, got -1.0"),
        ({"label_smoothing": 1.0}, "label_smoothing: expected a number from 0 to 0.9"),
        ({"seed": -1}, "seed: expected 0 or more, got -1"),
    ],
)
def test_impossible_configurations_are_refused(option, message):
    """Each number that can't work is refused with what was expected."""
    with pytest.raises(InvalidValueError, match=message):
        TrainConfig(**option)
