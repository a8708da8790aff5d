"""Tables of a report: rows of text, the first cell of each its heading."""

from dataclasses import dataclass

import numpy as np

from galmorph.comparison._findings.entry import Entry
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.pairs import Pair
from galmorph.comparison._report.text import brief

__all__ = ["Grid", "fill_tables"]


@dataclass(frozen=True)
class Grid:
    """A table: what it shows, the heads of its columns, and its rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def fill_tables(comparison: Findings) -> dict[str, Grid]:
    """Fill the tables of a report, by the name of their section."""
    entries = comparison.entries
    return {
        "ranking": Grid(
            "Architectures, best first",
            (
                "Architecture",
                "Accuracy",
                "Balanced accuracy",
                "Macro-F1",
                "Log loss",
                "Spread over seeds",
                "Spread over folds",
            ),
            tuple(_ranked(entry) for entry in entries),
        ),
        "pairs": Grid(
            "Pairs of architectures; differences in points of accuracy",
            (
                "Pair",
                "Difference",
                "p (McNemar)",
                "p (corrected)",
                "Distinguishable",
                "Interval over seeds",
                "Smallest difference that would show",
            ),
            tuple(_paired(pair) for pair in comparison.pairs),
        ),
        "classes": _classes(comparison),
        "recall": _by_class(comparison, "recall", "Recall of each class"),
        "precision": _by_class(comparison, "precision", "Precision of each class"),
        "trust": Grid(
            "Probabilities as trained and calibrated",
            (
                "Architecture",
                "Temperature",
                "Log loss, as trained",
                "Log loss, calibrated",
                "Calibration error, as trained",
                "Calibration error, calibrated",
            ),
            tuple(
                (
                    entry.architecture,
                    f"{entry.temperature:.2f}",
                    str(entry.log_loss),
                    str(entry.calibrated_log_loss),
                    f"{entry.calibration_error.value:.3f}",
                    f"{entry.calibrated_calibration_error.value:.3f}",
                )
                for entry in entries
            ),
        ),
        "abstention": Grid(
            "Answers that are to be 95 % pure",
            (
                "Architecture",
                "Threshold",
                "Purity, validation",
                "Purity, tested",
                "Completeness, tested",
                "No answer, tested",
            ),
            tuple(_withheld(entry) for entry in entries),
        ),
        "orientation": Grid(
            "Eight orientations of the tested galaxies",
            (
                "Architecture",
                "Turns that change the answer",
                "Flips that change the answer",
                "Galaxies with more than one answer",
                "Accuracy",
                "Accuracy, mean of eight",
            ),
            tuple(
                (
                    entry.architecture,
                    _percent(entry.consistency.turn),
                    _percent(entry.consistency.flip),
                    _percent(entry.consistency.any),
                    str(entry.accuracy),
                    str(entry.turned_accuracy),
                )
                for entry in entries
            ),
        ),
        "cost": Grid(
            "What the architectures cost",
            (
                "Architecture",
                "Accuracy",
                "Weights",
                "Operations for an answer",
                "Training",
                "Answers a second",
                "Memory",
            ),
            tuple(_costs(entry) for entry in entries),
        ),
        "versions": Grid(
            "What the networks were trained and asked with",
            ("Package", "Version"),
            tuple((name, told) for name, told in comparison.versions.items()),
        ),
    }


def _ranked(entry: Entry) -> tuple[str, ...]:
    folds = _percent(entry.fold_spread)
    if not np.isnan(entry.fold_spread):
        folds += f" ({_percent(entry.fold_noise)})"
    return (
        entry.architecture,
        str(entry.accuracy),
        str(entry.balanced_accuracy),
        str(entry.macro_f1),
        str(entry.log_loss),
        _percent(entry.seed_spread),
        folds,
    )


def _paired(pair: "Pair") -> tuple[str, ...]:
    return (
        f"{pair.first} \N{MINUS SIGN} {pair.second}",
        f"{_points(pair.difference)} [{_points(pair.interval[0])}, {_points(pair.interval[1])}]",
        _probability(pair.p_value),
        _probability(pair.corrected),
        f"yes: {pair.better}" if pair.better else "no",
        "one seed" if np.isnan(pair.seeds[0]) else f"[{_points(pair.seeds[0])}, {_points(pair.seeds[1])}]",
        _points(pair.smallest).lstrip("+"),
    )


def _classes(comparison: Findings) -> Grid:
    everything, tested = comparison.dataset.class_counts(), comparison.test.class_counts()
    rows = [
        (name, f"{count:,}", f"{100 * count / len(comparison.dataset):.1f} %", f"{tested[name]:,}")
        for name, count in everything.items()
    ]
    return Grid("Galaxies of each class", ("Class", "Galaxies", "Part", "Tested"), tuple(rows))


def _by_class(comparison: Findings, quantity: str, caption: str) -> Grid:
    found = [getattr(entry, quantity) for entry in comparison.entries]
    tested = comparison.test.class_counts()
    rows = [(name, f"{count:,}", *(_estimate(each[name]) for each in found)) for name, count in tested.items()]
    return Grid(caption, ("Class", "Tested", *(entry.architecture for entry in comparison.entries)), tuple(rows))


def _withheld(entry: Entry) -> tuple[str, ...]:
    abstention = entry.abstain_at(0.95)
    if not abstention.reached:
        purest = f"not reached: at most {_percent(abstention.purity)}"
        return (entry.architecture, purest, "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}")
    answers = np.stack([abstention.answers(probabilities) for probabilities in entry.calibrated])
    given, right = answers >= 0, answers == entry.labels
    return (
        entry.architecture,
        f"{abstention.threshold:.3f}",
        f"{abstention.purity:.3f} [{abstention.purity_interval[0]:.3f}, {abstention.purity_interval[1]:.3f}]",
        f"{right.sum() / given.sum():.3f}" if given.any() else "\N{EN DASH}",
        f"{right.mean():.3f}",
        _percent(float(1 - given.mean())),
    )


def _costs(entry: Entry) -> tuple[str, ...]:
    cost = entry.cost
    return (
        entry.architecture,
        str(entry.accuracy),
        brief(cost.parameters),
        brief(cost.flops),
        f"{cost.seconds:,.0f} s",
        brief(cost.rate),
        f"{brief(cost.memory)}B" if cost.memory else "not told",
    )


def _estimate(estimate: tuple[float, float, float]) -> str:
    return "\N{EN DASH}" if np.isnan(estimate[0]) else str(estimate)


def _percent(part: float) -> str:
    return "\N{EN DASH}" if np.isnan(part) else f"{100 * part:.1f} %"


def _points(difference: float) -> str:
    text = f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")
    return text if text[1:] != "0.0" else "0.0"


def _probability(p_value: float) -> str:
    return f"{p_value:.3f}" if p_value >= 0.001 else f"{p_value:.1e}"
