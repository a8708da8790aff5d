"""Confusion matrix, precision and recall of each class, against scikit-learn."""

import numpy as np
import pytest
from fabricated import weighted_answers
from hypothesis import given
from sklearn import metrics as sk

from galmorph.comparison._statistics.confusion import class_precision, class_recall, confusion


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
