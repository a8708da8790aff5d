"""Optimisers and schedules of the learning rate, by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from small_networks import Tiny

from galmorph.training import TrainConfig


def test_weight_decay_leaves_biases_and_norms_alone():
    """With nothing to learn from, AdamW shrinks kernels and nothing else."""
    params = nnx.state(Tiny(), nnx.Param)
    optimizer = TrainConfig(learning_rate=0.1, warmup=0.0, weight_decay=0.5).make_optimizer(10)

    @jax.jit
    def update(params):
        still = jax.tree.map(jnp.zeros_like, params)
        return optimizer.update(still, optimizer.init(params), params)[0]

    for weight, change in zip(jax.tree.leaves(params), jax.tree.leaves(update(params)), strict=True):
        expected = -0.1 * 0.5 * np.asarray(weight) if weight.ndim > 1 else np.zeros(weight.shape)
        np.testing.assert_allclose(change, expected, rtol=1e-5)


def test_the_learning_rate_warms_up_and_falls_to_zero():
    """A tenth of the steps rises from zero; after half of the rest the rate is half; it ends at zero."""
    schedule = TrainConfig(learning_rate=0.4, warmup=0.1).learning_rates(200)
    assert [float(schedule(step)) for step in (0, 10, 20, 110, 200)] == pytest.approx([0, 0.2, 0.4, 0.2, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("constant", [0, 0.2, 0.4, 0.4, 0.4, 0.4]), ("steps", [0, 0.2, 0.4, 0.4, 0.04, 0.004])],
)
def test_other_schedules(schedule, expected):
    """Both warm up over the first tenth; steps fall to a tenth at one half and again at three quarters."""
    rates = TrainConfig(learning_rate=0.4, warmup=0.1, schedule=schedule).learning_rates(200)
    assert [float(rates(step)) for step in (0, 10, 20, 99, 101, 199)] == pytest.approx(expected, rel=1e-5)


def test_the_schedule_of_dai_and_tong():
    """A rate of 0.1 falls to a tenth after each 30,000 of 100,000 steps, and not before or after a warm-up."""
    config = TrainConfig(learning_rate=0.1, warmup=0.0, schedule="steps", decay_steps=30_000)
    expected = {0: 0.1, 29_999: 0.1, 30_000: 0.01, 59_999: 0.01, 60_000: 1e-3, 90_000: 1e-4, 99_999: 1e-4}
    rates = config.learning_rates(100_000)
    assert [float(rates(step)) for step in expected] == pytest.approx(list(expected.values()), rel=1e-5)
    warmed = TrainConfig(learning_rate=0.1, warmup=0.1, schedule="steps", decay_steps=30).learning_rates(100)
    assert [float(warmed(step)) for step in (5, 29, 30, 60)] == pytest.approx([0.05, 0.1, 0.01, 1e-3], rel=1e-5)


def test_sgd_is_nesterovs():
    """Two steps with a constant gradient g: weights fall by rate (1 + m) g, then rate (1 + m + m^2) g, with m = 0.9."""
    optimizer = TrainConfig(optimizer="sgd", learning_rate=0.1, warmup=0.0, schedule="constant", weight_decay=0.0)
    update = optimizer.make_optimizer(10)
    params = {"bias": jnp.zeros(1)}
    state = update.init(params)
    moved = []
    for _ in range(2):
        change, state = update.update({"bias": jnp.ones(1)}, state, params)
        moved.append(float(change["bias"][0]))
    assert moved == pytest.approx([-0.1 * 1.9, -0.1 * (1 + 0.9 + 0.81)], rel=1e-5)


def test_gradients_are_clipped_to_a_norm():
    """A gradient of norm 5 clipped to 1 keeps its direction; a smaller one is left alone."""
    config = TrainConfig(optimizer=lambda *_: optax.identity(), gradient_clip=1.0)
    update = config.make_optimizer(10)
    params = {"a": jnp.zeros(1), "b": jnp.zeros(1)}
    for gradient, expected in [((3.0, 4.0), (0.6, 0.8)), ((0.3, 0.4), (0.3, 0.4))]:
        given = {"a": jnp.full(1, gradient[0]), "b": jnp.full(1, gradient[1])}
        change, _ = update.update(given, update.init(params), params)
        assert [float(change[name][0]) for name in ("a", "b")] == pytest.approx(expected, rel=1e-5)
