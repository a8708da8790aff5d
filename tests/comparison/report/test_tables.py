"""Tables of the report: their numbers are those of the results."""

import pytest
from fabricated import fabricate_comparison

from galmorph.comparison import Comparison
from galmorph.comparison._report.tables import fill_tables


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """A poor architecture and a good one, with one class that has no galaxies."""
    return fabricate_comparison({"poor": 1.2, "good": 2.5}, (60, 50, 0, 30, 58))


def test_rows_are_as_long_as_their_headings(comparison):
    """Each table has a heading for each column, and at least one row."""
    for table in fill_tables(comparison).values():
        assert {len(row) for row in table.rows} == {len(table.heads)}


def test_purity_is_checked_on_tested_galaxies(comparison):
    """The threshold comes from validation galaxies; here, its effect on the tested ones is counted again."""
    table = fill_tables(comparison)["abstention"]
    result = comparison.best
    _, _, _, purity, completeness, abstained = next(row for row in table.rows if row[0] == result.architecture)
    given = result.calibrated.max(axis=2) >= result.abstain_at(0.95).threshold
    assert purity == f"{result.correct[given].mean():.3f}"
    assert completeness == f"{(result.correct & given).mean():.3f}"
    assert abstained == f"{100 * (1 - given.mean()):.1f} %"


def test_unknown_numbers_are_dashes(comparison):
    """A class without galaxies has no recall."""
    row = next(row for row in fill_tables(comparison)["recall"].rows if row[0] == "cigar")
    assert row[1:] == ("0", "\N{EN DASH}", "\N{EN DASH}")


def test_pairs_have_signs(comparison):
    """Differences and their intervals are in points, with a sign."""
    (pair,) = comparison.pairs
    (row,) = fill_tables(comparison)["pairs"].rows
    assert row[0] == "good \N{MINUS SIGN} poor"
    assert row[1].startswith(f"+{100 * pair.difference:.1f} [+")
    good, poor = (comparison[name].correct for name in ("good", "poor"))
    assert pair.only == ((good & ~poor).sum(axis=1).mean(), (poor & ~good).sum(axis=1).mean())
    assert row[2] == f"{pair.only[0]:.3g} / {pair.only[1]:.3g}"
    assert row[5] == "yes: good"


def test_what_matters_in_practice_is_a_row(comparison):
    """The second row of a pair gives the two-way interval, both effect sizes, and three probabilities twice."""
    (pair,) = comparison.pairs
    (row,) = fill_tables(comparison)["practice"].rows
    assert row[1].startswith(f"[{100 * pair.two_way[0]:+.1f}")
    assert row[2:4] == (f"{pair.effect:+.2f}", f"{pair.superiority:.2f}")
    assert row[4] == f"{pair.practical.first:.2f} / {pair.practical.equivalent:.2f} / {pair.practical.second:.2f}"
    assert row[5].count("/") == 2
    (single,) = fill_tables(fabricate_comparison({"poor": 1.2, "good": 2.5}, seeds=(0,)))["practice"].rows
    assert (single[1], single[3], single[5]) == ("one seed",) * 3
