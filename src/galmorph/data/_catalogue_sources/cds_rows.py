"""Turn rows of a table at CDS into the common table."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float

from galmorph._warnings import warn
from galmorph.data._catalogue_sources.cds_tables import CdsTable
from galmorph.data._galaxy_table.common_table import common_table, on_sequence, stages_of
from galmorph.data._web.request import Answer, answer_error
from galmorph.data._web.votable import ServiceTable
from galmorph.errors import IncompleteWarning

__all__ = ["common_rows"]

_KM_S = 299_792.458  # speed of light
_SEXAGESIMAL = re.compile(
    r"([+-]?)\s*([0-9]{1,3})[\s:hd]+([0-9]{1,2}(?:\.[0-9]*)?)(?:[\s:m']+([0-9]{1,2}(?:\.[0-9]*)?)[s\"]?)?", re.ASCII
)
_HOURS = ("h", "hr", "hourangle")
_ENOUGH = 100  # rows, of which one must have a right ascension of more than 24 degrees
_LARGEST_LOG = 5.0  # 10,000 arcmin: larger than any galaxy but the Milky Way


def common_rows(sent: ServiceTable, table: CdsTable, answer: Answer, *, asked: str) -> Table:
    """Turn rows into the common table.

    Raises
    ------
    AnswerError
        If a needed column is missing, or positions or diameters are not in the unit that the catalogue has.

    Warns
    -----
    IncompleteWarning
        If values were masked because they are out of range, or the table has no positions.
    """
    columns = {what: _find(sent, names) for what, names in table.columns.items()}
    missing = [what for what in table.needed if columns[what] is None]
    if not any(_find(sent, (name,)) is not None for name in table.names):
        missing.insert(0, "name")
    if missing:
        candidates = {"name": table.names, **table.columns}
        what = "; ".join(f"{each} ({', '.join(candidates[each])})" for each in missing)
        raise answer_error(
            answer, asked, f"expected columns for {what}, got the columns {', '.join(sent.table.colnames)}"
        )
    rows = len(sent)
    numbers = {}
    for what, most in (("ra", 360.0), ("dec", 90.0)):
        if columns[what] is None:
            message = f"{asked}: the table has no positions (columns {', '.join(sent.table.colnames)})"
            warn(f"{message}; join it by name with another catalogue", IncompleteWarning)
            break
        numbers[what] = _in_range(_degrees(columns[what], answer, asked, what), 0.0 if what == "ra" else -most, most,
                                  asked, what)  # fmt: skip
    numbers |= _shape(columns, rows, answer, asked)
    numbers["redshift"] = _numbers(columns.get("redshift"), rows)
    if columns.get("velocity") is not None:
        numbers["redshift"] = _numbers(columns["velocity"], rows) / _KM_S  # RC3's velocities are cz
    types, numbers["t"] = _types(columns, table, rows)
    numbers["t_error"] = _numbers(columns.get("t_error"), rows)
    if columns.get("t_low") is not None and columns.get("t_high") is not None:
        numbers["t_error"] = np.abs(_numbers(columns["t_high"], rows) - _numbers(columns["t_low"], rows)) / 2
    kinds = columns.get("object_type")
    texts = {
        "name": _names(sent, table.names),
        "morphology": types,
        "source": [table.source] * rows,
        "refcode": [table.refcode] * rows,
        "object_type": ["G"] * rows if kinds is None else _texts(kinds),
    }
    return common_table(texts, numbers, rows=rows)


def _find(sent: ServiceTable, names: Sequence[str]) -> Column | None:
    """The first of these columns: as it is written, or in other letters if no two columns differ by them alone."""
    lower = Counter(name.lower() for name in sent.table.colnames)
    for name in names:
        if name in sent.table.colnames:
            return sent.table[name]
    return next(
        (sent.column(name.lower()) for name in names if lower[name.lower()] < 2 and name.lower() in sent.places), None
    )


def _texts(column: Column) -> list[str]:
    masks = np.broadcast_to(getattr(column, "mask", False), column.shape)
    return ["" if mask else str(value).strip() for value, mask in zip(column, masks, strict=True)]


def _numbers(column: Column | None, rows: int) -> Float[np.ndarray, "rows"]:
    if column is None:
        return np.full(rows, np.nan)
    if column.dtype.kind in "iuf":
        values = np.asarray(column, np.float64)
        return np.where(np.broadcast_to(getattr(column, "mask", False), values.shape), np.nan, values)
    return np.array([_number(text) for text in _texts(column)], np.float64)


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else np.nan
    except ValueError:
        return np.nan


def _degrees(column: Column, answer: Answer, asked: str, what: str) -> Float[np.ndarray, "rows"]:
    """A position in degrees, from degrees, hours, or texts such as ``12 29 46.8`` (hours for the right ascension)."""
    hours = 15.0 if what == "ra" else 1.0
    unit = str(column.unit or "").lower().strip('"')
    if column.dtype.kind in "iuf":
        values = _numbers(column, len(column))
        if unit in _HOURS:
            return values * hours
        known = values[np.isfinite(values)]
        if what == "ra" and not unit and len(known) >= _ENOUGH and known.max() <= 24:
            raise answer_error(answer, asked, f"expected degrees in {column.name}, got numbers up to {known.max():g}, "
                                              "which look like hours")  # fmt: skip
        return values
    values = np.full(len(column), np.nan)
    for row, text in enumerate(_texts(column)):
        if found := _SEXAGESIMAL.fullmatch(text):
            size = float(found[2]) + float(found[3]) / 60 + float(found[4] or 0) / 3600
            values[row] = (-size if found[1] == "-" else size) * hours
        else:
            values[row] = _number(text) * (hours if unit in _HOURS else 1.0)
            if text and np.isnan(values[row]):
                values[row] = np.inf  # out of range: warned of, and masked
    return values


def _shape(
    columns: dict[str, Column | None], rows: int, answer: Answer, asked: str
) -> dict[str, Float[np.ndarray, "rows"]]:
    """Diameter, axis ratio and position angle."""
    diameter = _numbers(columns.get("log_diameter"), rows)
    ratio = _numbers(columns.get("log_ratio"), rows)
    angle = _numbers(columns.get("position_angle"), rows)
    # HyperLEDA's files write 9.99 and 999 for unknown values.
    diameter[np.isclose(diameter, 9.99)] = np.nan
    ratio[np.isclose(ratio, 9.99)] = np.nan
    angle[angle == 999] = np.nan
    if np.any(diameter > _LARGEST_LOG):
        what = f"expected logarithms of diameters in 0.1 arcmin, got numbers up to {np.nanmax(diameter):g}"
        raise answer_error(answer, asked, what)
    return {
        "major_axis_arcmin": 0.1 * 10.0**diameter,
        "axis_ratio": 10.0 ** -_in_range(ratio, 0.0, 2.0, asked, "log of the axis ratio"),
        "position_angle": _in_range(angle, 0.0, 180.0, asked, "position angle"),
    }


def _in_range(
    values: Float[np.ndarray, "rows"], low: float, high: float, asked: str, what: str
) -> Float[np.ndarray, "rows"]:
    bad = ~np.isnan(values) & ~((values >= low) & (values <= high))
    if bad.any():
        message = f"{asked}: {what} masked in {int(bad.sum())} rows, the first of them {int(np.argmax(bad)) + 1}"
        warn(f"{message}, because it can't be read or is not between {low:g} and {high:g}", IncompleteWarning)
    return np.where(bad, np.nan, values)


def _types(
    columns: dict[str, Column | None], table: CdsTable, rows: int
) -> tuple[list[str], Float[np.ndarray, "rows"]]:
    given = columns.get("morphology")
    stages = _numbers(columns.get("t"), rows)
    if given is None:
        types = [table.types.get(int(stage), "") if stage == np.round(stage) else "" for stage in stages]
        # EFIGI's 11 is a dwarf elliptical, which has no place on the RC3's sequence.
        stages = np.array([np.nan if table.types.get(11) and stage == 11 else stage for stage in stages], np.float64)
    else:
        types = _texts(given)
    return types, on_sequence(stages) if columns.get("t") is not None else stages_of(types)


def _names(sent: ServiceTable, candidates: Sequence[str]) -> list[str]:
    """The best name of each galaxy; where rows share it, the last of the candidates (a number) if there is one."""
    found = [(name, column) for name in candidates if (column := _find(sent, (name,))) is not None]
    texts = [[_name(name, text) for text in _texts(column)] for name, column in found]
    best = [next(filter(None, row), "") for row in zip(*texts, strict=True)]
    shared = {name for name, count in Counter(best).items() if count > 1}
    return [last if name in shared and last else name for name, last in zip(best, texts[-1], strict=True)]


def _name(column: str, text: str) -> str:
    text = " ".join(text.split())
    if column.startswith("PGC") and (number := re.fullmatch(r"(?:PGC ?)?0*([0-9]+)", text)):
        return f"PGC {number[1]}"
    return text
