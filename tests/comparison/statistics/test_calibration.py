"""Reliability against scikit-learn and hand computations."""

import numpy as np
import pytest
from fabricated import noisy_logits
from scipy.special import softmax
from sklearn.calibration import calibration_curve

from galmorph.comparison._statistics.calibration import reliability
from galmorph.comparison._statistics.metrics import calibration_error
from galmorph.comparison._statistics.proportions import wilson_interval
from galmorph.errors import InvalidValueError


@pytest.mark.parametrize("bins", [5, 15])
def test_reliability_is_scikit_learns(bins):
    """Bins that are not empty are those of `sklearn.calibration.calibration_curve`; intervals are Wilson's."""
    logits, labels = noisy_logits(300, 3, 2.0)
    probabilities = softmax(logits, axis=1)
    table = reliability(labels, probabilities, bins=bins)
    full = table[table["galaxies"] > 0]
    right = probabilities.argmax(axis=1) == labels
    accuracies, confidences = calibration_curve(right, probabilities.max(axis=1), n_bins=bins, strategy="uniform")
    np.testing.assert_allclose(full["accuracy"], accuracies)
    np.testing.assert_allclose(full["probability"], confidences)
    for row in full:
        wins = round(row["accuracy"] * row["galaxies"])
        assert (row["accuracy_low"], row["accuracy_high"]) == wilson_interval(wins, int(row["galaxies"]))
    distance = np.abs(full["accuracy"] - full["probability"])
    error = np.average(distance, weights=full["galaxies"])
    assert calibration_error(labels, probabilities, bins=bins) == pytest.approx(error)


def test_an_empty_bin_tells_nothing():
    """Each bin has a row; without galaxies its accuracy is not a number and its interval from 0 to 1."""
    table = reliability(np.array([0, 0, 1]), np.array([[0.9, 0.1]] * 3), bins=4)
    np.testing.assert_array_equal(table["galaxies"], [0, 0, 0, 3])
    np.testing.assert_allclose([*table["low"], table["high"][-1]], [0, 0.25, 0.5, 0.75, 1])
    assert np.isnan(table["accuracy"][0])
    assert (table["accuracy_low"][0], table["accuracy_high"][0]) == (0, 1)
    assert table["accuracy"][3] == pytest.approx(2 / 3)


def test_a_bin_of_one_galaxy():
    """One galaxy at 0.6, which is wrong, and one at 0.9, which is right, have a bin each with their numbers."""
    table = reliability(np.array([1, 0]), np.array([[0.6, 0.4], [0.9, 0.1]]), bins=4)
    np.testing.assert_array_equal(table["galaxies"], [0, 0, 1, 1])
    np.testing.assert_allclose(table["probability"][2:], [0.6, 0.9])
    np.testing.assert_allclose(table["accuracy"][2:], [0, 1])


@pytest.mark.usefixtures("unchecked_shapes")
def test_labels_must_fit():
    """There is a label for each row of probabilities."""
    with pytest.raises(InvalidValueError, match="labels: expected one for each of 1 rows"):
        reliability(np.array([0, 0]), np.array([[0.9, 0.1]]))
