"""Scores against hand computations and scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import Dataset
from galmorph.errors import InvalidValueError
from galmorph.training import Scores, evaluate


def certain(answers, classes: int) -> np.ndarray:
    """Logits that leave no doubt about the answers."""
    return np.eye(classes, dtype=np.float32)[answers] * 20


def test_scores_by_hand():
    """Three of four right; recalls 1, 1/2 and none; rows of the confusion matrix are labels."""
    scores = Scores(certain([0, 0, 1, 0], 3), np.array([0, 0, 1, 1], np.int32), ("a", "b", "c"))
    assert (scores.correct, scores.accuracy, scores.balanced_accuracy) == (3, 0.75, 0.75)
    np.testing.assert_array_equal(scores.confusion, [[2, 0, 0], [1, 1, 0], [0, 0, 0]])
    assert scores.recall() == pytest.approx({"a": 1.0, "b": 0.5, "c": np.nan}, nan_ok=True)


def test_the_table_of_classes_by_hand():
    """One row for each class, with counts, recall and precision; what can't be divided is masked."""
    scores = Scores(certain([0, 0, 1, 0, 3], 4), np.array([0, 0, 1, 1, 0], np.int32), ("a", "b", "c", "d"))
    table = scores.to_table()
    assert table.colnames == ["class", "galaxies", "answers", "correct", "recall", "precision"]
    assert [list(row) for row in table["class", "galaxies", "answers", "correct"]] == [
        ["a", 3, 3, 2],
        ["b", 2, 1, 1],
        ["c", 0, 0, 0],
        ["d", 0, 1, 0],
    ]
    assert table["recall"].tolist() == [2 / 3, 0.5, None, None]
    assert table["precision"].tolist() == [2 / 3, 1.0, None, 0.0]


def test_what_is_suspicious_is_printed():
    """A class that is never answered, and an accuracy below that of a constant answer; nothing if all is well."""
    labels = np.array([0, 0, 0, 1, 1, 2], np.int32)
    constant = Scores(certain([1] * 6, 3), labels, ("a", "b", "c"))
    assert repr(constant).endswith(
        "; never answers a, c; the answer a to every galaxy would have an accuracy of 0.500)"
    )
    assert Scores(certain(labels, 3), labels, ("a", "b", "c")).doubts() == []


@given(st.integers(1, 40), st.integers(0, 2**31))
def test_scores_agree_with_scikit_learn(galaxies, seed):
    """Accuracy, balanced accuracy, log loss and confusion of random answers are scikit-learn's."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(3), rng.integers(0, 3, galaxies)]).astype(np.int32)
    scores = Scores(rng.normal(0, 3, (len(labels), 3)).astype(np.float32), labels, ("a", "b", "c"))
    assert scores.accuracy == pytest.approx(sklearn.metrics.accuracy_score(labels, scores.predictions))
    assert scores.balanced_accuracy == pytest.approx(
        sklearn.metrics.recall_score(labels, scores.predictions, average="macro")
    )
    probabilities = scores.probabilities.astype(float)
    probabilities /= probabilities.sum(1, keepdims=True)
    assert scores.log_loss == pytest.approx(sklearn.metrics.log_loss(labels, probabilities), rel=1e-5)
    np.testing.assert_array_equal(scores.confusion, sklearn.metrics.confusion_matrix(labels, scores.predictions))


@pytest.mark.parametrize("galaxies", [1, 59, 60])
def test_every_image_counts_once(blobs, classifier, galaxies):
    """There is an answer for each galaxy, in order, whatever the batches: the same as if asked alone."""
    scores = evaluate(classifier, blobs[:galaxies])
    assert len(scores) == galaxies
    alone = np.concatenate([classifier.logits(blobs.stamps[row : row + 1]) for row in range(min(galaxies, 5))])
    np.testing.assert_allclose(scores.logits[:5], alone, rtol=1e-4, atol=1e-5)


def test_other_classes_are_refused(blobs, classifier):
    """A data set of other classes can't be evaluated."""
    with pytest.raises(
        InvalidValueError,
        match=r"dataset: expected the classes of the training, \('round', 'long'\), in this order, got \('a', 'b'\)",
    ):
        evaluate(classifier, Dataset(blobs.stamps, blobs.labels, ("a", "b")))


def test_means_over_orientations_are_scored(classifier, blobs):
    """On request, what is scored are the probabilities averaged over eight orientations, which `predict` gives too."""
    scores = evaluate(classifier, blobs, orientations=True)
    expected = classifier.probabilities(blobs.stamps, orientations=True)
    np.testing.assert_allclose(scores.probabilities, expected, atol=1e-6)
    assert np.abs(scores.probabilities - evaluate(classifier, blobs).probabilities).max() > 1e-3
