"""Comparison: the findings of a comparison, with text, figures, citations and an HTML report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._report.citation import bibtex, methods
from galmorph.comparison._report.latex import as_latex
from galmorph.comparison._report.page import write_report
from galmorph.comparison._report.text import as_html, as_text
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Run
from galmorph.data import Dataset

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Findings):
    """Several architectures on the same galaxies, best first. Print it.

    Parameters
    ----------
    plan, dataset, results, smaller, external
        As for `Findings`.
    """

    @classmethod
    def of(
        cls,
        plan: ComparisonPlan,
        dataset: Dataset,
        runs: Sequence[Run],
        external: Mapping[str, Dataset] = MappingProxyType({}),
    ) -> "Comparison":
        """Make a comparison from its runs."""

        def ranked(size: int | None) -> tuple[ArchitectureResult, ...]:
            results = []
            for name in plan.architectures:
                own = tuple(run for run in runs if (run.architecture, run.size) == (name, size))
                tested = [run.rows for run in own if (run.repeat, run.seed) == (0, plan.seeds[0])]
                results.append(ArchitectureResult(name, own, dataset.groups[np.sort(np.concatenate(tested))]))
            return tuple(sorted(results, key=lambda result: -result.accuracy.value))

        *fewer, most = plan.all_sizes
        smaller = {size: ranked(size) for size in fewer if size is not None}
        return cls(plan, dataset, ranked(most), smaller, external)

    @property
    def plots(self) -> Plots:
        """Figures of the comparison, as methods."""
        return Plots(self)

    def write_report(self, path: str | Path, *, title: str | None = None, command: str | None = None) -> None:
        """Write an HTML page that shows and explains all results, and needs no other file.

        Parameters
        ----------
        path
            The HTML file; it appears only when it is complete. Missing folders are made.
        title
            Heading of the page.
        command
            The command that repeats this comparison, to be shown on the page; by default, a call of `compare`.

        Raises
        ------
        OSError
            If the file can't be written.
        """
        write_report(self, path, title=title, command=command)

    @property
    def methods(self) -> str:
        """A paragraph for the methods section of a paper, with citations."""
        return methods(self)

    @property
    def bibtex(self) -> str:
        """BibTeX entries of everything that `methods` cites: data, architectures, statistics and software."""
        return bibtex(self)

    def to_latex(self, *, caption: str | None = None, label: str = "tab:comparison") -> str:
        r"""Make a LaTeX table of the ranking, for a paper. It is two columns wide, and needs no package.

        Parameters
        ----------
        caption
            Caption of the table, as LaTeX; by default, it gives the number of galaxies and the protocol.
        label
            Name of the table for ``\ref``.
        """
        return as_latex(self, caption=caption, label=label)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        from galmorph._drawing.html import drawing

        ranking = "Accuracy of each architecture with its confidence interval; the table above has the numbers."
        return f"{as_html(self)}\n{drawing(self.plots.ranking, ranking)}"

    def __repr__(self) -> str:
        ranking = ", ".join(f"{result.architecture} {result.accuracy.value:.3f}" for result in self.results)
        return f"Comparison({ranking}; {len(self.test)} tested galaxies)"
