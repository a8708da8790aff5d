"""Cautions: what a look at the numbers would have warned of is said in words."""

from dataclasses import replace

import numpy as np
import pytest
from fabricated import fabricate_comparison, fabricate_galaxies, fabricate_runs

from galmorph.comparison import Comparison, ComparisonPlan
from galmorph.comparison._findings.cautions import cautions
from galmorph.errors import ImplausibleWarning
from galmorph.training import Scores, TrainConfig

PLAN = ComparisonPlan(architectures=("net",), folds=3, seeds=(0,), validation=1 / 3, config=TrainConfig(epochs=6))
COUNTS = (60, 50, 12, 30, 58)


def compared(change, *, plan=PLAN, skill=3.0, counts=COUNTS) -> Comparison:
    """Compare one network, after a change of each of its fabricated runs."""
    galaxies = fabricate_galaxies(counts)
    runs = [change(run) for run in fabricate_runs(plan, galaxies, {"net": skill})]
    return Comparison.of(plan, galaxies, runs)


def finished(run):
    """Make a run whose best epoch is the one before the last."""
    history = run.history.copy()
    history["validation_loss"][-1] = 9.0
    return replace(run, history=history)


def answering(run, chosen):
    """Give a run the answers to its tested galaxies."""
    logits = np.log(0.9 * np.eye(5, dtype=np.float32)[chosen] + 0.02)
    return replace(finished(run), scores=Scores(logits, run.scores.labels, run.scores.classes))


def test_ordinary_results_have_no_cautions():
    """Nothing is said about a good network with enough validation galaxies and epochs."""
    assert compared(finished).cautions == ()


def test_a_constant_classifier_is_called_one():
    """A network that answers 'edge_on' to all galaxies, of which 10 in 70 are."""
    said = compared(lambda run: answering(run, np.full(len(run.rows), 3))).cautions
    assert said[0] == "net answers 'edge_on' for 100.0 % of the galaxies, but only 14.3 % are of this class."
    assert "net is right less often (14.3 %) than if it always answered the largest class, 'round'" in said[1]


def test_classes_that_are_never_answered_are_named():
    """All right, except that each cigar is called edge-on."""
    comparison = compared(
        lambda run: answering(run, np.where(run.scores.labels == 2, 3, run.scores.labels)),
        plan=replace(PLAN, tested_folds=3),
    )
    assert comparison.cautions == ("net never answers 'cigar' (12 tested galaxies).",)


def test_a_handful_of_validation_galaxies_is_counted():
    """An eighth of the galaxies outside of the tested fold are too few to choose an epoch."""
    comparison = compared(finished, plan=replace(PLAN, validation=1 / 8))
    (run,) = comparison["net"].runs
    (said,) = [sentence for sentence in comparison.cautions if sentence.startswith("Only ")]
    count = len(run.validation.labels)
    assert count < 30
    assert said.startswith(f"Only {count} validation galaxies decided on the epoch and the temperature of a training")


def test_a_temperature_at_its_limit_is_said():
    """If all validation galaxies are answered right, the temperature is as low as it can be."""

    def all_right(run):
        labels = run.validation.labels
        return replace(
            finished(run), validation=Scores(np.eye(5, dtype=np.float32)[labels], labels, run.scores.classes)
        )

    (said,) = compared(all_right).cautions
    assert said == (
        "The temperature is at the limit of its range (0.05 to 20) for net (1 of 1 training): don't rely on their "
        "calibrated probabilities."
    )


def test_a_last_epoch_that_is_the_best_is_said():
    """Validation losses that fall to the end ask for more epochs; one epoch is no series."""

    def falling(run):
        history = run.history.copy()
        history["validation_loss"] = np.linspace(1, 0.5, len(history))
        return replace(run, history=history)

    (said,) = compared(falling).cautions
    assert said.startswith("The last epoch was the best for net (1 of 1 training): more epochs may improve the results")
    assert compared(lambda run: replace(run, history=run.history[:1])).cautions == ()


def test_cautions_reach_text_table_and_notebook():
    """Each sentence is printed, is in the table's meta, and is in the HTML."""
    comparison = compared(lambda run: answering(run, np.full(len(run.rows), 3)))
    text = " ".join(str(comparison).split())
    assert all(sentence in text for sentence in comparison.cautions)
    assert comparison.to_table().meta["cautions"] == list(comparison.cautions)
    assert "Caution: net answers &#x27;edge_on&#x27; for 100.0 %" in comparison._repr_html_()


def test_an_audit_by_poor_networks_warns():
    """Networks that are right on half of the galaxies contradict labels that are right; good ones do not warn."""
    poor = fabricate_comparison({"net": 1.0})
    with pytest.warns(ImplausibleWarning, match="audit: Most of the listed labels may be right: the networks are"):
        poor.audit()
    blind = compared(
        lambda run: answering(run, np.where(run.scores.labels == 2, 3, run.scores.labels)),
        plan=replace(PLAN, tested_folds=3),
    )
    with pytest.warns(ImplausibleWarning, match="may be right: they hardly recognise 'cigar'"):
        blind.audit()
    assert compared(finished).audit_caution == ""


def test_a_shortcut_of_the_data_set_comes_first():
    """If the kind of its file tells the class of a galaxy, no result says anything about galaxies."""
    galaxies = fabricate_galaxies(COUNTS)
    galaxies.table["linear"] = galaxies.labels == 0
    results = compared(finished).results
    assert cautions(results) == cautions(results, fabricate_galaxies(COUNTS)) == ()
    (said,) = cautions(results, galaxies)
    assert said.startswith("The kind of its image file tells whether a galaxy is 'round'")
