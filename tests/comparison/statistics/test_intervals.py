"""Intervals against SciPy, astropy, published numbers and their own promise."""

import numpy as np
import pytest
from astropy.stats import binom_conf_interval
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap
from sklearn import metrics as sk

from galmorph.comparison._statistics import intervals
from galmorph.comparison._statistics.intervals import bootstrap_interval, bootstrap_scores, resample, wilson_interval
from galmorph.comparison._statistics.metrics import accuracy, balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.errors import InvalidValueError


def answers(galaxies: int, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities, of which about three in five are right."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=galaxies)
    probabilities = rng.dirichlet(np.ones(classes), size=galaxies)
    probabilities[np.arange(galaxies), labels] += 0.5
    return labels, probabilities / 1.5


@given(st.integers(1, 500), st.data(), st.sampled_from([0.68, 0.95, 0.99]))
def test_wilson_is_scipys(trials, data, confidence):
    """For whole numbers the interval is that of `scipy.stats.binomtest`."""
    successes = data.draw(st.integers(0, trials))
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence=confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_wilson_of_arrays_is_astropys():
    """Many intervals at once are those of `astropy.stats.binom_conf_interval`."""
    successes, trials = np.arange(31), np.arange(31) + 10
    expected = binom_conf_interval(successes, trials, confidence_level=0.95, interval="wilson")
    np.testing.assert_allclose(wilson_interval(successes, trials), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(successes, trials, low, high):
    """The score method's rows of table I of Newcombe (1998, Stat. Med. 17, 857)."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_between_whole_numbers():
    """A mean over classifiers may be fractional; its interval lies between those of its neighbours."""
    below, between, above = (wilson_interval(successes, 20) for successes in (14, 14.5, 15))
    assert below < between < above
    assert below[1] < between[1] < above[1]


def test_no_trials_tell_nothing():
    """A class without galaxies has the interval from 0 to 1."""
    assert wilson_interval(0, 0) == (0, 1)
    low, high = wilson_interval(np.array([0, 5]), np.array([0, 5]))
    assert (low[0], high[0], high[1]) == (0, 1, 1)


def test_impossible_counts_are_refused():
    """Counts are not negative, there are not more successes than trials, and the confidence lies between 0 and 1."""
    with pytest.raises(InvalidValueError, match="successes: expected numbers from 0 to 3, got 4"):
        wilson_interval(4, 3)
    with pytest.raises(InvalidValueError, match=r"successes: expected numbers from 0 to \[2 2\], got \[-1  1\]"):
        wilson_interval(np.array([-1, 1]), np.array([2, 2]))
    with pytest.raises(InvalidValueError, match="trials: expected none below 0, got -1"):
        wilson_interval(0, -1)
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 1"):
        wilson_interval(1, 2, confidence=1)


@pytest.mark.parametrize(
    ("metric", "scikit_learns"),
    [
        (accuracy, lambda labels, given, weights: sk.accuracy_score(labels, given.argmax(1), sample_weight=weights)),
        (
            balanced_accuracy,
            lambda labels, given, weights: sk.balanced_accuracy_score(labels, given.argmax(1), sample_weight=weights),
        ),
        (
            macro_f1,
            lambda labels, given, weights: sk.f1_score(labels, given.argmax(1), sample_weight=weights, average="macro"),
        ),
        (log_loss, lambda labels, given, weights: sk.log_loss(labels, given, sample_weight=weights)),
    ],
    ids=["accuracy", "balanced accuracy", "macro-F1", "log loss"],
)
def test_drawings_of_a_metric_are_scikit_learns(metric, scikit_learns):
    """Scores of all drawings at once are those of scikit-learn, drawing by drawing; so any metric will do."""
    labels, probabilities = answers(200)

    def one_by_one(labels, probabilities, weights):
        return np.array([scikit_learns(labels, probabilities, row) for row in weights])

    ours, theirs = (bootstrap_scores(each, labels, probabilities, resamples=50) for each in (metric, one_by_one))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_percentiles_are_scipys():
    """The interval is that of `scipy.stats.bootstrap` by percentiles, within the noise of 20,000 drawings."""
    labels, probabilities = answers(300)
    right = (probabilities.argmax(axis=1) == labels).astype(float)
    options = {"n_resamples": 20_000, "confidence_level": 0.9, "method": "percentile"}
    expected = bootstrap((right,), np.mean, vectorized=True, **options).confidence_interval
    ours = bootstrap_interval(accuracy, labels, probabilities, confidence=0.9, resamples=20_000)
    assert ours == pytest.approx(tuple(expected), abs=0.004)  # steps are 1 / 300


@pytest.mark.parametrize("metric", [accuracy, log_loss])
def test_width_is_the_standard_error_of_a_mean(metric):
    """For a mean over galaxies, the interval is 1.96 standard errors to each side."""
    labels, probabilities = answers(1500)
    given = probabilities[np.arange(1500), labels]
    values = -np.log(given) if metric is log_loss else probabilities.argmax(axis=1) == labels
    low, high = bootstrap_interval(metric, labels, probabilities)
    error = values.std() / np.sqrt(1500)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.2 * error)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.08)


@pytest.mark.parametrize("metric", [accuracy, balanced_accuracy, macro_f1, log_loss, calibration_error])
def test_galaxies_of_one_group_are_drawn_together(metric):
    """If each galaxy is repeated four times, grouping gives the resamples of the single galaxies."""
    labels, probabilities = answers(100)
    single = bootstrap_scores(metric, labels, probabilities, resamples=100)
    repeated = np.tile(labels, 4), np.tile(probabilities, (4, 1))
    grouped = bootstrap_scores(metric, *repeated, np.tile(np.arange(100), 4), resamples=100)
    np.testing.assert_allclose(grouped, single, rtol=1e-12)
    naive = bootstrap_scores(metric, *repeated, resamples=100)
    assert naive.std() < 0.75 * single.std()


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.integers(0, 2**32))
def test_a_drawing_takes_whole_groups(groups, seed):
    """Galaxies of a group have one weight, and as many groups are drawn as there are."""
    groups = np.array(groups)
    (weights,) = resample(groups, resamples=5, seed=seed)
    _, first, group_of = np.unique(groups, return_index=True, return_inverse=True)
    np.testing.assert_array_equal(weights, weights[:, first][:, group_of])
    np.testing.assert_array_equal(weights[:, first].sum(axis=1), len(first))


def test_blocks_change_nothing(monkeypatch):
    """Scores are the same whether drawings are held one at a time or all at once."""
    labels, probabilities = answers(50)
    whole = bootstrap_scores(accuracy, labels, probabilities, resamples=20)
    monkeypatch.setattr(intervals, "_BLOCK", 150)
    np.testing.assert_array_equal(bootstrap_scores(accuracy, labels, probabilities, resamples=20), whole)


def test_same_seed_same_interval():
    """The same seed draws the same galaxies, another draws others."""
    labels, probabilities = answers(80)
    first, again, other = (bootstrap_scores(log_loss, labels, probabilities, resamples=9, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first == other)


def test_runs_are_averaged_drawing_by_drawing():
    """The score of two runs is the mean of theirs on the same galaxies."""
    labels, one = answers(60)
    other = answers(60, seed=1)[1]
    both = bootstrap_scores(accuracy, labels, np.stack([one, other]), resamples=30)
    apart = [bootstrap_scores(accuracy, labels, each, resamples=30) for each in (one, other)]
    np.testing.assert_allclose(both, np.mean(apart, axis=0))


def test_no_doubt_where_all_are_right():
    """If every galaxy is right, every drawing is, and a class that is not drawn is left out."""
    labels = np.arange(9) % 3
    assert bootstrap_interval(balanced_accuracy, labels, np.eye(3)[labels]) == (1.0, 1.0)
    assert bootstrap_interval(macro_f1, labels, np.eye(3)[labels]) == (1.0, 1.0)


@pytest.mark.usefixtures("unchecked_shapes")
def test_impossible_bootstraps_are_refused():
    """Groups fit, there are runs and drawings, and the confidence lies between 0 and 1."""
    labels, probabilities = answers(10)
    with pytest.raises(InvalidValueError, match="groups: expected one for each of 10 galaxies, got 9"):
        bootstrap_interval(accuracy, labels, probabilities, np.arange(9))
    with pytest.raises(InvalidValueError, match="probabilities: expected at least one run"):
        bootstrap_interval(accuracy, labels, probabilities[None][:0])
    with pytest.raises(InvalidValueError, match="resamples: expected a whole number of at least 1, got 0"):
        bootstrap_interval(accuracy, labels, probabilities, resamples=0)
    with pytest.raises(InvalidValueError, match="confidence: expected a number between 0 and 1, got 95"):
        bootstrap_interval(accuracy, labels, probabilities, confidence=95)
    with pytest.raises(InvalidValueError, match=r"metric: expected a score for each of 7 rows .* got shape \(\)"):
        bootstrap_interval(lambda _labels, _given, _weights: 0.5, labels, probabilities, resamples=7)
    with pytest.raises(InvalidValueError, match="apply softmax to logits"):
        bootstrap_interval(accuracy, labels, np.stack([probabilities, 3 * probabilities]))
