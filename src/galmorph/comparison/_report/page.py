"""Report: an HTML page that shows and explains a comparison, without other files, network access or scripts."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from galmorph._atomic_files import write_atomically
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import Cost
from galmorph.comparison._findings.words import listed, plural
from galmorph.comparison._report.citation import bibtex, learned_weights, methods
from galmorph.comparison._report.pictures import (
    Card,
    doubtful_cards,
    drawings,
    example_cards,
    mistake_cards,
    transfer_drawings,
)
from galmorph.comparison._report.provenance import provenance
from galmorph.comparison._report.tables import fill_tables, transfer_table
from galmorph.comparison._report.text import protocol
from galmorph.comparison._runs.versions import GALMORPH
from galmorph.data import Dataset
from galmorph.errors import GalmorphError
from galmorph.models import ARCHITECTURES
from galmorph.preprocessing import Recipe

__all__ = ["write_report"]

TITLE = "Which network classifies these galaxies better?"

#: Headings of the sections by their anchors, in the order of the page.
CONTENTS = {
    "ranking": "Ranking",
    "pairs": "Which differences are significant",
    "galaxies": "Galaxies",
    "protocol": "Protocol",
    "classes": "Results by class",
    "columns": "Where are they wrong?",
    "sizes": "How many galaxies are needed?",
    "external": "Galaxies of other surveys",
    "learning": "Learning curves",
    "trust": "Calibration and abstention",
    "orientation": "Consistency and test-time augmentation",
    "cost": "Accuracy and cost",
    "mistakes": "Most confident mistakes",
    "doubt": "Labels that may be wrong",
    "cite": "How to cite",
    "repeat": "How to repeat this comparison",
    "measured": "Date and measured times",
}

_REPEAT = """\
import json
from galmorph.comparison import ComparisonPlan, compare

plan = ComparisonPlan.from_dict(json.loads(PLAN))  # PLAN: the text of the plan below
comparison = compare(plan, dataset{models})  # dataset: the galaxies with the fingerprint below"""


def write_report(
    comparison: Findings, path: str | Path, *, title: str | None = None, command: str | None = None
) -> None:
    """Write an HTML page with all results of a comparison: verdict, tables, figures, stamps, citations and versions.

    Figures and stamps are embedded, so the page loads nothing. The same comparison gives the same bytes, except in the
    last section, the element with the attribute ``data-measured``: it holds the date and all measured times. Two equal
    comparisons that took different times have pages that are the same without it.

    Parameters
    ----------
    comparison
        The comparison.
    path
        The HTML file; it appears only when it is complete. Missing folders are made.
    title
        Heading of the page.
    command
        The command that repeats this comparison; by default, a call of `galmorph.comparison.compare`.
    """
    # Names of galaxies and classes are not trusted, so everything is escaped.
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("galmorph.comparison._report", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    page = environment.get_template("page.html.jinja").render(**_contents(comparison, title, command))
    write_atomically(path, page.encode())


def _contents(comparison: Findings, title: str | None, command: str | None) -> dict[str, Any]:
    plan, best = comparison.plan, comparison.best
    doubtful = comparison.doubtful()
    small = [f"{name}: {plural(count, 'tested galaxy')}." for name, count in comparison.small_classes.items()]
    mistakes: list[Card] = mistake_cards(comparison, best)
    return {
        "title": TITLE if title is None else title,
        "contents": sections(comparison),
        "size_sentences": [_bound(sentence) for sentence in comparison.size_sentences],
        "transfers": _transfers(comparison),
        "verdict": _bound(comparison.verdict),
        "cautions": [_bound(sentence) for sentence in comparison.cautions],
        "protocol": f"{len(comparison.test):,} tested galaxies; {protocol(comparison)}",
        "sentences": [_bound(str(pair)) for pair in comparison.pairs],
        "seeds": len(plan.seeds),
        "passes": plan.passes,
        "tuned": plan.trials > 1,
        "best": best.architecture,
        "small": " ".join(small),
        "rope": f"{100 * comparison.pairs[0].rope:g}" if comparison.pairs else "",
        "examples": example_cards(comparison),
        "date": datetime.now(UTC).date().isoformat(),
        "facts": {"galaxies": _galaxies(comparison), "protocol": _protocol(comparison), "repeat": _repeat(comparison)},
        "figures": drawings(comparison),
        "tables": fill_tables(comparison),
        "mistakes": mistakes,
        "doubtful": doubtful_cards(comparison, doubtful),
        "doubtful_count": len(doubtful),
        "doubtful_caution": _bound(comparison.audit_caution),
        "methods": _bound(methods(comparison)),
        "bibtex": bibtex(comparison),
        "command": _repeating(_own_names(comparison)) if command is None else command,
        "plan": json.dumps(plan.to_dict(), indent=1),
        "recipe": "" if comparison.dataset.recipe is None else json.dumps(comparison.dataset.recipe, indent=1),
        "galmorph": version(GALMORPH),
    }


def sections(comparison: Findings) -> dict[str, str]:
    """Headings of those sections of `CONTENTS` that a comparison has."""
    absent = {"sizes": not comparison.smaller, "external": not comparison.external}
    return {name: heading for name, heading in CONTENTS.items() if not absent.get(name, False)}


def _transfers(comparison: Findings) -> list[dict[str, Any]]:
    pictures = transfer_drawings(comparison)
    return [
        {
            "name": name,
            "galaxies": plural(len(transfer.galaxies), "galaxy"),
            "sentences": [
                *(_bound(each.sentence) for each in transfer.results),
                *(_bound(f"There, {pair}.") for pair in transfer.pairs),
            ],
            "figure": pictures[name],
            "table": transfer_table(transfer),
        }
        for name, transfer in comparison.transfers.items()
    ]


def _galaxies(comparison: Findings) -> list[tuple[str, str]]:
    dataset, test = comparison.dataset, comparison.test
    return [
        ("Galaxies", f"{len(dataset):,} in total, {len(test):,} tested; {_shared(dataset)}"),
        ("Classes", ", ".join(dataset.classes)),
        (
            "Stamps",
            f"{dataset.size} x {dataset.size} pixels, {plural(dataset.channels, 'channel')}, {dataset.stamps.dtype}",
        ),
        ("Recipe", _recipe(dataset)),
        *provenance(dataset),
        *_left_out(dataset),
    ]


def _shared(dataset: Dataset) -> str:
    """Say which galaxies share their sky, and whether that is known."""
    groups = len(np.unique(dataset.groups))
    unseen = int(np.sum(~dataset.has_position))
    unknown = f"; {unseen:,} have no position, so it is not known whether they share their sky" if unseen else ""
    if groups < len(dataset):
        return f"{groups:,} groups, of galaxies that share their sky or are copies{unknown}"
    if unseen == len(dataset):
        return "no positions, so it is not known which of them share their sky"
    return f"no two {'of those with a position ' if unseen else ''}share their sky{unknown}"


def _recipe(dataset: Dataset) -> str:
    if dataset.recipe is None:
        return "not recorded"
    try:
        return repr(Recipe.from_dict(dataset.recipe))
    except GalmorphError:
        return "a custom recipe, see below"


def _left_out(dataset: Dataset) -> list[tuple[str, str]]:
    """How many galaxies were left out of the data set, and why, if its table says so."""
    reasons = dataset.table.meta.get("left_out", {})
    counts = ", ".join(f"{count:,} ({reason})" for reason, count in reasons.items() if count)
    return [("Left out of the data set", counts)] if counts else []


def _protocol(comparison: Findings) -> list[tuple[str, str]]:
    plan = comparison.plan
    config, moves = plan.config, plan.config.augmentation
    sizes = [len(run.rows) for run in comparison.results[0].passes[0]]
    rates = ", ".join(f"{rate:g}" for rate in plan.learning_rates)
    falls = f" (to a tenth after each {config.decay_steps:,} steps)" if config.decay_steps else ""
    shifts = f"up to {plural(moves.shift, 'pixel')}" if moves.shift else "none"
    others = [
        f"; {name}: {' to '.join(f'{end:g}' for end in value) if isinstance(value, list) else value}"
        for name, value in moves.to_dict().items()
        if name not in ("rotation", "flip", "shift")
    ]
    soft = config.soft_labels
    return [
        (
            "Folds",
            f"{plan.folds}; {plan.tested_folds} tested, with {listed([f'{size:,}' for size in sizes])} galaxies",
        ),
        ("Repeats", f"{plan.repeats}; the random seed of the first split is {plan.split_seed}"),
        ("Validation", f"{100 * plan.validation:.3g} % of the galaxies outside the tested fold"),
        ("Seeds", ", ".join(map(str, plan.seeds))),
        ("Trainings", f"{plan.trainings} in total"),
        ("Training galaxies", f"{listed([f'{size:,}' for size in comparison.by_size])} for each tested fold"),
        ("Epochs", f"{config.epochs}, in batches of {config.batch_size}"),
        ("Optimiser", f"{config.to_dict()['optimizer']}, weight decay {config.weight_decay:g}"),
        (
            "Learning rate",
            f"{rates or f'{config.learning_rate:g}'}{' (one chosen on validation galaxies)' if rates else ''}; "
            f"schedule: {config.schedule}{falls}, with warm-up over {100 * config.warmup:.3g} % of the steps",
        ),
        *plan.entries,
        *[
            (name, _described(comparison[name].cost))
            for name in _own_names(comparison)
            if name not in dict(plan.entries)
        ],
        *([("Learned weights", learned)] if plan.entries and (learned := learned_weights(config)) else []),
        *([("Soft labels", _votes(soft.kind, soft.columns))] if soft else []),
        *([("Scaling", "each stamp by its own mean and standard deviation")] if config.scaling == "stamp" else []),
        (
            "Augmentation",
            f"rotation: {moves.rotation}; flips: {'yes' if moves.flip else 'no'}; shifts: {shifts}{''.join(others)}",
        ),
        ("Plan", f"SHA-256 {plan.hash}"),
    ]


def _votes(kind: str, columns: Sequence[str]) -> str:
    """What was learned instead of labels."""
    learned = (
        "fractions of votes (cross entropy)" if kind == "fractions" else "numbers of votes (Dirichlet-multinomial)"
    )
    return f"networks learned from {learned} in {listed(columns)}; answers are judged by the labels"


def _own_names(comparison: Findings) -> list[str]:
    """Entries that are not networks of galmorph's."""
    return [name for name in comparison.plan.architectures if name not in ARCHITECTURES]


def _described(cost: Cost) -> str:
    """What is known of a network that galmorph has no description of."""
    return f"a network that is not one of galmorph's, with {cost.parameters:,} weights"


def _repeating(own: Sequence[str]) -> str:
    """Write the lines that repeat a comparison."""
    models = ", ".join(f"{json.dumps(name)}: ..." for name in own)
    return _REPEAT.replace("{models}", f", models={{{models}}}" if models else "")


def _repeat(comparison: Findings) -> list[tuple[str, str]]:
    return [
        ("Galaxies", f"fingerprint {comparison.dataset.fingerprint()}"),
        ("Plan", f"SHA-256 {comparison.plan.hash}"),
    ]


def _bound(text: str) -> str:
    """Keep each number on one line with its percent sign, by a blank that does not break."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
