"""Transfer: how the trained networks answer galaxies of another survey, and how much accuracy they lose there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from astropy.table import Table

from galmorph._metrics import correct_answers
from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._findings.result import ArchitectureResult, Estimate
from galmorph.comparison._statistics.independent import independent_interval
from galmorph.comparison._statistics.proportions import proportion_interval
from galmorph.data import Dataset

__all__ = ["Transfer", "TransferResult"]


class TransferResult(NamedTuple):
    """Accuracy of an architecture on its own galaxies and on external ones.

    ``home`` is the accuracy on the tested galaxies of the comparison, ``away`` that on the external galaxies, averaged
    over all trained networks, and ``drop`` is the first minus the second, each with its 95 % confidence interval over
    galaxies.
    """

    architecture: str
    home: Estimate
    away: Estimate
    drop: Estimate

    @property
    def sentence(self) -> str:
        """What follows, in a sentence."""
        value, low, high = (100 * number for number in self.drop)
        there = f"{self.architecture}: {100 * self.home.value:.1f} % here, {100 * self.away.value:.1f} % there"
        if low > 0:
            return f"{there}, a drop of {value:.1f} points (95 % CI {low:.1f} to {high:.1f})."
        if high < 0:
            return f"{there}, a gain of {-value:.1f} points (95 % CI {-high:.1f} to {-low:.1f})."
        return f"{there}; no drop can be distinguished (95 % CI {low:.1f} to {high:.1f} points)."


@dataclass(frozen=True, eq=False, repr=False)
class Transfer:
    """How the trained networks of a comparison answer external galaxies. Print it.

    Parameters
    ----------
    name
        Name of the external galaxies.
    galaxies
        The external galaxies.
    architectures
        Results of each architecture, best first.
    """

    name: str
    galaxies: Dataset
    architectures: Sequence[ArchitectureResult]

    @cached_property
    def results(self) -> tuple[TransferResult, ...]:
        """Accuracies and drops, in the order of the ranking."""
        return tuple(self._result(each) for each in self.architectures)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Each pair of architectures, judged on the external galaxies."""
        if len(self.architectures) == 1:
            return ()
        return judge_pairs(
            self.galaxies.labels,
            {each.architecture: self._probabilities(each) for each in self.architectures},
            self.galaxies.groups,
            seeds=np.array([run.seed for run in self.architectures[0].runs]),
        )

    def to_table(self) -> Table:
        """Make a table with one row for each architecture.

        Returns
        -------
        Table
            ``architecture``; ``home``, ``away`` and ``drop``, each with its 95 % confidence interval, ``_low`` to
            ``_high``.
        """
        rows = []
        for each in self.results:
            row: dict[str, str | float] = {"architecture": each.architecture}
            for name in ("home", "away", "drop"):
                estimate: Estimate = getattr(each, name)
                row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
            rows.append(row)
        table = Table(rows, meta={"galaxies": len(self.galaxies), "name": self.name})
        for name in table.colnames[1:]:
            table[name].format = ".3f"
        return table

    def __str__(self) -> str:
        lines = [f"On {len(self.galaxies):,} galaxies of {self.name}:"]
        lines += [f"  {each.sentence}" for each in self.results]
        lines += [f"  There, {pair}." for pair in self.pairs]
        return "\n".join(lines)

    def __repr__(self) -> str:
        found = ", ".join(f"{each.architecture} {each.away.value:.3f}" for each in self.results)
        return f"Transfer({self.name!r}: {found}; {len(self.galaxies)} galaxies)"

    def _probabilities(self, result: ArchitectureResult) -> np.ndarray:
        return np.stack([run.external[self.name].probabilities for run in result.runs])

    def _result(self, result: ArchitectureResult) -> TransferResult:
        right = correct_answers(self.galaxies.labels, self._probabilities(result)).mean(axis=0)
        away = Estimate(float(right.mean()), *proportion_interval(right, np.ones(len(right)), self.galaxies.groups))
        home = result.accuracy
        drop = Estimate(home.value - away.value, *independent_interval(home, away))
        return TransferResult(result.architecture, home, away, drop)
