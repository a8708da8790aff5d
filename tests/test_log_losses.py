"""What metrics are made of: correct answers and log losses of single galaxies, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import log_loss

from galmorph._metrics import correct_answers, log_losses, log_losses_of_probabilities


@given(st.integers(0, 2**32))
def test_both_log_losses_are_scikit_learns(seed):
    """In double precision, losses of logits and of their probabilities agree with scikit-learn's up to rounding."""
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 5, (8, 3)), rng.integers(3, size=8)
    probabilities = softmax(logits, axis=1)
    expected = log_loss(labels, probabilities, labels=[0, 1, 2])
    assert log_losses(labels, logits).mean() == pytest.approx(expected, rel=1e-9)
    # A probability near 1 is rounded by up to half of epsilon, and its logarithm, the loss, by as much.
    of_logits, of_probabilities = log_losses(labels, logits), log_losses_of_probabilities(labels, probabilities)
    np.testing.assert_allclose(of_logits, of_probabilities, rtol=1e-9, atol=4 * np.finfo(np.float64).eps)


def test_only_probabilities_underflow():
    """A logit 1,000 below another costs 1,000, also in single precision; its probability is 0, which is clipped."""
    logits, labels = np.array([[0, -1000]], np.float32), np.array([1])
    assert log_losses(labels, logits).tolist() == [1000.0]
    clipped = log_losses_of_probabilities(labels, softmax(logits, axis=1))
    assert clipped == pytest.approx(-np.log(np.finfo(np.float32).tiny))


def test_correct_answers_by_hand():
    """The class with the largest number is the answer; of equal ones, the first; runs come first in the shape."""
    answers = np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.2, 0.8], [0.3, 0.7]]])
    assert correct_answers(np.array([0, 1]), answers).tolist() == [[True, False], [False, True]]
