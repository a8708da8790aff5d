"""Sections on the number of galaxies and on other surveys: there if they were asked for, in page, text and methods."""

from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from fabricated import fabricate_comparison, fabricate_galaxies, fabricate_runs

from galmorph.comparison import Comparison, ComparisonPlan
from galmorph.comparison._report.page import _own_names, _protocol, _repeating
from galmorph.training import Scores, SoftLabels, TrainConfig


@pytest.fixture(scope="module")
def comparison():
    """Two architectures with two sizes, of which one answers another survey much worse."""
    galaxies, elsewhere = (fabricate_galaxies((40,) * 5, size=8, channels=1, seed=seed) for seed in (0, 1))
    plan = ComparisonPlan(architectures=("small", "large"), folds=2, tested_folds=None, seeds=(0, 1), sizes=(30, None))
    runs = fabricate_runs(plan, galaxies, {"small": 1.0, "large": 0.2}, size=30)
    runs += fabricate_runs(plan, galaxies, {"small": 1.5, "large": 3.0})
    logits = {
        name: (skill * np.eye(5)[elsewhere.labels] + np.random.default_rng(1).normal(0, 1, (200, 5))).astype(np.float32)
        for name, skill in {"small": 1.5, "large": 0.5}.items()
    }
    answered = [
        replace(run, external={"a <survey>": Scores(logits[run.architecture], elsewhere.labels, elsewhere.classes)})
        for run in runs
    ]
    return Comparison.of(plan, galaxies, answered, {"a <survey>": elsewhere})


@pytest.fixture(scope="module")
def page(comparison, tmp_path_factory):
    """The report of the comparison."""
    path = tmp_path_factory.mktemp("questions") / "report.html"
    comparison.write_report(path)
    return BeautifulSoup(path.read_text(), "html.parser")


def section(page, name):
    """The section with an anchor."""
    return page.find("section", attrs={"aria-labelledby": name})


def test_the_page_says_how_many_galaxies_are_needed(page, comparison):
    """Sentences, a figure, and a row for each size."""
    part = section(page, "sizes")
    said = [item.get_text().replace("\N{NO-BREAK SPACE}", " ") for item in part.find_all("li")]
    assert said == list(comparison.size_sentences)
    assert len(part.find_all("figure")) == 1
    rows = [row.th.get_text() for row in part.tbody.find_all("tr")]
    assert rows == [f"{size}" for size in comparison.by_size] == ["30", "87"]
    assert "30 and 87" in section(page, "protocol").get_text()


def test_the_page_says_whether_the_networks_travel(page, comparison):
    """A heading for the survey, whose name is escaped, a sentence and a row for each architecture."""
    part = section(page, "external")
    assert part.h3.get_text() == "a <survey>: 200 galaxies"
    transfer = comparison.transfers["a <survey>"]
    assert [each.architecture for each in transfer.results] == ["large", "small"]
    said = part.get_text().replace("\N{NO-BREAK SPACE}", " ")
    for each in transfer.results:
        assert each.sentence in said
    assert [row.th.get_text() for row in part.tbody.find_all("tr")] == ["large", "small"]


def test_drops_are_differences(comparison):
    """Of the accuracies, with an interval about them; the better one here may be the worse one there."""
    transfer = comparison.transfers["a <survey>"]
    for each, row in zip(transfer.results, transfer.to_table(), strict=True):
        assert each.drop.value == pytest.approx(each.home.value - each.away.value)
        assert each.drop.low < each.drop.value < each.drop.high
        assert each.away.value == pytest.approx(
            np.mean([run.external["a <survey>"].accuracy for run in comparison[each.architecture].runs])
        )
        assert (row["drop"], row["away_low"]) == (each.drop.value, each.away.low)
    (pair,) = transfer.pairs
    assert (pair.first, pair.better) == ("large", "small")
    assert str(transfer).splitlines()[-1] == f"  There, {pair}."


def test_text_and_methods_name_both(comparison):
    """With the source of the interval."""
    text = str(comparison)
    assert "With 30 training galaxies, small is better than large; with 87, large is better than small." in text
    assert "On 200 galaxies of a <survey>:" in text
    assert "trained with 30 and 87 galaxies, which are nested subsets" in comparison.methods
    assert "also classified 200 galaxies of a <survey> [cite their sources]" in comparison.methods
    assert "@article{newcombe1998," in comparison.bibtex


def test_the_figure_of_a_transfer_has_both_accuracies(comparison):
    """Two points for each architecture; an unknown survey is refused with the known ones."""
    axes = comparison.plots.transfer("a <survey>")
    assert len(axes.containers) == 4
    with pytest.raises(ValueError, match="a <survey>"):
        comparison.plots.transfer("DECaLS")


def test_soft_labels_are_named_in_the_protocol():
    """Columns of votes, and that the labels judge."""
    config = TrainConfig(epochs=6, soft_labels=SoftLabels(("votes_a", "votes_b")))
    comparison = fabricate_comparison({"lenet5": 1.2}, (30, 30), classes=("a", "b"), config=config)
    expected = "networks learned from fractions of votes (cross entropy) in votes_a and votes_b; answers are judged by"
    assert dict(_protocol(comparison))["Soft labels"].startswith(expected)


def test_own_networks_are_part_of_what_repeats_a_comparison():
    """The lines pass a value for each entry that is not galmorph's, and the protocol says what is known of it."""
    comparison = fabricate_comparison({"lenet5": 1.2, "mine": 2.0}, (30, 30), classes=("a", "b"))
    assert 'compare(plan, dataset, models={"mine": ...})' in _repeating(_own_names(comparison))
    facts = dict(_protocol(comparison))
    assert facts["mine"].startswith("a network that is not one of galmorph's, with ")
    assert "lenet5" not in facts
    assert "compare(plan, dataset)" in _repeating([])
