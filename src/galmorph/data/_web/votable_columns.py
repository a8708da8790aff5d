"""Make columns of the texts in a VOTable's cells. What can't be read is masked; texts keep their full length."""

import re
from collections.abc import Callable
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, Table
from astropy.units.function import FunctionUnitBase

from galmorph.data._web.votable_scan import ScannedField, ScannedTable

__all__ = ["unknown_datatypes", "votable_columns"]

# How a scalar of a datatype is read, and its dtype. Everything else (texts, bits, complex numbers, arrays) stays text.
_INTEGERS = {"unsignedByte": np.uint8, "short": np.int16, "int": np.int32, "long": np.int64}
_FLOATS = {"float": np.float32, "double": np.float64}
_TEXTS = ("char", "unicodeChar", "bit", "floatComplex", "doubleComplex")
_INTEGER = re.compile(r"[+-]?[0-9]+|0[xX][0-9a-fA-F]+", re.ASCII)
_BOOLEANS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}
_MOST_TEXT = 1 << 25  # characters of a column with one width for all


def unknown_datatypes(table: ScannedTable) -> list[str]:
    """Datatypes that the VOTable standard does not have."""
    known = {*_INTEGERS, *_FLOATS, *_TEXTS, "boolean"}
    return [kind for each in table.fields if (kind := each.attributes.get("datatype", "")) not in known]


def votable_columns(table: ScannedTable) -> tuple[Table, list[str]]:
    """Make a table of the cells, and say for each column that has some which of its values can't be read.

    The ``meta`` of a column holds its ``ucd`` and ``utype``, as astropy's reader keeps them.
    """
    columns: dict[str, Column] = {}
    complaints = []
    used: dict[str, int] = {}
    for each in table.fields:
        column, bad = _column(each)
        columns[_free_name(each, columns, used)] = column
        each.cells = []  # the texts are no longer needed
        if bad:
            more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
            complaints.append(f"{bad[0][:40]!r}{more} in the column {each.attributes.get('name', '')!r}")
    return Table(columns, copy=False), complaints


def _free_name(each: ScannedField, columns: dict[str, Column], used: dict[str, int]) -> str:
    """Name of a column, with a number behind it if it is taken; `used` keeps the last number of each name."""
    name = each.attributes.get("ID") or re.sub(r"\W", "_", each.attributes.get("name", "")) or "column"
    free = name
    while free in columns:
        used[name] = used.get(name, 1) + 1
        free = f"{name}_{used[name]}"
    return free


def _column(each: ScannedField) -> tuple[Column, list[str]]:
    kind, scalar = each.attributes.get("datatype", ""), each.attributes.get("arraysize", "1") in ("", "1")
    rest = {
        "description": each.description or None,
        "unit": _unit(each.attributes.get("unit", "")),
        "meta": {key: each.attributes[key] for key in ("ucd", "utype") if key in each.attributes},
    }
    if kind in _TEXTS or not scalar:
        return _text_column(each, rest), []
    if kind in _INTEGERS:
        values, mask, bad = _read(each, _integer(np.iinfo(_INTEGERS[kind])), 0)
        return MaskedColumn(np.array(values, _INTEGERS[kind]), mask=mask, **rest), bad
    if kind in _FLOATS:
        values, mask, bad = _read(each, _float, np.nan)
        with np.errstate(over="ignore"):  # a float of the document may be too large for float32
            return MaskedColumn(np.array(values, np.float64).astype(_FLOATS[kind]), mask=mask, **rest), bad
    values, mask, bad = _read(each, _BOOLEANS.get, False, lower=True)
    return MaskedColumn(np.array(values, bool), mask=mask, **rest), bad


def _text_column(each: ScannedField, rest: dict[str, Any]) -> Column:
    width = max(map(len, each.cells), default=0)
    wide = width * len(each.cells) > _MOST_TEXT  # one long text would make all others as long
    values = np.array(each.cells, dtype=object if wide else str)
    if each.null is None or each.null not in each.cells:
        return Column(values, **rest)
    return MaskedColumn(values, mask=[cell == each.null for cell in each.cells], **rest)


def _read(
    each: ScannedField, read: Callable[[str], Any], missing: object, *, lower: bool = False
) -> tuple[list[Any], list[bool], list[str]]:
    values, mask, bad = [], [], []
    for cell in each.cells:
        text = cell.strip().lower() if lower else cell.strip()
        absent = text in ("", "?") or text == each.null
        value = None if absent else read(text)
        if value is None and not absent:
            bad.append(text)
        values.append(missing if value is None else value)
        mask.append(value is None or value != value)  # NaN differs from itself
    return values, mask, bad


def _integer(limits: "np.iinfo[Any]") -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        if len(text) > 20 or _INTEGER.fullmatch(text) is None:
            return None
        value = int(text, 16 if "x" in text.lower() else 10)
        return value if limits.min <= value <= limits.max else None

    return read


def _float(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _unit(text: str) -> u.UnitBase | FunctionUnitBase | None:
    if not text.strip():
        return None
    try:
        return u.Unit(text, format="cds", parse_strict="silent")
    except (ValueError, TypeError):
        return None
