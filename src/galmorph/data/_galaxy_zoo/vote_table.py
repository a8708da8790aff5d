"""Tables of Galaxy Zoo 2 as published: one row for each SDSS object, with its class and the votes for each answer."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from galmorph.data._galaxy_zoo.csv_columns import read_columns, read_header
from galmorph.data._load.labels import is_mapping, label_table
from galmorph.errors import DatasetError

__all__ = ["CHALLENGE", "DEBIASED", "VoteTable", "class_column", "object_id", "open_table", "open_vote_table"]

# Column of debiased votes for each answer that the five classes need, by its name in the Kaggle challenge. The second
# is the answer that leads to the question: its fraction is a factor of those in the challenge.
CHALLENGE = {
    "Class1.1": ("t01_smooth_or_features_a01_smooth_debiased", None),
    "Class1.2": ("t01_smooth_or_features_a02_features_or_disk_debiased", None),
    "Class2.1": ("t02_edgeon_a04_yes_debiased", "Class1.2"),
    "Class2.2": ("t02_edgeon_a05_no_debiased", "Class1.2"),
    "Class4.1": ("t04_spiral_a08_spiral_debiased", "Class2.2"),
    "Class7.1": ("t07_rounded_a16_completely_round_debiased", "Class1.1"),
    "Class7.2": ("t07_rounded_a17_in_between_debiased", "Class1.1"),
    "Class7.3": ("t07_rounded_a18_cigar_shaped_debiased", "Class1.1"),
}
DEBIASED = tuple(column for column, _ in CHALLENGE.values())
_CLASSES = ("gz2_class", "gz2class")  # Hart et al. (2016), Willett et al. (2013)
_ID = re.compile(r"\d{1,20}")
_FLOAT = re.compile(r"\d+(\.\d*)?([eE]\+?\d+)?")


@dataclass(frozen=True, eq=False, kw_only=True)
class VoteTable:
    """A table whose rows are read one by one.

    Parameters
    ----------
    source
        What errors call it.
    header
        Names of the columns.
    rows
        Gives the cells of some columns, row by row.
    """

    source: str
    header: list[str]
    rows: Callable[[Sequence[str]], Iterator[tuple[str, ...]]]

    def need(self, *columns: str, hint: str = "") -> None:
        """Raise `DatasetError` unless the table has these columns."""
        missing = [name for name in columns if name not in self.header]
        if missing:
            raise DatasetError(f"{self.source}: expected the columns {', '.join(missing)}, which are not there{hint}")


def open_table(labels: Any) -> VoteTable:
    """Open a CSV file, plain or gzipped, an astropy table or a pandas data frame.

    Raises
    ------
    DatasetError
        If the file can't be read, or the argument is nothing of this.
    """
    if isinstance(labels, str | os.PathLike):
        path = labels
        return VoteTable(source=os.fspath(path), header=read_header(path), rows=lambda names: read_columns(path, names))
    table = label_table(labels)
    header = table.header
    return VoteTable(
        source=table.source,
        header=header,
        rows=lambda names: zip(*(table.cells(header.index(name)) for name in names), strict=True),
    )


def open_vote_table(labels: Any) -> VoteTable | None:
    """Open a table of Galaxy Zoo 2 as published; None if the labels are something else."""
    if is_mapping(labels):
        return None
    table = open_table(labels)
    known = any(name in table.header for name in (*_CLASSES, *DEBIASED))
    return table if known and "Class1.1" not in table.header else None


def class_column(table: VoteTable) -> str | None:
    """Name of the column of classes such as ``SBc2m``, if there is one."""
    return next((name for name in _CLASSES if name in table.header), None)


def object_id(cell: str, source: str, column: str) -> str:
    """Check that a cell is an identifier, with all of its digits.

    Raises
    ------
    DatasetError
        If it is something else, such as a float.
    """
    if _ID.fullmatch(cell):
        return cell
    reason = ""
    if _FLOAT.fullmatch(cell):
        reason = (
            ", a float: it holds 16 digits, so the last of 18 are lost; write the table again from the original, with "
            f"this column as text (pandas: dtype={{{column!r}: str}})"
        )
    raise DatasetError(
        f"{source}: expected identifiers of up to 20 digits in the column {column!r}, got {cell!r}{reason}"
    )
