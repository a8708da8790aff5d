"""Tables of a report: rows of text, the first cell of each its heading."""

from dataclasses import dataclass

import numpy as np

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.pairs import Pair
from galmorph.comparison._findings.result import ArchitectureResult
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
    results = comparison.results
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
            tuple(_ranked(result) for result in results),
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
                    result.architecture,
                    f"{result.temperature:.2f}",
                    str(result.log_loss),
                    str(result.calibrated_log_loss),
                    f"{result.calibration_error.value:.3f}",
                    f"{result.calibrated_calibration_error.value:.3f}",
                )
                for result in results
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
            tuple(_withheld(result) for result in results),
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
                    result.architecture,
                    _percent(result.consistency.turn),
                    _percent(result.consistency.flip),
                    _percent(result.consistency.any),
                    str(result.accuracy),
                    str(result.tta_accuracy),
                )
                for result in results
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
            tuple(_costs(result) for result in results),
        ),
        "versions": Grid(
            "What the networks were trained and asked with",
            ("Package", "Version"),
            tuple((name, told) for name, told in comparison.versions.items()),
        ),
    }


def _ranked(result: ArchitectureResult) -> tuple[str, ...]:
    folds = _percent(result.fold_spread)
    if not np.isnan(result.fold_spread):
        folds += f" ({_percent(result.fold_noise)})"
    return (
        result.architecture,
        str(result.accuracy),
        str(result.balanced_accuracy),
        str(result.macro_f1),
        str(result.log_loss),
        _percent(result.seed_spread),
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
    found = [getattr(result, quantity) for result in comparison.results]
    tested = comparison.test.class_counts()
    rows = [(name, f"{count:,}", *(_estimate(each[name]) for each in found)) for name, count in tested.items()]
    return Grid(caption, ("Class", "Tested", *(result.architecture for result in comparison.results)), tuple(rows))


def _withheld(result: ArchitectureResult) -> tuple[str, ...]:
    abstention = result.abstain_at(0.95)
    if not abstention.reached:
        purest = f"not reached: at most {_percent(abstention.purity)}"
        return (result.architecture, purest, "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}")
    answers = np.stack([abstention.answers(probabilities) for probabilities in result.calibrated])
    given, right = answers >= 0, answers == result.labels
    return (
        result.architecture,
        f"{abstention.threshold:.3f}",
        f"{abstention.purity:.3f} [{abstention.purity_interval[0]:.3f}, {abstention.purity_interval[1]:.3f}]",
        f"{right.sum() / given.sum():.3f}" if given.any() else "\N{EN DASH}",
        f"{right.mean():.3f}",
        _percent(float(1 - given.mean())),
    )


def _costs(result: ArchitectureResult) -> tuple[str, ...]:
    cost = result.cost
    return (
        result.architecture,
        str(result.accuracy),
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
