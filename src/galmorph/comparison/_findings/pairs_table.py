"""Table of the pairs: all numbers of their tests, a row for each pair."""

from collections.abc import Sequence

from astropy.table import Column, Table

from galmorph.comparison._findings.pairs import Pair

__all__ = ["pairs_table"]


def pairs_table(pairs: Sequence[Pair]) -> Table:
    """Make a table with one row for each pair, in their order, of the columns that `Findings.pairs_table` lists."""
    texts = {
        "first": [pair.first for pair in pairs],
        "second": [pair.second for pair in pairs],
        "better": [pair.better or "" for pair in pairs],
    }
    numbers = {
        "difference": [pair.difference for pair in pairs],
        "difference_low": [pair.interval[0] for pair in pairs],
        "difference_high": [pair.interval[1] for pair in pairs],
        "p_value": [pair.p_value for pair in pairs],
        "corrected": [pair.corrected for pair in pairs],
        "seeds_low": [pair.seeds[0] for pair in pairs],
        "seeds_high": [pair.seeds[1] for pair in pairs],
        "smallest": [pair.smallest for pair in pairs],
    }
    table = Table({name: Column(column, dtype=str) for name, column in texts.items()})
    for name, column in numbers.items():
        table[name] = Column(column, dtype=float, format=".2g" if name in ("p_value", "corrected") else ".3f")
    return table
