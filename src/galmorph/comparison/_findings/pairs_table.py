"""Table of the pairs: all numbers of their tests, a row for each pair."""

from collections.abc import Sequence

from astropy.table import Column, Table

from galmorph.comparison._findings.pairs import Pair
from galmorph.comparison._statistics.practical_equivalence import Equivalence

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
        "only_first": [pair.only[0] for pair in pairs],
        "only_second": [pair.only[1] for pair in pairs],
        "p_value": [pair.p_value for pair in pairs],
        "corrected": [pair.corrected for pair in pairs],
        "seeds_low": [pair.seeds[0] for pair in pairs],
        "seeds_high": [pair.seeds[1] for pair in pairs],
        "smallest": [pair.smallest for pair in pairs],
        "two_way_low": [pair.two_way[0] for pair in pairs],
        "two_way_high": [pair.two_way[1] for pair in pairs],
        "effect": [pair.effect for pair in pairs],
        "superiority": [pair.superiority for pair in pairs],
        "rope": [pair.rope for pair in pairs],
        **{f"practical_{name}": [getattr(pair.practical, name) for pair in pairs] for name in Equivalence._fields},
        **{
            f"practical_two_way_{name}": [getattr(pair.practical_two_way, name) for pair in pairs]
            for name in Equivalence._fields
        },
    }
    table = Table({name: Column(column, dtype=str) for name, column in texts.items()})
    for name, column in numbers.items():
        table[name] = Column(column, dtype=float, format=".2g" if name in ("p_value", "corrected") else ".3f")
    return table
