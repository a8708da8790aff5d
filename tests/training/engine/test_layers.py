"""Frozen layers, and layers that change slowly."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from small_networks import Tiny, quick

from galmorph.data import Dataset
from galmorph.errors import GalmorphWarning, InvalidValueError
from galmorph.models import create_model
from galmorph.training import TrainConfig, train
from galmorph.training._engine.layers import check_frozen, in_layers
from galmorph.training._engine.scaling import Scaling
from galmorph.training._engine.step import Step

FROZEN = ("conv", "norm")


def bits(model, layer) -> list[bytes]:
    """All arrays of a layer, as bytes, which tell -0.0 from 0.0."""
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(nnx.state(getattr(model, layer)))]


@pytest.fixture(scope="module")
def learned(blobs):
    """Train a network with batch norm for an epoch; one of its weights is -0.0."""
    classifier = train(Tiny(), blobs, config=quick(epochs=1), progress=False).classifier
    bias = classifier.model.conv.bias
    bias[...] = bias[...].at[0].set(-0.0)
    return classifier


def test_frozen_layers_keep_every_bit(learned, blobs):
    """Weights and running statistics stay, with decay, momentum, clipping and a moving average; the rest learns."""
    config = quick(optimizer="adamw", weight_decay=0.5, weight_average=0.9, gradient_clip=1.0, frozen=FROZEN)
    darker = Dataset(blobs.stamps // 3, blobs.labels, blobs.classes)
    tuned = train(learned, darker, config=replace(config, kept_rate=0.5), progress=False).classifier
    for layer in FROZEN:
        assert bits(tuned.model, layer) == bits(learned.model, layer)
    assert bits(tuned.model, "dense") != bits(learned.model, "dense")
    assert tuned.notes["config"]["frozen"] == list(FROZEN)


def test_frozen_norms_use_their_running_statistics(learned):
    """Two halves of a batch give the gradient of the whole: no image depends on the others any more."""
    config = quick(frozen=FROZEN)
    stamps = np.random.default_rng(0).random((8, 32, 32, 1), np.float32)
    labels = np.arange(8) % 2

    def moved(rows):
        step, state, constants = Step.of(
            learned.model,
            config,
            steps=4,
            scaling=Scaling((0.5,), (0.3,)),
            class_weights=np.ones(2, np.float32),
        )
        arguments = (stamps[rows], labels[rows], np.int32(0), np.ones(len(labels[rows]), bool))
        after, _ = jax.jit(step)(state, constants, *map(jnp.asarray, arguments))
        return np.asarray(after.params["dense"]["kernel"][...] - state.params["dense"]["kernel"][...])

    halves = (moved(slice(0, 4)) + moved(slice(4, 8))) / 2
    np.testing.assert_allclose(moved(slice(0, 8)), halves, rtol=1e-3, atol=1e-6)


def test_the_optimiser_keeps_nothing_of_frozen_layers():
    """AdamW has two moments of each weight that learns, and counts of its steps."""
    params = nnx.state(Tiny(), nnx.Param)
    kept = {
        frozen: sum(leaf.size for leaf in jax.tree.leaves(config.make_optimizer(10).init(params)) if leaf.ndim)
        for frozen, config in ((name, TrainConfig(frozen=name)) for name in ((), FROZEN, ("dense",)))
    }
    dense, others = 4 * 2 + 2, 4 * 4 * 4 + 4 + 2 * 4
    assert kept == {(): 2 * (dense + others), FROZEN: 2 * dense, ("dense",): 2 * others}


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_kept_weights_move_by_a_fraction(optimizer):
    """Updates of kept layers are a tenth of those without `kept_rate`; those of the new layer are the same."""
    params = {"conv": {"kernel": jnp.ones((2, 3))}, "dense": {"kernel": jnp.ones((3, 2)), "bias": jnp.ones(2)}}
    gradients = jax.tree.map(lambda leaf: 0.5 * leaf, params)

    def update(new, **options):
        made = TrainConfig(optimizer=optimizer, warmup=0.0, **options).make_optimizer(10, new=new)
        return made.update(gradients, made.init(params), params)[0]

    plain, slow = update(("dense",)), update(("dense",), kept_rate=0.1)
    np.testing.assert_allclose(slow["conv"]["kernel"], 0.1 * plain["conv"]["kernel"], rtol=1e-6)
    np.testing.assert_array_equal(slow["dense"]["kernel"], plain["dense"]["kernel"])
    scratch = update(None, kept_rate=0.1)  # nothing has learned before
    np.testing.assert_array_equal(scratch["conv"]["kernel"], plain["conv"]["kernel"])


@pytest.mark.filterwarnings("ignore::galmorph.errors.DatasetWarning")
def test_new_classes_learn_at_the_full_rate(learned, blobs):
    """With a rate of next to nothing for what is kept, the last layer still learns new classes, and nothing else."""
    other = Dataset(blobs.stamps, blobs.labels, ("disc", "ring"))
    tuned = train(learned, other, config=quick(optimizer="sgd", kept_rate=1e-30), progress=False).classifier
    np.testing.assert_array_equal(tuned.model.conv.kernel[...], learned.model.conv.kernel[...])
    start = train(learned, other, config=quick(optimizer="sgd", learning_rate=1e-30), progress=False).classifier
    assert np.abs(tuned.model.dense.kernel[...] - start.model.dense.kernel[...]).max() > 1e-6


def test_a_part_of_a_name_is_no_name():
    """``"blocks.1"`` is the second block with all in it, and not the eleventh."""
    tree = {"blocks": {1: {"conv": jnp.ones(1)}, 10: {"conv": jnp.ones(1)}}, "block": jnp.ones(1)}
    inside = in_layers(tree, ("blocks.1",))
    assert inside == {"blocks": {1: {"conv": True}, 10: {"conv": False}}, "block": False}


@pytest.mark.parametrize(
    ("frozen", "message"),
    [
        (("con",), "frozen: expected layers of this Tiny, which are conv, dense, norm, got con$"),
        (("conv", "norm", "dense"), "frozen: expected some of the layers conv, dense, norm, got all of them"),
    ],
)
def test_impossible_layers_are_refused(frozen, message, blobs):
    """A name that is no layer lists those there are; a training of nothing is refused."""
    with pytest.raises(InvalidValueError, match=message):
        train(Tiny(), blobs, config=quick(frozen=frozen), progress=False)


def test_a_new_layer_can_not_be_frozen(learned, blobs):
    """The last layer starts at random for other classes, so to freeze it is a mistake."""
    other = Dataset(blobs.stamps, blobs.labels, ("disc", "ring"))
    with pytest.raises(InvalidValueError, match="have learned, got dense, which is new for these classes"):
        train(learned, other, config=quick(frozen=("dense",)), progress=False)


def test_a_rate_of_what_is_kept_needs_a_classifier(blobs):
    """A network that starts at random keeps nothing, which is said."""
    with pytest.warns(GalmorphWarning, match="kept_rate: 0.1 has no effect, because Tiny does not start from"):
        train(Tiny(), blobs, config=quick(epochs=1, kept_rate=0.1), progress=False)


def test_lists_of_blocks_are_named_in_short():
    """The names of a ResNet's layers are listed by their first and last block."""
    model = nnx.eval_shape(lambda: create_model("small_resnet", classes=2, channels=1, size=32))
    with pytest.raises(InvalidValueError, match=r"which are blocks.0 to blocks.3, conv, dense, norm, got stem"):
        check_frozen(model, ("stem",), ())
