"""The rows of a table of Galaxy Zoo 2 whose images are in a folder: their classes, votes and positions."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float

from galmorph.data._galaxy_zoo.fractions import GALAXY_ZOO_2_COUNTS, galaxy_zoo_fractions, majority
from galmorph.data._galaxy_zoo.image_names import ImageNames, image_name
from galmorph.data._galaxy_zoo.vote_table import CHALLENGE, DEBIASED, VoteTable, class_column, object_id
from galmorph.data._images.folder import ImageFolder
from galmorph.data._morphology.galaxy_zoo import GALAXY_ZOO_2_CLASSES, galaxy_zoo_classes
from galmorph.data._morphology.gz2_class import parse_gz2_class, tuning_fork_class
from galmorph.errors import DatasetError, InvalidValueError

__all__ = ["GZ2Galaxies", "read_galaxies"]

_ROUNDING = 1e-3  # by which a published fraction may be above 1
_MISSING = {"", "nan", "null", "--", "<na>"}


@dataclass(eq=False)
class GZ2Galaxies:
    """Galaxies of Galaxy Zoo 2.

    Parameters
    ----------
    labels
        Class of each image by its name; empty if it has none.
    known
        A row for each of them: its identifier, and the columns of the table that are kept.
    left_out
        Number of rows of the table that are not among them, by reason.
    unparsed
        The first error of a class that can't be read, or empty.
    """

    labels: dict[str, str]
    known: Table
    left_out: Counter[str] = field(default_factory=Counter)
    unparsed: str = ""


def read_galaxies(
    table: VoteTable,
    folder: ImageFolder,
    mapping: Any | None,
    *,
    scheme: str,
    name_column: str,
    spiral_threshold: float,
    unclear: bool = False,
) -> GZ2Galaxies:
    """Read the rows whose images are in a folder. Memory depends on their number, not on that of the other rows.

    If `unclear`, galaxies whose votes pass no threshold have the class with most votes, and numbers of votes are kept.

    Raises
    ------
    DatasetError
        If a column is missing, an identifier, a position or a fraction is none, or no row has an image.
    """
    classes = class_column(table)
    texts = [name_column, *(name for name in ("asset_id", "sample", classes) if name in table.header)]
    votes = [name for name in DEBIASED if name in table.header]
    counts = [name for name in GALAXY_ZOO_2_COUNTS if unclear and name in table.header]
    numbers = [*(name for name in ("ra", "dec") if name in table.header), *votes, *counts]
    if scheme == "tuning-fork":
        table.need(classes or "gz2_class", hint=", for the scheme 'tuning-fork'")
    else:
        table.need(*DEBIASED, hint=", for the scheme 'galaxy-zoo-2'; for classes from gz2_class, scheme='tuning-fork'")
    table.need(name_column, hint="; name the column of identifiers with name_column=")

    images = ImageNames(folder, mapping)
    own_names = mapping is None and "asset_id" in texts
    kept: dict[str, list[str]] = {name: [] for name in texts}
    values = {name: array("d") for name in numbers}
    names: dict[str, None] = {}
    left_out: Counter[str] = Counter()
    repeated: dict[str, str] = {}
    count = 0
    for row in table.rows([*texts, *numbers]):
        count += 1
        cells = dict(zip(texts, row, strict=False))
        name = object_id(cells[name_column], table.source, name_column)
        found = images.find(image_name(cells["asset_id"]) if own_names else name, cells.get("sample", ""))
        if len(found) != 1:
            left_out["several images" if found else "no image"] += 1
            continue
        (image,) = found
        if image in names:
            raise DatasetError(f"{table.source}: expected each galaxy once, got the image {image!r} twice ({name})")
        names[image] = None
        for column in texts:  # a few thousand different classes and samples, so that each is kept once
            cell = cells[column]
            kept[column].append(cell if column == name_column else repeated.setdefault(cell, cell))
        for column, cell in zip(numbers, row[len(texts) :], strict=True):
            values[column].append(_number(cell, f"{table.source}: {column} of {name}"))
    if not names:
        reasons = ", ".join(f"{reason} {number}" for reason, number in left_out.items())
        raise DatasetError(
            f"{table.source}: no row of {count} has an image in {folder.path} ({reasons}); {images.described()}"
        )

    known = Table({name: Column(cells, dtype=str) for name, cells in kept.items()})
    for column, measured in values.items():
        known[column] = Column(np.array(measured), unit="deg" if column in ("ra", "dec") else None)
    if scheme == "tuning-fork":
        labels, unparsed = _tuning_fork(kept[str(classes)])
    else:
        labels, unparsed = _five_classes(known, spiral_threshold, table.source, unclear=unclear), ""
    return GZ2Galaxies(dict(zip(names, labels, strict=True)), known, left_out, unparsed)


def _number(cell: str, what: str) -> float:
    try:
        return float("nan" if cell.lower() in _MISSING else cell)
    except ValueError:
        raise DatasetError(f"{what}: expected a number, got {cell!r}") from None


def _tuning_fork(cells: list[str]) -> tuple[list[str], str]:
    labels, error = [], ""
    for cell in cells:
        try:
            labels.append(tuning_fork_class(parse_gz2_class(cell)) if cell.lower() not in _MISSING else "")
        except InvalidValueError as problem:
            labels.append("")
            error = error or str(problem)
    return labels, error


def _five_classes(known: Table, spiral_threshold: float, source: str, *, unclear: bool) -> list[str]:
    fractions: dict[str, Float[np.ndarray, "galaxies"]] = {}
    for answer, (column, parent) in CHALLENGE.items():
        # Nobody was asked where a fraction is missing: nobody gave the answer that leads to the question.
        own = np.nan_to_num(np.asarray(known[column]), nan=0.0)
        if not (own.min() >= 0 and own.max() <= 1 + _ROUNDING):
            raise DatasetError(
                f"{source}: expected fractions from 0 to 1 in the column {column!r}, got {own.min():g} to {own.max():g}"
            )
        fractions[answer] = np.minimum(own, 1) * (1 if parent is None else fractions[parent])
    indices = galaxy_zoo_classes(fractions, spiral_threshold=spiral_threshold)
    if unclear:
        indices = majority(galaxy_zoo_fractions(known))
    return [GALAXY_ZOO_2_CLASSES[index] if index >= 0 else "" for index in indices]
