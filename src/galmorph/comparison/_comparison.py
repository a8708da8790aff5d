"""Comparison: what can be said of several architectures on the same galaxies, in words, tables, figures and a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._report.citation import bibtex, methods
from galmorph.comparison._report.page import write_report
from galmorph.comparison._report.text import as_html, as_latex, as_text
from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.comparison._runs.run import Run
from galmorph.data import Dataset

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Findings):
    """Several architectures on the same galaxies, best first. Print it.

    Parameters
    ----------
    plan
        What was compared, and how.
    dataset
        All galaxies.
    results
        What the runs of each architecture show, by falling accuracy.
    """

    @classmethod
    def of(cls, plan: ComparisonPlan, dataset: Dataset, runs: Sequence[Run]) -> "Comparison":
        """Put runs together, by architecture."""
        results = []
        for name in plan.architectures:
            own = tuple(run for run in runs if run.architecture == name)
            tested = np.sort(np.concatenate([run.rows for run in own if (run.repeat, run.seed) == (0, plan.seeds[0])]))
            results.append(ArchitectureResult(name, own, dataset.groups[tested]))
        return cls(plan, dataset, tuple(sorted(results, key=lambda result: -result.accuracy.value)))

    @property
    def plots(self) -> Plots:
        """Figures: each method returns matplotlib axes."""
        return Plots(self)

    def write_report(self, path: str | Path, *, title: str | None = None, command: str | None = None) -> None:
        """Write one page that shows and explains everything, and needs no other file.

        Parameters
        ----------
        path
            The HTML file; it appears only when it is complete.
        title
            Heading of the page.
        command
            The command that makes this comparison again, for the page to name.
        """
        write_report(self, path, title=title, command=command)

    @property
    def methods(self) -> str:
        """A paragraph for the methods section of a paper, with references."""
        return methods(self)

    @property
    def bibtex(self) -> str:
        """BibTeX of what `methods` refers to: data, architectures, statistics, software."""
        return bibtex(self)

    def to_latex(self) -> str:
        """Make a LaTeX table of the ranking, for a paper (by `astropy.io.ascii`)."""
        return as_latex(self)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def __repr__(self) -> str:
        ranking = ", ".join(f"{result.architecture} {result.accuracy.value:.3f}" for result in self.results)
        return f"Comparison({ranking}; {len(self.test)} test galaxies)"
