"""Metrics against scikit-learn, and weights against galaxies that stand several times."""

import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from galmorph.comparison import (
    accuracy,
    balanced_accuracy,
    calibration_error,
    class_precision,
    class_recall,
    confusion,
    log_loss,
    macro_f1,
)
from galmorph.comparison._findings.small_classes import warn_of_small_classes
from galmorph.errors import FewGalaxiesWarning, InvalidValueError

METRICS = [accuracy, balanced_accuracy, macro_f1, log_loss, calibration_error]
IN_WORDS = [metric.__name__ for metric in METRICS]


@st.composite
def answers(draw):
    """Labels, probabilities and whole weights of a few galaxies."""
    galaxies, classes = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    labels = draw(arrays(np.int64, galaxies, elements=st.integers(0, classes - 1)))
    raw = draw(arrays(np.float64, (galaxies, classes), elements=st.floats(0.01, 1)))
    weights = draw(arrays(np.int64, (3, galaxies), elements=st.integers(0, 3)))
    weights[:, 0] += 1  # at least one galaxy is drawn
    return labels, raw / raw.sum(axis=1, keepdims=True), weights.astype(float)


@given(answers())
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true|A single label was found:UserWarning")
def test_metrics_are_scikit_learns(case):
    """Without weights each number is scikit-learn's; a class that is absent is left out of the means by both."""
    labels, probabilities, _ = case
    predicted, every = probabilities.argmax(axis=1), np.arange(probabilities.shape[1])
    assert accuracy(labels, probabilities) == pytest.approx(sk.accuracy_score(labels, predicted))
    assert balanced_accuracy(labels, probabilities) == pytest.approx(sk.balanced_accuracy_score(labels, predicted))
    assert macro_f1(labels, probabilities) == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert log_loss(labels, probabilities) == pytest.approx(sk.log_loss(labels, probabilities, labels=every))
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


@given(answers(), st.sampled_from(METRICS))
def test_a_weight_is_a_number_of_copies(case, metric):
    """A galaxy of weight 3 counts as if it stood three times, one of weight 0 as if it were not there."""
    labels, probabilities, weights = case
    copies = [metric(np.repeat(labels, row), np.repeat(probabilities, row, axis=0)) for row in weights.astype(np.int64)]
    np.testing.assert_allclose(metric(labels, probabilities, weights), copies, rtol=1e-9, atol=1e-12)


@given(answers())
def test_class_numbers_take_weights_too(case):
    """Precision and recall of each class, for each row of weights, are those of the copies."""
    labels, probabilities, weights = case
    for metric in (class_precision, class_recall):
        copies = [metric(np.repeat(labels, row), np.repeat(probabilities, row, axis=0)) for row in weights.astype(int)]
        np.testing.assert_allclose(metric(labels, probabilities, weights), copies, rtol=1e-12)


@given(answers())
def test_calibration_error_has_scikit_learns_bins(case):
    """The error is the mean of the distances in scikit-learn's `calibration_curve`, each bin by its galaxies."""
    labels, probabilities, _ = case
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    accuracies, confidences = calibration_curve(right, sure, n_bins=15, strategy="uniform")
    # The curve leaves out empty bins and does not tell how full the others are.
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


@pytest.mark.parametrize("metric", METRICS, ids=IN_WORDS)
def test_impossible_answers_are_refused(metric, monkeypatch):
    """Labels lie in the classes, probabilities add up to 1, weights fit, and there is a galaxy."""
    # As users run it: in tests, the types of the arguments would refuse other lengths first.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    with pytest.raises(InvalidValueError, match=r"labels: expected one for each of 2 rows .* got 3"):
        metric(np.array([0, 1, 1]), probabilities)
    with pytest.raises(InvalidValueError, match="labels: expected one for each of 0 rows"):
        metric(labels[:0], probabilities[:0])
    with pytest.raises(InvalidValueError, match="labels: expected classes from 0 to 1, got 0 to 2"):
        metric(np.array([0, 2]), probabilities)
    with pytest.raises(InvalidValueError, match="give logits through softmax"):
        metric(labels, 2 * probabilities)
    with pytest.raises(InvalidValueError, match="got nan as the least"):
        metric(labels, probabilities * np.nan)
    with pytest.raises(InvalidValueError, match="weights: expected one for each of 2 galaxies in each row, got shape"):
        metric(labels, probabilities, np.ones((1, 3)))
    with pytest.raises(InvalidValueError, match="weights: expected none below 0 and some above 0"):
        metric(labels, probabilities, np.zeros((1, 2)))


def test_bins_are_counted_from_one():
    """There is at least one bin."""
    with pytest.raises(InvalidValueError, match="bins: expected a whole number of at least 1, got 0"):
        calibration_error(np.array([0]), np.array([[1.0, 0.0]]), bins=0)


def test_each_small_class_gives_a_warning():
    """Dai & Tong's 58 cigars are enough, 29 and none are not; the warning names the class and its number."""
    labels = np.repeat([0, 1], [58, 29])
    with pytest.warns(FewGalaxiesWarning, match="class") as caught:
        warn_of_small_classes(labels, ["cigar", "edge_on", "spiral"])
    texts = [str(warning.message) for warning in caught]
    assert [text.split(";")[0] for text in texts] == [
        "class 'edge_on': expected at least 30 test galaxies, got 29",
        "class 'spiral': expected at least 30 test galaxies, got 0",
    ]


def test_large_classes_give_none():
    """With 30 galaxies each, nothing is to be said; warnings are errors here."""
    warn_of_small_classes(np.repeat([0, 1], 30), ["elliptical", "spiral"])
