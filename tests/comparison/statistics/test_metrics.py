"""Metrics against scikit-learn, and weights against galaxies that are repeated."""

import numpy as np
import pytest
from fabricated import weighted_answers
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from galmorph.comparison._statistics.metrics import accuracy, balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.errors import InvalidValueError
from galmorph.training import Scores

METRICS = [accuracy, balanced_accuracy, macro_f1, log_loss, calibration_error]
IN_WORDS = [metric.__name__ for metric in METRICS]


@given(weighted_answers())
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true|A single label was found:UserWarning")
def test_metrics_are_scikit_learns(case):
    """Without weights each number is scikit-learn's; a class that is absent is left out of the means by both."""
    labels, probabilities, _ = case
    predicted, every = probabilities.argmax(axis=1), np.arange(probabilities.shape[1])
    assert accuracy(labels, probabilities) == pytest.approx(sk.accuracy_score(labels, predicted))
    assert balanced_accuracy(labels, probabilities) == pytest.approx(sk.balanced_accuracy_score(labels, predicted))
    assert macro_f1(labels, probabilities) == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert log_loss(labels, probabilities) == pytest.approx(sk.log_loss(labels, probabilities, labels=every))


@given(weighted_answers(), st.sampled_from(METRICS))
def test_a_weight_is_a_number_of_copies(case, metric):
    """A galaxy of weight 3 counts as if it stood three times, one of weight 0 as if it were not there."""
    labels, probabilities, weights = case
    copies = [metric(np.repeat(labels, row), np.repeat(probabilities, row, axis=0)) for row in weights.astype(np.int64)]
    np.testing.assert_allclose(metric(labels, probabilities, weights), copies, rtol=1e-9, atol=1e-12)


@given(weighted_answers())
def test_calibration_error_has_scikit_learns_bins(case):
    """The error is the mean of the distances in scikit-learn's `calibration_curve`, each bin by its galaxies."""
    labels, probabilities, _ = case
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    accuracies, confidences = calibration_curve(right, sure, n_bins=15, strategy="uniform")
    # The curve leaves out empty bins, and does not give the numbers in the others.
    full = np.unique(np.searchsorted(np.linspace(0, 1, 16)[1:-1], sure), return_counts=True)[1]
    expected = np.average(np.abs(accuracies - confidences), weights=full)
    assert calibration_error(labels, probabilities) == pytest.approx(expected, abs=1e-12)


def test_calibration_error_by_hand():
    """Two of four at 0.9 right, one of one at 0.6 right: (4 x 0.4 + 1 x 0.4) / 5; in one bin they offset each other."""
    sure = np.array([0.9, 0.9, 0.9, 0.9, 0.6])
    probabilities = np.stack([sure, 1 - sure], axis=1)
    labels = np.array([0, 0, 1, 1, 0])
    assert calibration_error(labels, probabilities) == pytest.approx((4 * 0.4 + 0.4) / 5)
    assert calibration_error(labels, probabilities, bins=1) == pytest.approx(abs(3 / 5 - 4.2 / 5))


def test_a_bin_has_its_upper_edge():
    """Guo et al.'s bins are ((m - 1) / M, m / M]: 0.5 is in the lower one of two, apart from 0.6."""
    probabilities = np.array([[0.5, 0.5], [0.6, 0.4]])
    apart = (abs(1 - 0.5) + abs(0 - 0.6)) / 2
    assert calibration_error(np.array([0, 1]), probabilities, bins=2) == pytest.approx(apart)


def test_a_probability_of_zero_is_finite():
    """One galaxy whose class was thought impossible does not make the log loss infinite: float32 ends at 1.2e-38."""
    loss = log_loss(np.array([0, 1]), np.array([[1, 0], [1, 0]], np.float32))
    assert loss == pytest.approx(-np.log(1.1754944e-38) / 2)


def test_the_log_loss_is_that_of_the_logits():
    """It is the log loss of `Scores` up to rounding, except where a probability underflows."""
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 5, (200, 4)).astype(np.float32), rng.integers(4, size=200)
    scores = Scores(logits, labels, ("a", "b", "c", "d"))
    assert log_loss(labels, scores.probabilities) == pytest.approx(scores.log_loss, rel=1e-6)
    logits[0] = -200 * np.eye(4)[labels[0]]
    assert log_loss(labels[:1], scores.probabilities[:1]) == pytest.approx(-np.log(1.1754944e-38))
    assert Scores(logits[:1], labels[:1], scores.classes).log_loss == pytest.approx(200 + np.log(3))


@pytest.mark.parametrize("metric", METRICS, ids=IN_WORDS)
@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_answers_are_refused(metric):
    """Labels lie in the classes, probabilities add up to 1, weights fit, and there is a galaxy."""
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    with pytest.raises(InvalidValueError, match=r"labels: expected one for each of 2 rows .* got 3"):
        metric(np.array([0, 1, 1]), probabilities)
    with pytest.raises(InvalidValueError, match="labels: expected one for each of 0 rows"):
        metric(labels[:0], probabilities[:0])
    with pytest.raises(InvalidValueError, match="labels: expected classes from 0 to 1, got 0 to 2"):
        metric(np.array([0, 2]), probabilities)
    with pytest.raises(InvalidValueError, match="apply softmax to logits"):
        metric(labels, 2 * probabilities)
    with pytest.raises(InvalidValueError, match="got a minimum of nan"):
        metric(labels, probabilities * np.nan)
    with pytest.raises(InvalidValueError, match="weights: expected one for each of 2 galaxies in each row, got shape"):
        metric(labels, probabilities, np.ones((1, 3)))
    with pytest.raises(InvalidValueError, match="weights: expected none below 0 and at least one above 0"):
        metric(labels, probabilities, np.zeros((1, 2)))


def test_bins_are_counted_from_one():
    """There is at least one bin."""
    with pytest.raises(InvalidValueError, match="bins: expected a whole number of at least 1, got 0"):
        calibration_error(np.array([0]), np.array([[1.0, 0.0]]), bins=0)
