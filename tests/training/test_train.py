"""Training: it learns, it repeats itself bit for bit, and it says when something is wrong."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from small_networks import Linear, Tiny, quick, weights

from galmorph.data import Dataset
from galmorph.errors import DatasetWarning, DivergenceError, GalmorphWarning, InvalidValueError
from galmorph.training import TrainConfig, evaluate, train


@pytest.mark.slow
def test_a_network_learns_what_can_be_learned(blobs):
    """LeNet-5 tells round blobs from elongated ones that it has not seen."""
    learn, test = blobs.split((0.7, 0.3), seed=0)
    result = train("lenet5", learn, config=TrainConfig(epochs=12, batch_size=8, learning_rate=2e-3), progress=False)
    assert evaluate(result.classifier, test).accuracy >= 0.9
    assert result.history["loss"][-1] < 0.5 * result.history["loss"][0]


@pytest.mark.parametrize(
    ("make", "options"),
    [(lambda: "lenet5", {}), (Tiny, {"optimizer": "adamw", "augmentation": TrainConfig().augmentation})],
    ids=["lenet5", "batch-norm"],
)
def test_same_seed_same_bits(blobs, make, options):
    """Two trainings with one seed end with the same bits; another seed does not."""
    first, again = (train(make(), blobs, config=quick(**options), progress=False).classifier.model for _ in range(2))
    for one, two in zip(weights(first), weights(again), strict=True):
        np.testing.assert_array_equal(one, two)
    other = train(make(), blobs, config=quick(seed=4, **options), progress=False)
    assert any(not np.array_equal(*pair) for pair in zip(weights(first), weights(other.classifier.model), strict=True))


def test_a_model_of_your_own_is_left_as_it_is(blobs):
    """Training works on a copy."""
    model = Tiny()
    before = weights(model)
    result = train(model, blobs, config=quick(), progress=False)
    for old, new in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(old, new)
    assert any(not np.array_equal(*pair) for pair in zip(before, weights(result.classifier.model), strict=True))


@pytest.fixture(scope="module")
def riddles(blobs) -> Dataset:
    """Give blobs with random labels, on which every training overfits."""
    return Dataset(blobs.stamps, np.random.default_rng(1).integers(0, 2, len(blobs)), blobs.classes)


def test_the_best_epoch_is_chosen_on_the_validation_set(riddles):
    """With `keep_best` the classifier has the weights of the lowest validation loss, without it the last ones."""
    learn, validation = riddles.split((0.7, 0.3), seed=0)
    wild = {"epochs": 6, "batch_size": 8, "optimizer": "adamw", "learning_rate": 0.02, "warmup": 0.0}
    result = train(Linear(), learn, validation=validation, config=quick(**wild), progress=False)
    losses = result.history["validation_loss"]
    assert result.best_epoch == 1 + np.argmin(losses) < 6
    assert evaluate(result.classifier, validation).log_loss == pytest.approx(losses.min(), rel=1e-5)
    last = train(Linear(), learn, validation=validation, config=quick(keep_best=False, **wild), progress=False)
    assert last.best_epoch == 6
    assert evaluate(last.classifier, validation).log_loss == pytest.approx(losses[-1], rel=1e-5)


def test_divergence_stops_the_training(blobs):
    """A learning rate that is much too high ends in an error that names loss, step and rate."""
    config = quick(epochs=3, optimizer="adamw", learning_rate=1e37, warmup=0.0)
    with pytest.raises(DivergenceError, match=r"the loss became (nan|inf) between steps .* lower the learning rate"):
        train(Linear(), blobs, config=config, progress=False)


def test_divergence_keeps_the_epochs_before(blobs):
    """The error carries the classifier of the epochs that ended well, the same as that of a shorter training."""
    steps = -(-len(blobs) // 16)

    def exploding(_schedule, _weight_decay):
        return optax.chain(
            optax.sgd(0.01), optax.scale_by_schedule(lambda step: jnp.where(step < 2 * steps, 1, jnp.inf))
        )

    with pytest.raises(DivergenceError, match="the loss became") as caught:
        train(Linear(), blobs, config=quick(epochs=4, optimizer=exploding), progress=False)
    short = train(Linear(), blobs, config=quick(epochs=2, optimizer=exploding), progress=False)
    assert len(caught.value.result.history) == 2
    np.testing.assert_array_equal(
        caught.value.result.classifier.logits(blobs.stamps), short.classifier.logits(blobs.stamps)
    )


@pytest.mark.slow
def test_half_floats_train_as_floats(blobs):
    """Stamps that are stored as float16 give the bits that the same values give as float32."""
    half = (blobs.stamps / np.float32(255)).astype(np.float16)
    losses = [
        train(Tiny(), Dataset(stamps, blobs.labels, blobs.classes), config=quick(), progress=False).history["loss"][0]
        for stamps in (half, half.astype(np.float32))
    ]
    assert losses[0] == losses[1]


def test_a_validation_set_of_another_kind_is_refused(blobs):
    """Classes and shapes must be those of the training set."""
    other = Dataset(blobs.stamps, blobs.labels, ("long", "round"))
    with pytest.raises(InvalidValueError, match=r"validation: expected \('round', 'long'\)"):
        train("lenet5", blobs, validation=other, progress=False)


def test_streaming_from_disk_gives_the_same_bits(blobs, tmp_path):
    """Stamps that are memory-mapped and read ahead end in the same weights as stamps in memory."""
    blobs.save(tmp_path / "blobs")
    mapped = Dataset.load(tmp_path / "blobs")
    assert isinstance(mapped.stamps, np.memmap)
    first, second = (train("lenet5", data, config=quick(), progress=False) for data in (blobs, mapped))
    for one, two in zip(weights(first.classifier.model), weights(second.classifier.model), strict=True):
        np.testing.assert_array_equal(one, two)


def test_weighting_and_sampling_together_are_warned_of(blobs):
    """Either makes rare classes count; both make them count twice."""
    with pytest.warns(GalmorphWarning, match="together count rare classes twice"):
        train(Linear(), blobs, config=quick(class_weighting=True, balanced_sampling=True), progress=False)


@pytest.mark.slow
def test_mixup_trains(blobs):
    """A training with mixup has a finite loss."""
    result = train(Linear(), blobs, config=quick(mixup=0.2), progress=False)
    assert np.isfinite(result.history["loss"]).all()


def test_patience_ends_a_training_that_gets_no_better(riddles):
    """With a learning rate that only harms, it stops as soon as patience is over, and keeps the best."""
    learn, validation = riddles.split((0.7, 0.3), seed=0)
    harmful = {"batch_size": 8, "optimizer": "adamw", "learning_rate": 0.05, "warmup": 0.0, "schedule": "constant"}
    config = quick(epochs=30, patience=2, **harmful)
    result = train(Linear(), learn, validation=validation, config=config, progress=False)
    assert len(result.history) == result.best_epoch + 2 < 30


def test_memory_errors_name_the_batch_size(blobs, monkeypatch):
    """What JAX says of exhausted memory becomes a MemoryError that says what to change."""

    def exhausted(*_, **__):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99999999999 bytes.")

    monkeypatch.setattr("galmorph.training._engine.feed.Streamed.take", exhausted)
    with pytest.raises(MemoryError, match=r"lenet5 with batches of 64 stamps of \(32, 32, 1\); choose a smaller"):
        train("lenet5", blobs, progress=False)


def test_memory_is_what_a_step_holds(blobs):
    """It covers weights, two moments of each and a batch of stamps, and a larger batch takes more."""
    small, large = (
        train(Linear(), blobs, config=quick(optimizer="adamw", batch_size=size), progress=False) for size in (8, 32)
    )
    held = 3 * 4 * sum(leaf.size for leaf in weights(small.classifier.model))
    assert small.memory > held + 8 * blobs.stamps[0].nbytes
    assert large.memory > small.memory + 24 * blobs.stamps[0].nbytes


def test_progress_is_reported_as_a_fraction(blobs):
    """The function is called with ever larger fractions of the training, from 0 to 1."""
    reported = []
    train("lenet5", blobs, config=quick(), progress=reported.append)
    assert reported == sorted(reported)
    assert (reported[0], reported[-1]) == (0, 1)


@pytest.mark.usefixtures("unchecked_shapes")
def test_arguments_of_another_type_are_refused(blobs, tmp_path):
    """A dictionary for the configuration, a folder for a data set: the error says what to write instead."""
    with pytest.raises(
        InvalidValueError, match=r"config: expected a TrainConfig, got a dict; write TrainConfig\(epochs"
    ):
        train("lenet5", blobs, config={"epochs": 3}, progress=False)
    with pytest.raises(
        InvalidValueError, match="dataset: expected a Dataset, got 'images'; load a folder of images with"
    ):
        train("lenet5", "images", progress=False)
    with pytest.raises(
        InvalidValueError, match=r"validation: expected a Dataset, got .*; load a folder of images with"
    ):
        train("lenet5", blobs, validation=tmp_path, progress=False)
    with pytest.raises(InvalidValueError, match=r"dataset: expected a Dataset, got a ndarray$"):
        train("lenet5", blobs.stamps, progress=False)


def test_what_makes_a_training_worth_little_is_said(blobs):
    """A batch that is mostly repetition, a validation set that was learned from, a class without galaxies."""
    few, config = blobs[:20], quick(epochs=1)
    with pytest.warns(GalmorphWarning, match="batch_size: 64 for a training set of 20 galaxies: .* choose 5 or less"):
        train(Linear(), few, config=quick(epochs=1, batch_size=64), progress=False)
    with pytest.warns(GalmorphWarning, match="validation: is the training set, and can't show overfitting"):
        train(Linear(), few, validation=few, config=config, progress=False)
    round_ones = blobs[blobs.labels == 0]
    with pytest.warns(DatasetWarning, match="no training galaxies of long: a network never learns to answer that"):
        train(Linear(), round_ones, config=config, progress=False)


def test_stamps_that_are_not_finite_are_refused(blobs):
    """Those of a file are not all read before: they are named then, instead of a learning rate that is too high."""
    dataset = Dataset((blobs.stamps / 255).astype(np.float32), blobs.labels, blobs.classes)
    dataset.stamps[7, 3, 4] = np.nan
    with pytest.raises(InvalidValueError, match="dataset: expected stamps of finite numbers, but some are NaN"):
        train(Linear(), dataset, config=quick(), progress=False)
