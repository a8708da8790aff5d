"""Configurations of a training."""

import json

import numpy as np
import pytest

from galmorph.errors import InvalidValueError
from galmorph.training import TrainConfig


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"epochs": 0}, "epochs: expected a whole number of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size: expected a whole number"),
        ({"learning_rate": 0.0}, "learning_rate: expected a finite number above 0, got 0.0"),
        ({"warmup": 1.0}, "warmup: expected a number from 0 to 0.9, got 1.0"),
        ({"weight_decay": -1.0}, "weight_decay: expected a finite number of at least 0, got -1.0"),
        ({"label_smoothing": 1.0}, "label_smoothing: expected a number from 0 to 0.9"),
        ({"seed": -1}, "seed: expected a whole number of at least 0, got -1"),
        ({"learning_rate": "1e-3"}, "learning_rate: expected a finite number above 0, got '1e-3'"),
        ({"warmup": "0.1"}, "warmup: expected a number from 0 to 0.9, got '0.1'"),
        ({"weight_decay": "0"}, "weight_decay: expected a finite number of at least 0, got '0'"),
        ({"weight_decay": np.inf}, "weight_decay: expected a finite number of at least 0, got inf"),
        ({"mixup": "0.2"}, "mixup: expected a finite number of at least 0, got '0.2'"),
        ({"label_smoothing": True}, "label_smoothing: expected a number from 0 to 0.9, got True"),
        ({"seed": 1.5}, "seed: expected a whole number of at least 0, got 1.5"),
        ({"keep_best": "no"}, "keep_best: expected True or False, got 'no'"),
        ({"class_weighting": 1}, "class_weighting: expected True or False, got 1"),
        ({"augmentation": None}, "augmentation: expected an Augmentation, got None"),
        ({"optimizer": "adam"}, "optimizer: expected one of 'adamw', 'sgd', got 'adam'; did you mean 'adamw'"),
        ({"scaling": "image"}, "scaling: expected one of 'dataset', 'stamp', got 'image'"),
        ({"schedule": "steps", "decay_steps": 0}, "decay_steps: expected a whole number of at least 1, got 0"),
        ({"decay_steps": 30}, 'decay_steps: expected None for the schedule .cosine., .* choose schedule="steps"'),
        ({"frozen": "conv"}, "frozen: expected names of layers, as a tuple, got 'conv'; write frozen="),
        ({"frozen": (0,)}, r"frozen: expected names of layers, as a tuple, got \(0,\)"),
        ({"kept_rate": 0.0}, "kept_rate: expected a finite number above 0, got 0.0"),
        ({"optimizer": 3}, "optimizer: expected a name, or a function of a schedule and the weight decay, got 3"),
    ],
)
def test_impossible_configurations_are_refused(option, message):
    """Each option that can't work is refused with its name and what was expected, also one of the wrong type."""
    with pytest.raises(InvalidValueError, match=message):
        TrainConfig(**option)


@pytest.mark.usefixtures("unchecked_shapes")
def test_numbers_of_numpy_are_numbers():
    """Options from an array, as in a search over learning rates, are written to JSON as Python's numbers are."""
    config = TrainConfig(epochs=np.int64(3), learning_rate=np.float32(0.5), keep_best=np.bool_(False))
    assert (
        json.loads(json.dumps(config.to_dict())) == TrainConfig(epochs=3, learning_rate=0.5, keep_best=False).to_dict()
    )


def test_descriptions_of_earlier_versions_stay_as_they_are():
    """Options that came later are described only where they are on, so plans and checkpoints keep their hashes."""
    assert not {"decay_steps", "scaling", "frozen", "kept_rate"} & TrainConfig().to_dict().keys()
    config = TrainConfig(schedule="steps", decay_steps=30, scaling="stamp", frozen=("conv",), kept_rate=0.1)
    described = config.to_dict()
    assert (described["decay_steps"], described["scaling"]) == (30, "stamp")
    assert (described["frozen"], described["kept_rate"]) == (["conv"], 0.1)
    assert TrainConfig(**described | {"augmentation": config.augmentation, "frozen": ("conv",)}) == config
