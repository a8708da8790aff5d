"""Labels in any form (a file, a table, a mapping) as the class of each name."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from astropy.table import Table

from galmorph._warnings import warn
from galmorph.data._catalogue.columns import texts
from galmorph.data._images.folder import ImageFolder
from galmorph.data._load.label_columns import find_columns
from galmorph.data._load.label_files import read_rows
from galmorph.data._morphology.parser import parse_morphology
from galmorph.errors import DatasetError, ImplausibleWarning

__all__ = ["LabelTable", "check_classes", "is_mapping", "label_table", "labels_of"]

_MISSING = {"", "--", "<na>", "nan", "null"}  # how other programs write that there is no class
# How tables write that nothing is known, which may also be the name of a class, if somebody wants it so.
_UNKNOWN = re.compile(r"-9{1,4}(\.0*)?|[?*.\-_/]+|#?n/?a|#n/?d", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+\.0*")
_MANY = 10  # classes; of fewer nobody can say that they are too many
_EXACT = 2**53  # a float64 does not hold every larger whole number


class LabelTable:
    """A table of labels: its header, and its cells as text.

    Parameters
    ----------
    source
        What errors call it.
    header
        Names of the columns.
    cells
        Gives the cells of a column by its number.
    """

    def __init__(self, source: str, header: list[str], cells: Callable[[int], list[str]]) -> None:
        self.source = source
        self.header = header
        self.cells = cells

    def labels(
        self, folder: ImageFolder, name_column: str | None, class_column: str | None
    ) -> tuple[dict[str, str], str]:
        """Read the class of each name, and say where it was read."""
        name, label = find_columns(
            self.header,
            self.cells,
            folder,
            source=self.source,
            name_column=name_column,
            class_column=class_column,
        )
        labels = _one_class_each(zip(self.cells(name), self.cells(label), strict=True), self.source)
        return labels, f"{self.source}, column {self.header[label]!r}"


def is_mapping(labels: Any) -> bool:
    """Say whether labels are pairs of names and classes: a mapping, or a pandas Series."""
    return hasattr(labels, "items") and not hasattr(labels, "columns")


def label_table(labels: Any) -> LabelTable:
    """Open labels that have columns: the path of a CSV file, an astropy table, a pandas data frame.

    Raises
    ------
    DatasetError
        If a file can't be read, or the labels are nothing of this.
    """
    if isinstance(labels, str | os.PathLike):
        header, rows = read_rows(labels)
        return LabelTable(os.fspath(labels), header, lambda column: _whole([row[column] for row in rows]))
    if isinstance(labels, np.ndarray) and labels.dtype.names:  # also what astropy.io.fits.getdata gives
        labels = Table(labels)
    if isinstance(labels, Table):
        header, table = list(labels.colnames), labels
        return LabelTable(
            "labels", header, lambda column: _cells(header[column], table[header[column]], texts(table, header[column]))
        )
    if hasattr(labels, "columns") and hasattr(labels, "index"):  # pandas: its index may be the names
        index = labels.index
        header = [str(getattr(index, "name", None) or ""), *map(str, labels.columns)]
        columns = [index, *(labels[name] for name in labels.columns)]
        return LabelTable(
            "labels", header, lambda column: _cells(header[column], columns[column], [*map(_text, columns[column])])
        )
    raise DatasetError(
        "labels: expected the path of a CSV file, an astropy Table, a pandas DataFrame or a mapping of names to "
        f"classes, got {type(labels).__name__}"
    )


def labels_of(
    labels: Any, folder: ImageFolder, *, name_column: str | None = None, class_column: str | None = None
) -> tuple[dict[str, str], str]:
    """Read the class of each name (empty if it has none) from labels in any form, and say where it was read.

    Raises
    ------
    DatasetError
        If the labels can't be read, the columns are not clear, or a name has two classes.
    """
    if is_mapping(labels):
        if name_column is not None or class_column is not None:
            raise DatasetError(
                "labels: expected a table with name_column and class_column, got a mapping; leave them out"
            )
        pairs = list(labels.items())
        names, classes = ([_text(pair[place]) for pair in pairs] for place in (0, 1))
        return _one_class_each(zip(_whole(names), _whole(classes), strict=True), "labels"), "labels"
    return label_table(labels).labels(folder, name_column, class_column)


def check_classes(labels: Mapping[str, str], source: str, advice: str) -> None:
    """Raise `DatasetError` if the classes are rather measurements, votes, types or names; else the advice helps.

    Warns
    -----
    ImplausibleWarning
        If a class has the name of something unknown: ``-99``, ``?``, ``-``, ``N/A`` and the like.
    """
    counts = Counter(filter(None, labels.values()))
    some = ", ".join(islice(counts, 3)) + ", ..." * (len(counts) > 3)
    numbers = [float(label) for label in counts if _is_number(label)]
    if numbers and len(numbers) == len(counts) and any(number % 1 for number in numbers):
        votes = all(0 <= number <= 1 for number in numbers)
        raise DatasetError(
            f"{source}: expected classes, got numbers with fractions ({some}); "
            + (
                "if they are votes, load them with load_galaxy_zoo_2, or make classes of them with galaxy_zoo_classes"
                if votes
                else f"{advice}, or make classes of the numbers (numpy.digitize)"
            )
        )
    single = sum(count == 1 for count in counts.values())
    if len(counts) >= _MANY and (2 * single > len(counts) or 2 * len(counts) > counts.total()):
        types = sum(parse_morphology(label).outcome == "type" for label in islice(counts, 100))
        raise DatasetError(
            f"{source}: expected a few classes, got {len(counts)} different ones for {counts.total()} images ({some}); "
            + (
                "if they are types, make classes of them with get_scheme(...).label or load them with build_dataset"
                if 2 * types > min(len(counts), 100)
                else advice
            )
            + "; if they are the classes, list them with classes="
        )
    _warn_of_unknown(counts, labels, source)


def _warn_of_unknown(counts: Mapping[str, int], labels: Mapping[str, str], source: str) -> None:
    for name in filter(_UNKNOWN.fullmatch, counts):
        first = next(each for each, label in labels.items() if label == name)
        warn(
            f"{source}: {name!r}, of {counts[name]} images, is taken for a class (the first: {first}); if it means "
            "that the class is unknown, leave these labels empty or out; if it is a class, list it in classes=",
            ImplausibleWarning,
        )


def _one_class_each(pairs: Iterable[tuple[str, str]], source: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, each in pairs:
        label = "" if each.lower() in _MISSING else each
        if labels.setdefault(name, label) != label:
            raise DatasetError(f"{source}: {name!r} is given twice, as {labels[name]!r} and as {label!r}; keep one row")
    return labels


def _cells(name: str, column: Any, cells: list[str]) -> list[str]:
    if getattr(getattr(column, "dtype", None), "kind", "") == "f":
        largest = np.nanmax(np.abs(np.asarray(column, np.float64)), initial=0)
        if largest > _EXACT:
            raise DatasetError(
                f"labels: expected texts or whole numbers in the column {name!r}, got floats as large as {largest:g}, "
                "which have lost their last digits; read the column as text"
            )
    return _whole(cells)


def _whole(cells: list[str]) -> list[str]:
    """Whole numbers that another program wrote as 1.0, 2.0 ... become 1, 2 ..., if the column holds nothing else."""
    if all(_WHOLE.fullmatch(cell) or cell.lower() in _MISSING for cell in cells):
        return [cell.partition(".")[0] for cell in cells]
    return cells


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
