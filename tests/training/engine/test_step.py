"""The step function against the same step written out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from small_networks import Linear, Tiny, drawn, quick

from galmorph.models import create_model
from galmorph.training import Scaling
from galmorph.training._engine.state import State
from galmorph.training._engine.step import Step, StepConstants, _mix


def start(model, *, weights=(1, 1), **options) -> tuple[Step, State, StepConstants]:
    """Make the step function of a model, with plain gradient descent and no augmentation."""
    scaling = Scaling((0.2,), (0.3,))
    return Step.of(model, quick(**options), steps=10, scaling=scaling, class_weights=np.asarray(weights, np.float32))


def batch(blobs):
    """Give sixteen stamps, their labels, and a mask."""
    return jnp.asarray(blobs.stamps[:16]), jnp.asarray(blobs.labels[:16]), jnp.ones(16, bool)


@pytest.mark.slow
def test_a_step_is_gradient_descent_on_the_mean_loss(blobs):
    """Against the same step written out: scaled stamps, mean cross entropy, weights minus rate times gradient."""
    model = create_model("lenet5", classes=2, channels=1, size=32)
    step, state, constants = start(model)
    stamps, labels, valid = batch(blobs)
    graph, params, others = nnx.split(model, nnx.Param, ...)

    def loss(params):
        logits = nnx.merge(graph, params, others, copy=True)((stamps / 255 - 0.2) / 0.3)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()

    value, gradients = jax.jit(jax.value_and_grad(loss))(params)
    new, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    assert float(sums.loss) / 16 == pytest.approx(float(value), rel=1e-5)
    for before, gradient, after in zip(*map(jax.tree.leaves, (params, gradients, new.params)), strict=True):
        expected = np.asarray(before) - 0.1 * np.asarray(gradient)
        np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_batch_too_small_to_cut_is_not_cut(blobs, rows):
    """A network without batch norm takes batches in two pieces; one galaxy is one piece, not one and an empty one."""
    step, state, constants = start(Linear())
    assert step.pieces == 2
    stamps, labels, valid = (part[:rows] for part in batch(blobs))
    new, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    logits = np.asarray(Linear()((stamps / 255 - 0.2) / 0.3))
    expected = -np.asarray(jax.nn.log_softmax(logits))[np.arange(rows), labels].sum()
    assert float(sums.loss) == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(jax.tree.leaves(new.params)[0]).all()


def test_filling_does_not_count(blobs):
    """Whatever fills up a batch changes neither sums nor weights (of a network without batch norm)."""
    step, state, constants = start(Linear())
    stamps, labels, valid = (np.array(part) for part in batch(blobs))
    valid[10:] = False
    step = jax.jit(step)
    first, sums = step(state, constants, stamps, labels, 0, valid)
    stamps[10:], labels[10:] = 77, 0
    second, same = step(state, constants, stamps, labels, 0, valid)
    assert float(sums.galaxies) == 10
    assert [float(value) for value in sums] == [float(value) for value in same]
    for one, two in zip(jax.tree.leaves(first.params), jax.tree.leaves(second.params), strict=True):
        np.testing.assert_array_equal(one, two)


def test_label_smoothing_shifts_the_loss(blobs):
    """Smoothing by s makes the loss (1 - s) times that of the label plus s times the mean over classes."""
    model = Linear()
    logits = np.asarray(model((batch(blobs)[0] / 255 - 0.2) / 0.3))
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    plain, mean = -log_p[np.arange(16), blobs.labels[:16]].sum(), -log_p.mean(1).sum()
    step, state, constants = start(model, label_smoothing=0.2)
    stamps, labels, valid = batch(blobs)
    _, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    assert float(sums.loss) == pytest.approx(0.8 * plain + 0.2 * mean, rel=1e-5)


def test_class_weights_multiply_the_loss(blobs):
    """With weights 3 and 1, the loss is that in which galaxies of the first class count three times."""
    stamps, labels, valid = batch(blobs)
    sums = {}
    step = None
    for kind, weights in {"plain": (1, 1), "first": (1, 0), "weighted": (3, 1)}.items():
        made, state, constants = start(Linear(), weights=weights)
        step = step or jax.jit(made)  # the weights are no part of it
        sums[kind] = float(step(state, constants, stamps, labels, 0, valid)[1].loss)
    assert sums["weighted"] == pytest.approx(sums["plain"] + 2 * sums["first"], rel=1e-5)


@pytest.mark.slow
def test_mixup_mixes_stamps_and_targets_alike():
    """Each galaxy is mixed with its neighbour in the batch, pixels and target with the same weight."""
    images = jnp.arange(12.0).reshape(3, 2, 2, 1)
    mixed, mixed_targets = jax.jit(_mix, static_argnums=3)(images, jnp.eye(3), jax.random.key(3), 0.4)
    weight = float(mixed_targets[0, 0])
    assert 0 < weight < 1
    np.testing.assert_allclose(mixed, weight * images + (1 - weight) * np.roll(images, 1, axis=0), rtol=1e-6)
    np.testing.assert_allclose(
        mixed_targets, weight * np.eye(3) + (1 - weight) * np.roll(np.eye(3), 1, axis=0), rtol=1e-6
    )


def test_the_moving_average_follows_the_weights(blobs):
    """After one step with growing decay, 1 / 10 of the old weights is kept; it is what predicts in the end."""
    step, state, constants = start(Linear(), weight_average=0.99)
    old = jax.tree.map(np.array, state.params)
    stamps, labels, valid = batch(blobs)
    new, _ = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    for before, after, average in zip(*map(jax.tree.leaves, (old, new.params, new.average)), strict=True):
        np.testing.assert_allclose(average, 0.1 * before + 0.9 * after, rtol=1e-5, atol=1e-7)
    assert new.eval_weights.params is new.average


def test_bfloat16_computes_in_sixteen_bits_and_keeps_thirty_two(blobs):
    """The loss is float32's to a few per cent, the model given is left alone, and all that is kept is float32."""
    losses = {}
    for precision in ("float32", "bfloat16"):
        model = Tiny()
        step, state, constants = start(model, precision=precision)
        arguments = (state, constants, *batch(blobs)[:2], 0, batch(blobs)[2])
        traced = jax.jit(step).trace(*arguments)
        assert ("bf16" in str(traced.jaxpr)) == (precision == "bfloat16")
        new, sums = traced.lower().compile()(*arguments)
        losses[precision] = float(sums.loss)
        assert {leaf.dtype for leaf in jax.tree.leaves((new.params, new.statistics))} == {jnp.dtype("float32")}
        assert model.conv.dtype is None
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.03)
    assert losses["bfloat16"] != losses["float32"]


class Noisy(nnx.Module):
    """Drop pixels, and add noise from a stream of the network's own, before one layer."""

    def __init__(self, rngs: nnx.Rngs, stream: str) -> None:
        self.dropout = nnx.Dropout(0.5, rngs=rngs) if stream == "dropout" else None
        self.noise = None if stream == "dropout" else rngs[stream].fork()
        self.dense = nnx.Linear(1024, 2, kernel_init=drawn(0), rngs=nnx.Rngs(0))

    def __call__(self, images):
        """Turn images into logits."""
        pixels = images.reshape(len(images), -1)
        if self.noise is not None:
            return self.dense(pixels + jax.random.normal(self.noise(), pixels.shape))
        return self.dense(self.dropout(pixels))


@pytest.mark.parametrize(
    ("rngs", "stream"),
    [
        (nnx.Rngs(0), "dropout"),  # dropout takes the default stream
        (nnx.Rngs(0, dropout=1), "dropout"),
        (nnx.Rngs(0), "noise"),
        (nnx.Rngs(noise=5), "noise"),
    ],
)
def test_each_step_draws_its_own_random_numbers(rngs, stream, blobs):
    """Whatever the name of a network's random stream, steps differ, and a step repeated is the same."""
    step, state, constants = start(Noisy(rngs, stream))
    run = jax.jit(lambda number: step(state, constants, *batch(blobs)[:2], number, batch(blobs)[2])[1].loss)
    first, second, again = (float(run(number)) for number in (0, 1, 0))
    assert abs(first - second) > 1e-3
    assert first == again
