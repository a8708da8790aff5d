"""Read tables of labels: CSV files that give the class of each image."""

import csv
import os
from pathlib import Path

from galmorph.data._images.folder import ImageFolder
from galmorph.errors import DatasetError

__all__ = ["read_labels", "read_rows"]


def read_rows(path: str | os.PathLike[str]) -> tuple[list[str], list[list[str]]]:
    """Read a CSV file as a header and rows of the same length; lines that begin with # are comments."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader((line for line in file if not line.startswith("#")), skipinitialspace=True, strict=True)
            rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path}: expected a readable CSV file in UTF-8 ({error})") from error
    if len(rows) < 2 or len(rows[0]) < 2:
        raise DatasetError(
            f"{path}: expected a header, rows and at least two columns (name and class), got {len(rows)} lines"
            f"{' with ' + str(len(rows[0])) + ' columns' if rows else ''}"
        )
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise DatasetError(
                f"{path}: expected {len(rows[0])} columns as in the header, got {len(row)} in the row of {row[0]!r}; "
                "put cells that contain a comma in quotes"
            )
    return rows[0], rows[1:]


def read_labels(path: str | os.PathLike[str], folder: ImageFolder) -> dict[str, str]:
    """Read the class of each name from the first two columns of a CSV file; empty if it gives none."""
    header, rows = read_rows(path)
    if folder.find(header[0]) is not None:
        raise DatasetError(
            f"{path}: expected a header in the first line, such as name,class; got the image {header[0]!r}"
        )
    labels: dict[str, str] = {}
    for name, label, *_ in rows:
        if labels.setdefault(name, label) != label:
            raise DatasetError(f"{path}: {name!r} is given twice, as {labels[name]!r} and as {label!r}; keep one row")
    return labels
