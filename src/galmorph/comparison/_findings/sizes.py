"""How the accuracy grows with the number of training galaxies, and which architecture is better with how many."""

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby

from astropy.table import Table

from galmorph.comparison._findings.pairs import Pair
from galmorph.comparison._findings.result import ArchitectureResult

__all__ = ["learned_galaxies", "size_sentences", "size_table"]


def learned_galaxies(result: ArchitectureResult, galaxies: int) -> int:
    """Mean number of galaxies from which an architecture learned, of a data set with so many galaxies."""
    sizes = [
        galaxies - len(run.rows) - len(run.validation.labels) if run.size is None else run.size for run in result.runs
    ]
    return round(sum(sizes) / len(sizes))


def size_table(by_size: Mapping[int, Sequence[ArchitectureResult]]) -> Table:
    """Make a table of accuracies by the number of training galaxies; see `Findings.size_table`."""
    rows = [
        {
            "architecture": result.architecture,
            "galaxies": size,
            "accuracy": result.accuracy.value,
            "accuracy_low": result.accuracy.low,
            "accuracy_high": result.accuracy.high,
            "seed_spread": result.seed_spread,
        }
        for size, results in by_size.items()
        for result in results
    ]
    table = Table(rows)
    for name in table.colnames[2:]:
        table[name].format = ".3f"
    return table


def size_sentences(pairs: Mapping[int, Sequence[Pair]], architectures: Sequence[str]) -> tuple[str, ...]:
    """Say for each pair of architectures which is better with how many training galaxies."""
    sentences = []
    for first, second in combinations(architectures, 2):
        better = {
            size: next(pair.better for pair in found if {pair.first, pair.second} == {first, second})
            for size, found in pairs.items()
        }
        parts: list[str] = []
        for name, group in groupby(better, key=better.__getitem__):
            sizes = list(group)
            span = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
            finding = (
                f"{first} and {second} are not distinguishable"
                if name is None
                else f"{name} is better than {second if name == first else first}"
            )
            parts.append(f"with {span}{'' if parts else ' training galaxies'}, {finding}")
        sentences.append(f"W{'; '.join(parts)[1:]}.")
    return tuple(sentences)
