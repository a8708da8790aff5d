"""Text of a comparison for terminals (plain text) and notebooks (HTML)."""

from html import escape
from textwrap import shorten, wrap

from astropy.table import Table

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.words import brief, duration, plural

__all__ = ["WIDTH", "as_html", "as_text", "protocol"]

WIDTH = 100


def protocol(comparison: Findings) -> str:
    """Summarise folds, repeats, seeds, epochs and trials in one line."""
    plan, config = comparison.plan, comparison.plan.config
    folds = (
        f"each of {plan.folds} folds tested in turn"
        if plan.tested_folds == plan.folds
        else f"{plan.tested_folds} of {plan.folds} folds tested"
    )
    repeats = f", {plan.repeats} repeats" if plan.repeats > 1 else ""
    trials = f", {plan.trials} learning rates tried for each architecture" if plan.trials > 1 else ""
    return f"{folds}{repeats}, {plural(len(plan.seeds), 'seed')}, {plural(config.epochs, 'epoch')}{trials}"


def as_text(comparison: Findings) -> str:
    """Write a comparison as plain text, in lines of at most 100 characters."""
    counts = ", ".join(f"{name} {count}" for name, count in comparison.test.class_counts().items())
    lines = wrap(f"{len(comparison.test):,} tested galaxies: {counts}", WIDTH, subsequent_indent="  ")
    lines += wrap(f"{protocol(comparison)}; brackets are 95 % confidence intervals", WIDTH, subsequent_indent="  ")
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
            f"{duration(result.cost.seconds):>10}"
        )
    lines += ["", *_by_class(comparison)]
    lines += ["", *(line for pair in comparison.pairs for line in wrap(f"{pair}.", WIDTH, subsequent_indent="  "))]
    if comparison.pairs and len(comparison.plan.seeds) == 1:
        lines.append("With one seed, these sentences hold for the trained networks only; other trainings may differ.")
    for block in (comparison.size_sentences, *(str(each).splitlines() for each in comparison.transfers.values())):
        if block:
            lines += ["", *(line for text in block for line in wrap(text, WIDTH, subsequent_indent="    "))]
    if comparison.small_classes:
        few = ", ".join(f"{name} {count}" for name, count in comparison.small_classes.items())
        lines += wrap(f"Recalls of classes with too few tested galaxies: {few}.", WIDTH, subsequent_indent="  ")
    if comparison.cautions:
        lines += ["", "Cautions:"]
        lines += [line for text in comparison.cautions for line in wrap(f"- {text}", WIDTH, subsequent_indent="  ")]
    return "\n".join([*lines, "", *wrap(comparison.verdict, WIDTH)])


def _by_class(comparison: Findings) -> list[str]:
    """Write the recall of each class; architectures are columns, as many as fit the width."""
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
            "training": [duration(result.cost.seconds) for result in comparison.results],
        }
    )


def as_html(comparison: Findings) -> str:
    """Write a comparison as HTML, for notebooks."""
    table = "\n".join(_summary(comparison).pformat(html=True, show_dtype=False, max_lines=-1, max_width=-1))
    pairs = "".join(f"<li>{escape(str(pair))}.</li>" for pair in comparison.pairs)
    cautions = "".join(f"<li>Caution: {escape(sentence)}</li>" for sentence in comparison.cautions)
    head = f"{len(comparison.test):,} tested galaxies; {protocol(comparison)}; brackets are 95 % confidence intervals."
    verdict = f"<p><strong>{escape(comparison.verdict)}</strong></p>"
    return f"<p>{escape(head)}</p>\n{table}\n<ul>{pairs}{cautions}</ul>\n{verdict}"
