"""Pictures of a report: figures and stamps as text that a page can hold, each with words for those who can't see it."""

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from galmorph.comparison._figures.galleries import as_picture, confident_mistakes, galaxy_names
from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._findings.audit import ned_link
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult

__all__ = ["Card", "Picture", "doubtful_cards", "drawings", "mistake_cards"]

_LARGEST = 96  # pixels: larger stamps are made smaller, so that the page stays so too
_MISTAKES, _DOUBTFUL = 12, 24

# As vectors with text as outlines, the same wherever and whenever; independent of the reader's own settings.
_SETTINGS: dict[Any, Any] = {"svg.hashsalt": "galmorph", "svg.fonttype": "path"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure: its address (``data:``), words for it, and its size in pixels and in the page's letters."""

    source: str
    alt: str
    width: int
    height: int
    rem: float


@dataclass(frozen=True, kw_only=True)
class Card:
    """A stamp: its address (``data:``), words for it, its size, the galaxy's name, perhaps a link, and what is said."""

    source: str
    alt: str
    width: int
    height: int
    name: str
    link: str
    lines: tuple[str, ...]


def drawings(comparison: Findings) -> dict[str, Any]:
    """Draw the figures of a report: a `Picture` or a list of them, by the name of their section."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        return _draw(comparison)


def _draw(comparison: Findings) -> dict[str, Any]:
    plots, results = Plots(comparison), comparison.results
    names = [result.architecture for result in results]
    listed = "; ".join(f"{result.architecture} {_percent(result.accuracy)}" for result in results)
    pictures: dict[str, Any] = {
        "ranking": _picture(
            plots.ranking(),
            f"Accuracy of each architecture with its 95 % interval, best first: {listed}.",
        ),
        "pairs": None,
        "recall": _picture(plots.recall(), f"Recall of each class for {', '.join(names)}; numbers in the table below."),
        "precision": _picture(
            plots.precision(), f"Precision of each class for {', '.join(names)}; numbers in the tables below."
        ),
        "confusion": [_picture(plots.confusion(result.architecture), _confusions(result)) for result in results],
        "learning": [
            _picture(
                plots.learning_curves(quantity),
                f"{quantity.capitalize()} by epoch, on validation galaxies and while learning, for {', '.join(names)}.",
            )
            for quantity in ("loss", "accuracy")
        ],
        "reliability": [
            _picture(
                plots.reliability(result.architecture),
                f"Part of right answers by their probability for {result.architecture}. Calibration error "
                f"{100 * result.calibration_error.value:.1f} % as trained, "
                f"{100 * result.calibrated_calibration_error.value:.1f} % calibrated.",
            )
            for result in results
        ],
        "cost": [
            _picture(
                plots.quality_against_cost(cost),
                f"Accuracy against {what}, for {', '.join(names)}; numbers in the tables.",
            )
            for cost, what in (("parameters", "number of weights"), ("seconds", "duration of a training"))
        ],
    }
    if len(results) > 1:
        pictures["pairs"] = _picture(
            plots.pairs(),
            "Differences in accuracy between each two architectures, with 95 % intervals; numbers in the table below.",
        )
    return pictures


def _picture(axes: Axes, alt: str) -> Picture:
    figure = cast(Figure, axes.figure)
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    width, height = figure.get_size_inches()
    return Picture(
        source=f"data:image/svg+xml;base64,{b64encode(file.getvalue()).decode()}",
        alt=alt,
        width=round(96 * width),
        height=round(96 * height),
        rem=round(8.2 * float(width), 1),
    )


def _confusions(result: ArchitectureResult) -> str:
    """Say the largest confusions of an architecture."""
    counts = result.confusion
    parts = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = parts * (1 - np.eye(len(parts)))
    largest = [np.unravel_index(cell, wrong.shape) for cell in np.argsort(-wrong, axis=None)[:3]]
    said = [
        f"{result.classes[row]} for {result.classes[column]} ({100 * wrong[row, column]:.0f} %)"
        for row, column in largest
        if wrong[row, column] > 0
    ]
    taken = ", ".join(said) or "nothing for anything else"
    return f"Confusion matrix of {result.architecture}. Most often it takes {taken}."


def _percent(estimate: tuple[float, float, float]) -> str:
    value, low, high = (100 * number for number in estimate)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def mistake_cards(comparison: Findings, result: ArchitectureResult) -> list[Card]:
    """Show the wrong answers that an architecture is surest of."""
    mistakes = confident_mistakes(result, galaxy_names(comparison.test), count=_MISTAKES)
    return [
        _card(
            comparison.test.stamps[row["row"]],
            name=str(row["name"]),
            link="",
            lines=(
                f"label: {_words(row['label'])}",
                f"answer: {_words(row['answer'])}",
                f"probability {row['probability']:.2f}",
            ),
        )
        for row in mistakes
    ]


def doubtful_cards(comparison: Findings, doubtful: Table) -> list[Card]:
    """Show the first of the galaxies whose labels are contradicted, as ``comparison.audit()`` lists them."""
    names = galaxy_names(comparison.dataset)
    cards = []
    for row in doubtful[:_DOUBTFUL]:
        name = names[row["row"]]
        link = ned_link(name) if "ned" in doubtful.colnames else ""
        lines = (
            f"label: {_words(row['label'])}",
            f"suggested: {_words(row['suggested'])}",
            f"{row['votes']} of {row['models']} networks, probability {row['probability']:.2f}",
        )
        cards.append(_card(comparison.dataset.stamps[row["row"]], name=name, link=link, lines=lines))
    return cards


def _card(stamp: np.ndarray, *, name: str, link: str, lines: tuple[str, ...]) -> Card:
    image = Image.fromarray(as_picture(stamp))
    image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, format="png", optimize=True)
    return Card(
        source=f"data:image/png;base64,{b64encode(file.getvalue()).decode()}",
        alt=f"Stamp of {name}; {', '.join(lines)}.",
        width=image.width,
        height=image.height,
        name=name,
        link=link,
        lines=lines,
    )


def _words(name: str) -> str:
    """Write the name of a class so that it can be broken between lines."""
    return str(name).replace("_", " ")
