"""Confusion matrix, precision and recall of each class, against scikit-learn."""

import numpy as np
import pytest
from fabricated import weighted_answers
from hypothesis import given
from sklearn import metrics as sk

from galmorph.comparison._statistics.confusion import class_precision, class_recall, confusion
from galmorph.errors import InvalidValueError


@given(weighted_answers())
@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
def test_numbers_of_classes_are_scikit_learns(case):
    """The matrix, and the precision and recall of each class, are those of scikit-learn; undefined ones are NaN."""
    labels, probabilities, _ = case
    predicted, every = probabilities.argmax(axis=1), np.arange(probabilities.shape[1])
    np.testing.assert_array_equal(
        confusion(labels, probabilities), sk.confusion_matrix(labels, predicted, labels=every)
    )
    options = {"labels": every, "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(
        class_precision(labels, probabilities), sk.precision_score(labels, predicted, **options), rtol=1e-12
    )
    np.testing.assert_allclose(
        class_recall(labels, probabilities), sk.recall_score(labels, predicted, **options), rtol=1e-12
    )


@given(weighted_answers())
def test_class_numbers_take_weights_too(case):
    """Precision and recall of each class, for each row of weights, are those of the copies."""
    labels, probabilities, weights = case
    for metric in (class_precision, class_recall):
        copies = [metric(np.repeat(labels, row), np.repeat(probabilities, row, axis=0)) for row in weights.astype(int)]
        np.testing.assert_allclose(metric(labels, probabilities, weights), copies, rtol=1e-12)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        (np.array(["E", "S"]), np.eye(2), "labels: expected one whole number, .* for each galaxy, got .* type <U1"),
        (np.array([0.0, 1.0]), np.eye(2), r"labels: expected one whole number, .* shape \(2,\) and type float64"),
        (
            np.array([0, 1]),
            np.array([0, 1]),
            r"of shape \(galaxies, classes\), got an array of shape \(2,\) and type int64",
        ),
        (np.array([0, 1]), np.eye(2)[None], r"of shape \(galaxies, classes\), got an array of shape \(1, 2, 2\)"),
        ([0, 1], np.eye(2), "labels: expected an array, got a list; use numpy.asarray"),
    ],
    ids=["texts", "floats", "answers", "passes", "list"],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_no_answer_is_refused(labels, probabilities, message):
    """Names in place of labels, answers in place of probabilities, and several passes are named."""
    with pytest.raises(InvalidValueError, match=message):
        confusion(labels, probabilities)
