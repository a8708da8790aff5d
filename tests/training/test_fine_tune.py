"""Fine-tuning: a training that starts from a trained classifier."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from small_networks import Tiny, quick, weights

from galmorph.data import Dataset
from galmorph.errors import DatasetWarning, FileFormatError, InvalidValueError
from galmorph.preprocessing import FractionCrop, Recipe
from galmorph.training import train
from galmorph.training._engine.history import check_finite
from galmorph.training._starting_point import StartingPoint

NEXT_TO_NOTHING = quick(epochs=1, optimizer="sgd", learning_rate=1e-30, warmup=0.0)
RECIPE = Recipe(size=32, channels=1, crop=FractionCrop(0.5))


@pytest.fixture(scope="module")
def normed(blobs):
    """Train a network with batch norm on the blobs."""
    return train(Tiny(), blobs, config=quick(), progress=False).classifier


def test_it_starts_where_the_classifier_is(classifier, blobs):
    """With a learning rate of next to nothing, other galaxies change no answer: weights, scaling, recipe are kept."""
    darker = Dataset(blobs.stamps // 3, blobs.labels, blobs.classes)
    mine = replace(classifier, recipe=RECIPE, notes={"who": "me"})
    tuned = train(mine, darker, config=NEXT_TO_NOTHING, progress=False).classifier
    np.testing.assert_array_equal(tuned.logits(blobs.stamps), classifier.logits(blobs.stamps))
    assert (tuned.scaling, tuned.recipe, tuned.architecture) == (classifier.scaling, RECIPE, "lenet5")
    assert tuned.notes["before"] == {"who": "me"}
    assert tuned.notes["config"]["learning_rate"] == 1e-30


def test_the_recipe_of_the_new_galaxies_comes_first(classifier, blobs):
    """The recipe of the galaxies that it learned from last becomes that of the classifier."""
    cut = Dataset(blobs.stamps, blobs.labels, blobs.classes, recipe=RECIPE.to_dict())
    assert StartingPoint.of(classifier, cut, seed=0).recipe == RECIPE


def test_running_statistics_go_on(normed, blobs):
    """After one batch, the mean of the first norm is nine tenths of the old one and a tenth of the batch's."""
    darker = Dataset(blobs.stamps // 3, blobs.labels, blobs.classes)
    config = replace(NEXT_TO_NOTHING, batch_size=len(blobs))
    tuned = train(normed, darker, config=config, progress=False).classifier
    maps = normed.model.conv(normed.scaling(jnp.asarray(darker.stamps / np.float32(255))))
    expected = 0.9 * normed.model.norm.mean[...] + 0.1 * maps.mean(axis=(0, 1, 2))
    np.testing.assert_allclose(tuned.model.norm.mean[...], expected, rtol=1e-4, atol=1e-6)


def test_the_classifier_is_left_as_it_is(normed, blobs):
    """Fine-tuning works on a copy, and learns."""
    before = weights(normed.model)
    tuned = train(normed, blobs, config=quick(), progress=False).classifier
    for old, same in zip(before, weights(normed.model), strict=True):
        np.testing.assert_array_equal(old, same)
    assert any(not np.array_equal(*pair) for pair in zip(before, weights(tuned.model), strict=True))


def test_it_resumes_after_a_kill(normed, classifier, blobs, tmp_path, monkeypatch):
    """Stopped in the middle and started again, fine-tuning ends with the same bits; another start is refused."""
    config = quick(seed=5)
    whole = train(normed, blobs, config=config, progress=False).classifier
    looks = iter(range(3))

    def stop(*arguments):
        check_finite(*arguments)
        if next(looks, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("galmorph.training._engine.loop.check_finite", stop)
        patch.setattr("galmorph.training._engine.loop.PAUSE", 0.0)
        with pytest.raises(KeyboardInterrupt):
            train(normed, blobs, config=config, checkpoints=tmp_path, checkpoint_seconds=0.0, progress=False)
    resumed = train(normed, blobs, config=config, checkpoints=tmp_path, progress=False).classifier
    for one, two in zip(weights(whole.model), weights(resumed.model), strict=True):
        np.testing.assert_array_equal(one, two)
    brighter = replace(normed, scaling=normed.scaling._replace(mean=(0.9,)))
    for other in (brighter, classifier):
        with pytest.raises(FileFormatError, match="belongs to another training"):
            train(other, blobs, config=config, checkpoints=tmp_path, progress=False)


@pytest.mark.slow
def test_outputs_follow_the_names_of_the_classes(classifier, blobs):
    """Classes in another order, with a new one between: the known ones are answered as before."""
    other = Dataset(blobs.stamps, 2 * (1 - blobs.labels), ("long", "odd", "round"))
    with pytest.warns(DatasetWarning, match="no training galaxies of odd: a network never learns to answer that"):
        tuned = train(classifier, other, config=NEXT_TO_NOTHING, progress=False).classifier
    assert tuned.classes == ("long", "odd", "round")
    logits = tuned.logits(blobs.stamps)
    np.testing.assert_allclose(logits[:, [2, 0]], classifier.logits(blobs.stamps), rtol=1e-5, atol=1e-6)
    assert np.ptp(logits[:, 1]) > 0
    assert classifier.logits(blobs.stamps).shape == (60, 2)


def test_the_seed_fixes_the_weights_of_new_classes(classifier, blobs):
    """Weights of a class that is new are random: the same for the same seed, others for another."""
    other = Dataset(blobs.stamps, blobs.labels, ("new", "long"))
    first, again, seeded = (
        np.asarray(StartingPoint.of(classifier, other, seed=seed).model.dense3.kernel[...]) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(seeded[:, 1], first[:, 1])
    assert not np.array_equal(seeded[:, 0], first[:, 0])


def test_other_stamps_are_refused(classifier):
    """Stamps must have the size and the channels that the classifier knows."""
    large = Dataset(np.zeros((4, 40, 40, 1), np.uint8), [0, 1, 0, 1], ("round", "long"))
    with pytest.raises(InvalidValueError, match=r"dataset: expected stamps of 32 x 32 x 1, .* got 40 x 40 x 1"):
        train(classifier, large, progress=False)


class TwoHeads(nnx.Module):
    """Two layers, either of which could be the last."""

    def __init__(self) -> None:
        self.first = nnx.Linear(1, 2, rngs=nnx.Rngs(0))
        self.second = nnx.Linear(1, 2, rngs=nnx.Rngs(1))

    def __call__(self, images):
        """Turn images into logits."""
        x = images.mean(axis=(1, 2))
        return self.first(x) + self.second(x)


def test_an_unknown_last_layer_is_refused(classifier, blobs):
    """Where it is not clear which layer answers, other classes can't be learned."""
    heads = replace(classifier, model=TwoHeads(), architecture=None)
    other = Dataset(blobs.stamps, blobs.labels, ("a", "b"))
    with pytest.raises(InvalidValueError, match=r"classifier, round, long, got a, b; .* of 2 outputs, and has 2"):
        train(heads, other, progress=False)
