"""The bootstrap against SciPy, scikit-learn, distributions that are known, and its own promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, bootstrap
from sklearn import metrics as sk

from galmorph.comparison._statistics import bootstrap as module
from galmorph.comparison._statistics.bootstrap import bootstrap_interval, bootstrap_scores, random_weights
from galmorph.comparison._statistics.metrics import accuracy, balanced_accuracy, calibration_error, log_loss, macro_f1
from galmorph.errors import InvalidValueError


def answers(galaxies: int, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities, of which about three in five are right."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(classes, size=galaxies)
    probabilities = rng.dirichlet(np.ones(classes), size=galaxies)
    probabilities[np.arange(galaxies), labels] += 0.5
    return labels, probabilities / 1.5


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
def test_a_group_has_one_weight(groups, seed):
    """Galaxies of a group have the same weight, and no weight is 0."""
    groups = np.array(groups)
    (weights,) = random_weights(groups, np.empty(0), np.empty(0), resamples=5, seed=seed)
    _, first, group_of = np.unique(groups, return_index=True, return_inverse=True)
    np.testing.assert_array_equal(weights, weights[:, first][:, group_of])
    assert weights.min() > 0


def test_no_resample_misses_a_class():
    """A classifier that always gives one of five answers has a balanced accuracy of 0.2 in each resample."""
    labels = np.repeat(np.arange(5), (40, 40, 40, 40, 2))
    scores = bootstrap_scores(balanced_accuracy, labels, np.tile(np.eye(5)[0], (len(labels), 1)))
    np.testing.assert_allclose(scores, 0.2)


@pytest.mark.parametrize("right", [0, 7, 10])
def test_smoothed_recalls_are_those_of_jeffreys(right):
    """Recalls of ten and of forty galaxies have beta distributions, with half a galaxy more of each kind."""
    labels = np.repeat([0, 1], (10, 40))
    answered = np.where(np.arange(50) < right, 0, 1)
    scores = bootstrap_scores(balanced_accuracy, labels, np.eye(2)[answered], smoothed=True, resamples=40_000)
    rng = np.random.default_rng(0)
    recalls = [beta.rvs(a + 0.5, b + 0.5, size=40_000, random_state=rng) for a, b in ((right, 10 - right), (40, 0))]
    expected = np.quantile(np.mean(recalls, axis=0), [0.025, 0.5, 0.975])
    np.testing.assert_allclose(np.quantile(scores, [0.025, 0.5, 0.975]), expected, atol=0.006)


def test_smoothed_groups_count_once():
    """Copies of galaxies in one group change nothing."""
    labels, probabilities = answers(60)
    single = bootstrap_scores(balanced_accuracy, labels, probabilities, smoothed=True)
    repeated = np.tile(labels, 4), np.tile(probabilities, (4, 1))
    grouped = bootstrap_scores(balanced_accuracy, *repeated, np.tile(np.arange(60), 4), smoothed=True)
    np.testing.assert_allclose(grouped, single, rtol=1e-12)


def test_blocks_change_nothing(monkeypatch):
    """Scores are the same whether drawings are held one at a time or all at once."""
    labels, probabilities = answers(50)
    whole = bootstrap_scores(accuracy, labels, probabilities, resamples=20)
    for numbers in (150, 1):
        monkeypatch.setattr(module, "_BLOCK", numbers)
        blocks = bootstrap_scores(accuracy, labels, probabilities, resamples=20)
        np.testing.assert_allclose(blocks, whole, rtol=1e-14)  # sums of another order


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


def test_smoothed_runs_are_averaged():
    """The interval of two equal runs is that of one; a run that is all right moves it up."""
    labels, one = answers(30)
    options = {"smoothed": True, "resamples": 200}
    single = bootstrap_interval(balanced_accuracy, labels, one, **options)
    assert bootstrap_interval(balanced_accuracy, labels, np.stack([one, one]), **options) == pytest.approx(single)
    better = bootstrap_interval(balanced_accuracy, labels, np.stack([one, np.eye(3)[labels]]), **options)
    assert single[0] < better[0] < better[1] < 1


@pytest.mark.parametrize("metric", [balanced_accuracy, macro_f1])
def test_all_right_is_no_certainty(metric):
    """Nine galaxies that are all right leave doubt, if the bootstrap is smoothed; plain percentiles have no width."""
    labels = np.arange(9) % 3
    assert bootstrap_interval(metric, labels, np.eye(3)[labels]) == pytest.approx((1.0, 1.0))
    low, high = bootstrap_interval(metric, labels, np.eye(3)[labels], smoothed=True)
    assert 0.5 < low < 0.9
    assert high == 1


def coverage(rarest: int, right: float, samples: int, *, smoothed: bool = True) -> tuple[float, float]:
    """Fraction of samples whose intervals of balanced accuracy and macro-F1 contain the truth.

    There are four classes of 100 galaxies and a rare one; wrong answers are spread evenly over the other classes.
    """
    rng = np.random.default_rng(rarest)
    labels = np.repeat(np.arange(5), (100, 100, 100, 100, rarest))
    shares = np.full((5, 5), (1 - right) / 4) + np.eye(5) * (right - (1 - right) / 4)
    expected = shares * np.bincount(labels)[:, None]
    truths = right, np.mean(2 * expected.diagonal() / (expected.sum(axis=0) + expected.sum(axis=1)))
    covered = np.zeros(2)
    for _ in range(samples):
        answered = (rng.random(len(labels))[:, None] > shares.cumsum(axis=1)[labels]).sum(axis=1).clip(max=4)
        for which, metric in enumerate((balanced_accuracy, macro_f1)):
            low, high = bootstrap_interval(metric, labels, np.eye(5)[answered], smoothed=smoothed, resamples=1000)
            covered[which] += low <= truths[which] <= high
    balanced, f1 = covered / samples
    return float(balanced), float(f1)


@pytest.mark.slow
def test_rare_classes_are_covered():
    """With three galaxies in the rarest class, nearly 95 % of 100 intervals contain the truth; plain ones far fewer."""
    assert min(coverage(3, 0.8, 100)) > 0.88
    assert coverage(3, 0.8, 100, smoothed=False)[0] < 0.75


@pytest.mark.trial
@pytest.mark.parametrize("rarest", [3, 10, 30])
@pytest.mark.parametrize("right", [0.5, 0.8, 0.95])
def test_coverage_of_rare_classes(rarest, right):
    """Of 2,000 samples, at least 90 % of the intervals contain the truth; docs/comparison.md has the table."""
    balanced, f1 = coverage(rarest, right, 2000)
    print(f"rarest class {rarest}, recall {right}: balanced accuracy {balanced:.3f}, macro-F1 {f1:.3f}")  # noqa: T201 - the row of the table
    assert min(balanced, f1) > 0.9


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
