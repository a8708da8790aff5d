"""Cautions: sentences about results that are computed correctly, but can't be what anybody wants."""

from collections.abc import Sequence

import numpy as np

from galmorph.comparison._findings.result import ArchitectureResult
from galmorph.comparison._findings.small_classes import ENOUGH
from galmorph.comparison._findings.words import listed, percent, plural
from galmorph.data import Dataset
from galmorph.training import TEMPERATURE_LIMITS

__all__ = ["audit_caution", "cautions"]

# A classifier that gives this fraction of its answers to one class is nearly constant.
_NEARLY_ALL = 0.95
# Networks that are right less often contradict more labels than can be wrong; so do those that never answer a class.
_GOOD, _RECOGNISED = 0.8, 0.1


def cautions(results: Sequence[ArchitectureResult], dataset: Dataset | None = None) -> tuple[str, ...]:
    """Say in sentences what is implausible in results on the same galaxies, and what may help; empty if nothing is.

    Those of the data set come first.
    """
    return (
        *(() if dataset is None else dataset.cautions),
        *(sentence for result in results for sentence in _answers(result)),
        *_validation(results),
        *_trainings(results),
    )


def audit_caution(results: Sequence[ArchitectureResult]) -> str:
    """Say in a sentence why an audit of labels by these networks is worth little; empty if it is not."""
    right = float(np.mean([result.accuracy.value for result in results]))
    recalls = {name: np.mean([result.recall[name].value for result in results]) for name in results[0].classes}
    unknown = [repr(name) for name, recall in recalls.items() if recall < _RECOGNISED]
    reasons = [
        *([f"the networks are right on {percent(right)} of the galaxies"] if right < _GOOD else []),
        *([f"they hardly recognise {listed(unknown)}"] if unknown else []),
    ]
    return f"Most of the listed labels may be right: {listed(reasons)}." if reasons else ""


def _answers(result: ArchitectureResult) -> list[str]:
    """Look for answers that are nearly constant, for classes that are never answered, and for a low accuracy."""
    labels, answers = (result.confusion.sum(axis=axis) / result.confusion.sum() for axis in (1, 0))
    sentences = []
    favourite, largest = int(answers.argmax()), int(labels.argmax())
    if answers[favourite] >= _NEARLY_ALL > labels[favourite]:
        sentences.append(
            f"{result.architecture} answers {result.classes[favourite]!r} for {percent(answers[favourite])} of the "
            f"galaxies, but only {percent(labels[favourite])} are of this class."
        )
    else:
        never = [
            f"{name!r} ({plural(round(count), 'tested galaxy')})"
            for name, count, answered in zip(result.classes, labels * len(result.labels), answers, strict=True)
            if count > 0 and answered == 0
        ]
        if never:
            sentences.append(f"{result.architecture} never answers {listed(never, 'or')}.")
    if result.accuracy.value < labels[largest]:
        sentences.append(
            f"{result.architecture} is right less often ({percent(result.accuracy.value)}) than if it always answered "
            f"the largest class, {result.classes[largest]!r} ({percent(labels[largest])})."
        )
    return sentences


def _validation(results: Sequence[ArchitectureResult]) -> list[str]:
    """Look for validation sets that are too small to choose an epoch or a temperature."""
    fewest = min(len(run.validation.labels) for result in results for run in result.runs)
    if fewest >= ENOUGH:
        return []
    return [
        f"Only {plural(fewest, 'validation galaxy')} decided on the epoch and the temperature of a training: use more "
        "galaxies, or a larger fraction for validation."
    ]


def _trainings(results: Sequence[ArchitectureResult]) -> list[str]:
    """Look for trainings that were still getting better when they ended, and for temperatures at a limit."""
    unfinished, extreme = [], []
    for result in results:
        losses = [run.history["validation_loss"] for run in result.runs]  # none for an ensemble
        last = [len(each) > 1 and np.argmin(each) == len(each) - 1 for each in losses]
        if 2 * sum(last) > len(last):
            unfinished.append(_counted(result, int(sum(last))))
        limits = sum(temperature in TEMPERATURE_LIMITS for temperature in result.temperatures)
        if limits:
            extreme.append(_counted(result, limits))
    sentences = []
    if unfinished:
        sentences.append(
            f"The last epoch was the best for {listed(unfinished)}: more epochs may improve the results, and change "
            "their order."
        )
    if extreme:
        coldest, hottest = TEMPERATURE_LIMITS
        sentences.append(
            f"The temperature is at the limit of its range ({coldest:g} to {hottest:g}) for {listed(extreme)}: don't "
            "rely on their calibrated probabilities."
        )
    return sentences


def _counted(result: ArchitectureResult, trainings: int) -> str:
    return f"{result.architecture} ({trainings} of {plural(len(result.runs), 'training')})"
