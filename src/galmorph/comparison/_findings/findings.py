"""Findings: the results, pairs, verdict and tables that follow from the runs of a comparison."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Int

from galmorph._checks import check_choice
from galmorph._warnings import warn
from galmorph.comparison._findings.audit import audit_labels
from galmorph.comparison._findings.by_column import accuracy_table
from galmorph.comparison._findings.cautions import audit_caution, cautions
from galmorph.comparison._findings.pairs import Pair, judge_pairs
from galmorph.comparison._findings.pairs_table import pairs_table
from galmorph.comparison._findings.result import ArchitectureResult, Estimate
from galmorph.comparison._findings.sizes import learned_galaxies, size_sentences, size_table
from galmorph.comparison._findings.small_classes import small_classes
from galmorph.comparison._findings.transfer import Transfer
from galmorph.comparison._findings.words import listed
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._statistics.column_bins import Bins, bin_column
from galmorph.data import Dataset
from galmorph.errors import ImplausibleWarning
from galmorph.training import probability_columns

__all__ = ["Findings"]


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """Results of several architectures on the same galaxies, best first; `Comparison` adds text, figures and report.

    Parameters
    ----------
    plan
        What was compared, and how.
    dataset
        All galaxies.
    results
        Results of each architecture, by falling accuracy; of the largest size, if the plan has several.
    smaller
        Results with fewer training galaxies, by the size in the plan.
    external
        External galaxies, which each network has answered, by their names.
    """

    plan: ComparisonPlan
    dataset: Dataset
    results: tuple[ArchitectureResult, ...]
    smaller: Mapping[int, tuple[ArchitectureResult, ...]] = field(default_factory=dict)
    external: Mapping[str, Dataset] = field(default_factory=dict)

    def __getitem__(self, architecture: str) -> ArchitectureResult:
        """Look up the result of an architecture.

        Raises
        ------
        KeyError
            If it is not part of the comparison.
        """
        for result in self.results:
            if result.architecture == architecture:
                return result
        raise KeyError(f"{architecture!r}; compared were {', '.join(result.architecture for result in self.results)}")

    def __iter__(self) -> Iterator[ArchitectureResult]:
        """Iterate over the results, best first."""
        return iter(self.results)

    def __contains__(self, architecture: object) -> bool:
        """Whether an architecture of this name was compared."""
        return any(result.architecture == architecture for result in self.results)

    @property
    def best(self) -> ArchitectureResult:
        """The result with the highest accuracy; `verdict` says whether it is significantly better than the others."""
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
        """Classes with fewer than 30 tested galaxies, and how many each has; little can be said about them."""
        return small_classes(self.test.labels, self.test.classes)

    @cached_property
    def versions(self) -> dict[str, str]:
        """Versions of Python, galmorph and its dependencies, and the device, with which the networks were run.

        If they differ between trainings, all are given, separated by commas.
        """
        found: dict[str, list[str]] = {}
        for result in self.results:
            for run in result.runs:
                for name, version in run.versions.items():
                    found.setdefault(name, []).append(version)
        return {name: ", ".join(dict.fromkeys(used)) for name, used in found.items()}

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Each pair of architectures, the better ranked one first."""
        return self._judge(self.results)

    def _judge(self, results: Sequence[ArchitectureResult]) -> tuple[Pair, ...]:
        """Judge each pair of results on the tested galaxies."""
        return judge_pairs(
            self.test.labels,
            {result.architecture: result.probabilities for result in results},
            self.test.groups,
            seeds=results[0].seeds,
        )

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """Sentences about results that are implausible, each with what may help; empty if there are none."""
        return cautions(self.results, self.dataset)

    @property
    def verdict(self) -> str:
        """What the tests say about the best architecture, in a sentence or two.

        It is as careful as the most careful of the tests: it says if other seeds may reverse the order.
        """
        best = self.best.architecture
        if len(self.results) == 1:
            return f"{best} is the only architecture, so there is nothing to compare it with."
        own = [pair for pair in self.pairs if best in (pair.first, pair.second)]
        won = [pair for pair in own if pair.better == best]
        unclear = [pair for pair in own if pair.better is None]
        beaten = listed([_other(pair, best) for pair in won]) if won else ""
        galaxies = f"{len(self.test):,} galaxies"
        if not unclear:
            return f"{best} is better than {beaten} on these {galaxies}{_over_seeds(won, best)}"
        rivals = listed([_other(pair, best) for pair in unclear])
        limit = max(pair.smallest for pair in unclear)
        power = f"{100 * unclear[0].power:.0f} % power"
        doubt = (
            f"{rivals} with these {galaxies}; the smallest detectable difference is {100 * limit:.1f} points ({power})"
        )
        if not won:
            return f"{best} has the highest accuracy, but is not distinguishable from {doubt}."
        return f"{best} is better than {beaten}, but not distinguishable from {doubt}{_over_seeds(won, best)}"

    def to_table(self) -> Table:
        """Make a table of all numbers, with one row for each architecture, best first.

        Returns
        -------
        Table
            ``architecture``; ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``log_loss``, ``calibration_error``,
            ``tta_accuracy`` and ``ensemble_accuracy``, each with its 95 % confidence interval, ``_low`` to ``_high``;
            ``seed_spread``, ``fold_spread``, ``temperature``, ``turn_changes``, ``flip_changes``; ``parameters``,
            ``flops``, ``seconds``, ``rate``, ``memory``; and ``recall(...)`` and ``precision(...)`` of each class.
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
                "ensemble_accuracy",
            ):
                estimate = getattr(result, name)
                row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
            row |= {"seed_spread": result.seed_spread, "fold_spread": result.fold_spread}
            row |= {"temperature": result.temperature}
            turned = result.architecture not in self.plan.on_features  # features have no orientations
            row["turn_changes"] = result.consistency.turn if turned else np.nan
            row["flip_changes"] = result.consistency.flip if turned else np.nan
            row |= result.cost._asdict()
            row |= {f"recall({name})": estimate.value for name, estimate in result.recall.items()}
            row |= {f"precision({name})": estimate.value for name, estimate in result.precision.items()}
            rows.append(row)
        table = Table(rows)
        for name in table.colnames:
            if table[name].dtype.kind == "f":
                table[name].format = ".1f" if name in ("seconds", "rate") else ".3f"
        table.meta["cautions"] = list(self.cautions)
        return table

    def pairs_table(self) -> Table:
        """Make a table of `pairs`, with one row for each pair.

        Returns
        -------
        Table
            ``first``, ``second``; ``better``: the name of the better one, blank if they are not distinguishable;
            ``difference`` of their accuracies, first minus second, with its interval, ``difference_low`` to
            ``difference_high``; ``only_first`` and ``only_second``, the galaxies that one of them alone classifies
            correctly; ``p_value`` and ``corrected``; the interval over seeds, ``seeds_low`` to ``seeds_high``;
            ``smallest``: the smallest detectable difference; the interval over galaxies and seeds, ``two_way_low`` to
            ``two_way_high``; ``effect`` and ``superiority``; ``rope``, and the probabilities ``practical_first``,
            ``practical_equivalent`` and ``practical_second`` of the trained networks, and with ``practical_two_way_``
            those of the architectures. See `Pair`.
        """
        return pairs_table(self.pairs)

    @cached_property
    def by_size(self) -> dict[int, tuple[ArchitectureResult, ...]]:
        """Results by the number of training galaxies, the fewest first; a single entry if the plan has no sizes."""
        most = learned_galaxies(self.best, len(self.dataset))
        return {**{size: self.smaller[size] for size in sorted(self.smaller)}, most: self.results}

    def size_table(self) -> Table:
        """Make a table of accuracies by the number of training galaxies.

        Returns
        -------
        Table
            One row for each size and architecture: ``architecture``, ``galaxies`` (from which it learned), ``accuracy``
            with its 95 % confidence interval, ``accuracy_low`` to ``accuracy_high``, and ``seed_spread``.
        """
        return size_table(self.by_size)

    @cached_property
    def size_sentences(self) -> tuple[str, ...]:
        """For each pair of architectures, which is better with how many training galaxies; empty without sizes.

        The p-values are corrected for the number of pairs, not for the number of sizes.
        """
        if not self.smaller or len(self.results) == 1:
            return ()
        pairs = {
            size: self.pairs if results is self.results else self._judge(results)
            for size, results in self.by_size.items()
        }
        return size_sentences(pairs, [result.architecture for result in self.results])

    @cached_property
    def transfers(self) -> dict[str, Transfer]:
        """How the networks answer external galaxies, and how much accuracy they lose there, by the names of these."""
        return {name: Transfer(name, galaxies, self.results) for name, galaxies in self.external.items()}

    def accuracy_by(self, column: str, *, bins: int = 5, edges: Sequence[float] | None = None) -> Table:
        """Measure the accuracy of each architecture by a column of the data set, such as magnitude or redshift.

        Parameters
        ----------
        column
            Name of a column of ``dataset.table``, with numbers or texts. Masked values, NaN and empty texts are
            missing.
        bins
            Number of bins, with about as many galaxies each. Texts have a bin for each value.
        edges
            Ascending edges of the bins, instead of their number.

        Returns
        -------
        Table
            One row for each bin: ``low``, ``high`` and ``median`` (for texts, ``value``), ``galaxies``, and for each
            architecture ``accuracy(...)`` with its 95 % confidence interval, ``accuracy_low(...)`` to
            ``accuracy_high(...)``. ``meta`` holds the ``column``, its ``unit`` and the number of tested galaxies
            without a value, ``missing``.

        Raises
        ------
        InvalidValueError
            If there is no such column, no value is known, or the edges don't ascend.
        """
        found, estimates = self.in_bins(column, bins=bins, edges=edges)
        table = accuracy_table(found, {f"accuracy({name})": each for name, each in estimates.items()})
        table.meta |= {"column": column, "unit": str(self.test.table[column].unit or "")}
        return table

    def in_bins(
        self, column: str, *, bins: int = 5, edges: Sequence[float] | None = None
    ) -> tuple[Bins, dict[str, list[Estimate]]]:
        """Bins of `accuracy_by`, and the accuracies in them by architecture."""
        check_choice("column", column, self.dataset.table.colnames)
        found = bin_column(self.test.table[column], bins=bins, edges=edges)
        return found, {
            result.architecture: [result.accuracy_in(each.rows) for each in found.bins] for result in self.results
        }

    def predictions(self) -> Table:
        """Make a table of every answer to every tested galaxy, for tests of your own.

        Returns
        -------
        Table
            One row for each tested galaxy and pass of each architecture: ``row`` in the data set, ``name`` if the data
            set has names, ``label``, ``architecture``, ``repeat``, ``fold``, ``seed``, ``answer``, and the
            probability of each class, such as ``p_spiral`` (`galmorph.training.probability_columns`).
        """
        named = "name" in self.dataset.table.colnames
        classes = np.array(self.dataset.classes)
        probabilities = probability_columns(self.dataset.classes).values()
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
                part |= dict(zip(probabilities, run.scores.probabilities.T, strict=True))
                for name, values in part.items():
                    columns.setdefault(name, []).append(values)
        return Table({name: Column(np.concatenate(parts)) for name, parts in columns.items()})

    def audit(self, *, doubt: float = 0.1, agreement: float = 0.8) -> Table:
        """List tested galaxies whose label is confidently contradicted by networks that were not trained with them.

        Parameters
        ----------
        doubt, agreement
            As for `audit_labels`.

        Returns
        -------
        Table
            As for `audit_labels`, with a link to NED for each galaxy that has a name; ``row`` counts in the data set.

        Raises
        ------
        InvalidValueError
            If an option is outside of 0 to 1.

        Warns
        -----
        ImplausibleWarning
            If the list is worth little, because the networks are often wrong or don't recognise a class.
        """
        if caution := self.audit_caution:
            warn(f"audit: {caution}", ImplausibleWarning)
        return self.doubtful(doubt=doubt, agreement=agreement)

    @property
    def audit_caution(self) -> str:
        """Why `audit` is worth little with these networks; empty if it is not."""
        return audit_caution(self.results)

    def doubtful(self, *, doubt: float = 0.1, agreement: float = 0.8) -> Table:
        """Make the table of `audit` without its warning."""
        test = self.test
        named = "name" in test.table.colnames
        names = [str(name) for name in test.table["name"]] if named else None
        answers = np.concatenate([result.probabilities for result in self.results])
        table = audit_labels(test.labels, answers, test.classes, names=names, doubt=doubt, agreement=agreement)
        table["row"] = self.rows[table["row"]]
        return table


def _other(pair: Pair, name: str) -> str:
    return pair.second if pair.first == name else pair.first


def _over_seeds(won: list[Pair], best: str) -> str:
    """End a sentence about the pairs that an architecture won with what other seeds may change."""
    if won[0].holds_over_seeds is None:
        return ", as trained here with one seed; other trainings may differ."
    open_ = [_other(pair, best) for pair in won if not pair.holds_for_architectures]
    if not open_:
        return "."
    return f", as trained here; with other seeds, the order of {best} and {listed(open_, 'or')} may be reversed."
