"""Read VOTables of web services: first check them, then let astropy parse them."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from xml.parsers import expat

import numpy as np
from astropy.io import votable
from astropy.io.votable.tree import TableElement
from astropy.table import Table
from jaxtyping import Float

from galmorph.data._web.request import Answer, answer_error
from galmorph.errors import AnswerError, UnknownObjectError

__all__ = ["ServiceTable", "read_votable"]

_MAX_CELLS = 1 << 24  # of one table, counting the elements of arrays
_UNKNOWN = re.compile(r"not currently recognized|failed to resolve|unknown (object )?name", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class ServiceTable:
    """One table of a VOTable, whose columns are found by name or ID, in small or capital letters.

    Parameters
    ----------
    title
        ID and name of the table.
    table
        All columns, by ID.
    places
        Index of each column by its name and by its ID, in lower case.
    """

    title: str
    table: Table
    places: dict[str, int]

    def __len__(self) -> int:
        return len(self.table)

    def texts(self, *names: str) -> list[str]:
        """Values of the first of these columns, given by name or ID; empty if the column or its value is missing."""
        place = next((self.places[name] for name in names if name in self.places), None)
        if place is None:
            return [""] * len(self)
        column = self.table.columns[place]
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


def read_votable(answer: Answer, *, asked: str) -> list[ServiceTable]:
    """Read the tables of a VOTable.

    The document is scanned once before astropy parses it. The scan finds errors that the service reports inside a
    document with the status of success. It also refuses whatever could read other files or fill the memory: entities,
    data stored elsewhere, sizes that the document does not have.

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
    """
    wrong = partial(answer_error, answer, asked)
    scan = _Scan(wrong)
    scan.read(answer.content)
    if scan.error is not None:
        if _UNKNOWN.search(scan.error):
            raise UnknownObjectError(f"{asked}: the service does not know this name ({scan.error}); check its spelling")
        raise wrong(f"the service answered with an error: {scan.error}")
    try:
        elements = votable.parse(io.BytesIO(answer.content), verify="ignore").iter_tables()
        return [_service_table(element) for element in elements]
    except Exception as error:
        # astropy, NumPy and Python raise many kinds of errors here; all mean that the VOTable is damaged.
        raise wrong(f"expected a VOTable, got one that can't be parsed ({error!r})") from error


def _service_table(element: TableElement) -> ServiceTable:
    places: dict[str, int] = {}
    for place, each in enumerate(element.fields):
        for key in (each.name, each.ID):
            if key:
                places.setdefault(" ".join(key.lower().split()), place)
    return ServiceTable(f"{element.ID or ''} {element.name or ''}".strip(), element.to_table(), places)


class _Scan:
    """Scans the elements of a document."""

    def __init__(self, wrong: Callable[[str], AnswerError]) -> None:
        self.error: str | None = None
        self._wrong = wrong
        self._path: list[str] = []
        self._text: list[str] | None = None  # text of an element that reports an error
        self._depth = 0
        self._announced = self._rows = self._fields = self._in_row = self._cells = 0

    def read(self, content: bytes) -> None:
        """Read the document; raise if astropy must not see it."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity
        parser.AttlistDeclHandler = self._entity
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            html = re.search(rb"<html", content[:2000], re.IGNORECASE) is not None
            got = "an HTML page" if html else f"something that is not complete XML ({error})"
            raise self._wrong(f"expected a VOTable, got {got}") from error

    def _entity(self, *_: object) -> None:
        raise self._wrong("expected a VOTable without entity or attribute declarations, got some")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if not self._path and name != "VOTABLE":
            raise self._wrong(f"expected a VOTable, got {'an HTML page' if name.lower() == 'html' else f'<{name}>'}")
        self._path.append(name)
        if name in ("STREAM", "FITS", "BINARY", "BINARY2", "PARQUET"):
            raise self._wrong(f"expected the table's rows in the document, got <{name}>")
        if name == "TABLE":
            self._announced = self._size("nrows", attributes.get("nrows", "-1"))
            self._rows = self._fields = self._cells = 0
        elif name in ("FIELD", "PARAM"):
            sizes = [self._size("arraysize", each) for each in re.findall("[0-9]+", attributes.get("arraysize", ""))]
            product = 1
            for size in sizes:
                product *= max(size, 1)
            self._cells += product
            self._fields += name == "FIELD"
        elif name == "TR":
            self._rows += 1
            self._in_row = 0
        elif name == "TD":
            self._in_row += 1
        if max(self._rows, self._announced) * self._cells > _MAX_CELLS or self._cells > _MAX_CELLS:
            raise self._wrong(f"expected a table of at most {_MAX_CELLS} cells, got a larger one")
        self._look_for_error(name, attributes)

    def _size(self, what: str, text: str) -> int:
        if re.fullmatch("-1|[0-9]{1,9}", text) is None:
            raise self._wrong(f"expected a number for {what}, got {text[:30]!r}")
        return int(text)

    def _look_for_error(self, name: str, attributes: dict[str, str]) -> None:
        key, value = attributes.get("name", "").strip().upper(), attributes.get("value", "").strip()
        bad_status = key == "QUERY_STATUS" and value.upper() != "OK"
        has_error = name == "PARAM" and key == "ERROR" and value != ""
        if name in ("INFO", "PARAM") and (bad_status or has_error):
            # The older service says OK and puts the error into a parameter. The newer one describes it in the element.
            self._text, self._depth = [value], len(self._path)

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name == "TR" and self._in_row != self._fields:
            raise self._wrong(f"row {self._rows}: expected {self._fields} cells, got {self._in_row}")
        if name == "TABLE" and self._announced >= 0 and self._announced != self._rows:
            raise self._wrong(f"expected {self._announced} rows, as the table says, got {self._rows}")
        if self._text is not None and len(self._path) < self._depth:
            said = " ".join(" ".join(self._text).split())
            # A parameter named Error says more than a status does.
            self.error = said if self.error is None or len(said) > len(self.error) else self.error
            self._text = None
