"""Findings: the numbers, pairs and tables that follow from the runs of a comparison."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Int

from galmorph.comparison._findings.audit import audit_labels
from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._findings.small_classes import small_classes
from galmorph.comparison._findings.words import listed
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.data import Dataset

__all__ = ["Findings"]


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """What runs of several architectures on the same galaxies show, best first; `Comparison` presents it.

    Parameters
    ----------
    plan
        What was compared, and how.
    dataset
        All galaxies.
    results
        What the runs of each architecture show, by falling accuracy.
    """

    plan: ComparisonPlan
    dataset: Dataset
    results: tuple[ArchitectureResult, ...]

    def __getitem__(self, architecture: str) -> ArchitectureResult:
        """Look up what one architecture showed.

        Raises
        ------
        KeyError
            If it was not compared.
        """
        for result in self.results:
            if result.architecture == architecture:
                return result
        raise KeyError(f"{architecture!r}; compared were {', '.join(result.architecture for result in self.results)}")

    @property
    def best(self) -> ArchitectureResult:
        """The architecture with the highest accuracy; `verdict` says whether that means anything."""
        return self.results[0]

    @property
    def rows(self) -> Int[np.ndarray, "galaxies"]:
        """Rows of the data set that were tested, ascending."""
        return self.best.rows

    @cached_property
    def test(self) -> Dataset:
        """The tested galaxies."""
        return self.dataset[self.rows]

    @property
    def small_classes(self) -> dict[str, int]:
        """Classes with fewer than 30 tested galaxies, about which little can be said."""
        return small_classes(self.test.labels, self.test.classes)

    @cached_property
    def versions(self) -> dict[str, str]:
        """What the networks were trained and asked with: Python, galmorph, what computes for it, and the device.

        Where trainings differ, all that were used stand side by side.
        """
        found: dict[str, list[str]] = {}
        for result in self.results:
            for run in result.runs:
                for name, version in run.versions.items():
                    found.setdefault(name, []).append(version)
        return {name: ", ".join(dict.fromkeys(used)) for name, used in found.items()}

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """What can be said of each two architectures, better ranked ones first."""
        return judge_pairs(
            self.test.labels,
            {result.architecture: result.probabilities for result in self.results},
            self.test.groups,
            seeds=self.best.seeds,
        )

    @property
    def verdict(self) -> str:
        """What the tests allow to say of the best architecture, in a sentence."""
        best = self.best.architecture
        if len(self.results) == 1:
            return f"{best} stands alone: there is nothing to compare it with."
        own = [pair for pair in self.pairs if best in (pair.first, pair.second)]
        beaten = [_other(pair, best) for pair in own if pair.better == best]
        unclear = [pair for pair in own if pair.better is None]
        galaxies = f"{len(self.test):,} galaxies"
        if not unclear:
            return f"{best} is better than {listed(beaten)} on these {galaxies}."
        rivals = listed([_other(pair, best) for pair in unclear])
        limit = max(pair.smallest for pair in unclear)
        doubt = f"{rivals} by these {galaxies}, which would not show differences under {100 * limit:.1f} points"
        if not beaten:
            return f"{best} has the highest accuracy, but is not distinguishable from {doubt}."
        return f"{best} is better than {listed(beaten)}, but not distinguishable from {doubt}."

    def to_table(self) -> Table:
        """One row an architecture, best first.

        Returns
        -------
        Table
            ``architecture``; ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``log_loss``, ``calibration_error`` and
            ``tta_accuracy``, each with ``_low`` and ``_high``, its 95 % interval; ``seed_spread``, ``fold_spread``,
            ``temperature``, ``turn_changes``, ``flip_changes``; ``parameters``, ``flops``, ``seconds``, ``rate``,
            ``memory``; and ``recall(...)`` and ``precision(...)`` of each class.
        """
        rows = []
        for result in self.results:
            row: dict[str, Any] = {"architecture": result.architecture}
            for name in (
                "accuracy",
                "balanced_accuracy",
                "macro_f1",
                "log_loss",
                "calibration_error",
                "tta_accuracy",
            ):
                estimate = getattr(result, name)
                row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
            row |= {"seed_spread": result.seed_spread, "fold_spread": result.fold_spread}
            row |= {"temperature": result.temperature}
            row |= {"turn_changes": result.consistency.turn, "flip_changes": result.consistency.flip}
            row |= result.cost._asdict()
            row |= {f"recall({name})": estimate.value for name, estimate in result.recall.items()}
            row |= {f"precision({name})": estimate.value for name, estimate in result.precision.items()}
            rows.append(row)
        table = Table(rows)
        for name in table.colnames:
            if table[name].dtype.kind == "f":
                table[name].format = ".1f" if name in ("seconds", "rate") else ".3f"
        return table

    def predictions(self) -> Table:
        """Every answer to every tested galaxy, so that others can test what they like.

        Returns
        -------
        Table
            One row for each tested galaxy and pass of each architecture: ``row`` in the data set, ``name`` where the
            data set knows it, ``label``, ``architecture``, ``repeat``, ``fold``, ``seed``, ``answer``, and ``p(...)``
            of each class.
        """
        named = "name" in self.dataset.table.colnames
        classes = np.array(self.dataset.classes)
        columns: dict[str, list[Any]] = {}
        for result in self.results:
            for run in result.runs:
                size = len(run.rows)
                part: dict[str, Any] = {"row": run.rows}
                if named:
                    part["name"] = np.asarray(self.dataset.table["name"][run.rows]).astype(str)
                part |= {"label": classes[run.scores.labels], "architecture": np.full(size, run.architecture)}
                part |= {name: np.full(size, getattr(run, name)) for name in ("repeat", "fold", "seed")}
                part["answer"] = classes[run.scores.predictions]
                part |= {f"p({name})": run.scores.probabilities[:, i] for i, name in enumerate(classes)}
                for name, values in part.items():
                    columns.setdefault(name, []).append(values)
        table = Table({name: Column(np.concatenate(parts)) for name, parts in columns.items()})
        for name in classes:
            table[f"p({name})"].format = ".4f"
        return table

    def audit(self, *, doubt: float = 0.1, agreement: float = 0.8) -> Table:
        """List tested galaxies whose label the networks, none of which learned from them, confidently contradict.

        Parameters
        ----------
        doubt, agreement
            As for `audit_labels`.

        Returns
        -------
        Table
            As of `audit_labels`, with a page of NED for each galaxy that has a name; ``row`` is that of the data set.

        Raises
        ------
        InvalidValueError
            If a number does not lie from 0 to 1.
        """
        test = self.test
        named = "name" in test.table.colnames
        names = [str(name) for name in test.table["name"]] if named else None
        answers = np.concatenate([result.probabilities for result in self.results])
        table = audit_labels(test.labels, answers, test.classes, names=names, doubt=doubt, agreement=agreement)
        table["row"] = self.rows[table["row"]]
        return table


def _other(pair: Pair, name: str) -> str:
    return pair.second if pair.first == name else pair.first
