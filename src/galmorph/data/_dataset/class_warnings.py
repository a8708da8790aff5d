"""Looks at the classes of a data set: are they all there, and is each of them one class?"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import permutations
from typing import Any

import numpy as np
from jaxtyping import Int

from galmorph._warnings import warn
from galmorph.errors import DatasetWarning, ImplausibleWarning

__all__ = [
    "named",
    "warn_of_cautions",
    "warn_of_classes",
    "warn_of_contradictions",
    "warn_of_misspellings",
    "warn_of_spellings",
]

_LETTERS = 5  # shorter names, such as disc and disk, may differ on purpose
_ALIKE = 0.8  # as difflib measures it: sprial and spiral have 0.83


def warn_of_classes(dataset: Any) -> None:
    """Warn if a class has no galaxy, or all galaxies are of one class."""
    counts = dataset.class_counts()
    missing = [name for name, count in counts.items() if not count]
    if len(missing) == len(counts) - 1:
        [only] = set(counts) - set(missing)
        warn(
            f"all {len(dataset)} galaxies are of one class, {only!r}: nothing to distinguish; check the labels",
            DatasetWarning,
        )
    elif missing:
        warn(
            f"no galaxy of {named(missing)}: networks can't learn {'it' if len(missing) == 1 else 'them'}; check the "
            "labels, or leave out the class",
            DatasetWarning,
        )


def warn_of_cautions(dataset: Any) -> None:
    """Warn of what is implausible in a data set that was loaded from files."""
    for sentence in dataset.cautions:
        warn(sentence, ImplausibleWarning)


def warn_of_spellings(classes: Sequence[str]) -> None:
    """Warn if names of classes differ only in case, blanks, hyphens and underscores."""
    spellings: dict[str, list[str]] = {}
    for name in classes:
        # Signs at the end have a meaning: S0- and S0+ are stages.
        key = re.sub(r"(?<=\w)[\s_-]+(?=\w)", "", name).strip().lower()
        spellings.setdefault(key, []).append(name)
    for names in spellings.values():
        if len(names) > 1:
            warn(
                f"classes: {' and '.join(map(repr, names))} differ only in spelling; give them one name if they "
                "are one class",
                DatasetWarning,
            )


def warn_of_misspellings(dataset: Any) -> None:
    """Warn if a class may be another one with a typing error: nearly the same letters, and at most half as frequent."""
    counts = dataset.class_counts()
    for rare, name in permutations(counts, 2):
        letters, others = (re.sub(r"\d+", "", each).lower() for each in (rare, name))
        near = (
            letters != others
            and min(len(letters), len(others)) >= _LETTERS
            and abs(len(letters) - len(others)) <= 1
            and SequenceMatcher(None, letters, others).ratio() >= _ALIKE
        )
        if near and 0 < counts[rare] <= counts[name] / 2:
            warn(
                f"classes: {rare!r} ({counts[rare]}) and {name!r} ({counts[name]}) are spelled nearly alike; give them "
                "one name if they are one class",
                DatasetWarning,
            )


def warn_of_contradictions(
    dataset: Any, copies: Int[np.ndarray, "galaxies"] | Sequence[int], names: Sequence[object]
) -> None:
    """Warn if stamps that are copies of each other have different classes; `copies` gives the first of each.

    Flat stamps show no galaxy, and say nothing about its class.
    """
    first = np.asarray(copies)
    differ = np.flatnonzero(dataset.labels != dataset.labels[first])
    rows = [int(row) for row in differ if np.ptp(dataset.stamps[row])]
    if rows:
        classes = [dataset.classes[label] for label in dataset.labels]
        pairs = [
            f"{names[first[row]]} ({classes[first[row]]}) and {names[row]} ({classes[row]})" for row in rows[:3]
        ] + ["..."] * (len(rows) > 3)
        warn(
            f"{len(rows)} galaxies have the same stamp as another one, but another class: {'; '.join(pairs)}; check "
            "the labels",
            DatasetWarning,
        )


def named(names: Sequence[str]) -> str:
    """Name classes in a sentence."""
    listed = ", ".join(map(repr, names[:8])) + ", ..." * (len(names) > 8)
    return f"the class {listed}" if len(names) == 1 else f"the classes {listed}"
