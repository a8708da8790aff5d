"""Shortcuts: properties of image files that tell the class of a galaxy, so that a network need not look at it."""

from typing import Any

import numpy as np
from astropy.table import Table
from jaxtyping import Int

__all__ = ["file_kind_cautions"]

_PROPERTIES = {
    "format": "format",
    "linear": "linear or a picture",
    "bands": "bands",
    "channels": "number of channels",
    "pixel_scale": "pixel scale",
    "width": "width",
    "height": "height",
}
_NEARLY_ALL = 0.95
_ENOUGH = 10  # galaxies of a class, and of all others
_STEP = np.log(1.1)  # scales and sizes that differ by less than a tenth may be the same


def file_kind_cautions(table: Table, labels: Int[np.ndarray, "galaxies"], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Say in a sentence if the kind of its image file tells the class of a galaxy; empty if it does not.

    A property of the files tells a class if the files of at least 95 % of its galaxies are of a kind that is mostly
    this class, and those of at least 95 % of the others are not. Each galaxy is judged by the others only, so that a
    property that is different for each galaxy tells nothing. Classes of fewer than 10 galaxies are not judged.

    Parameters
    ----------
    table
        Table of a data set. Its columns ``format``, ``linear``, ``bands``, ``channels``, ``pixel_scale``, ``width`` and
        ``height``, of those that it has, are looked at.
    labels, classes
        Index of the class of each galaxy, and names of the classes.
    """
    if len(table) != len(labels):  # a table without columns
        return ()
    columns = {text: table[name] for name, text in _PROPERTIES.items() if name in table.colnames}
    # A column of times or of several values for a galaxy is not one of ours.
    kinds = {text: _kinds(each) for text, each in columns.items() if hasattr(each, "dtype") and each.ndim == 1}
    kinds = {text: each for text, each in kinds.items() if each.max(initial=0) > 0}
    found: list[int] = []
    properties: dict[str, None] = {}
    shares = []
    counts = np.bincount(labels, minlength=len(classes))
    for label in np.flatnonzero((counts >= _ENOUGH) & (len(labels) - counts >= _ENOUGH)):
        of_class = {text: min(_shares(each, labels == label)) for text, each in kinds.items()}
        telling = {text: share for text, share in of_class.items() if share >= _NEARLY_ALL}
        if telling:
            found.append(int(label))
            properties |= dict.fromkeys(telling)
            shares.append(max(telling.values()))
    if not found:
        return ()
    return (
        f"The kind of its image file tells whether a galaxy is {' or '.join(repr(classes[label]) for label in found)} "
        f"({', '.join(properties)}; right for {100 * min(shares):.0f} %): a network can learn the kind of file instead "
        "of the galaxy, so take images of one kind for all classes.",
    )


def _kinds(column: Any) -> Int[np.ndarray, "galaxies"]:
    """Number the different values of a column; masked and unknown ones are a kind of their own."""
    cells = np.ma.asarray(column)
    if cells.dtype.kind == "f":
        numbers = np.ma.filled(cells.astype(np.float64), np.nan)
    elif cells.dtype.kind in "iu":
        numbers = np.ma.filled(cells, 0).astype(np.float64)
    else:
        return np.unique(np.ma.filled(cells.astype(str), ""), return_inverse=True)[1].reshape(-1)
    known = numbers > 0
    steps = np.round(np.log(np.where(known, numbers, 1.0)) / _STEP)
    return np.unique(np.where(known, steps, -np.inf), return_inverse=True)[1].reshape(-1)


def _shares(kinds: Int[np.ndarray, "galaxies"], members: np.ndarray) -> tuple[float, float]:
    """Fraction of the members, and of the others, that most other files of the same kind are like."""
    inside, outside = (np.bincount(kinds[chosen], minlength=kinds.max() + 1)[kinds] for chosen in (members, ~members))
    return (
        float(np.mean((inside - 1 > outside)[members])),
        float(np.mean((outside - 1 > inside)[~members])),
    )
