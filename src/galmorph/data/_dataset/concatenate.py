"""Several data sets as one: their stamps in a row, groups that stay apart, and a table with all columns."""

import copy
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, Table, TableMergeError, vstack
from jaxtyping import Int

from galmorph.data._catalogue.groups import connect, first_rows
from galmorph.data._dataset.stamp_digests import StampDigests
from galmorph.data._dataset.stamp_file import stamp_file
from galmorph.data._dataset.stamp_storage import StampStorage
from galmorph.errors import DatasetError

__all__ = ["Joined"]

_NO_COLUMN = "\0"  # stands for the rows of a table that has no column
_COUNTS = ("unlabelled", "no_class")  # in the meta of the loaders' tables


class Joined:
    """The parts of the data set that joins others.

    Parameters
    ----------
    datasets
        The data sets. They are gone through once, and with a `path` their stamps are not kept in memory.
    path
        The ``.npy`` file for the stamps, or None to keep them in memory.

    Attributes
    ----------
    stamps, labels, classes, groups, table, recipe
        As in a `Dataset`.
    copies
        For each row, the first one with the same stamp.
    """

    def __init__(self, datasets: Iterable[Any], path: str | os.PathLike[str] | None) -> None:
        datasets = list(datasets) if path is None else datasets
        galaxies = sum(map(len, datasets)) if isinstance(datasets, list) else 0  # a file takes any number
        digests, first = StampDigests(), None
        labels: list[np.ndarray] = []
        groups: list[np.ndarray] = []
        tables: list[Table] = []
        file = nullcontext() if path is None else stamp_file(Path(path).parent, path)
        with file as opener:
            storage: StampStorage | None = None
            for number, dataset in enumerate(datasets):
                if first is None or storage is None:
                    first = _Facts(dataset)
                    storage = StampStorage(galaxies, str(dataset.stamps.dtype), most_bytes=-1, file=opener)
                first.check_same(dataset, number)
                groups.append(first_rows(dataset.groups) + len(digests))
                dataset.verify()
                for stamp in dataset.stamps:
                    digests.add(stamp)
                    storage.append(stamp)
                labels.append(dataset.labels)
                tables.append(dataset.table)
            if first is None or storage is None:
                raise DatasetError("datasets: expected at least one data set, got none")
            self.stamps = storage.finish()
        self.classes, self.recipe = first.classes, first.recipe
        self.labels = np.concatenate(labels)
        self.copies = digests.first_rows()
        self.groups = _united(
            np.concatenate(groups), self.copies, np.repeat(np.arange(len(labels)), [*map(len, labels)])
        )
        self.table = _stacked(tables, [*map(len, labels)])


class _Facts:
    """What the first data set has, and all others must have too."""

    def __init__(self, dataset: Any) -> None:
        self.classes: tuple[str, ...] = dataset.classes
        self.recipe: dict[str, Any] | None = dataset.recipe
        self._shape, self._dtype = dataset.stamps.shape[1:], dataset.stamps.dtype

    def check_same(self, dataset: Any, number: int) -> None:
        """Raise `DatasetError` unless another data set can be joined to the first one."""
        where = f"in datasets[{number}]"
        if dataset.classes != self.classes:
            raise DatasetError(
                f"datasets: expected the same classes in the same order, got {', '.join(dataset.classes)} {where}, but "
                f"{', '.join(self.classes)} before; load all with the same classes="
            )
        if dataset.stamps.shape[1:] != self._shape:
            raise DatasetError(
                f"datasets: expected stamps of one shape, got {_times(dataset.stamps.shape[1:])} {where}, but "
                f"{_times(self._shape)} before; make all with the same recipe"
            )
        if dataset.stamps.dtype != self._dtype:
            raise DatasetError(
                f"datasets: expected stamps of one dtype, got {dataset.stamps.dtype} {where}, but {self._dtype} "
                "before; load all with the same dtype="
            )
        if _plain(dataset.recipe) != _plain(self.recipe):
            raise DatasetError(
                f"datasets: expected stamps of one recipe, got {_differences(self.recipe, dataset.recipe)} {where}; "
                "make all with the same recipe"
            )


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def _plain(recipe: Any) -> Any:
    """A description as JSON keeps it: a saved data set has lists where a new one may have tuples."""
    return json.loads(json.dumps(recipe, default=repr))


def _differences(before: Mapping[str, Any] | None, here: Mapping[str, Any] | None) -> str:
    if before is None or here is None:
        return "none" if here is None else "one, but none before,"
    one, other = _plain(before), _plain(here)
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return ", ".join(f"{name} {other.get(name)!r} instead of {one.get(name)!r}" for name in names[:3])


def _united(
    groups: Int[np.ndarray, "galaxies"], copies: Int[np.ndarray, "galaxies"], part: Int[np.ndarray, "galaxies"]
) -> Int[np.ndarray, "galaxies"]:
    """Join the groups of equal stamps in different data sets; equal stamps in one only stay as they are."""
    shared = np.zeros(len(groups), bool)
    shared[copies[part != part[copies]]] = True
    rows = np.flatnonzero(shared[copies])
    return connect(groups, copies[rows], rows)


def _stacked(tables: Sequence[Table], lengths: Sequence[int]) -> Table:
    """Put tables below each other; values of a column that a table does not have are masked."""
    if not any(table.colnames for table in tables):
        return Table(meta=_merged([table.meta for table in tables]))
    filled = [
        _in_units_of(tables, table) if table.colnames else Table({_NO_COLUMN: np.zeros(length, bool)})
        for table, length in zip(tables, lengths, strict=True)
    ]
    try:
        table = vstack(filled, join_type="outer", metadata_conflicts="silent")
    except (TableMergeError, NotImplementedError) as error:
        raise DatasetError(
            f"datasets: expected tables whose columns of one name hold values of one kind ({error}); convert or remove "
            "the column in one of the tables"
        ) from error
    if _NO_COLUMN in table.colnames:
        table.remove_column(_NO_COLUMN)
    table.meta = _merged([each.meta for each in tables])
    return table


def _in_units_of(tables: Sequence[Table], table: Table) -> Table:
    """Convert columns to the unit that the first table with such a column gives; `vstack` would not."""
    changed = table.copy(copy_data=False)
    for name in table.colnames:
        units = [each[name].unit for each in tables if name in each.colnames and isinstance(each[name], Column)]
        wanted = next((unit for unit in units if unit is not None), None)
        column = table[name]
        if isinstance(column, Column) and column.unit is not None and column.unit != wanted:
            column = column.astype(np.result_type(column.dtype, np.float32))
            try:
                column.convert_unit_to(wanted)
            except u.UnitConversionError as error:
                raise DatasetError(
                    f"datasets: expected the unit {wanted} in the column {name!r} of all tables, got {column.unit}; "
                    "convert or remove the column"
                ) from error
            changed[name] = column
    return changed


def _merged(metas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the meta of tables: what the loaders counted is added, and of other values all different ones are kept."""
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for meta in metas for name in meta):
        values = [meta[name] for meta in metas if name in meta]
        if name == "left_out" and all(isinstance(value, Mapping) for value in values):
            merged[name] = dict(sum(map(Counter, values), Counter()))
        elif name in _COUNTS and all(isinstance(value, int) for value in values):
            merged[name] = sum(values)
        elif name == "skipped" and all(isinstance(value, list) for value in values):
            merged[name] = [entry for value in values for entry in value]
        else:
            different = {repr(value): value for value in values}
            lists = [value if isinstance(value, list) else [value] for value in different.values()]
            merged[name] = values[0] if len(different) == 1 else [entry for each in lists for entry in each]
    return copy.deepcopy(merged)
