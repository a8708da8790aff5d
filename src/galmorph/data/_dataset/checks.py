"""Checks of the parts of a data set, and of the rows that are chosen from it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from astropy.table import Table
from jaxtyping import Int

from galmorph._checks import is_utf8
from galmorph.errors import DatasetError, InvalidValueError

__all__ = [
    "check_labels",
    "check_lengths",
    "check_stamps",
    "check_texts",
    "chosen_rows",
    "class_names",
    "whole_numbers",
]

_LOOKED_AT = 64  # stamps of a file that are checked for their range


def check_stamps(stamps: np.ndarray) -> None:
    """Raise `DatasetError` unless stamps are square images of a known dtype and range, and at least one."""
    shape, dtype = stamps.shape, stamps.dtype
    if len(shape) != 4 or shape[1] != shape[2] or dtype not in (np.uint8, np.float16, np.float32):
        hint = ""
        if dtype not in (np.uint8, np.float16, np.float32):
            hint = '; use stamps.astype("float32") for values from 0 to 1, stamps.astype("uint8") for 0 to 255'
        elif len(shape) == 3:
            hint = "; use stamps[..., np.newaxis] for grey stamps"
        elif len(shape) == 4 and shape[2] == shape[3]:
            hint = "; use stamps.transpose(0, 2, 3, 1) if the channels come first"
        raise DatasetError(
            f"stamps: expected uint8, float16 or float32 of shape (galaxies, size, size, channels), got shape "
            f"{shape} of {dtype}{hint}"
        )
    if len(stamps) == 0:
        raise DatasetError("stamps: expected at least one galaxy, got none")
    if dtype != np.uint8:
        # Those of a file are not all read.
        some = stamps[:: -(-len(stamps) // _LOOKED_AT)] if isinstance(stamps, np.memmap) else stamps
        low, high = float(some.min()), float(some.max())
        if np.isnan(low) or np.isnan(high):
            raise DatasetError(
                "stamps: expected numbers from 0 (black) to 1 (white), got NaN; leave these galaxies out, or make "
                "stamps with a Recipe, which fills pixels without data"
            )
        if not (low >= 0 and high <= 1):
            raise DatasetError(
                f"stamps: expected {dtype} from 0 (black) to 1 (white), got {low:g} to {high:g}; divide them "
                "by 255 if they are pictures, or make them with a Recipe"
            )


def check_lengths(dataset: Any) -> None:
    """Raise `DatasetError` unless labels, groups and table have one row for each stamp."""
    galaxies = len(dataset.stamps)
    if not isinstance(dataset.table, Table):
        raise DatasetError(
            f"table: expected an astropy Table, got a {type(dataset.table).__name__}; write Table({{'name': [...]}})"
        )
    for name, length in [
        ("labels", len(dataset.labels)),
        ("groups", len(dataset.groups)),
        ("table", len(dataset.table) if dataset.table.colnames else galaxies),
    ]:
        if length != galaxies:
            raise DatasetError(f"{name}: expected one for each of {galaxies} stamps, got {length}")


def check_labels(labels: Int[np.ndarray, "galaxies"], classes: Sequence[str]) -> None:
    """Raise `DatasetError` unless labels are indices into the classes, whose names are different."""
    repeated = [name for name, count in Counter(classes).items() if count > 1]
    if repeated:
        raise DatasetError(f"classes: expected different names, got {', '.join(repeated)} more than once")
    if labels.min() < 0 or labels.max() >= len(classes):
        raise DatasetError(
            f"labels: expected indices into {len(classes)} classes, got {labels.min()} to {labels.max()}"
        )


def class_names(classes: Sequence[str]) -> tuple[str, ...]:
    """Check that classes are names."""
    if isinstance(classes, str):
        raise DatasetError(f"classes: expected several names, got the text {classes!r}; write ({classes!r},)")
    if not isinstance(classes, Iterable):
        raise DatasetError(f"classes: expected names, got {classes!r}; write ('smooth', 'spiral')")
    names = tuple(classes)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise DatasetError(f"classes: expected texts, got {wrong[0]!r}; use [str(name) for name in classes]")
    odd = [name for name in names if not is_utf8(name)]
    if odd:
        raise DatasetError(
            f"classes: expected text that UTF-8 can hold, got {odd[0]!r}; rename this class or its folder"
        )
    return tuple(map(str, names))  # texts of NumPy become plain ones


def whole_numbers(what: str, values: Any, classes: tuple[str, ...] = ()) -> Int[np.ndarray, "galaxies"]:
    """Check that values are whole numbers, one for each galaxy, and give them as int64."""
    array = np.asarray(values)
    if array.dtype.kind in "USO" and array.ndim == 1 and len(array):
        advice = "np.unique(groups, return_inverse=True)[1] numbers them"
        if classes:
            advice = "[classes.index(name) for name in labels] gives them"
        raise DatasetError(f"{what}: expected whole numbers, got {str(array.flat[0])!r} and the like; {advice}")
    if array.ndim != 1:
        hint = ""
        if array.ndim == 2 and array.shape[1] == 1:
            hint = f"; use {what}.ravel()"
        elif array.ndim == 2 and classes:
            hint = "; use labels.argmax(axis=1) if they are one-hot"
        raise DatasetError(f"{what}: expected one whole number for each stamp, got shape {array.shape}{hint}")
    if np.ma.is_masked(values):
        raise DatasetError(f"{what}: expected a number for each stamp, got masked values; leave these galaxies out")
    if array.dtype.kind == "f" and len(array) and not (array % 1 == 0).all():
        fraction = array[array % 1 != 0][0]
        raise DatasetError(f"{what}: expected whole numbers, got {fraction:g}; round them only if you know why")
    if array.dtype.kind not in "biuf":
        raise DatasetError(f"{what}: expected whole numbers, got {array.dtype}")
    # Floats beyond 2^53 don't tell whole numbers apart.
    largest = 2**53 if array.dtype.kind == "f" else int(np.iinfo(np.int64).max)
    if array.dtype.kind in "uf" and len(array) and int(np.abs(array).max()) > largest:
        raise DatasetError(
            f"{what}: expected whole numbers of less than 64 bits, got {np.abs(array).max()}; "
            f"np.unique({what}, return_inverse=True)[1] numbers them from 0"
        )
    return array.astype(np.int64)


def check_texts(table: Any) -> None:
    """Raise `DatasetError` if a text of a table can't be written as UTF-8."""
    for name in table.colnames:
        column = table[name]
        if getattr(column.dtype, "kind", "") == "U" and not is_utf8("".join(np.asarray(column).ravel().tolist())):
            odd = next(text for text in np.asarray(column).ravel().tolist() if not is_utf8(text))
            raise DatasetError(
                f"table: {name}: expected text that UTF-8 can hold, got {odd!r}; rename what is called so"
            )


def chosen_rows(rows: Any) -> np.ndarray:
    """Check rows: a number, indices or a mask. A list of True and False is a mask, not the rows 1 and 0."""
    array = np.asarray(rows)
    if array.ndim == 0 and array.dtype.kind in "iu":
        return array
    if array.ndim == 1 and not len(array):
        return array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "biu":
        hint = f"; use galaxies.table[{rows!r}] for a column" if isinstance(rows, str) else ""
        raise InvalidValueError(f"rows: expected a number, a slice, indices or a mask, got {rows!r}{hint}")
    return array
