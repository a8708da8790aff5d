"""Results: numbers of all passes together, each galaxy answered by networks that have not seen it."""

import numpy as np
import pytest
from fabricated import fabricate_comparison, fabricate_galaxies, fabricate_runs
from scipy.special import softmax
from sklearn import metrics as sk

from galmorph.comparison import (
    ArchitectureResult,
    Comparison,
    ComparisonPlan,
    bootstrap_interval,
    calibration_error,
    macro_f1,
    wilson_interval,
)
from galmorph.data import Dataset
from galmorph.training import fit_temperature

PLAN = ComparisonPlan(architectures=("good", "poor"), folds=3, tested_folds=None, repeats=2, seeds=(4, 2))


@pytest.fixture(scope="module")
def galaxies() -> Dataset:
    """A hundred galaxies of three classes."""
    return fabricate_galaxies((40, 35, 25), classes=("a", "b", "c"))


@pytest.fixture(scope="module")
def result(galaxies) -> ArchitectureResult:
    """What one architecture answered in four passes over three folds."""
    return overconfident(galaxies)


def overconfident(galaxies: Dataset) -> ArchitectureResult:
    """Fabricate an architecture that is far too confident."""
    runs = fabricate_runs(PLAN, galaxies, {"good": 2.0, "poor": 0.5})
    for run in runs:
        for scores in (run.scores, run.validation):
            scores.logits[:] *= 3
    return Comparison.of(PLAN, galaxies, runs)["good"]


def test_each_pass_answers_every_galaxy_once(result, galaxies):
    """Answers of all folds are put together in the order of the data set, by repeat and then by seed."""
    assert [(runs[0].repeat, runs[0].seed) for runs in result.passes] == [(0, 2), (0, 4), (1, 2), (1, 4)]
    assert result.probabilities.shape == (4, 100, 3)
    np.testing.assert_array_equal(result.rows, np.arange(100))
    np.testing.assert_array_equal(result.labels, galaxies.labels)
    for number, runs in enumerate(result.passes):
        for run in runs:
            np.testing.assert_array_equal(result.probabilities[number, run.rows], run.scores.probabilities)
            np.testing.assert_allclose(
                result.tta_probabilities[number, run.rows], run.orientations.mean(axis=0), rtol=1e-6
            )


def test_numbers_are_means_over_the_passes(result):
    """Each number is the mean of scikit-learn's over the passes."""
    answers = result.probabilities.argmax(axis=2)
    labels = result.labels
    assert result.accuracy.value == pytest.approx(np.mean([sk.accuracy_score(labels, a) for a in answers]))
    assert result.balanced_accuracy.value == pytest.approx(
        np.mean([sk.balanced_accuracy_score(labels, a) for a in answers])
    )
    assert result.macro_f1.value == pytest.approx(np.mean([sk.f1_score(labels, a, average="macro") for a in answers]))
    exact = result.probabilities.astype(np.float64)
    losses = [sk.log_loss(labels, p) for p in exact / exact.sum(axis=2, keepdims=True)]
    assert result.log_loss.value == pytest.approx(np.mean(losses), rel=1e-5)
    np.testing.assert_allclose(result.confusion, np.mean([sk.confusion_matrix(labels, a) for a in answers], axis=0))
    recalls = np.mean([sk.recall_score(labels, a, average=None) for a in answers], axis=0)
    np.testing.assert_allclose([estimate.value for estimate in result.recall.values()], recalls)
    precisions = np.mean([sk.precision_score(labels, a, average=None) for a in answers], axis=0)
    np.testing.assert_allclose([estimate.value for estimate in result.precision.values()], precisions)


def test_intervals_are_for_as_many_galaxies_as_there_are(result):
    """Four passes are no more galaxies: Wilson's interval is for a hundred, the bootstrap weights a hundred."""
    assert result.accuracy[1:] == pytest.approx(wilson_interval(100 * result.accuracy.value, 100))
    expected = bootstrap_interval(macro_f1, result.labels, result.probabilities, result.groups, smoothed=True)
    assert result.macro_f1[1:] == expected
    recall = result.recall["a"]
    assert recall[1:] == pytest.approx(wilson_interval(40 * recall.value, 40))


def test_the_interval_of_the_calibration_error_is_about_its_value(galaxies):
    """Noise makes the error of each resample larger; for a network that is calibrated well, all would be above it."""
    runs = fabricate_runs(PLAN, galaxies, {"good": 2.0, "poor": 0.5})
    result = Comparison.of(PLAN, galaxies, runs)["good"]
    value, low, high = result.calibrated_calibration_error
    plain = bootstrap_interval(calibration_error, result.labels, result.calibrated, result.groups)
    assert 0 <= low < value < high
    assert plain[0] > low
    assert plain[1] > high


def test_galaxies_of_one_sky_widen_the_interval(result):
    """If galaxies of one sky are right together, and four show one, Wilson's interval for a hundred is too narrow."""
    rank = np.argsort(np.argsort(result.correct.mean(axis=0), kind="stable"))
    grouped = ArchitectureResult("grouped", result.runs, rank // 4)
    assert grouped.accuracy.value == result.accuracy.value
    assert np.ptp(grouped.accuracy[1:]) > 1.1 * np.ptp(result.accuracy[1:])


def test_spreads_are_told_apart(result):
    """By hand: over two seeds the repeats are averaged, over six folds the seeds are."""
    right = result.correct
    seeds = [right[result.seeds == seed].mean() for seed in (2, 4)]
    assert result.seed_spread == pytest.approx(abs(seeds[0] - seeds[1]) / np.sqrt(2))
    folds = [
        np.mean([run.scores.accuracy for run in result.runs if (run.repeat, run.fold) == (repeat, fold)])
        for repeat in (0, 1)
        for fold in (0, 1, 2)
    ]
    assert result.fold_spread == pytest.approx(np.std(folds, ddof=1))
    p = result.accuracy.value
    assert result.fold_noise == pytest.approx(np.sqrt(p * (1 - p) / (100 / 3)))


def test_a_single_run_has_no_spread(galaxies):
    """One seed and one fold say nothing of others."""
    plan = ComparisonPlan(architectures=("good",))
    result = Comparison.of(plan, galaxies, fabricate_runs(plan, galaxies, {"good": 1.0}))["good"]
    assert np.isnan(result.seed_spread)
    assert np.isnan(result.fold_spread)


def test_each_run_has_its_temperature():
    """Fitted on its own validation galaxies; answers stay, and networks that are too sure become better calibrated."""
    result = overconfident(fabricate_galaxies((160, 140, 100), classes=("a", "b", "c")))
    first = result.runs[0]
    assert result.temperatures[0] == fit_temperature(first.validation.logits, first.validation.labels)
    assert 2 < result.temperature < 6
    np.testing.assert_array_equal(result.calibrated.argmax(axis=2), result.probabilities.argmax(axis=2))
    place = next(number for number, runs in enumerate(result.passes) if first in runs)
    expected = softmax(first.scores.logits / np.float32(result.temperatures[0]), axis=1)
    np.testing.assert_allclose(result.calibrated[place, first.rows], expected, rtol=1e-6)
    assert result.calibrated_log_loss.value < result.log_loss.value
    assert result.calibrated_calibration_error.value < result.calibration_error.value


def test_the_threshold_is_found_on_validation_galaxies(result):
    """It is fitted to the validation galaxies of all runs, and makes the answers to tested ones purer."""
    chosen = result.abstain_at(0.9)
    assert chosen.galaxies == sum(len(run.validation) for run in result.runs)
    answers = chosen.answers(result.calibrated[0])
    given = answers >= 0
    assert 0 < given.sum() < len(given)
    assert (answers[given] == result.labels[given]).mean() > result.correct[0].mean()


def test_consistency_counts_every_run_by_its_galaxies(result):
    """The mean over runs, each with the number of its galaxies, is that of all galaxies together."""
    answers = np.concatenate([run.orientations for run in result.runs], axis=1).argmax(axis=2)
    assert result.consistency.any == pytest.approx(np.mean(np.any(answers != answers[0], axis=0)))


def test_a_class_without_answers_has_no_precision(galaxies):
    """Where no galaxy gets a class, nothing is known: the interval is from 0 to 1."""
    plan = ComparisonPlan(architectures=("good",), folds=2)
    (run,) = fabricate_runs(plan, galaxies, {"good": 3.0})
    run.scores.logits[:, 2] = -50
    result = Comparison.of(plan, galaxies, [run])["good"]
    assert np.isnan(result.precision["c"].value)
    assert result.precision["c"][1:] == (0, 1)
    assert result.recall["c"].value == 0


def test_an_ensemble_averages_the_probabilities_of_the_seeds():
    """By hand, for each repeat; with one seed it is the network itself."""
    comparison = fabricate_comparison({"one": 1.0}, seeds=(0, 1, 2), repeats=2)
    result = comparison.best
    first = [np.mean([result.probabilities[row] for row in rows], axis=0) for rows in ((0, 1, 2), (3, 4, 5))]
    np.testing.assert_allclose(result.ensemble_probabilities, first)
    right = np.mean([each.argmax(axis=1) == result.labels for each in first])
    assert result.ensemble_accuracy.value == pytest.approx(right)
    alone = fabricate_comparison({"one": 1.0}, seeds=(0,)).best
    assert alone.ensemble_accuracy == alone.accuracy
