"""Splits: which galaxies are for training, for validation and for the test."""

import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Int

from galmorph._atomic_files import write_atomically
from galmorph._checks import check, check_between, check_positive_int, check_seed
from galmorph._saved_json import damaged_file, read_as, read_json
from galmorph.data._dataset.split_warnings import warn_of_splits
from galmorph.errors import DatasetError, FileFormatError

__all__ = ["Split", "plan_folds", "plan_split"]

FORMAT = "galmorph split"
VERSION = 1
FINEST = 20  # fractions are multiples of a twentieth or coarser

Rows = TypeVar("Rows", bound="Splittable")


@runtime_checkable
class Splittable(Protocol):
    """What a split needs of a data set.

    `Dataset` fits, but can't be imported here, because its own `split` needs this module.
    """

    stamps: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]

    def class_counts(self) -> dict[str, int]: ...

    def __len__(self) -> int: ...

    def __getitem__(self: Rows, rows: Any, /) -> Rows: ...


@dataclass(frozen=True)
class _Saved:
    """The file of a split."""

    format: str
    version: int
    hash: str
    fingerprint: str
    parts: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """A partition of the rows of a data set, made by `plan_split`.

    Parameters
    ----------
    parts
        Row indices of each part, ascending; every row is in exactly one part.
    fingerprint
        Hash of the labels and groups that were split; `apply` refuses any other data set.
    """

    parts: tuple[Int[np.ndarray, "_"], ...]
    fingerprint: str

    @property
    def hash(self) -> str:
        """SHA-256 of data set and parts, in hexadecimal. It is the same on every machine."""
        digest = hashlib.sha256(self.fingerprint.encode())
        for part in self.parts:
            digest.update(len(part).to_bytes(8, "little") + part.astype("<i8").tobytes())
        return digest.hexdigest()

    def apply(self, dataset: Rows) -> tuple[Rows, ...]:
        """Cut a data set into the parts.

        Raises
        ------
        DatasetError
            If the split was made for other galaxies, with other labels or groups.
        """
        if fingerprint(dataset) != self.fingerprint:
            raise DatasetError(
                f"the split belongs to another data set: labels or groups of these {len(dataset)} galaxies differ from "
                "those that were split; plan a new split"
            )
        return tuple(dataset[part] for part in self.parts)

    def save(self, path: str | Path) -> None:
        """Write the split to a JSON file."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "hash": self.hash,
            "fingerprint": self.fingerprint,
            "parts": [part.tolist() for part in self.parts],
        }
        write_atomically(path, json.dumps(content).encode())

    @classmethod
    def load(cls, path: str | Path) -> "Split":
        """Read a split.

        Raises
        ------
        FileFormatError
            If the file can't be read, another version wrote it, or it does not match its hash.
        """
        with damaged_file(path, "a split written by Split.save"):
            saved = read_as(_Saved, read_json(Path(path)))
            split = cls(tuple(map(_row_indices, saved.parts)), saved.fingerprint)
        if (saved.format, saved.version, saved.hash) != (FORMAT, VERSION, split.hash):
            raise FileFormatError(
                f"{path}: expected {FORMAT!r} version {VERSION} with a matching hash; plan the split again"
            )
        return split

    def __repr__(self) -> str:
        return f"Split({' + '.join(str(len(part)) for part in self.parts)} galaxies, {self.hash[:12]})"


def plan_split(dataset: Splittable, fractions: Sequence[float] = (0.7, 0.1, 0.2), *, seed: int = 0) -> Split:
    """Decide which galaxies go into which part, stratified by class, with groups (the same sky) kept whole.

    The rows are cut into equal folds by scikit-learn's ``StratifiedGroupKFold``, and each part takes as many folds as
    its fraction needs.

    Parameters
    ----------
    dataset
        A `Dataset`.
    fractions
        Fractions of the whole, in (0, 1), that sum to 1: multiples of about a twentieth, or common fractions.
    seed
        The same seed makes the same split.

    Returns
    -------
    split
        Row indices of each part.

    Raises
    ------
    InvalidValueError
        If a fraction is out of range or too fine, the sum is not 1, or the seed is not from 0 to 2^32 - 1.
    DatasetError
        If there are fewer groups than folds or every class is smaller than the number of folds.

    Warns
    -----
    DatasetWarning
        If a class has no galaxy or none for training, there is only one class, a part is much larger or smaller than
        its fraction, or equal stamps are in different parts (`Dataset.group_copies` keeps them together).

    Examples
    --------
    >>> from galmorph.data import plan_split
    >>> from galmorph.simulation import simulate_galaxies
    >>> dataset = simulate_galaxies(50, seed=0)
    >>> split = plan_split(dataset, (0.7, 0.1, 0.2), seed=0)
    >>> train, validation, test = split.apply(dataset)
    """
    check_seed("seed", seed)
    folds = _fold_counts(fractions)
    total = sum(folds)
    rows = np.arange(len(dataset))
    _need_enough(dataset, rows, total, f"fractions {tuple(fractions)} need {total} folds", "use coarser fractions")
    fold_of_row = _fold_of_row(dataset.labels, dataset.groups, total, seed)
    bounds = np.cumsum([0, *folds])
    parts = tuple(rows[(fold_of_row >= first) & (fold_of_row < end)] for first, end in pairwise(bounds))
    warn_of_splits(dataset, [parts], fractions)
    return Split(parts, fingerprint(dataset))


def plan_folds(dataset: Splittable, folds: int = 5, *, validation: float = 0.125, seed: int = 0) -> tuple[Split, ...]:
    """Cut a data set into folds. Each fold is tested once, by networks that were trained on the others.

    Folds are stratified by class, and groups (the same sky) are kept whole. A fraction of the galaxies outside the
    tested fold is for validation: with five folds and the default, 70 % of the galaxies are for training, 10 % for
    validation and 20 % for the test.

    Parameters
    ----------
    dataset
        A `Dataset`.
    folds
        Number of folds, at least 2.
    validation
        Fraction of the galaxies outside the tested fold that is for validation: one over a whole number of at least 2.
    seed
        The same seed makes the same folds.

    Returns
    -------
    splits
        One for each fold, with three parts: for training, for validation and for the test. The test parts together are
        the whole data set.

    Raises
    ------
    InvalidValueError
        If `folds`, `validation` or `seed` is out of range.
    DatasetError
        If there are too few groups of galaxies or every class is smaller than the number of folds.

    Warns
    -----
    DatasetWarning
        As for `plan_split`.

    Examples
    --------
    >>> from galmorph.data import plan_folds
    >>> from galmorph.simulation import simulate_galaxies
    >>> splits = plan_folds(simulate_galaxies(100, seed=0), 5, seed=0)
    >>> [len(split.parts[2]) for split in splits]
    [20, 20, 20, 20, 20]
    """
    check_positive_int("folds", folds)
    check_seed("seed", seed)
    check(folds >= 2, f"folds: expected at least 2, got {folds}")
    check_between("validation", validation, 0.01, 0.5)
    inner = round(1 / validation)
    check(
        math.isclose(inner * validation, 1, abs_tol=1e-2),
        f"validation: expected one over a whole number, such as 1/8, got {validation:g}",
    )
    groups = len(np.unique(dataset.groups))
    if groups < folds + inner:
        raise DatasetError(
            f"{folds} folds, and one of {inner} parts of the rest to validate, need at least {folds + inner} groups of "
            f"galaxies, got {groups}; use fewer folds or more galaxies"
        )
    _need_enough(dataset, np.arange(len(dataset)), folds, f"{folds} folds", "use fewer folds")
    splits = []
    what = f"{folds} folds, and one of {inner} parts of the rest to validate"
    fold_of_row = _fold_of_row(dataset.labels, dataset.groups, folds, seed)
    for fold in range(folds):
        rest, tested = np.flatnonzero(fold_of_row != fold), np.flatnonzero(fold_of_row == fold)
        _need_enough(dataset, rest, inner, what, "use a larger fraction to validate, such as 1/4")
        validates = _fold_of_row(dataset.labels[rest], dataset.groups[rest], inner, seed) == 0
        splits.append(Split((rest[~validates], rest[validates], tested), fingerprint(dataset)))
    tested_share, rest_share = 1 / folds, 1 - 1 / folds
    fractions = (rest_share * (1 - 1 / inner), rest_share / inner, tested_share)
    warn_of_splits(dataset, [split.parts for split in splits], fractions)
    return tuple(splits)


def _row_indices(part: Any) -> Int[np.ndarray, "_"]:
    """Make an array of a list of whole numbers."""
    rows = np.asarray(part if isinstance(part, list) else None)
    if rows.ndim != 1 or (len(rows) and rows.dtype.kind != "i"):
        raise ValueError("parts: expected lists of rows, which are whole numbers")
    return rows.astype(np.int64)


def fingerprint(dataset: Splittable) -> str:
    """Hash what a split depends on: the labels and groups of a data set."""
    content = dataset.labels.astype("<i8").tobytes() + dataset.groups.astype("<i8").tobytes()
    return hashlib.sha256(content).hexdigest()


def _need_enough(dataset: Splittable, rows: Int[np.ndarray, "rows"], folds: int, what: str, advice: str) -> None:
    """Raise `DatasetError` if there are fewer groups than folds, or every class has fewer galaxies than that."""
    groups = len(np.unique(dataset.groups[rows]))
    if groups < folds:
        raise DatasetError(f"{what}, but there are only {groups} groups of galaxies; {advice}, or get more galaxies")
    counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
    if counts.max() < folds:
        listed = [f"{name} {count}" for name, count in zip(dataset.classes, counts, strict=True)]
        raise DatasetError(
            f"{what}: expected a class of at least {folds} galaxies, got {', '.join(listed[:8])}"
            f"{', ...' * (len(listed) > 8)}; {advice}"
        )


def _fold_of_row(
    labels: Int[np.ndarray, "galaxies"], groups: Int[np.ndarray, "galaxies"], folds: int, seed: int
) -> Int[np.ndarray, "galaxies"]:
    """Number the fold of each row."""
    # Imported here because scikit-learn takes as long as all other imports of galmorph.data together.
    from galmorph.data._dataset.group_folds import GroupFolds

    rows = np.arange(len(labels))
    fold_of_row = np.zeros(len(labels), int)
    splitter = GroupFolds(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer galaxies than folds is missing in some folds; `warn_of_splits` says if none are to learn.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, members) in enumerate(splitter.split(rows, labels, groups)):
            fold_of_row[members] = fold
    return fold_of_row


def _fold_counts(fractions: Sequence[float]) -> list[int]:
    check(
        not isinstance(fractions, int | float),
        f"fractions: expected several numbers that sum to 1, such as (0.8, 0.2), got {fractions!r}",
    )
    check(
        len(fractions) >= 2 and all(0 < fraction < 1 for fraction in fractions),
        f"fractions: expected at least two numbers between 0 and 1, got {tuple(fractions)}",
    )
    check(math.isclose(sum(fractions), 1, abs_tol=1e-6), f"fractions: expected a sum of 1, got {sum(fractions):g}")
    ratios = [Fraction(fraction).limit_denominator(FINEST) for fraction in fractions]
    total = math.lcm(*(ratio.denominator for ratio in ratios))
    folds = [int(ratio * total) for ratio in ratios]
    check(
        sum(folds) == total
        and all(
            math.isclose(fold / total, fraction, abs_tol=1e-3) for fold, fraction in zip(folds, fractions, strict=True)
        ),
        f"fractions: expected parts no finer than 1/{FINEST}, got {tuple(fractions)}",
    )
    return folds
