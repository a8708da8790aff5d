"""Scan the elements of a VOTable: its tables as texts, errors that the service reports, and whatever is not allowed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from galmorph.errors import AnswerError

__all__ = ["Scan", "ScannedField", "ScannedTable"]

_MAX_CELLS = 1 << 24  # of one table, counting the elements of arrays
_TEXT = ("char", "unicodeChar")


@dataclass
class ScannedField:
    """The attributes of a column, the value that means "missing", and the texts of the cells."""

    attributes: dict[str, str]
    null: str | None = None
    description: str = ""
    cells: list[str] = field(default_factory=list)


@dataclass
class ScannedTable:
    """The attributes of a table, and its columns."""

    attributes: dict[str, str]
    fields: list[ScannedField] = field(default_factory=list)
    rows: int = 0


class Scan:
    """Scans the elements of a document.

    Parameters
    ----------
    wrong
        Makes the error for a document that is not accepted.

    Attributes
    ----------
    error
        What the service reports as an error; None if it reports none.
    tables
        The tables, in their order.
    binary
        Whether the rows of a table are packed (BINARY, BINARY2). Their cells are not in `tables`.
    """

    def __init__(self, wrong: Callable[[str], AnswerError]) -> None:
        self.error: str | None = None
        self.tables: list[ScannedTable] = []
        self.binary = False
        self._wrong = wrong
        self._path: list[str] = []
        self._text: list[str] | None = None  # text of an element that reports an error
        self._depth = 0
        self._cell: list[str] | None = None  # text of a cell or of a description
        self._announced = self._rows = self._fields = self._in_row = self._cells = self._characters_a_row = 0
        self._bytes = 0

    def read(self, content: bytes) -> None:
        """Read the document; raise if it is not a VOTable, is cut, or must not be opened."""
        self._bytes = len(content)
        parser = expat.ParserCreate()
        parser.buffer_text = True
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
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        if name == "TD":
            self._in_row += 1
            self._cell = []
            return
        if name in ("FITS", "PARQUET") or (name == "STREAM" and "href" in attributes):
            raise self._wrong(f"expected the table's rows in the document, got <{name}>")
        if name in ("BINARY", "BINARY2"):
            self._start_binary(name)
        elif name == "TABLE":
            self._announced = self._size("nrows", attributes.get("nrows", "-1"))
            self._rows = self._fields = self._cells = self._characters_a_row = 0
            self.tables.append(ScannedTable(dict(attributes)))
        elif name in ("FIELD", "PARAM"):
            self._start_field(name, attributes)
        elif name == "TR":
            self._rows += 1
            self._in_row = 0
        elif name == "VALUES" and parent == "FIELD" and self.tables and self.tables[-1].fields:
            self.tables[-1].fields[-1].null = attributes.get("null")
        elif name == "DESCRIPTION" and parent == "FIELD":
            self._cell = []
        if max(self._rows, self._announced) * self._cells > _MAX_CELLS or self._cells > _MAX_CELLS:
            raise self._wrong(f"expected a table of at most {_MAX_CELLS} cells, got a larger one")
        self._look_for_error(name, attributes)

    def _start_field(self, name: str, attributes: dict[str, str]) -> None:
        sizes = [self._size("arraysize", each) for each in re.findall("[0-9]+", attributes.get("arraysize", ""))]
        product = 1
        for size in sizes:
            product *= max(size, 1)
        self._characters_a_row += product
        # The size of a text in the document is its own length, whatever its arraysize says.
        self._cells += 1 if attributes.get("datatype") in _TEXT else product
        if name == "FIELD" and self.tables:
            self._fields += 1
            self.tables[-1].fields.append(ScannedField(dict(attributes)))

    def _start_binary(self, name: str) -> None:
        self.binary = True
        # Memory is reserved for the announced rows with texts of their full size, so the document must be as large.
        if self._announced * max(self._characters_a_row, 1) > max(8 * self._bytes, 1 << 16):
            raise self._wrong(f"expected the {self._announced} rows that the table announces, got a shorter <{name}>")

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
        if self._cell is not None:
            self._cell.append(text)
        if self._text is not None:
            self._text.append(text)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name == "TD":
            if self.tables and self._in_row <= self._fields:
                self.tables[-1].fields[self._in_row - 1].cells.append("".join(self._cell or ()))
            self._cell = None
        elif name == "TR":
            if self._in_row != self._fields:
                raise self._wrong(f"row {self._rows}: expected {self._fields} cells, got {self._in_row}")
        elif name == "TABLE":
            if self._announced >= 0 and self._announced != self._rows and not self.binary:
                raise self._wrong(f"expected {self._announced} rows, as the table says, got {self._rows}")
            table = self.tables[-1]
            table.rows = self._rows
            if not self.binary and any(len(each.cells) != table.rows for each in table.fields):
                raise self._wrong(f"expected columns of {table.rows} cells, got cells outside of the rows")
        elif name == "DESCRIPTION" and self._cell is not None:
            if self.tables and self.tables[-1].fields:
                self.tables[-1].fields[-1].description = " ".join("".join(self._cell).split())
            self._cell = None
        if self._text is not None and len(self._path) < self._depth:
            said = " ".join(" ".join(self._text).split())
            # A parameter named Error says more than a status does.
            self.error = said if self.error is None or len(said) > len(self.error) else self.error
            self._text = None
