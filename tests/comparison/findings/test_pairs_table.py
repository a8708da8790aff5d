"""Table of the pairs: its numbers are those of the pairs, and it can be kept."""

import numpy as np
from astropy.table import Table
from fabricated import fabricate_comparison


def test_each_pair_has_a_row(tmp_path):
    """Differences, intervals and p-values are those of the pairs; a file keeps them."""
    comparison = fabricate_comparison({"poor": 0.5, "good": 2.5, "fair": 2.4})
    table = comparison.pairs_table()
    assert len(table) == len(comparison.pairs) == 3
    for row, pair in zip(table, comparison.pairs, strict=True):
        assert (row["first"], row["second"], row["better"]) == (pair.first, pair.second, pair.better or "")
        assert (row["difference_low"], row["difference_high"]) == pair.interval
        assert (row["seeds_low"], row["seeds_high"]) == pair.seeds
        assert (row["two_way_low"], row["two_way_high"]) == pair.two_way
        assert tuple(row[f"practical_{name}"] for name in pair.practical._fields) == pair.practical
        assert row["practical_two_way_second"] == pair.practical_two_way.second
        for name in ("difference", "p_value", "corrected", "smallest", "effect", "superiority", "rope"):
            assert row[name] == getattr(pair, name)
    assert set(table["better"]) == {"good", "fair", ""}
    table.write(tmp_path / "pairs.ecsv")
    assert Table.read(tmp_path / "pairs.ecsv")["difference"].tolist() == table["difference"].tolist()


def test_printed_numbers_are_short():
    """No number has more than three decimals; p-values have two digits."""
    table = fabricate_comparison({"poor": 0.5, "good": 2.5}).pairs_table()
    printed = " ".join(table.pformat(max_width=-1, show_dtype=False)[2:]).split()
    assert all(len(cell) <= 7 for cell in printed)


def test_one_architecture_has_no_pairs():
    """The table is empty, with all columns."""
    table = fabricate_comparison({"alone": 1.0}, seeds=(0,)).pairs_table()
    assert len(table) == 0
    assert table["difference"].dtype == np.float64
    assert "seeds_high" in table.colnames
