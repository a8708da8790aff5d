"""Starting points: what a network of one's own must be, and what is said if it is not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from small_networks import Linear, Tiny, quick

from galmorph.errors import ImplausibleWarning, InvalidValueError
from galmorph.training import train
from galmorph.training._starting_point import StartingPoint

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


class LinenNetwork(linen.Module):
    """A network of the older interface of Flax."""

    @linen.compact
    def __call__(self, images):
        """Turn images into logits."""
        return linen.Dense(2)(images.reshape(len(images), -1))


class Pair(nnx.Module):
    """A network that returns more than logits."""

    def __call__(self, images):
        """Return two things."""
        return images.mean((1, 2)), images


class Narrow(nnx.Module):
    """A network for stamps of another size."""

    def __init__(self) -> None:
        self.dense = nnx.Linear(100, 2, rngs=nnx.Rngs(0))

    def __call__(self, images):
        """Turn images into logits."""
        return self.dense(images.reshape(len(images), -1))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Tiny(classes=5), r"one output for each of the 2 classes, .* \(2, 2\) .* 32 x 32 x 1, got \(2, 5\) from Tiny"),
        (Linear, r"expected a flax.nnx.Module, got the class Linear; make an instance, Linear\(...\)"),
        (LinenNetwork(), "got the Linen module LinenNetwork; wrap it with flax.nnx.bridge.ToNNX"),
        (Pair(), "got a tuple from Pair"),
        (Narrow(), "expected a network that takes stamps of 32 x 32 x 1, but Narrow raised TypeError: dot_general"),
        (lambda images: images, "expected a flax.nnx.Module, got a function"),
        (None, "expected a flax.nnx.Module, got a NoneType"),
    ],
    ids=["outputs", "class", "linen", "tuple", "size", "function", "nothing"],
)
def test_other_networks_are_refused(blobs, model, message):
    """Before anything is compiled, the error says what was got, what was expected, and what to do."""
    with pytest.raises(InvalidValueError, match=f"model: .*{message}"):
        train(model, blobs, config=quick(), progress=False)


def test_looking_changes_nothing(blobs):
    """The look at the shape of the logits leaves running statistics as they are."""
    model = Tiny()
    train(model, blobs, config=quick(epochs=1), progress=False)
    np.testing.assert_array_equal(model.norm.mean[...], jnp.zeros(4))


class Ending(nnx.Module):
    """A dense layer with something behind it."""

    def __init__(self, end) -> None:
        self.dense = nnx.Linear(1, 2, rngs=nnx.Rngs(0))
        self.end = end

    def __call__(self, images):
        """Turn images into what the end makes of logits."""
        return self.end(self.dense(images.mean((1, 2))))


def by_hand(logits):
    """Softmax."""
    return jnp.exp(logits) / jnp.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "end", [nnx.softmax, nnx.sigmoid, by_hand, jax.jit(by_hand)], ids=["softmax", "sigmoid", "by hand", "jit"]
)
def test_probabilities_for_logits_are_noticed(blobs, end):
    """The loss would apply softmax again."""
    with pytest.warns(ImplausibleWarning, match="Ending ends in softmax or sigmoid, .* return logits, without it"):
        StartingPoint.of(Ending(end), blobs, seed=0, scaling="dataset")


@pytest.mark.parametrize("end", [nnx.log_softmax, nnx.relu, lambda logits: logits / 2], ids=["log", "relu", "scaled"])
def test_other_ends_are_taken(blobs, end):
    """Logarithms of probabilities are logits."""
    StartingPoint.of(Ending(end), blobs, seed=0, scaling="dataset")
