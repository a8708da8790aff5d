"""Votes from columns of a table: checked where they enter, and used as the definition of the loss says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_networks import Linear, quick, weights

from galmorph.data import Dataset
from galmorph.errors import DatasetWarning, FileFormatError, InvalidValueError
from galmorph.training import SoftLabels, TrainConfig, train, train_seeds


@pytest.fixture(scope="module")
def fractions(blobs) -> np.ndarray:
    """Draw votes of which the label has most."""
    most = np.random.default_rng(0).uniform(0.55, 1.0, 60)
    made = np.empty((60, 2))
    made[np.arange(60), blobs.labels], made[np.arange(60), 1 - blobs.labels] = most, 1 - most
    return made


def test_certain_votes_are_labels(blobs):
    """Fractions of 0 and 1 train the same weights as the labels, bit for bit, and have the same losses."""
    certain, votes = SoftLabels.add(blobs, np.eye(2)[blobs.labels])
    options = {"validation": blobs[:16], "progress": False}
    hard = train(Linear(), blobs[16:], config=quick(), **options)
    soft = train(Linear(), certain[16:], config=quick(soft_labels=votes), **(options | {"validation": certain[:16]}))
    for one, other in zip(weights(hard.classifier.model), weights(soft.classifier.model), strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        np.testing.assert_allclose(hard.history[name], soft.history[name], rtol=1e-3, atol=1e-6)


def test_the_first_step_goes_along_the_gradient_of_the_cross_entropy(blobs, fractions):
    """One batch, one step: the kernel moves by a tenth of the mean of (fractions - softmax) times the pixels."""
    galaxies, votes = SoftLabels.add(blobs, fractions)
    config = quick(epochs=1, batch_size=60, soft_labels=votes)
    result = train(Linear(), galaxies, config=config, progress=False)
    scaling, before = result.classifier.scaling, Linear()
    pixels = ((blobs.stamps / 255 - scaling.mean[0]) / scaling.std[0]).reshape(60, -1)
    logits = pixels @ np.asarray(before.dense.kernel[...])
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = np.asarray(before.dense.kernel[...]) + 0.1 * pixels.T @ (fractions - softmax) / 60
    np.testing.assert_allclose(np.asarray(result.classifier.model.dense.kernel[...]), expected, atol=1e-5)
    entropy = -(fractions * np.log(softmax)).sum(axis=1).mean()
    np.testing.assert_allclose(result.history["loss"][0], entropy, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fractions", "counts"])
def test_several_seeds_learn_from_votes(blobs, fractions, kind):
    """Training several at once equals training one."""
    galaxies, votes = SoftLabels.add(blobs, fractions if kind == "fractions" else np.round(40 * fractions), kind=kind)
    config = TrainConfig(epochs=1, batch_size=30, soft_labels=votes, seed=4, augmentation=quick().augmentation)
    options = {"config": config, "validation": galaxies[:16], "progress": False}
    (alone, _) = train_seeds("lenet5", galaxies[16:], (4, 5), **options)
    one = train("lenet5", galaxies[16:], **options)
    np.testing.assert_allclose(one.history["validation_loss"], alone.history["validation_loss"], rtol=1e-3)


def test_a_configuration_describes_its_votes():
    """Without votes, the description is that of earlier versions; with them, it makes the configuration again."""
    assert "soft_labels" not in TrainConfig().to_dict()
    config = TrainConfig(soft_labels=SoftLabels(("a", "b"), "counts"))
    described = json.loads(json.dumps(config.to_dict()))
    made = {"augmentation": config.augmentation, "soft_labels": SoftLabels(**described["soft_labels"])}
    assert TrainConfig(**{**described, **made}) == config


def test_votes_belong_to_a_training(tmp_path, blobs, fractions):
    """A checkpoint of a training with other votes is refused."""
    galaxies, votes = SoftLabels.add(blobs, fractions)
    options = {"progress": False, "checkpoints": tmp_path, "checkpoint_seconds": 0}
    train(Linear(), galaxies, config=quick(epochs=1, soft_labels=votes), **options)
    others, _ = SoftLabels.add(blobs, np.eye(2)[blobs.labels])
    with pytest.raises(FileFormatError, match="belongs to another training"):
        train(Linear(), others, config=quick(epochs=1, soft_labels=votes), **options)


def test_votes_stay_with_their_galaxies(blobs, fractions):
    """Whatever rows are chosen, their votes come along."""
    galaxies, votes = SoftLabels.add(blobs, fractions)
    rows = np.array([5, 0, 44])
    np.testing.assert_allclose(votes.of(galaxies[rows]), fractions[rows], atol=1e-6)
    one, other = galaxies.split((0.5, 0.5), seed=0)
    assert len(votes.of(one)) + len(votes.of(other)) == 60


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda x: np.where(x == x.max(), np.nan, x), "fractions", "finite and not below 0, but those of 1 of 60 gal"),
        (lambda x: x - 0.6, "fractions", "finite and not below 0, but those of"),
        (
            lambda x: 30 * x,
            "fractions",
            r"sum to 1, but those of 60 of 60 galaxies don't; those of row 0 sum to 30\. D",
        ),
        (lambda x: 0 * x, "counts", "expected at least one vote for each galaxy, but 60 of 60 have less, the first is"),
        (lambda x: x[:59], "fractions", r"votes: expected numbers of shape \(60, 2\), .* got shape \(59, 2\)"),
        (lambda x: x[:, :1], "fractions", r"votes: expected numbers of shape \(60, 2\)"),
    ],
    ids=["nan", "negative", "counts", "none", "rows", "classes"],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_wrong_votes_are_refused(blobs, fractions, change, kind, message):
    """Errors say which galaxies have what, and what to do."""
    with pytest.raises(InvalidValueError, match=message):
        SoftLabels.add(blobs, change(fractions), kind=kind)


def test_columns_must_be_there_and_in_order(blobs, fractions):
    """A missing column is named, a wrong number of columns counted, and swapped columns make a warning."""
    galaxies, votes = SoftLabels.add(blobs, fractions)
    with pytest.raises(
        InvalidValueError, match="validation: expected a column of votes for each class in its table, b"
    ):
        votes.of(blobs, name="validation")
    with pytest.raises(InvalidValueError, match="columns: expected one for each of the 2 classes round, long, got 3"):
        SoftLabels(("a", "b", "c")).of(galaxies)
    with pytest.warns(DatasetWarning, match="label of 60 of 60 galaxies is not the class with most votes; are the col"):
        SoftLabels(votes.columns[::-1]).of(galaxies)
    with pytest.raises(InvalidValueError, match="columns: expected a different name for each of at least two classes"):
        SoftLabels(("a", "a"))


def test_what_does_not_go_together_is_refused(blobs, fractions):
    """Counts are not smoothed, weighted or mixed; fresh galaxies need votes, too."""
    galaxies, votes = SoftLabels.add(blobs, fractions)
    counts = replace(votes, kind="counts")
    for option in ({"label_smoothing": 0.1}, {"class_weighting": True}, {"mixup": 0.2}):
        with pytest.raises(InvalidValueError, match="expected no change of the targets with soft labels of counts"):
            quick(soft_labels=counts, **option)
    with pytest.raises(InvalidValueError, match="fresh: expected a column of votes for each class in its table"):
        train(Linear(), galaxies, config=quick(soft_labels=votes), progress=False, fresh=lambda _: blobs)


def test_each_epoch_learns_the_votes_of_its_galaxies(blobs):
    """Where all votes are for the label, fresh galaxies in another order teach the same as their labels."""

    def fresh(epoch: int) -> Dataset:
        return blobs[np.roll(np.arange(len(blobs)), epoch)]

    def voted(epoch: int) -> Dataset:
        galaxies = fresh(epoch)
        return SoftLabels.add(galaxies, np.eye(2)[galaxies.labels])[0]

    galaxies, votes = SoftLabels.add(blobs, np.eye(2)[blobs.labels])
    config = quick(epochs=3)
    hard = train(Linear(), blobs, fresh=fresh, config=config, progress=False)
    soft = train(Linear(), galaxies, fresh=voted, config=replace(config, soft_labels=votes), progress=False)
    for one, other in zip(weights(hard.classifier.model), weights(soft.classifier.model), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_balanced_sampling_takes_the_votes_of_the_repeated_galaxies(blobs):
    """With one class four times as frequent, each row still learns its own votes."""
    rows = np.concatenate([np.flatnonzero(blobs.labels == 0)[:24], np.flatnonzero(blobs.labels == 1)[:6]])
    galaxies, votes = SoftLabels.add(blobs[rows], np.eye(2)[blobs.labels[rows]])
    config = quick(balanced_sampling=True, batch_size=10)
    hard = train(Linear(), blobs[rows], config=config, progress=False)
    soft = train(Linear(), galaxies, config=replace(config, soft_labels=votes), progress=False)
    for one, other in zip(weights(hard.classifier.model), weights(soft.classifier.model), strict=True):
        np.testing.assert_array_equal(one, other)
