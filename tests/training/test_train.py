"""Training: it learns, it repeats itself bit for bit, and it says when something is wrong."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from galmorph.data import Dataset
from galmorph.errors import DivergenceError, GalmorphWarning, InvalidValueError
from galmorph.models import BasicBlock, ResNet, create_model
from galmorph.preprocessing import Augmentation
from galmorph.training import Scaling, TrainConfig, evaluate, train
from galmorph.training._engine.feed import Resident, Streamed, _many_steps, _one_step
from galmorph.training._engine.loop import class_weights, measure_scaling
from galmorph.training._engine.placement import Placement
from galmorph.training._engine.state import ZERO, State, take_apart
from galmorph.training._engine.step import Step, StepConstants, _mix

QUICK = TrainConfig(epochs=2, batch_size=16, seed=3)


def weights(model) -> list[np.ndarray]:
    """Weights and running statistics of a model, in a constants order."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(take_apart(model)[1:3])]


def small_resnet() -> ResNet:
    """Make a residual network of one narrow block a stage."""
    return ResNet(2, channels=1, depths=(1, 1), block=BasicBlock, width=4, rngs=nnx.Rngs(0))


def test_a_network_learns_what_can_be_learned(blobs):
    """LeNet-5 tells round blobs from elongated ones that it has not seen."""
    learn, test = blobs.split((0.7, 0.3), seed=0)
    result = train("lenet5", learn, config=TrainConfig(epochs=12, batch_size=8, learning_rate=2e-3), progress=False)
    assert evaluate(result.classifier, test).accuracy >= 0.9
    assert result.history["loss"][-1] < 0.5 * result.history["loss"][0]


@pytest.mark.parametrize("make", [lambda: "lenet5", small_resnet], ids=["lenet5", "resnet"])
def test_same_seed_same_bits(blobs, make):
    """Two trainings with one seed end with the same bits; another seed does not."""
    first, again = (train(make(), blobs, config=QUICK, progress=False).classifier.model for _ in range(2))
    for one, two in zip(weights(first), weights(again), strict=True):
        np.testing.assert_array_equal(one, two)
    other = train(make(), blobs, config=TrainConfig(epochs=2, batch_size=16, seed=4), progress=False)
    assert any(not np.array_equal(*pair) for pair in zip(weights(first), weights(other.classifier.model), strict=True))


def test_a_model_of_your_own_is_left_as_it_is(blobs):
    """Training works on a copy."""
    model = small_resnet()
    before = weights(model)
    result = train(model, blobs, config=QUICK, progress=False)
    for old, new in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert any(not np.array_equal(*pair) for pair in zip(before, weights(result.classifier.model), strict=True))


def descent(_schedule, _weight_decay):
    """Plain gradient descent, whatever is asked for."""
    return optax.sgd(0.1)


STILL = Augmentation(rotation="none", flip=False)


def start(model, *, weights=(1, 1), **options) -> tuple[Step, State, StepConstants]:
    """Take a model apart for training, with plain gradient descent and no augmentation."""
    config = TrainConfig(**{"optimizer": descent, "augmentation": STILL, "batch_size": 16} | options)
    scaling = Scaling((0.2,), (0.3,))
    return Step.of(model, config, steps=10, scaling=scaling, class_weights=np.asarray(weights, np.float32))


def batch(blobs):
    """Give sixteen stamps, their labels, and a mask."""
    return jnp.asarray(blobs.stamps[:16]), jnp.asarray(blobs.labels[:16]), jnp.ones(16, bool)


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
    expected = jax.tree.map(lambda weight, gradient: weight - 0.1 * gradient, params, gradients)
    new, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    assert float(sums.loss) / 16 == pytest.approx(float(value), rel=1e-5)
    for one, two in zip(jax.tree.leaves(new.params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


def test_filling_does_not_count(blobs):
    """Whatever fills up a batch changes neither sums nor weights (of a network without batch norm)."""
    step, state, constants = start(create_model("lenet5", classes=2, channels=1, size=32))
    stamps, labels, valid = batch(blobs)
    valid = valid.at[10:].set(False)
    step = jax.jit(step)
    first, sums = step(state, constants, stamps, labels, 0, valid)
    second, same = step(state, constants, stamps.at[10:].set(77), labels.at[10:].set(0), 0, valid)
    assert float(sums.galaxies) == 10
    assert [float(value) for value in sums] == [float(value) for value in same]
    for one, two in zip(jax.tree.leaves(first.params), jax.tree.leaves(second.params), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_loop_of_accelerators_takes_the_same_steps(blobs):
    """Stamps on the device with one compiled loop, and one call a batch, agree to rounding."""
    step, state, constants = start(small_resnet(), seed=QUICK.seed)
    feeds = [Resident(step, constants, QUICK, blobs), Streamed(step, constants, QUICK, blobs, Placement(16))]
    (looped, total), (called, sums) = (feed.take(jax.tree.map(jnp.copy, state), ZERO, 2, 1, 4) for feed in feeds)
    assert float(sums.galaxies) == float(total.galaxies) == 44
    assert float(sums.loss) == pytest.approx(float(total.loss), rel=1e-4)
    for one, two in zip(jax.tree.leaves(looped), jax.tree.leaves(called), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("compiled", [_one_step, _many_steps])
def test_trainings_of_a_kind_are_compiled_once(blobs, monkeypatch, compiled):
    """Another seed, or galaxies of another scaling and one more, learn as if it were compiled for them alone."""
    if compiled is _many_steps:  # as on accelerators
        monkeypatch.setattr("galmorph.training._engine.loop.choose_feed", lambda *given: Resident(*given[:-1]))
    darker = Dataset(blobs.stamps[:61] // 2, blobs.labels[:61], blobs.classes)
    trainings = [(blobs[np.arange(60)], 3), (blobs[np.arange(60)], 4), (darker, 3)]

    def learn(dataset, seed) -> list[np.ndarray]:
        return weights(train("lenet5", dataset, config=replace(QUICK, seed=seed), progress=False).classifier.model)

    alone = []
    for training in trainings:
        compiled.kept.cache_clear()
        alone.append(learn(*training))
    compiled.kept.cache_clear()
    together = [learn(*training) for training in trainings]
    model = create_model("lenet5", classes=2, channels=1, size=blobs.size)
    scaling, even = measure_scaling(blobs), np.ones(2, np.float32)
    step, *_ = Step.of(model, QUICK, steps=8, scaling=scaling, class_weights=even)
    assert compiled(step)._cache_size() == 1
    assert compiled.kept.cache_info().misses == 1
    for one, two in zip(alone, together, strict=True):
        for mine, theirs in zip(one, two, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    for other in alone[1:]:
        assert any(not np.array_equal(*pair) for pair in zip(alone[0], other, strict=True))


@dataclass
class Options:
    """Settings that can be changed, and so can't be hashed."""

    widths: list[int]


@pytest.mark.parametrize("kept", [[1, 2], {"a": 1}, Options([3]), np.ones(3)], ids=["list", "dict", "object", "array"])
def test_networks_may_keep_what_they_like(blobs, kept):
    """Networks of one's own that can't be hashed are compiled for each training, and learn like others."""
    model = small_resnet()
    plain = train(model, blobs, config=QUICK, progress=False)
    model.kept = nnx.data(kept) if isinstance(kept, np.ndarray) else nnx.static(kept)
    again = [train(model, blobs, config=QUICK, progress=False) for _ in range(2)]
    for result in again:
        np.testing.assert_array_equal(result.classifier.logits(blobs.stamps), plain.classifier.logits(blobs.stamps))


def test_label_smoothing_shifts_the_loss(blobs):
    """Smoothing by s makes the loss (1 - s) times that of the label plus s times the mean over classes."""
    model = create_model("lenet5", classes=2, channels=1, size=32)
    logits = np.asarray(model((batch(blobs)[0] / 255 - 0.2) / 0.3))
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    plain, mean = -log_p[np.arange(16), blobs.labels[:16]].sum(), -log_p.mean(1).sum()
    step, state, constants = start(model, label_smoothing=0.2)
    stamps, labels, valid = batch(blobs)
    _, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    assert float(sums.loss) == pytest.approx(0.8 * plain + 0.2 * mean, rel=1e-5)


def test_the_best_epoch_is_chosen_on_the_validation_set(blobs):
    """With `keep_best` the classifier has the weights of the lowest validation loss, without it the last ones."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    wild = {"epochs": 6, "batch_size": 8, "learning_rate": 0.02, "warmup": 0.0}
    result = train("lenet5", learn, validation=validation, config=TrainConfig(**wild), progress=False)
    losses = result.history["validation_loss"]
    assert result.best_epoch == 1 + np.argmin(losses)
    assert evaluate(result.classifier, validation).log_loss == pytest.approx(losses.min(), rel=1e-5)
    last = train("lenet5", learn, validation=validation, config=TrainConfig(keep_best=False, **wild), progress=False)
    assert last.best_epoch == 6
    assert evaluate(last.classifier, validation).log_loss == pytest.approx(losses[-1], rel=1e-5)


def test_divergence_stops_the_training(blobs):
    """A learning rate that is much too high ends in an error that names loss, step and rate."""
    with pytest.raises(DivergenceError, match=r"the loss became (nan|inf) between steps .* lower the learning rate"):
        train("lenet5", blobs, config=TrainConfig(epochs=3, learning_rate=1e30, warmup=0.0), progress=False)


def test_divergence_keeps_the_epochs_before(blobs):
    """The error carries the classifier of the epochs that ended well, the same as that of a shorter training."""
    steps = -(-len(blobs) // 16)

    def exploding(_schedule, _weight_decay):
        return optax.chain(
            optax.sgd(0.01), optax.scale_by_schedule(lambda step: jnp.where(step < 2 * steps, 1, jnp.inf))
        )

    options = {"batch_size": 16, "optimizer": exploding}
    with pytest.raises(DivergenceError, match="the loss became") as caught:
        train("lenet5", blobs, config=TrainConfig(epochs=4, **options), progress=False)
    short = train("lenet5", blobs, config=TrainConfig(epochs=2, **options), progress=False)
    assert len(caught.value.result.history) == 2
    np.testing.assert_array_equal(
        caught.value.result.classifier.logits(blobs.stamps), short.classifier.logits(blobs.stamps)
    )


def test_half_floats_train_as_floats(blobs):
    """Stamps at rest as float16 give the bits that the same values give as float32."""
    half = (blobs.stamps / np.float32(255)).astype(np.float16)
    config = TrainConfig(epochs=1, batch_size=16)
    losses = [
        train("lenet5", Dataset(stamps, blobs.labels, blobs.classes), config=config, progress=False).history["loss"][0]
        for stamps in (half, half.astype(np.float32))
    ]
    assert losses[0] == losses[1]


def test_weight_decay_leaves_biases_and_norms_alone():
    """With nothing to learn from, AdamW shrinks kernels and nothing else."""
    params = nnx.state(small_resnet(), nnx.Param)
    optimizer = TrainConfig(learning_rate=0.1, warmup=0.0, weight_decay=0.5).make_optimizer(10)
    still = jax.tree.map(jnp.zeros_like, params)
    updates, _ = optimizer.update(still, optimizer.init(params), params)
    for weight, update in zip(jax.tree.leaves(params), jax.tree.leaves(updates), strict=True):
        expected = -0.1 * 0.5 * weight if weight.ndim > 1 else jnp.zeros_like(weight)
        np.testing.assert_allclose(update, expected, rtol=1e-5)


def test_the_learning_rate_warms_up_and_falls_to_zero():
    """A tenth of the steps rises from zero; after half of the rest the rate is half; it ends at zero."""
    schedule = TrainConfig(learning_rate=0.4, warmup=0.1).learning_rates(200)
    assert [float(schedule(step)) for step in (0, 10, 20, 110, 200)] == pytest.approx([0, 0.2, 0.4, 0.2, 0], abs=1e-6)


def test_scaling_gives_zero_mean_and_unit_variance():
    """Measured in pieces, over all pixels of each channel, and the same for bytes and floats."""
    stamps = np.random.default_rng(0).integers(0, 256, (1500, 4, 4, 3)).astype(np.uint8)
    stamps[..., 1] //= 2
    for data in (stamps, (stamps / 255).astype(np.float32)):
        scaling = measure_scaling(Dataset(data, np.zeros(1500, int), ("a",)))
        np.testing.assert_allclose(scaling.mean, stamps.mean((0, 1, 2)) / 255, rtol=1e-6)
        np.testing.assert_allclose(scaling.std, stamps.std((0, 1, 2)) / 255, rtol=1e-5)


def test_a_validation_set_of_another_kind_is_refused(blobs):
    """Classes and shapes must be those of the training set."""
    other = Dataset(blobs.stamps, blobs.labels, ("long", "round"))
    with pytest.raises(InvalidValueError, match=r"validation: expected \('round', 'long'\)"):
        train("lenet5", blobs, validation=other, progress=False)


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


def test_streaming_from_disk_gives_the_same_bits(blobs, tmp_path):
    """Stamps that are memory-mapped and read ahead end in the same weights as stamps in memory."""
    blobs.save(tmp_path / "blobs")
    mapped = Dataset.load(tmp_path / "blobs")
    assert isinstance(mapped.stamps, np.memmap)
    first, second = (train("lenet5", data, config=QUICK, progress=False) for data in (blobs, mapped))
    for one, two in zip(weights(first.classifier.model), weights(second.classifier.model), strict=True):
        np.testing.assert_array_equal(one, two)


def test_class_weights_are_inverse_frequencies(blobs):
    """With weights 3 and 1, the gradient is that of a loss in which the first class counts three times."""
    uneven = blobs[np.concatenate([np.arange(0, 60, 2)[:10], np.arange(1, 60, 2)])]
    weights = class_weights(uneven, TrainConfig(class_weighting=True))
    np.testing.assert_allclose(weights, [40 / (2 * 10), 40 / (2 * 30)], rtol=1e-6)
    model = create_model("lenet5", classes=2, channels=1, size=32)
    stamps, labels, valid = batch(blobs)
    sums = {}
    for kind, weights in {"plain": (1, 1), "first": (1, 0), "weighted": (3, 1)}.items():
        step, state, constants = start(model, weights=weights)
        sums[kind] = float(jax.jit(step)(state, constants, stamps, labels, 0, valid)[1].loss)
    assert sums["weighted"] == pytest.approx(sums["plain"] + 2 * sums["first"], rel=1e-5)


def test_weighting_and_sampling_together_are_warned_of(blobs):
    """Either makes rare classes count; both make them count twice."""
    config = TrainConfig(epochs=1, class_weighting=True, balanced_sampling=True)
    with pytest.warns(GalmorphWarning, match="together count rare classes twice"):
        train("lenet5", blobs, config=config, progress=False)


def test_mixup_mixes_stamps_and_targets_alike(blobs):
    """Each galaxy is mixed with its neighbour in the batch, pixels and target with the same weight."""
    images = jnp.arange(12.0).reshape(3, 2, 2, 1)
    targets = jnp.eye(3)
    mixed, mixed_targets = _mix(images, targets, jax.random.key(3), 0.4)
    weight = float(mixed_targets[0, 0])
    assert 0 < weight < 1
    np.testing.assert_allclose(mixed, weight * images + (1 - weight) * np.roll(images, 1, axis=0), rtol=1e-6)
    np.testing.assert_allclose(
        mixed_targets, weight * np.eye(3) + (1 - weight) * np.roll(np.eye(3), 1, axis=0), rtol=1e-6
    )
    result = train("lenet5", blobs, config=TrainConfig(epochs=1, mixup=0.2), progress=False)
    assert np.isfinite(result.history["loss"][0])


def test_the_moving_average_follows_the_weights(blobs):
    """After one step with growing decay, 1 / 10 of the old weights is kept; it is what predicts in the end."""
    step, state, constants = start(create_model("lenet5", classes=2, channels=1, size=32), weight_average=0.99)
    old = jax.tree.map(np.array, state.params)
    stamps, labels, valid = batch(blobs)
    new, _ = jax.jit(step)(state, constants, stamps, labels, 0, valid)
    for before, after, average in zip(*map(jax.tree.leaves, (old, new.params, new.average)), strict=True):
        np.testing.assert_allclose(average, 0.1 * before + 0.9 * after, rtol=1e-5, atol=1e-7)
    assert new.eval_weights.params is new.average


def test_patience_ends_a_training_that_gets_no_better(blobs):
    """With a learning rate that only harms, it stops as soon as patience is over, and keeps the best."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    config = TrainConfig(epochs=30, batch_size=8, learning_rate=0.05, warmup=0.0, schedule="constant", patience=2)
    result = train("lenet5", learn, validation=validation, config=config, progress=False)
    assert len(result.history) == result.best_epoch + 2 < 30


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("constant", [0, 0.2, 0.4, 0.4, 0.4, 0.4]), ("steps", [0, 0.2, 0.4, 0.4, 0.04, 0.004])],
)
def test_other_schedules(schedule, expected):
    """Both warm up over the first tenth; steps fall to a tenth at one half and again at three quarters."""
    rates = TrainConfig(learning_rate=0.4, warmup=0.1, schedule=schedule).learning_rates(200)
    assert [float(rates(step)) for step in (0, 10, 20, 99, 101, 199)] == pytest.approx(expected, rel=1e-5)


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


def test_memory_errors_name_the_batch_size(blobs, monkeypatch):
    """What JAX says of exhausted memory becomes a MemoryError that says what to change."""

    def exhausted(*_, **__):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99999999999 bytes.")

    monkeypatch.setattr("galmorph.training._engine.feed.Streamed.take", exhausted)
    with pytest.raises(MemoryError, match=r"lenet5 with batches of 64 stamps of \(32, 32, 1\); choose a smaller"):
        train("lenet5", blobs, progress=False)


def test_bfloat16_computes_in_sixteen_bits_and_keeps_thirty_two(blobs):
    """The loss is float32's to a few per cent, the model given is left alone, and all that is kept is float32."""
    losses = {}
    for precision in ("float32", "bfloat16"):
        model = small_resnet()
        step, state, constants = start(model, precision=precision)
        stamps, labels, valid = batch(blobs)
        text = str(jax.make_jaxpr(step)(state, constants, stamps, labels, 0, valid))
        assert ("bf16" in text) == (precision == "bfloat16")
        new, sums = jax.jit(step)(state, constants, stamps, labels, 0, valid)
        losses[precision] = float(sums.loss)
        assert {leaf.dtype for leaf in jax.tree.leaves((new.params, new.statistics))} == {jnp.dtype("float32")}
        assert model.conv.dtype is None
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.03)
    assert losses["bfloat16"] != losses["float32"]


def test_memory_is_what_a_step_holds(blobs):
    """It covers weights, two moments of each and a batch of stamps, and a larger batch takes more."""
    small, large = (
        train("lenet5", blobs, config=TrainConfig(epochs=1, batch_size=size), progress=False) for size in (8, 32)
    )
    held = 3 * 4 * sum(leaf.size for leaf in weights(small.classifier.model))
    assert small.memory > held + 8 * blobs.stamps[0].nbytes
    assert large.memory > small.memory + 24 * blobs.stamps[0].nbytes


def test_stamps_on_the_device_count_as_memory(blobs):
    """Where all stamps lie on the device, the step's memory has all of them."""
    model = create_model("lenet5", classes=2, channels=1, size=blobs.size)
    scaling, even = Scaling((0.5,), (0.2,)), np.ones(2, np.float32)
    step, state, constants = Step.of(model, QUICK, steps=4, scaling=scaling, class_weights=even)
    feed = Resident(step, constants, QUICK, blobs)
    assert feed.memory() == 0
    feed.take(state, ZERO, 0, 0, 1)
    assert feed.memory() > blobs.stamps.nbytes


def test_progress_is_told_as_a_part(blobs):
    """What is called hears ever larger parts of the training, from 0 to 1."""
    heard = []
    train("lenet5", blobs, config=QUICK, progress=heard.append)
    assert heard == sorted(heard)
    assert (heard[0], heard[-1]) == (0, 1)
