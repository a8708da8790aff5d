"""Tables of the report, as text in rows and columns; the first cell of a row is its heading."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.pairs import Pair
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._findings.transfer import Transfer
from galmorph.comparison._findings.words import DASH, brief, estimate, p_value, percent, points

__all__ = ["Grid", "fill_tables", "transfer_table"]


@dataclass(frozen=True)
class Grid:
    """A table: its caption, the headings of its columns, and its rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def transfer_table(transfer: Transfer) -> Grid:
    """Fill the table of accuracies on external galaxies."""
    return Grid(
        "Accuracy here and there, and the drop in percentage points, with 95 % confidence intervals",
        ("Architecture", "Here", "There", "Drop"),
        tuple(
            (
                each.architecture,
                estimate(each.home),
                estimate(each.away),
                f"{points(each.drop.value)} [{points(each.drop.low)}, {points(each.drop.high)}]",
            )
            for each in transfer.results
        ),
    )


def _accuracy_of(architecture: str, results: Sequence[ArchitectureResult]) -> str:
    return next(estimate(result.accuracy) for result in results if result.architecture == architecture)


def fill_tables(comparison: Findings) -> dict[str, Grid]:
    """Fill all tables of the report, by name."""
    results = comparison.results
    several = len(comparison.plan.seeds) > 1
    return {
        "ranking": Grid(
            "Architectures, best first",
            (
                "Architecture",
                "Accuracy",
                "Balanced accuracy",
                "Macro-F1",
                "Log loss",
                "Spread between seeds",
                "Spread between folds",
                *(["Accuracy of an ensemble of the seeds"] if several else []),
            ),
            tuple((*_ranked(result), *([str(result.ensemble_accuracy)] if several else [])) for result in results),
        ),
        "pairs": Grid(
            "Pairs of architectures; differences of accuracy in percentage points, with 95 % confidence intervals",
            (
                "Pair",
                "Difference",
                "Only the first / only the second is right",
                "p (McNemar)",
                "p (corrected)",
                "Distinguishable",
                "Interval over seeds",
                "Smallest detectable difference",
            ),
            tuple(_paired(pair) for pair in comparison.pairs),
        ),
        "practice": Grid(
            "The same pairs: other galaxies and other seeds, size of the effect, and probabilities that a difference "
            "matters",
            (
                "Pair",
                "Interval over galaxies and seeds",
                "Cohen's h",
                "Superiority",
                "Trained networks: first better / equivalent / second better",
                "Architectures: first better / equivalent / second better",
            ),
            tuple(_in_practice(pair) for pair in comparison.pairs),
        ),
        "sizes": Grid(
            "Accuracy by the number of training galaxies, with 95 % confidence intervals",
            ("Training galaxies", *(result.architecture for result in results)),
            tuple(
                (f"{size:,}", *(_accuracy_of(result.architecture, found) for result in results))
                for size, found in comparison.by_size.items()
            ),
        ),
        "classes": _classes(comparison),
        "recall": _by_class(comparison, "recall", "Recall of each class"),
        "precision": _by_class(comparison, "precision", "Precision of each class"),
        "roc": _by_class(comparison, "roc_area", "Area under the ROC curve of each class against the rest"),
        "average_precision": _by_class(
            comparison, "average_precision", "Average precision: area under the precision-recall curve of each class"
        ),
        "trust": Grid(
            "Probabilities before and after calibration",
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
            "Abstention for a purity of 95 %",
            (
                "Architecture",
                "Threshold",
                "Purity, validation",
                "Purity, tested",
                "Completeness, tested",
                "Abstentions, tested",
            ),
            tuple(_abstained(result) for result in results),
        ),
        "orientation": Grid(
            "Answers in the eight orientations of the tested galaxies",
            (
                "Architecture",
                "Answers changed by a quarter turn",
                "Answers changed by a flip",
                "Galaxies with different answers",
                "Accuracy",
                "Accuracy with test-time augmentation",
            ),
            tuple(
                (
                    result.architecture,
                    percent(result.consistency.turn),
                    percent(result.consistency.flip),
                    percent(result.consistency.any),
                    str(result.accuracy),
                    str(result.tta_accuracy),
                )
                for result in results
                if result.architecture not in comparison.plan.on_features
            ),
        ),
        "cost": Grid(
            "Cost of the architectures",
            (
                "Architecture",
                "Accuracy",
                "Weights",
                "Operations per galaxy",
                "Memory",
            ),
            tuple(_costs(result) for result in results),
        ),
        "measured": Grid(
            "Measured times of the architectures",
            ("Architecture", "Training time", "Galaxies per second"),
            tuple(
                (result.architecture, f"{result.cost.seconds:,.0f} s", brief(result.cost.rate)) for result in results
            ),
        ),
        "versions": Grid(
            "Software and hardware",
            ("Package", "Version"),
            tuple(comparison.versions.items()),
        ),
    }


def _ranked(result: ArchitectureResult) -> tuple[str, ...]:
    folds = percent(result.fold_spread)
    if not np.isnan(result.fold_spread):
        folds += f" ({percent(result.fold_noise)})"
    return (
        result.architecture,
        str(result.accuracy),
        str(result.balanced_accuracy),
        str(result.macro_f1),
        str(result.log_loss),
        percent(result.seed_spread),
        folds,
    )


def _paired(pair: Pair) -> tuple[str, ...]:
    return (
        f"{pair.first} \N{MINUS SIGN} {pair.second}",
        f"{points(pair.difference)} [{points(pair.interval[0])}, {points(pair.interval[1])}]",
        f"{pair.only[0]:.3g} / {pair.only[1]:.3g}",
        p_value(pair.p_value),
        p_value(pair.corrected),
        f"yes: {pair.better}" if pair.better else "no",
        "one seed" if np.isnan(pair.seeds[0]) else f"[{points(pair.seeds[0])}, {points(pair.seeds[1])}]",
        points(pair.smallest).lstrip("+"),
    )


def _in_practice(pair: Pair) -> tuple[str, ...]:
    one_seed = bool(np.isnan(pair.two_way[0]))
    return (
        f"{pair.first} \N{MINUS SIGN} {pair.second}",
        "one seed" if one_seed else f"[{points(pair.two_way[0])}, {points(pair.two_way[1])}]",
        f"{pair.effect:+.2f}".replace("-", "\N{MINUS SIGN}"),
        "one seed" if one_seed else f"{pair.superiority:.2f}",
        _three(pair.practical),
        "one seed" if one_seed else _three(pair.practical_two_way),
    )


def _three(probabilities: tuple[float, float, float]) -> str:
    return " / ".join(f"{each:.2f}" for each in probabilities)


def _classes(comparison: Findings) -> Grid:
    everything, tested = comparison.dataset.class_counts(), comparison.test.class_counts()
    rows = [
        (name, f"{count:,}", percent(count / len(comparison.dataset)), f"{tested[name]:,}")
        for name, count in everything.items()
    ]
    return Grid("Galaxies of each class", ("Class", "Galaxies", "Fraction", "Tested"), tuple(rows))


def _by_class(comparison: Findings, quantity: str, caption: str) -> Grid:
    found = [getattr(result, quantity) for result in comparison.results]
    tested = comparison.test.class_counts()
    rows = [(name, f"{count:,}", *(estimate(each[name]) for each in found)) for name, count in tested.items()]
    return Grid(caption, ("Class", "Tested", *(result.architecture for result in comparison.results)), tuple(rows))


def _abstained(result: ArchitectureResult) -> tuple[str, ...]:
    abstention = result.abstain_at(0.95)
    if not abstention.reached:
        return (result.architecture, f"not reached: at most {percent(abstention.purity)}", DASH, DASH, DASH, DASH)
    answers = np.stack([abstention.answers(probabilities) for probabilities in result.calibrated])
    given, right = answers >= 0, answers == result.labels
    return (
        result.architecture,
        f"{abstention.threshold:.3f}",
        f"{abstention.purity:.3f} [{abstention.purity_interval[0]:.3f}, {abstention.purity_interval[1]:.3f}]",
        f"{right.sum() / given.sum():.3f}" if given.any() else DASH,
        f"{right.mean():.3f}",
        percent(float(1 - given.mean())),
    )


def _costs(result: ArchitectureResult) -> tuple[str, ...]:
    cost = result.cost
    return (
        result.architecture,
        str(result.accuracy),
        brief(cost.parameters),
        brief(cost.flops),
        f"{brief(cost.memory)}B" if cost.memory else "not reported",
    )
