"""Report: one page that shows and explains a comparison, and needs no other file, no network and no script."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from galmorph._files import write_atomically
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._report.citation import bibtex, methods
from galmorph.comparison._report.pictures import Card, doubtful_cards, drawings, mistake_cards
from galmorph.comparison._report.tables import fill_tables
from galmorph.comparison._report.text import protocol
from galmorph.comparison._runs.versions import GALMORPH
from galmorph.data import Dataset
from galmorph.errors import GalmorphError
from galmorph.preprocessing import Recipe

__all__ = ["write_report"]

TITLE = "Which network classifies these galaxies better?"

#: Sections by their anchors, in the order of the page.
CONTENTS = {
    "ranking": "Ranking",
    "pairs": "Which differences are real",
    "galaxies": "The galaxies",
    "protocol": "How they were compared",
    "classes": "Class by class",
    "learning": "How they learned",
    "trust": "Whether probabilities can be trusted",
    "orientation": "Turned and mirrored galaxies",
    "cost": "Quality against cost",
    "mistakes": "The most telling mistakes",
    "doubt": "Labels that may be wrong",
    "cite": "How to cite",
    "repeat": "How to repeat it",
}

_REPEAT = """\
import json
from galmorph.comparison import ComparisonPlan, compare

plan = ComparisonPlan.from_dict(json.loads(PLAN))  # the plan below, as text
comparison = compare(plan, dataset)                # the galaxies of the fingerprint below"""


def write_report(
    comparison: Findings, path: str | Path, *, title: str | None = None, command: str | None = None
) -> None:
    """Write one HTML page with all that a comparison shows: verdict, tables, figures, stamps, citations, versions.

    Figures and stamps are part of the page, which loads nothing. The same comparison gives the same bytes.

    Parameters
    ----------
    comparison
        What to show.
    path
        The HTML file; it appears only when it is complete. Its folder must exist.
    title
        Heading of the page.
    command
        The command that makes this comparison again; by default, the call of `galmorph.comparison.compare`.
    """
    # Names of galaxies and classes come from outside: everything is escaped.
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
    doubtful = comparison.audit()
    small = [
        f"{name}: {count} tested galax{'y' if count == 1 else 'ies'}."
        for name, count in comparison.small_classes.items()
    ]
    mistakes: list[Card] = mistake_cards(comparison, best)
    return {
        "title": TITLE if title is None else title,
        "contents": CONTENTS,
        "verdict": _bound(comparison.verdict),
        "protocol": f"{len(comparison.test):,} tested galaxies; {protocol(comparison)}",
        "sentences": [_bound(str(pair)) for pair in comparison.pairs],
        "seeds": len(plan.seeds),
        "passes": plan.passes,
        "tuned": plan.trials > 1,
        "best": best.architecture,
        "small": " ".join(small),
        "facts": {"galaxies": _galaxies(comparison), "protocol": _protocol(comparison), "repeat": _repeat(comparison)},
        "figures": drawings(comparison),
        "tables": fill_tables(comparison),
        "mistakes": mistakes,
        "doubtful": doubtful_cards(comparison, doubtful),
        "doubtful_count": len(doubtful),
        "methods": _bound(methods(comparison)),
        "bibtex": bibtex(comparison),
        "command": _REPEAT if command is None else command,
        "plan": json.dumps(plan.to_dict(), indent=1),
        "recipe": "" if comparison.dataset.recipe is None else json.dumps(comparison.dataset.recipe, indent=1),
        "galmorph": version(GALMORPH),
    }


def _galaxies(comparison: Findings) -> list[tuple[str, str]]:
    dataset, test = comparison.dataset, comparison.test
    groups = len(np.unique(dataset.groups))
    shared = "each on a sky of its own" if groups == len(dataset) else f"{groups:,} groups that share their sky"
    return [
        ("Galaxies", f"{len(dataset):,} in all, {len(test):,} of them tested; {shared}"),
        ("Classes", ", ".join(dataset.classes)),
        ("Stamps", f"{dataset.size} x {dataset.size} pixels, {dataset.channels} channels, {dataset.stamps.dtype}"),
        ("Recipe", _recipe(dataset)),
        *_left_out(dataset),
    ]


def _recipe(dataset: Dataset) -> str:
    if dataset.recipe is None:
        return "not told"
    try:
        return repr(Recipe.from_dict(dataset.recipe))
    except GalmorphError:
        return "one of somebody's own; see below"


def _left_out(dataset: Dataset) -> list[tuple[str, str]]:
    """What was left out when the data set was made, where its table tells."""
    meta = dataset.table.meta
    reasons = meta.get("left_out") or {
        "no sound image": len(meta.get("skipped", ())),
        "no class": meta.get("no_class", 0),
    }
    told = ", ".join(f"{count:,} ({reason})" for reason, count in reasons.items() if count)
    return [("Left out before", told)] if told else []


def _protocol(comparison: Findings) -> list[tuple[str, str]]:
    plan = comparison.plan
    config, moves = plan.config, plan.config.augmentation
    sizes = [len(run.rows) for run in comparison.results[0].passes[0]]
    rates = ", ".join(f"{rate:g}" for rate in plan.learning_rates)
    return [
        (
            "Folds",
            f"{plan.folds}, of which {plan.tested_folds} tested ({', '.join(f'{size:,}' for size in sizes)} galaxies)",
        ),
        ("Repeats", f"{plan.repeats}, each with folds of its own, from seed {plan.split_seed} on"),
        ("Validation", f"{100 * plan.validation:.3g} % of the galaxies outside the tested fold"),
        ("Seeds", ", ".join(map(str, plan.seeds))),
        ("Trainings", f"{plan.trainings} in all"),
        ("Epochs", f"{config.epochs}, in batches of {config.batch_size}"),
        ("Optimiser", f"{config.to_dict()['optimizer']}, weight decay {config.weight_decay:g}"),
        (
            "Learning rate",
            f"{rates or f'{config.learning_rate:g}'}{' (tried)' if rates else ''}; {config.schedule}, warm-up over "
            f"{100 * config.warmup:.3g} % of the steps",
        ),
        (
            "Augmentation",
            f"rotation {moves.rotation}, flips {'yes' if moves.flip else 'no'}, shifts up to {moves.shift} pixels",
        ),
        ("Plan", f"SHA-256 {plan.hash}"),
    ]


def _repeat(comparison: Findings) -> list[tuple[str, str]]:
    return [
        ("Galaxies", f"fingerprint {comparison.dataset.fingerprint()}"),
        ("Plan", f"SHA-256 {comparison.plan.hash}"),
    ]


def _bound(text: str) -> str:
    """Keep each number on one line with its percent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")
