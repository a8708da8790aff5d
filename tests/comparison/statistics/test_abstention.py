"""Abstention against scikit-learn and hand computations."""

import numpy as np
import pytest
from fabricated import noisy_logits
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import precision_recall_curve

from galmorph.comparison._statistics.abstention import abstain_at
from galmorph.comparison._statistics.proportions import wilson_interval
from galmorph.errors import InvalidValueError


@given(st.integers(0, 2**32), st.sampled_from([0.6, 0.8, 0.9, 0.95, 1.0]), st.sampled_from([1, 10, 30]))
def test_threshold_is_where_scikit_learns_curve_reaches_it(seed, purity, minimum):
    """It is the lowest of `precision_recall_curve` that is pure enough and leaves enough answers, ties and all."""
    logits, labels = noisy_logits(50, 3, 2.0, seed)
    probabilities = softmax(logits, axis=1).round(1)
    probabilities[:, 0] += 1 - probabilities.sum(axis=1)
    probabilities = np.abs(probabilities) / np.abs(probabilities).sum(axis=1, keepdims=True)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    assume(right.any())
    precision, recall, thresholds = precision_recall_curve(right, sure)
    kept = np.array([np.sum(sure >= threshold) for threshold in thresholds])
    found = np.flatnonzero((precision[:-1] >= purity) & (kept >= minimum))
    result = abstain_at(labels, probabilities, purity=purity, minimum=minimum)
    assert result.reached == bool(len(found))
    if result.reached:
        assert result.threshold == thresholds[found[0]]
        assert result.purity == pytest.approx(precision[found[0]])
        assert result.completeness == pytest.approx(recall[found[0]] * right.mean())
        assert result.answered == kept[found[0]] / 50
        given = result.answers(probabilities)
        assert np.sum(given >= 0) == kept[found[0]]
        assert np.mean((given == labels)[given >= 0]) == pytest.approx(result.purity)


def test_a_purity_out_of_reach_gives_no_answers():
    """Of 100 galaxies at 0.9 and 0.6, three in four are correct: no threshold reaches 95 %, and no answer is given."""
    sure = np.repeat([0.9, 0.6], 50)
    labels = (np.arange(100) % 4 == 0).astype(int)
    result = abstain_at(labels, np.stack([sure, 1 - sure], axis=1))
    assert not result.reached
    assert (result.completeness, result.answered) == (0, 0)
    assert set(result.answers(np.array([[1.0, 0.0]]))) == {-1}
    assert str(result) == (
        "no threshold reaches 95 % purity with 30 or more answers for 100 galaxies; the highest purity is 75.0 %"
    )


def test_a_lucky_galaxy_is_no_threshold():
    """The surest galaxy is right, the others are right half of the time: one answer is too few to promise purity."""
    sure = np.linspace(0.99, 0.6, 100)
    labels = np.arange(100) % 2
    probabilities = np.stack([sure, 1 - sure], axis=1)
    assert abstain_at(labels, probabilities, minimum=1).answered == 0.01
    assert not abstain_at(labels, probabilities).reached
    assert "30 or more answers for 20 galaxies" in str(abstain_at(labels[:20], probabilities[:20], purity=0.5))


def test_abstention_in_words():
    """40 at 0.9, 38 of them right; 60 at 0.6, 30 of them right: 95 % of 40, 38 complete, 60 indeterminate."""
    sure = np.repeat([0.9, 0.6], [40, 60])
    labels = np.repeat([0, 1, 0, 1], [38, 2, 30, 30])
    result = abstain_at(labels, np.stack([sure, 1 - sure], axis=1))
    assert result.purity_interval == wilson_interval(38, 40)
    assert str(result) == (
        "answers with a probability of at least 0.900 are 95.0 % pure (95 % CI 83.5 to 98.6) and 38.0 % complete; "
        "60.0 % of the galaxies remain indeterminate"
    )


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_purities_are_refused():
    """Purity is a fraction, the number of answers is positive, and labels fit."""
    labels, probabilities = np.array([0]), np.array([[0.9, 0.1]])
    with pytest.raises(InvalidValueError, match="purity: expected a number from 0 to 1, got 95"):
        abstain_at(labels, probabilities, purity=95)
    with pytest.raises(InvalidValueError, match="minimum: expected a whole number of at least 1, got 0"):
        abstain_at(labels, probabilities, minimum=0)
    with pytest.raises(InvalidValueError, match="labels: expected one for each of 1 rows"):
        abstain_at(np.array([0, 0]), probabilities)
