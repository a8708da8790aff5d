"""Read VOTables of web services: check them, and turn each into tables.

Rows that are written out (TABLEDATA) are read here, because astropy cuts a text to the ``arraysize`` of its column (to
one letter if there is none), and refuses a whole answer for one cell that it can't read. astropy reads packed rows.
"""

import io
import re
from dataclasses import dataclass
from functools import partial

import astropy.units as u
import numpy as np
from astropy.io import votable
from astropy.io.votable.tree import TableElement
from astropy.table import Column, Table
from jaxtyping import Float

from galmorph._warnings import warn
from galmorph.data._web.request import Answer, answer_error
from galmorph.data._web.votable_columns import unknown_datatypes, votable_columns
from galmorph.data._web.votable_scan import Scan, ScannedTable
from galmorph.errors import IncompleteWarning, UnknownObjectError

__all__ = ["ServiceTable", "read_votable"]

_MOST_COLUMNS = 5000
_UNKNOWN = re.compile(r"not currently recognized|failed to resolve|unknown (object )?name", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class ServiceTable:
    """One table of a VOTable, whose columns are found by name or ID, in small or capital letters.

    Parameters
    ----------
    title
        ID and name of the table.
    rows
        Number of its rows.
    table
        All columns, by ID; the ``meta`` of each holds its ``ucd`` and ``utype``, if it has them.
    places
        Index of each column by its name and by its ID, in lower case.
    """

    title: str
    rows: int
    table: Table
    places: dict[str, int]

    def __len__(self) -> int:
        return self.rows

    def column(self, *names: str) -> Column | None:
        """The first of these columns, given by name or ID; None if all are missing."""
        place = next((self.places[name] for name in names if name in self.places), None)
        return None if place is None else self.table.columns[place]

    def texts(self, *names: str) -> list[str]:
        """Values of the first of these columns, given by name or ID; empty if the column or its value is missing."""
        column = self.column(*names)
        if column is None:
            return [""] * len(self)
        values, masks = np.asarray(column), np.broadcast_to(getattr(column, "mask", False), column.shape)
        return ["" if np.all(mask) else str(value).strip() for value, mask in zip(values, masks, strict=True)]

    def floats(self, *names: str) -> Float[np.ndarray, "rows"]:
        """Like `texts`, as float64; NaN if a value is not a finite number."""
        numbers = np.full(len(self), np.nan)
        for index, text in enumerate(self.texts(*names)):
            try:
                number = float(text)
            except ValueError:
                continue
            if np.isfinite(number):
                numbers[index] = number
        return numbers

    def in_unit(self, unit: u.UnitBase | None, *names: str) -> Float[np.ndarray, "rows"]:
        """Like `floats`, converted to a unit.

        A column without a unit, or with one that can't be converted, holds numbers in this unit already.
        """
        values = self.floats(*names)
        own = getattr(self.column(*names), "unit", None)
        if own is None or unit is None:
            return values
        try:
            return np.asarray(u.Unit(own).to(unit, values), np.float64)
        except (TypeError, ValueError):  # UnitConversionError is a TypeError
            return values


def read_votable(answer: Answer, *, asked: str) -> list[ServiceTable]:
    """Read the tables of a VOTable.

    The scan finds errors that the service reports inside a document with the status of success. It also refuses
    whatever could read other files or fill the memory: entities, data stored elsewhere, sizes that the document does
    not have. A text is never cut, whatever its column announces. A cell that is not what its column announces is
    masked. Columns of bits, complex numbers and arrays stay texts, as they were sent.

    Parameters
    ----------
    answer
        The answer of the service.
    asked
        What was requested, for messages.

    Raises
    ------
    UnknownObjectError
        If the service says that it does not know the name.
    AnswerError
        If the answer is not a VOTable, is incomplete, or reports an error.

    Warns
    -----
    IncompleteWarning
        If cells were masked because they can't be read; the message names the column and the value.
    """
    wrong = partial(answer_error, answer, asked)
    scan = Scan(wrong)
    scan.read(answer.content)
    if scan.error is not None:
        if _UNKNOWN.search(scan.error):
            raise UnknownObjectError(f"{asked}: the service does not know this name ({scan.error}); check its spelling")
        raise wrong(f"the service answered with an error: {scan.error}")
    if (columns := sum(len(each.fields) for each in scan.tables)) > _MOST_COLUMNS:
        raise wrong(f"expected a VOTable of at most {_MOST_COLUMNS} columns, got one of {columns}")
    if scan.binary:
        try:
            elements = votable.parse(io.BytesIO(answer.content), verify="ignore").iter_tables()
            return [_packed_table(element) for element in elements]
        except Exception as error:
            # astropy, NumPy and Python raise many kinds of errors here; all mean that the VOTable is damaged.
            raise wrong(f"expected a VOTable, got one that can't be parsed ({error!r})") from error
    unknown = [kind for each in scan.tables for kind in unknown_datatypes(each)]
    if unknown:
        raise wrong(f"expected a VOTable, got one that can't be parsed (the unknown datatype {unknown[0][:40]!r})")
    return [_written_table(each, asked) for each in scan.tables]


def _written_table(scanned: ScannedTable, asked: str) -> ServiceTable:
    names = [(each.attributes.get("name"), each.attributes.get("ID")) for each in scanned.fields]
    table, complaints = votable_columns(scanned)
    if complaints:
        message = f"{asked}: cells masked because they are not what their columns announce: {'; '.join(complaints[:5])}"
        warn(message + ("; ..." if len(complaints) > 5 else ""), IncompleteWarning)
    title = f"{scanned.attributes.get('ID', '')} {scanned.attributes.get('name', '')}".strip()
    return ServiceTable(title, scanned.rows, table, _places(names))


def _packed_table(element: TableElement) -> ServiceTable:
    names = [(each.name, each.ID) for each in element.fields]
    table = element.to_table()
    for column in table.itercols():
        column.format = None  # the document's precision may be a billion digits
    title = f"{element.ID or ''} {element.name or ''}".strip()
    return ServiceTable(title, len(table), table, _places(names))


def _places(names: list[tuple[str | None, str | None]]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, keys in enumerate(names):
        for key in keys:
            if key:
                places.setdefault(" ".join(key.lower().split()), place)
    return places
