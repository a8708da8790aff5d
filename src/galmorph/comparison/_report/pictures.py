"""Pictures of the report: figures and stamps as ``data:`` addresses, each with a description for screen readers."""

import io
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from astropy.table import Table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from galmorph._drawing.pictures import as_picture, rows_to_show, strip_of
from galmorph.comparison._figures.galleries import confident_mistakes, galaxy_names
from galmorph.comparison._figures.plots import Plots
from galmorph.comparison._figures.style import apart_from_pyplot
from galmorph.comparison._findings.audit import ned_link
from galmorph.comparison._findings.by_column import known_columns
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._findings.words import listed, percent, percent_interval, plural

__all__ = ["Card", "Picture", "doubtful_cards", "drawings", "example_cards", "mistake_cards", "transfer_drawings"]

_LARGEST = 96  # pixels; larger stamps are reduced to keep the page small
_MISTAKES, _DOUBTFUL = 12, 24
_EXAMPLES, _EXAMPLE = 6, 64  # number of input examples of a class, and their side in pixels

# Text as outlines and a fixed salt for identifiers make the drawings reproducible on every machine.
_SETTINGS: dict[Any, Any] = {"svg.hashsalt": "galmorph", "svg.fonttype": "path"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure: its address (``data:``), its description, its size in pixels, and its width in rem."""

    source: str
    alt: str
    width: int
    height: int
    rem: float


@dataclass(frozen=True, kw_only=True)
class Card:
    """A stamp: its address (``data:``), description and size, the galaxy's name, a link or "", and lines of text."""

    source: str
    alt: str
    width: int
    height: int
    name: str
    link: str
    lines: tuple[str, ...]


def drawings(comparison: Findings) -> dict[str, Any]:
    """Draw the figures of the report: a `Picture` or a list of them, by name."""
    with _reproducible():
        return _draw(comparison)


def transfer_drawings(comparison: Findings) -> dict[str, Picture]:
    """Draw the accuracy on external galaxies, by their names."""
    plots = Plots(comparison)
    with _reproducible():
        return {
            name: _picture(
                plots.transfer(name),
                f"Accuracy of each architecture here and on {name}; numbers in the table below.",
            )
            for name in comparison.external
        }


@contextmanager
def _reproducible() -> Iterator[None]:
    """Draw with our settings and those of matplotlib, whatever the user's are."""
    with mpl.rc_context(), apart_from_pyplot():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _draw(comparison: Findings) -> dict[str, Any]:
    plots, results, best = Plots(comparison), comparison.results, comparison.best
    names = [result.architecture for result in results]
    ranked = "; ".join(f"{result.architecture} {percent_interval(result.accuracy)}" for result in results)
    everyone = listed(names)
    pictures: dict[str, Any] = {
        "ranking": _picture(
            plots.ranking(),
            f"Accuracy of each architecture with its 95 % confidence interval, best first: {ranked}.",
        ),
        "pairs": None,
        "recall": _picture(plots.recall(), f"Recall of each class for {everyone}; numbers in the tables below."),
        "precision": _picture(
            plots.precision(), f"Precision of each class for {everyone}; numbers in the tables below."
        ),
        "confusion": [_picture(plots.confusion(result.architecture), _confusions(result)) for result in results],
        "learning": [
            _picture(
                plots.learning_curves(quantity),
                f"{quantity.capitalize()} by epoch, on the validation galaxies and during training, for {everyone}.",
            )
            for quantity in ("loss", "accuracy")
        ],
        "reliability": [
            _picture(
                plots.reliability(result.architecture),
                f"Fraction of correct answers by their probability, for {result.architecture}. The calibration "
                f"error is {percent(result.calibration_error.value)} as trained and "
                f"{percent(result.calibrated_calibration_error.value)} after calibration.",
            )
            for result in results
        ],
        "curves": [
            _picture(
                plots.roc(),
                f"ROC curve of each class for {best.architecture}; the areas are in the table below.",
            ),
            _picture(
                plots.precision_recall(),
                f"Precision-recall curve of each class for {best.architecture}; the areas are in the table below.",
            ),
        ],
        "columns": [
            _picture(plots.by_column(column), f"Accuracy by {column}, in bins, for {everyone}.")
            for column in known_columns(comparison.test.table)
        ],
        **{
            name: _picture(
                plots.quality_against_cost(name),
                f"Accuracy against {what}, for {everyone}; numbers in the table below.",
            )
            for name, what in (("parameters", "number of weights"), ("seconds", "training time"))
        },
    }
    if comparison.smaller:
        pictures["sizes"] = _picture(
            plots.sizes(),
            f"Accuracy against the number of training galaxies, for {everyone}; numbers in the table below.",
        )
    if len(results) > 1:
        pictures["pairs"] = _picture(
            plots.pairs(),
            "Difference of accuracy for each pair of architectures, with 95 % confidence intervals; numbers in the "
            "table below.",
        )
    return pictures


def _picture(axes: Axes, alt: str) -> Picture:
    figure = cast(Figure, axes.figure)
    width, height = figure.get_size_inches()
    return Picture(
        source=f"data:image/svg+xml;base64,{b64encode(_as_svg(figure)).decode()}",
        alt=alt,
        width=round(96 * width),
        height=round(96 * height),
        rem=round(8.2 * float(width), 1),
    )


def _as_svg(figure: Figure) -> bytes:
    """Render a figure; this takes most of the time of a report."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _confusions(result: ArchitectureResult) -> str:
    """Describe the confusion matrix of an architecture by its largest confusions."""
    counts = result.confusion
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = fractions * (1 - np.eye(len(fractions)))
    largest = [np.unravel_index(cell, wrong.shape) for cell in np.argsort(-wrong, axis=None)[:3]]
    confused = [
        f"{result.classes[row]} with {result.classes[column]} ({100 * wrong[row, column]:.0f} %)"
        for row, column in largest
        if wrong[row, column] > 0
    ]
    most = f"The most frequent confusions are {listed(confused)}." if confused else "There are no confusions."
    return f"Confusion matrix of {result.architecture}. {most}"


def example_cards(comparison: Findings) -> list[Card]:
    """Make a card of some random galaxies for each class that has any."""
    dataset = comparison.dataset
    chosen = rows_to_show(dataset.labels, len(dataset.classes), most=_EXAMPLES)
    cards = []
    for name, rows in zip(dataset.classes, chosen, strict=True):
        if len(rows):
            strip = strip_of([dataset.stamps[row] for row in rows], side=_EXAMPLE)
            cards.append(
                Card(
                    source=_png(Image.fromarray(strip)),
                    alt=f"{plural(len(rows), 'stamp')} of the class {name}, chosen at random.",
                    width=strip.shape[1],
                    height=strip.shape[0],
                    name=name,
                    link="",
                    lines=(),
                )
            )
    return cards


def mistake_cards(comparison: Findings, result: ArchitectureResult) -> list[Card]:
    """Make cards of the most confident mistakes of an architecture."""
    mistakes = confident_mistakes(result, galaxy_names(comparison.test), count=_MISTAKES)
    return [
        _card(
            comparison.test.stamps[row["row"]],
            name=str(row["name"]),
            link="",
            lines=(
                f"label: {row['label']}",
                f"answer: {row['answer']}",
                f"probability {row['probability']:.2f}",
            ),
        )
        for row in mistakes
    ]


def doubtful_cards(comparison: Findings, doubtful: Table) -> list[Card]:
    """Make cards of the first galaxies in the table of ``comparison.audit()``."""
    names = galaxy_names(comparison.dataset)
    cards = []
    for row in doubtful[:_DOUBTFUL]:
        name = names[row["row"]]
        link = ned_link(name) if "ned" in doubtful.colnames else ""
        lines = (
            f"label: {row['label']}",
            f"suggested: {row['suggested']}",
            f"{row['votes']} of {row['models']} networks, probability {row['probability']:.2f}",
        )
        cards.append(_card(comparison.dataset.stamps[row["row"]], name=name, link=link, lines=lines))
    return cards


def _card(stamp: np.ndarray, *, name: str, link: str, lines: tuple[str, ...]) -> Card:
    image = Image.fromarray(as_picture(stamp))
    image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS)
    return Card(
        source=_png(image),
        alt=f"Stamp of {name}; {', '.join(lines)}.",
        width=image.width,
        height=image.height,
        name=name,
        link=link,
        lines=lines,
    )


def _png(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, format="png")  # to optimise noise takes a quarter of the time of a report, and saves 1 %
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
