"""What makes a training worth little is said."""

import warnings

import numpy as np
import pytest
from flax import nnx
from small_networks import Linear, Tiny, drawn, quick

from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning, ImplausibleWarning, InvalidValueError
from galmorph.training import SoftLabels, TrainConfig, train
from galmorph.training._classifier.network_check import initial_statistics
from galmorph.training._training_warnings import warn_of_loss


class Moded(Tiny):
    """A network that is told whether it trains, as those of Flax Linen are."""

    def __call__(self, images, train=False):
        """Turn images into logits."""
        x = self.norm(self.conv(images), use_running_average=not train)
        return self.dense(nnx.relu(x).mean(axis=(1, 2)))


class Relative(nnx.Module):
    """A network that sees how a galaxy differs from the mean of its batch."""

    def __init__(self) -> None:
        self.dense = nnx.Linear(1024, 2, kernel_init=drawn(0), rngs=nnx.Rngs(0))

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense((images - images.mean(axis=0, keepdims=True)).reshape(len(images), -1))


class Undecided(nnx.Module):
    """A network whose dropout was made without random numbers."""

    def __init__(self) -> None:
        self.dropout = nnx.Dropout(0.5)
        self.dense = nnx.Linear(1024, 2, kernel_init=drawn(0), rngs=nnx.Rngs(0))

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(self.dropout(images.reshape(len(images), -1)))


def fit(model, blobs, **options) -> None:
    """Train for a moment."""
    train(model, blobs, config=quick(**{"epochs": 1} | options), progress=False)


def test_a_network_that_is_told_its_mode(blobs):
    """Galmorph passes stamps alone, so the argument would keep its default for ever."""
    with pytest.warns(ImplausibleWarning, match="model: Moded takes train, which keeps its default, because galmorph"):
        fit(Moded(), blobs, epochs=10)


def test_answers_that_depend_on_the_batch(blobs):
    """The answer to a galaxy is its own."""
    with pytest.warns(ImplausibleWarning, match="the answer of Relative to a galaxy depends on the others in its batc"):
        fit(Relative(), blobs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(Linear(), blobs, optimizer="adamw")


def test_batch_norm_that_has_no_time(blobs):
    """With a momentum of 0.9, four steps leave 66 % of the initial statistics, and 40 leave 1.5 %."""
    with pytest.warns(ImplausibleWarning, match="after 4 steps, the running statistics of the batch norm"):
        fit(Tiny(), blobs)
    assert initial_statistics(Tiny(), 4) == ("norm", 0.9, pytest.approx(0.6561))
    assert initial_statistics(Linear(), 4) == ("", 0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(Tiny(), blobs, epochs=10)


def test_a_layer_that_fails_only_in_training(blobs):
    """Both modes are tried before anything is computed."""
    with pytest.raises(InvalidValueError, match=r"Undecided raised ValueError: .*no .rngs. argument"):
        fit(Undecided(), blobs)


def test_a_loss_far_above_chance(blobs):
    """A network that knows nothing has the logarithm of the number of classes, ln 2 = 0.69."""
    with pytest.warns(ImplausibleWarning, match=r"the loss of the last epoch is .*, where .* has 0\.693 \(2 classes\)"):
        fit(Linear(), blobs, optimizer="sgd", learning_rate=1e4, warmup=0.0)
    with pytest.warns(ImplausibleWarning, match="Is the learning rate, 10, too high"):
        warn_of_loss(21.0, 2, TrainConfig(learning_rate=10.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_loss(20.0, 2, TrainConfig())
        warn_of_loss(40.0, 2, TrainConfig(soft_labels=SoftLabels(("a", "b"), "counts")))  # the likelihood of counts
        warn_of_loss(np.log(2), 1, TrainConfig())


def test_validation_galaxies_that_were_learned(blobs):
    """A part of the training set, turned, is no validation set."""
    few = blobs[:10]
    turned = Dataset(few.stamps[:, ::-1].copy(), few.labels, few.classes)
    with pytest.warns(GalmorphWarning, match="validation: 10 of 10 galaxies are in the training set, too"):
        train(Linear(), blobs, validation=turned, config=quick(epochs=1, optimizer="adamw"), progress=False)


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        (np.eye(32, dtype=np.uint8), "no pixel is brighter than 1 of 255, so all stamps are black; multiply values"),
        (np.eye(32, dtype=np.float32) / 255, r"no pixel is brighter than 0\.0039 of 1, .*; was 255 divided twice\?"),
    ],
)
def test_black_stamps(stamps, message):
    """Values on another scale than that of their type are black."""
    galaxies = Dataset(np.repeat(stamps[np.newaxis, ..., np.newaxis], 16, axis=0), [0, 1] * 8, ("round", "long"))
    with pytest.warns(ImplausibleWarning, match=message):
        fit(Linear(), galaxies)
