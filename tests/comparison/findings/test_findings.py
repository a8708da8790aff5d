"""Findings: best first, tables with all numbers, and a verdict that claims no more than the tests allow."""

import numpy as np
import pytest
from fabricated import fabricate_comparison, fabricate_galaxies, fabricate_runs

from galmorph.comparison import Comparison, ComparisonPlan


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """A good architecture, one nearly as good, and a poor one."""
    return fabricate_comparison({"poor": 0.3, "good": 2.5, "fair": 2.3})


def test_best_first(comparison):
    """Results fall by accuracy, and each is found by its name."""
    assert [result.architecture for result in comparison.results][-1] == "poor"
    assert comparison.best is comparison.results[0]
    assert comparison["poor"] is comparison.results[2]
    with pytest.raises(KeyError, match="'resnet18'; compared were"):
        comparison["resnet18"]


def test_results_are_iterated_and_names_are_found(comparison):
    """A loop gives the results, best first, and `in` asks for a name."""
    assert list(comparison) == list(comparison.results)
    assert "poor" in comparison
    assert "resnet18" not in comparison


def test_pairs_go_from_better_ranked_to_worse(comparison):
    """Three pairs, each with the better ranked first, so that differences are not negative."""
    assert len(comparison.pairs) == 3
    assert all(pair.difference >= 0 for pair in comparison.pairs)


def test_the_verdict_says_no_more_than_the_tests():
    """Clear winners are named, similar architectures are not distinguishable, and nothing wins alone."""
    alone = fabricate_comparison({"good": 2.0}).verdict
    assert alone == "good is the only architecture, so there is nothing to compare it with."
    assert fabricate_comparison({"good": 3.0, "poor": 0.0}).verdict == "good is better than poor on these 210 galaxies."
    both = fabricate_comparison({"one": 1.0, "two": 1.0}).verdict
    assert "has the highest accuracy, but is not distinguishable from" in both
    assert "the smallest detectable difference is" in both
    three = fabricate_comparison({"one": 2.5, "two": 2.5, "poor": 0.0}).verdict
    assert "is better than poor, but not distinguishable from" in three


def test_the_verdict_is_as_careful_as_the_seeds():
    """One seed can't speak for others; two that differ may reverse the order, and the verdict says so."""
    one = fabricate_comparison({"good": 3.0, "poor": 0.0}, seeds=(0,))
    assert one.verdict.endswith("on these 210 galaxies, as trained here with one seed; other trainings may differ.")
    shaky = fabricate_comparison({"fair": 0.5, "good": 2.5, "poor": 0.0})
    assert shaky.pairs[0].holds_over_seeds is False
    assert shaky.verdict.endswith(
        "210 galaxies, as trained here; with other seeds, the order of good and fair may be reversed."
    )


def test_the_table_holds_every_number(comparison):
    """One row an architecture with the numbers of its result."""
    table = comparison.to_table()
    assert list(table["architecture"]) == [result.architecture for result in comparison.results]
    for row, result in zip(table, comparison.results, strict=True):
        assert (row["accuracy"], row["accuracy_low"], row["accuracy_high"]) == result.accuracy
        assert (row["log_loss"], row["log_loss_low"], row["log_loss_high"]) == result.log_loss
        assert row["recall(cigar)"] == result.recall["cigar"].value
        assert row["precision(cigar)"] == result.precision["cigar"].value
        assert row["flops"] == result.cost.flops
        assert row["turn_changes"] == result.consistency.turn


def test_predictions_let_others_test(comparison):
    """The table holds every answer: accuracies can be computed from it alone."""
    table = comparison.predictions()
    assert len(table) == 3 * 2 * 210
    for result in comparison.results:
        own = table[table["architecture"] == result.architecture]
        assert np.mean(own["answer"] == own["label"]) == pytest.approx(result.accuracy.value)
        assert list(own["name"][:2]) == [f"NGC {row + 1}" for row in own["row"][:2]]
    total = np.sum([table[f"p_{name}"] for name in comparison.test.classes], axis=0)
    np.testing.assert_allclose(total, 1, rtol=1e-5)


def test_predictions_without_names():
    """A data set that knows no names has none here either."""
    comparison = fabricate_comparison({"good": 1.0})
    comparison.dataset.table.remove_column("name")
    assert "name" not in comparison.predictions().colnames
    assert "ned" not in comparison.doubtful().colnames


def test_an_audit_names_rows_of_the_data_set():
    """A label that was changed is found, with its row in the data set and its page in NED."""
    plan = ComparisonPlan(architectures=("good", "fair"), folds=3, tested_folds=1, split_seed=3)
    galaxies = fabricate_galaxies((60, 60))
    runs = fabricate_runs(plan, galaxies, {"good": 6.0, "fair": 6.0})
    row = int(runs[0].rows[5])
    for run in runs:
        run.scores.labels[list(run.rows).index(row)] ^= 1
    galaxies.labels[row] ^= 1
    table = Comparison.of(plan, galaxies, runs).audit(doubt=0.2)
    assert row in table["row"]
    found = table[table["row"] == row][0]
    assert found["name"] == galaxies.table["name"][row]
    assert found["ned"].endswith(f"NGC%20{row + 1}")


def test_small_classes_are_known(comparison):
    """Twelve cigars are too few, thirty edge-on galaxies are not."""
    assert comparison.small_classes == {"cigar": 12}
