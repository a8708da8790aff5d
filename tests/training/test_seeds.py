"""Several seeds at once."""

import numpy as np
import pytest
from small_networks import NO_AUGMENTATION, Linear, quick

from galmorph.errors import DivergenceError, InvalidValueError
from galmorph.training import EpochReport, TrainConfig, train, train_seeds


@pytest.mark.slow
def test_seeds_together_are_the_trainings_one_by_one(blobs):
    """Each seed gets the history and the answers that it gets alone, but for rounding."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    options = {"validation": validation, "progress": False}
    config = {"epochs": 2, "batch_size": 16, "weight_average": 0.9, "balanced_sampling": True}
    together = train_seeds("lenet5", learn, (3, 11), config=TrainConfig(**config), **options)
    for seed, one in zip((3, 11), together, strict=True):
        alone = train("lenet5", learn, config=TrainConfig(seed=seed, **config), **options)
        assert one.classifier.notes == alone.classifier.notes
        assert one.history.colnames == alone.history.colnames
        for name in ("epoch", "learning_rate", "loss", "accuracy", "validation_loss", "validation_accuracy"):
            np.testing.assert_allclose(one.history[name], alone.history[name], rtol=1e-4)
        np.testing.assert_allclose(
            one.classifier.logits(validation.stamps), alone.classifier.logits(validation.stamps), rtol=1e-3, atol=1e-4
        )
    first, second = (result.classifier.logits(validation.stamps) for result in together)
    assert np.abs(first - second).max() > 1e-2


@pytest.mark.slow
def test_each_seed_has_its_own_patience(blobs):
    """The steps of a training that is out of patience no longer count; the others continue, and are reported."""
    learn, validation = blobs.split((0.7, 0.3), seed=0)
    config = TrainConfig(
        epochs=12, batch_size=8, learning_rate=0.02, warmup=0.0, patience=1, augmentation=NO_AUGMENTATION
    )
    reports: dict[int, list[EpochReport]] = {0: [], 1: [], 2: []}
    results = train_seeds(
        "lenet5",
        learn,
        range(3),
        validation=validation,
        config=config,
        progress=False,
        on_epoch=lambda seed, report: reports[seed].append(report),
    )
    for seed, result in enumerate(results):
        assert [report.validation_loss for report in reports[seed]] == result.history["validation_loss"].tolist()
        losses = np.asarray(result.history["validation_loss"])
        assert result.best_epoch == 1 + losses.argmin()
        assert len(losses) == 12 or len(losses) == result.best_epoch + 1
    assert min(len(result.history) for result in results) < 12


@pytest.mark.usefixtures("unchecked_shapes")
def test_a_network_of_your_own_is_refused(blobs):
    """It can't be made anew for each seed; the message says what can be done."""
    with pytest.raises(
        InvalidValueError, match=r"architecture: .* got a Linear; for a network of your own, call train i"
    ):
        train_seeds(Linear(), blobs, (0, 1), progress=False)


def test_the_same_seed_twice_is_refused(blobs):
    """It would give the same network twice."""
    with pytest.raises(InvalidValueError, match=r"seeds: expected different ones, at least one, got \[1, 1\]"):
        train_seeds("lenet5", blobs, (1, 1), progress=False)


@pytest.mark.slow
def test_divergence_of_one_stops_all(blobs):
    """As in a single training, the error says what to change."""
    config = quick(epochs=3, optimizer="sgd", learning_rate=1e30, warmup=0.0)
    with pytest.raises(DivergenceError, match="lower the learning rate"):
        train_seeds("lenet5", blobs, (0, 1), config=config, progress=False)
