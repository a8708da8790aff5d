"""Training that sees other galaxies in each epoch."""

import numpy as np
import pytest
from small_networks import Linear, quick

from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.training import train

CONFIG = quick(epochs=3)


def brighter(blobs: Dataset, epoch: int) -> Dataset:
    """Make galaxies of an epoch: the same, but not the same pixels."""
    return Dataset(np.roll(blobs.stamps, epoch, axis=1), blobs.labels, blobs.classes)


def test_each_epoch_asks_for_its_own_galaxies(blobs):
    """The first epoch has the data set's, each later one those of its number, and they are learned from."""
    asked = []

    def fresh(epoch: int) -> Dataset:
        asked.append(epoch)
        return brighter(blobs, epoch)

    other = train(Linear(), blobs, fresh=fresh, config=CONFIG, progress=False)
    same = train(Linear(), blobs, config=CONFIG, progress=False)
    assert asked == [1, 2]
    assert other.history["loss"][0] == same.history["loss"][0]
    assert (other.history["loss"][1:] != same.history["loss"][1:]).all()


def test_the_same_galaxies_again_change_nothing(blobs):
    """Where the galaxies of each epoch are those of the data set, so are the weights, bit for bit."""
    fresh, plain = (
        train(Linear(), blobs, fresh=maker, config=CONFIG, progress=False) for maker in (lambda _: blobs, None)
    )
    np.testing.assert_array_equal(fresh.classifier.logits(blobs.stamps), plain.classifier.logits(blobs.stamps))


def test_a_stopped_training_resumes_with_the_galaxies_of_its_epoch(tmp_path, blobs):
    """Stopped in its second epoch and started again, it ends with the bits of one that was not stopped."""
    asked = []

    def fresh(epoch: int) -> Dataset:
        asked.append(epoch)
        return brighter(blobs, epoch)

    def stop(epoch: int) -> Dataset:
        if epoch == 2:
            raise KeyboardInterrupt
        return fresh(epoch)

    whole = train(Linear(), blobs, fresh=fresh, config=CONFIG, progress=False)
    kept = {"config": CONFIG, "checkpoints": tmp_path, "checkpoint_seconds": 0.0, "progress": False}
    with pytest.raises(KeyboardInterrupt):
        train(Linear(), blobs, fresh=stop, **kept)
    asked.clear()
    rest = train(Linear(), blobs, fresh=fresh, **kept)
    assert asked == [2]
    np.testing.assert_array_equal(rest.classifier.logits(blobs.stamps), whole.classifier.logits(blobs.stamps))


def test_galaxies_of_another_kind_are_refused(blobs):
    """Fewer galaxies would shift the learning rate, another size would not fit the network."""
    with pytest.raises(InvalidValueError, match="fresh: expected classes, shape and type"):
        train(
            Linear(),
            blobs,
            fresh=lambda _: Dataset(blobs.stamps[:10], blobs.labels[:10], blobs.classes),
            config=CONFIG,
            progress=False,
        )
