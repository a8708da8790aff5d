"""Galleries: sheets of stamps with the answers of a network, its mistakes, or doubtful labels."""

from collections.abc import Sequence

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from galmorph._checks import check, check_positive_int, check_whole
from galmorph._drawing.pictures import as_picture
from galmorph.comparison._figures.style import RIGHT, STAMP, WRONG, paper_figure, readable
from galmorph.comparison._findings.findings import Findings
from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.data import Dataset

__all__ = [
    "confident_mistakes",
    "galaxy_names",
    "plot_confusion_stamps",
    "plot_doubtful_labels",
    "plot_gallery",
    "plot_mistakes",
]


def galaxy_names(dataset: Dataset) -> list[str]:
    """Name of each galaxy, from the table of the data set; its row if there are no names."""
    if "name" in dataset.table.colnames:
        return [str(name) for name in dataset.table["name"]]
    return [f"row {row}" for row in range(len(dataset))]


def confident_mistakes(result: ArchitectureResult, names: Sequence[str], *, count: int) -> Table:
    """List the most confident wrong answers of an architecture.

    Parameters
    ----------
    result
        The architecture; its calibrated probabilities are averaged over the passes.
    names
        Name of each tested galaxy.
    count
        Maximum number of galaxies.

    Returns
    -------
    Table
        By falling ``probability`` (of the answer): ``row`` among the tested galaxies, ``name``, ``label``, ``answer``.
    """
    mean = result.calibrated.mean(axis=0)
    answers, sure = mean.argmax(axis=1), mean.max(axis=1)
    wrong = np.flatnonzero(answers != result.labels)
    rows = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    return Table(
        {
            "row": rows,
            "name": Column([names[row] for row in rows], dtype=str),
            "label": Column([result.classes[label] for label in result.labels[rows]], dtype=str),
            "answer": Column([result.classes[answer] for answer in answers[rows]], dtype=str),
            "probability": Column(sure[rows], format=".3f"),
        }
    )


def plot_mistakes(comparison: Findings, result: ArchitectureResult, *, count: int, columns: int) -> Figure:
    """Draw the galaxies that `confident_mistakes` lists."""
    check_positive_int("count", count)
    mistakes = confident_mistakes(result, galaxy_names(comparison.test), count=count)
    check(len(mistakes) > 0, f"mistakes: {result.architecture} made none on {len(comparison.test)} galaxies")
    captions = [
        f"{_short(row['name'])}\n{_short(row['answer'])} ({100 * row['probability']:.0f} %)\n"
        f"label: {_short(row['label'])}"
        for row in mistakes
    ]
    title = f"{readable(result.architecture, 40)}: most confident mistakes"
    return _sheet(comparison.test, np.asarray(mistakes["row"]), captions, columns=columns, title=title)


def plot_confusion_stamps(comparison: Findings, result: ArchitectureResult) -> Figure:
    """Draw the stamp with the surest answer for each label (rows) and answer (columns), and how many there are."""
    mean = result.calibrated.mean(axis=0)
    answers, sure = mean.argmax(axis=1), mean.max(axis=1)
    count = len(result.classes)
    side = min(STAMP, 7.0 / count)
    names = [readable(name, max(8, int(14 * side))) for name in result.classes]
    with paper_figure((side + 0.08) * count + 0.9, (side + 0.2) * count + 0.75) as figure:
        figure.suptitle(f"{readable(result.architecture, 40)}: most confident answers", fontsize=8)
        panels = figure.subplots(count, count, squeeze=False)
        for (label, answer), axes in np.ndenumerate(panels):
            rows = np.flatnonzero((result.labels == label) & (answers == answer))
            axes.set_xticks([])
            axes.set_yticks([])
            colour = RIGHT if label == answer else WRONG
            axes.spines[:].set(visible=True, color=colour if len(rows) else "#C8C8C8", linewidth=1.2)
            if len(rows):
                best = rows[sure[rows].argmax()]
                axes.imshow(as_picture(comparison.test.stamps[best]), interpolation="nearest")
                axes.set_xlabel(f"{len(rows):,} ({100 * sure[best]:.0f} %)", fontsize=6, labelpad=1)
            else:
                axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
                axes.text(0.5, 0.5, "none", ha="center", va="center", fontsize=6)
            if label == 0:
                axes.set_title(names[answer], fontsize=7)
            if answer == 0:
                axes.set_ylabel(names[label], fontsize=7)
        figure.supxlabel("answer; number of galaxies, and probability of the one shown", fontsize=8)
        figure.supylabel("label", fontsize=8)
    return figure


def plot_doubtful_labels(comparison: Findings, *, count: int, columns: int) -> Figure:
    """Draw the first galaxies of the audit of the labels."""
    check_positive_int("count", count)
    doubtful = comparison.doubtful()[:count]
    check(len(doubtful) > 0, f"doubtful_labels: none of {len(comparison.test)} labels is contradicted by the networks")
    names = galaxy_names(comparison.dataset)
    captions = [
        f"{_short(names[row['row']])}\nlabel: {_short(row['label'])}\n"
        f"{row['votes']} of {row['models']}: {_short(row['suggested'])}"
        for row in doubtful
    ]
    title = "Labels that the networks contradict" + ("\n(most may be right)" if comparison.audit_caution else "")
    return _sheet(comparison.dataset, np.asarray(doubtful["row"]), captions, columns=columns, title=title)


def plot_gallery(comparison: Findings, result: ArchitectureResult, *, rows: int, columns: int, seed: int) -> Figure:
    """Draw random galaxies, if possible half of them with correct answers, and half with wrong ones."""
    check_positive_int("rows", rows)
    check_whole("seed", seed, least=0)
    total = rows * columns
    mean = result.calibrated.mean(axis=0)
    answers, sure = mean.argmax(axis=1), mean.max(axis=1)
    is_right = answers == result.labels
    rng = np.random.default_rng(seed)
    right, wrong = (rng.permutation(np.flatnonzero(chosen)) for chosen in (is_right, ~is_right))
    wrong = wrong[: max(total // 2, total - len(right))]
    shown = np.concatenate([right[: total - len(wrong)], wrong])
    captions = [
        f"{_short(result.classes[answers[row]])} ({100 * sure[row]:.0f} %)"
        + ("" if is_right[row] else f"\nlabel: {_short(result.classes[result.labels[row]])}")
        for row in shown
    ]
    title = f"{readable(result.architecture, 40)}: answers, with the label of wrong ones"
    return _sheet(comparison.test, shown, captions, columns=columns, title=title, right=is_right[shown])


def _sheet(
    dataset: Dataset,
    rows: Int[np.ndarray, "shown"],
    captions: Sequence[str],
    *,
    columns: int,
    title: str,
    right: Float[np.ndarray, "shown"] | np.ndarray | None = None,
) -> Figure:
    check_positive_int("columns", columns)
    columns = min(columns, len(rows))
    lines = max(caption.count("\n") for caption in captions) + 1
    height = -(-len(rows) // columns)
    head = 0.25 + 0.35 * title.count("\n")
    with paper_figure((STAMP + 0.15) * max(columns, 2), (STAMP + 0.13 * lines + 0.08) * height + head) as figure:
        figure.suptitle(title, fontsize=8)
        panels = figure.subplots(height, columns, squeeze=False).flat
        for axes in panels[len(rows) :]:
            axes.set_axis_off()
        for place, (axes, row, caption) in enumerate(zip(panels, rows, captions, strict=False)):
            axes.imshow(as_picture(dataset.stamps[row]), interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            if right is not None:
                axes.spines[:].set(visible=True, color=RIGHT if right[place] else WRONG, linewidth=1.5)
            axes.set_xlabel(caption, fontsize=6, labelpad=2)
    return figure


def _short(name: str) -> str:
    return readable(str(name), 22)
