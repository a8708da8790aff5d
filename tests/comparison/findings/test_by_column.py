"""Accuracy by a column: its numbers are those of the galaxies in each bin, and only known quantities are shown."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from fabricated import fabricate_comparison, fabricate_galaxies

from galmorph.comparison import Comparison
from galmorph.comparison._findings.by_column import bin_label, known_columns
from galmorph.comparison._statistics.column_bins import Bin, bin_column
from galmorph.comparison._statistics.proportions import proportion_interval
from galmorph.errors import InvalidValueError


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Two architectures on galaxies with a redshift, mostly, and a survey; one of three folds is not tested."""
    galaxies = fabricate_galaxies()
    galaxies.table["z"] = MaskedColumn(np.arange(210) / 1000, mask=np.arange(210) % 10 == 0)
    galaxies.table["survey"] = np.where(np.arange(210) % 2, "SDSS", "DECaLS")
    return fabricate_comparison({"one": 1.0, "two": 2.0}, galaxies=galaxies, tested_folds=2)


def test_accuracy_in_bins_is_that_of_their_galaxies(comparison):
    """The interval is that of a proportion, values are means over the passes, and missing values are counted."""
    table = comparison.accuracy_by("z", bins=3)
    column = comparison.test.table["z"]
    assert table["galaxies"].sum() + table.meta["missing"] == len(comparison.test)
    assert table.meta["missing"] == np.sum(column.mask) > 0
    for result in comparison:
        own = result.accuracy_by(column, bins=3)
        assert own["accuracy"].tolist() == table[f"accuracy({result.architecture})"].tolist()
        for row in own:
            inside = ~column.mask & (np.asarray(column) >= row["low"]) & (np.asarray(column) < row["high"] + 1e-12)
            right = result.correct[:, inside].mean(axis=0)
            expected = proportion_interval(right, np.ones(len(right)), result.groups[inside])
            assert row["galaxies"] == inside.sum()
            assert row["accuracy"] == pytest.approx(right.mean())
            assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx(expected)


def test_texts_have_a_row_each(comparison):
    """The accuracies by survey average to the accuracy of all."""
    table = comparison.accuracy_by("survey")
    assert table["value"].tolist() == ["DECaLS", "SDSS"]
    mean = np.average(table["accuracy(two)"], weights=table["galaxies"])
    assert mean == pytest.approx(comparison["two"].accuracy.value)


def test_an_empty_bin_has_no_accuracy(comparison):
    """Between given edges there may be no galaxy."""
    row = comparison.accuracy_by("z", edges=[-2, -1, 1])[0]
    assert row["galaxies"] == 0
    assert np.isnan(row["accuracy(one)"])


def test_unknown_columns_are_refused(comparison):
    """The error lists the columns; values of a result are those of its tested galaxies."""
    with pytest.raises(InvalidValueError, match="column: expected one of 'name', 'z', 'survey', got 'zz'"):
        comparison.accuracy_by("zz")
    with pytest.raises(
        InvalidValueError, match=r"values: expected one for each of 140 tested galaxies, got shape \(210"
    ):
        comparison.best.accuracy_by(np.ones(210))


def test_known_quantities_are_found():
    """One column for each quantity, in any case; texts, columns of one value and empty ones are not quantities."""
    table = Table(
        {"Z": [0.1, 0.2], "z_spec": [0.1, 0.3], "petroMag_r": [15, 16], "snr": [7.0, 7.0], "radius": ["a", "b"]}
    )
    table["r90"] = MaskedColumn([1.0, 2.0], mask=[True, False])
    table["diameter"] = [3.0, 4.0]
    assert known_columns(table) == ["petroMag_r", "Z", "diameter"]


def test_labels_of_bins_differ():
    """As few digits as distinguish the edges; a single value stands alone."""
    rows = np.arange(1)
    assert bin_label(Bin("", 0.0123456, 0.0223456, 0.02, rows)) == "0.0123 to 0.0223"
    assert bin_label(Bin("", 14.00001, 14.00002, 14, rows)) == "14.00001 to 14.00002"
    assert bin_label(Bin("", -1.0, 2.0, 0, rows)) == "\N{MINUS SIGN}1 to 2"
    assert bin_label(bin_column(np.ones(3)).bins[0]) == "1"
    assert bin_label(Bin("SDSS", np.nan, np.nan, np.nan, rows)) == "SDSS"
