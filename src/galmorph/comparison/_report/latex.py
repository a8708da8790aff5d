"""LaTeX table of the ranking, for a paper; it needs no package."""

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import Estimate
from galmorph.comparison._findings.words import brief
from galmorph.comparison._report.text import protocol

__all__ = ["as_latex"]

_HEADS = ("Architecture", "Accuracy", "Balanced accuracy", "Macro-F1", "Log loss", "Weights")


def as_latex(comparison: Findings, *, caption: str | None, label: str) -> str:
    r"""Make a LaTeX table of the ranking, with intervals as sub- and superscripts.

    Parameters
    ----------
    comparison
        The comparison.
    caption
        Caption, as LaTeX; by default, it names the galaxies and the protocol.
    label
        What ``\ref`` calls the table.
    """
    if caption is None:
        caption = (
            f"{len(comparison.test):,} tested galaxies; {protocol(comparison)}. Sub- and superscripts give 95\\,\\% "
            "confidence intervals for galaxies of the same kind."
        )
    rows = [
        (
            result.architecture.replace("_", r"\_"),
            *map(_estimate, (result.accuracy, result.balanced_accuracy, result.macro_f1, result.log_loss)),
            brief(result.cost.parameters).replace(" ", r"\,"),
        )
        for result in comparison.results
    ]
    lines = [
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        r"\begin{tabular}{lccccr}",
        r"\hline",
        rf"{' & '.join(_HEADS)} \\",
        r"\hline",
        *(rf"{' & '.join(row)} \\" for row in rows),
        r"\hline",
        r"\end{tabular}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _estimate(estimate: Estimate) -> str:
    value, low, high = estimate
    return f"${value:.3f}^{{+{high - value:.3f}}}_{{-{value - low:.3f}}}$"
