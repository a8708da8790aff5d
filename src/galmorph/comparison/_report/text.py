"""Text: a comparison in words and tables, for terminals, notebooks and papers."""

from html import escape
from io import StringIO
from textwrap import shorten, wrap

from astropy.table import Table

from galmorph.comparison._findings.findings import Findings

__all__ = ["WIDTH", "as_html", "as_latex", "as_text", "brief", "protocol"]

WIDTH = 100


def protocol(comparison: Findings) -> str:
    """Say in a sentence who learned from what, and how often."""
    plan, config = comparison.plan, comparison.plan.config
    folds = (
        f"each of {plan.folds} folds tested in turn"
        if plan.tested_folds == plan.folds
        else f"{plan.tested_folds} of {plan.folds} folds tested"
    )
    repeats = f", {plan.repeats} times anew" if plan.repeats > 1 else ""
    trials = f", {plan.trials} learning rates tried by each" if plan.trials > 1 else ""
    seeds = f"{len(plan.seeds)} seed{'s' if len(plan.seeds) > 1 else ''}"
    return f"{folds}{repeats}, {seeds}, {config.epochs} epochs{trials}"


def as_text(comparison: Findings) -> str:
    """Print a comparison: lines of at most 100 columns."""
    counts = ", ".join(f"{name} {count}" for name, count in comparison.test.class_counts().items())
    lines = wrap(f"{len(comparison.test):,} test galaxies: {counts}", WIDTH, subsequent_indent="  ")
    lines += wrap(f"{protocol(comparison)}; in brackets 95 % intervals", WIDTH, subsequent_indent="  ")
    width = min(20, max(len("architecture"), *(len(result.architecture) for result in comparison.results)))
    lines += [
        "",
        f"{'architecture':<{width}}  {'accuracy':<21}{'balanced accuracy':<21}{'log loss':>9}{'ECE':>7}{'weights':>9}"
        f"{'training':>10}",
    ]
    for result in comparison.results:
        lines.append(
            f"{shorten(result.architecture, width):<{width}}  {result.accuracy!s:<21}{result.balanced_accuracy!s:<21}"
            f"{result.log_loss.value:>9.3f}{result.calibration_error.value:>7.3f}{brief(result.cost.parameters):>9}"
            f"{_duration(result.cost.seconds):>10}"
        )
    lines += ["", *_by_class(comparison)]
    lines += ["", *(line for pair in comparison.pairs for line in wrap(f"{pair}.", WIDTH, subsequent_indent="  "))]
    if comparison.pairs and len(comparison.plan.seeds) == 1:
        lines.append("With one seed, this is about these trained networks: other trainings may differ.")
    if comparison.small_classes:
        few = ", ".join(f"{name} {count}" for name, count in comparison.small_classes.items())
        lines += wrap(f"Recalls that stand on too few test galaxies: {few}.", WIDTH, subsequent_indent="  ")
    return "\n".join([*lines, "", *wrap(comparison.verdict, WIDTH)])


def _by_class(comparison: Findings) -> list[str]:
    """Recall of each class by each architecture, as many side by side as the width allows."""
    width = min(40, max(len("recall by class"), *(len(name) for name in comparison.test.classes)))
    cell = max(12, *(len(result.architecture) + 2 for result in comparison.results))
    cell = min(cell, WIDTH - width)
    lines: list[str] = []
    beside = max(1, (WIDTH - width) // cell)
    for start in range(0, len(comparison.results), beside):
        results = comparison.results[start : start + beside]
        recalls = [result.recall for result in results]
        heads = "".join(f"{shorten(result.architecture, cell - 2):>{cell}}" for result in results)
        lines += [*([""] if lines else []), f"{'recall by class':<{width}}{heads}"]
        for name in comparison.test.classes:
            values = "".join(f"{recall[name].value:>{cell}.3f}" for recall in recalls)
            lines.append(f"{shorten(name, width):<{width}}{values}")
    return lines


def _summary(comparison: Findings) -> Table:
    return Table(
        {
            "architecture": [result.architecture for result in comparison.results],
            "accuracy": [str(result.accuracy) for result in comparison.results],
            "balanced accuracy": [str(result.balanced_accuracy) for result in comparison.results],
            "log loss": [f"{result.log_loss.value:.3f}" for result in comparison.results],
            "calibration error": [f"{result.calibration_error.value:.3f}" for result in comparison.results],
            "weights": [brief(result.cost.parameters) for result in comparison.results],
            "training": [_duration(result.cost.seconds) for result in comparison.results],
        }
    )


def as_html(comparison: Findings) -> str:
    """Show a comparison in a notebook."""
    table = "\n".join(_summary(comparison).pformat(html=True, show_dtype=False, max_lines=-1, max_width=-1))
    pairs = "".join(f"<li>{escape(str(pair))}.</li>" for pair in comparison.pairs)
    said = f"{len(comparison.test):,} test galaxies; {protocol(comparison)}; in brackets 95 % intervals."
    return f"<p>{escape(said)}</p>\n{table}\n<ul>{pairs}</ul>\n<p><strong>{escape(comparison.verdict)}</strong></p>"


def as_latex(comparison: Findings) -> str:
    """Make a LaTeX table of the ranking: intervals as sub- and superscripts."""
    rows = []
    for result in comparison.results:
        row = {"Architecture": result.architecture.replace("_", r"\_")}
        for head, estimate in (
            ("Accuracy", result.accuracy),
            ("Balanced accuracy", result.balanced_accuracy),
            ("Macro-F1", result.macro_f1),
            ("Log loss", result.log_loss),
        ):
            up, down = estimate.high - estimate.value, estimate.value - estimate.low
            row[head] = f"${estimate.value:.3f}^{{+{up:.3f}}}_{{-{down:.3f}}}$"
        row["Weights"] = brief(result.cost.parameters)
        rows.append(row)
    text = StringIO()
    caption = (
        f"{len(comparison.test):,} test galaxies; {protocol(comparison)}. Intervals hold 95\\,\\% of what other "
        "galaxies would show."
    )
    Table(rows).write(
        text, format="ascii.latex", latexdict={"tabletype": "table", "caption": caption, "col_align": "lccccr"}
    )
    return text.getvalue()


def brief(number: float) -> str:
    """Write a large number with three digits and a unit: 11.2 M."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 10 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
