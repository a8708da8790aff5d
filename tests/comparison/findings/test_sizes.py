"""Numbers of training galaxies: sentences about who is better with how many, and the table."""

import pytest
from fabricated import fabricate_galaxies, fabricate_runs

from galmorph.comparison import Comparison, ComparisonPlan, Pair
from galmorph.comparison._findings.sizes import size_sentences


def pair(better, first="a", second="b"):
    """Two architectures of which the first, the second, or neither is better."""
    sign = {first: 1, second: -1, None: 0}[better]
    numbers = {
        "galaxies": 100,
        "p_value": 0.001 if sign else 0.5,
        "corrected": 0.002 if sign else 0.9,
        "smallest": 0.05,
    }
    interval = (0.1 * sign - 0.05, 0.1 * sign + 0.05)
    return Pair(first=first, second=second, difference=0.1 * sign, interval=interval, **numbers)


@pytest.mark.parametrize(
    ("better", "expected"),
    [
        ([None, None, None], "With 100 to 1,000 training galaxies, a and b are not distinguishable."),
        (["a", "a", "a"], "With 100 to 1,000 training galaxies, a is better than b."),
        (
            [None, "b", "b"],
            "With 100 training galaxies, a and b are not distinguishable; with 300 to 1,000, b is better than a.",
        ),
        (
            ["b", None, "a"],
            "With 100 training galaxies, b is better than a; with 300, a and b are not distinguishable; "
            "with 1,000, a is better than b.",
        ),
    ],
)
def test_sentences(better, expected):
    """Sizes with one finding are one part of the sentence, whatever the order of the pair."""
    pairs = {size: [pair(found, "b", "a")] for size, found in zip((100, 300, 1000), better, strict=True)}
    assert size_sentences(pairs, ("a", "b")) == (expected,)


def test_every_pair_has_a_sentence():
    """Three architectures are three pairs."""
    pairs = {10: [pair(None, *names) for names in (("a", "b"), ("a", "c"), ("b", "c"))]}
    assert len(size_sentences(pairs, ("a", "b", "c"))) == 3


@pytest.fixture(scope="module")
def comparison():
    """Two architectures that become better with more galaxies, one of them later."""
    galaxies = fabricate_galaxies((60, 60, 60, 60, 60), size=8, channels=1)
    plan = ComparisonPlan(architectures=("early", "late"), folds=3, tested_folds=None, sizes=(40, None))
    runs = fabricate_runs(plan, galaxies, {"early": 1.5, "late": 0.2}, size=40)
    runs += fabricate_runs(plan, galaxies, {"early": 1.6, "late": 3.0})
    return Comparison.of(plan, galaxies, runs)


def test_the_ranking_is_that_of_the_largest_size(comparison):
    """Fewer galaxies stand in the table of sizes alone."""
    assert comparison.best.architecture == "late"
    assert [result.architecture for result in comparison.smaller[40]] == ["early", "late"]
    assert all(run.size is None for run in comparison.best.runs)
    assert comparison.size_sentences == (
        "With 40 training galaxies, early is better than late; with 175, late is better than early.",
    )


def test_table_and_figure_hold_all_sizes(comparison):
    """A row, and a point, for each size and architecture."""
    table = comparison.size_table()
    assert table["galaxies"].tolist() == [40, 40, 175, 175]
    assert (table["accuracy_low"] <= table["accuracy"]).all()
    axes = comparison.plots.sizes()
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["40", "175"]
    assert len(axes.containers) == 2


def test_without_sizes_there_is_nothing_to_draw(comparison):
    """The error says how to plan sizes."""
    plan = ComparisonPlan(architectures=("early", "late"), folds=3, tested_folds=None)
    alone = Comparison.of(plan, comparison.dataset, [run for result in comparison for run in result.runs])
    assert alone.size_sentences == ()
    with pytest.raises(ValueError, match=r"several sizes.*ComparisonPlan\(sizes="):
        alone.plots.sizes()
