"""Looks at a split: can all classes be learned, are the parts as large as asked for, and are copies kept together?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from galmorph._warnings import warn
from galmorph.data._dataset.class_warnings import named, warn_of_classes
from galmorph.data._dataset.copies import exact_copies
from galmorph.errors import DatasetWarning

__all__ = ["warn_of_splits"]

# A part is far from what was asked if it differs by more than half of that or a tenth of all galaxies, and by a few.
_HALF, _TENTH, _FEW = 0.5, 0.1, 2
_READ_AT_MOST = 1 << 31  # bytes of stamps that are searched for copies


def warn_of_splits(dataset: Any, splits: Sequence[Sequence[np.ndarray]], fractions: Sequence[float]) -> None:
    """Warn if splits (each a tuple of parts, the first for training) of a data set look wrong."""
    warn_of_classes(dataset)
    _warn_of_unlearned(dataset, splits)
    _warn_of_shares(dataset, splits, fractions)
    if dataset.stamps.nbytes <= _READ_AT_MOST:
        _warn_of_copies(dataset, splits)


def _warn_of_unlearned(dataset: Any, splits: Sequence[Sequence[np.ndarray]]) -> None:
    galaxies = np.bincount(dataset.labels, minlength=len(dataset.classes))
    learned = np.array([np.bincount(dataset.labels[parts[0]], minlength=len(galaxies)) for parts in splits])
    missing = np.flatnonzero((learned.min(axis=0) == 0) & (galaxies > 0))
    if len(missing):
        folds = int((learned[:, missing] == 0).any(axis=1).sum())
        where = "" if len(splits) == 1 else f" in {folds} fold{'s' if folds > 1 else ''}"
        counts = ", ".join(f"{dataset.classes[label]} {galaxies[label]}" for label in missing)
        warn(
            f"no training galaxy of {named([dataset.classes[label] for label in missing])}{where} (in all: {counts}); "
            "leave out the class, or get more galaxies of it",
            DatasetWarning,
        )


def _warn_of_shares(dataset: Any, splits: Sequence[Sequence[np.ndarray]], fractions: Sequence[float]) -> None:
    galaxies = len(dataset)
    for parts in splits:
        asked = np.rint(np.array(fractions) * galaxies).astype(int)
        got = np.array([len(part) for part in parts])
        if (np.abs(got - asked) > np.maximum(np.minimum(_HALF * asked, _TENTH * galaxies), _FEW)).any():
            largest = np.unique(dataset.groups, return_counts=True)[1].max()
            warn(
                f"the parts have {' + '.join(map(str, got))} galaxies instead of {' + '.join(map(str, asked))}, "
                f"because groups are kept whole and the largest has {largest} of {galaxies}; check the groups",
                DatasetWarning,
            )
            return


def _warn_of_copies(dataset: Any, splits: Sequence[Sequence[np.ndarray]]) -> None:
    first = exact_copies(dataset.stamps)
    copies = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    parted: set[int] = set()
    for parts in splits:
        part_of_row = np.empty(len(first), int)
        for number, part in enumerate(parts):
            part_of_row[part] = number
        pairs = np.unique(np.stack([first[copies], part_of_row[copies]], axis=1), axis=0)
        firsts, counts = np.unique(pairs[:, 0], return_counts=True)
        parted |= {int(row) for row in copies[np.isin(first[copies], firsts[counts > 1])]}
    if parted:
        rows = ", ".join(map(str, sorted(parted)[:6])) + ", ..." * (len(parted) > 6)
        warn(
            f"{len(parted)} of {len(dataset)} galaxies have the same stamp, maybe turned or mirrored, in another part "
            f"(rows {rows}): the test repeats what was learned; split galaxies.group_copies() instead",
            DatasetWarning,
        )
