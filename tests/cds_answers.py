"""A local server that also answers like TAPVizieR at CDS, with the ways in which a query can fail.

`CdsServer` is a `NedServer` that knows tables of galaxies::

    with CdsServer() as server:
        server.add_table("VII/155/rc3", RC3_FIELDS, [RC3_ROW, ...])
        server.fail_query("overflow")             # the next query for rows fails in this way
        server.service                            # the service for CdsCatalogue

Its faults of the network are those of `NedServer` (``server.fail("QUERY=SELECT *", "reset")``). Rows are made from the
rules of the catalogues; none of them is copied.
"""

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from astropy.io import votable
from ned_server import Handler, NedServer

QUERY_FAULTS = (
    "overflow",  # fewer rows than asked for, and a status OVERFLOW after them
    "error_status",  # HTTP 200, and a status ERROR
    "fewer_rows",  # a sound table with one row less
    "more_rows",  # a sound table with one row more
    "renamed",  # every column has another name
    "two_tables",
    "no_table",
    "not_a_number",  # NULL and "1." in a column of whole numbers that nobody needs
    "hours",  # right ascensions in hours, with no unit
    "not_logarithms",  # diameters in arcmin
)

Fields = Mapping[str, tuple[str, str]]
Rows = Sequence[Mapping[str, object]]

# Columns with datatype and unit, as the catalogue's description has them. Texts have no arraysize, as at worst.
RC3_FIELDS: Fields = {
    "recno": ("int", ""),
    "RA2000": ("double", "deg"),
    "DE2000": ("double", "deg"),
    "name": ("char", ""),
    "altname": ("char", ""),
    "desig": ("char", ""),
    "PGC": ("char", ""),
    "type": ("char", ""),
    "T": ("float", ""),
    "e_T": ("float", ""),
    "D25": ("float", "[0.1arcmin]"),
    "R25": ("float", "[-]"),
    "PA": ("short", "deg"),
    "BT": ("float", "mag"),
    "cz": ("int", "km/s"),
}
PGC_FIELDS: Fields = {
    "PGC": ("int", ""),
    "RAJ2000": ("char", "h:m:s"),
    "DEJ2000": ("char", "d:m:s"),
    "OType": ("char", ""),
    "MType": ("char", ""),
    "logD25": ("float", "[0.1arcmin]"),
    "logR25": ("float", "[-]"),
    "PA": ("float", "deg"),
    "ANames": ("char", ""),
}


def rc3_row(number: int, **values: object) -> dict[str, object]:
    """A row of RC3: an SAB(rs)bc with a diameter of 10 arcmin, an axis ratio of 1/2 and cz = 2997.92458 km/s."""
    row = {"recno": number, "RA2000": (number * 37) % 360, "DE2000": number % 90, "name": f"NGC {number}"}
    row |= {"altname": "", "desig": "", "PGC": f"PGC{number:5d}", "type": ".SXT4..", "T": 4.0, "e_T": 0.3, "D25": 2.0}
    return row | {"R25": 0.30103, "PA": 130, "BT": 11.0, "cz": 2998} | values


def pgc_row(number: int, **values: object) -> dict[str, object]:
    """A row of HyperLEDA: a galaxy of type Sb whose position is written in hours and degrees."""
    row = {"PGC": number, "RAJ2000": "12 29 46.8", "DEJ2000": "-08 00 01", "OType": "G", "MType": "Sb", "logD25": 1.0}
    return row | {"logR25": 0.0, "PA": 999.0, "ANames": "one name and another, longer one"} | values


@dataclass
class CdsServer(NedServer):
    """See the module's docstring."""

    tables: dict[str, tuple[Fields, Rows]] = field(default_factory=dict)
    query_faults: list[str] = field(default_factory=list)
    packed: str = ""  # "binary" or "binary2": rows are sent in this form

    def __enter__(self) -> "CdsServer":
        super().__enter__()
        self._server.RequestHandlerClass = type("BoundToCds", (CdsHandler,), {"ned": self})
        return self

    @property
    def service(self) -> str:
        """Address of the query service."""
        return f"{self.url}/TAPVizieR/tap/sync"

    def add_table(self, name: str, fields: Fields, rows: Rows) -> None:
        """Add a table."""
        self.tables[name] = (fields, list(rows))

    def fail_query(self, kind: str) -> None:
        """Let the next query for rows fail."""
        assert kind in QUERY_FAULTS, kind
        self.query_faults.append(kind)

    def answer(self, query: Mapping[str, list[str]]) -> bytes:
        """Answer a query in the few words of ADQL that galmorph uses."""
        adql = query["QUERY"][0]
        assert (query["REQUEST"], query["LANG"], query["FORMAT"]) == (["doQuery"], ["ADQL"], ["votable"])
        found = re.fullmatch(r'SELECT (.+) FROM "([^"]+)"(?: WHERE (.+))?', adql)
        if found is None or found[2] not in self.tables:
            return tap_votable({}, [], status="ERROR", message=f"unknown table in: {adql}")
        fields, rows = self.tables[found[2]]
        rows = [row for row in rows if all(_true(each, row) for each in (found[3] or "").split(" AND ") if each)]
        if found[1].startswith("COUNT"):
            counted: dict[str, object] = {"rows_there": len(rows)}
            for name in re.findall(r"(?:MIN|MAX)\((\w+)\)", found[1]):
                edge = (min, max)[len(counted) - 1]
                counted[f"key{len(counted)}"] = edge((row[name] for row in rows), default="")
            return tap_votable(dict.fromkeys(counted, ("long", "")), [counted])
        most = int(query["MAXREC"][0])
        content = self._rows(fields, rows[:most], self.query_faults.pop(0) if self.query_faults else "", adql)
        return _packed(content, self.packed) if self.packed else content

    def _rows(self, fields: Fields, rows: Rows, fault: str, adql: str) -> bytes:
        match fault:
            case "overflow":
                return tap_votable(fields, rows[:-1], after='<INFO name="QUERY_STATUS" value="OVERFLOW"/>')
            case "error_status":
                return tap_votable({}, [], status="ERROR", message=f"Incorrect ADQL query: {adql}")
            case "fewer_rows":
                return tap_votable(fields, rows[:-1])
            case "more_rows":
                return tap_votable(fields, [*rows, rows[0]])
            case "renamed":
                return tap_votable({f"x_{name}": kind for name, kind in fields.items()},
                                   [{f"x_{name}": value for name, value in row.items()} for row in rows])  # fmt: skip
            case "two_tables":
                table = re.search(rb"<TABLE>.*</TABLE>", tap_votable(fields, rows), re.DOTALL)[0]
                return tap_votable(fields, rows).replace(table, table * 2)
            case "no_table":
                return re.sub(rb"<TABLE>.*</TABLE>", b"", tap_votable(fields, rows), flags=re.DOTALL)
            case "not_a_number":
                return tap_votable(fields, [rows[0] | {"recno": "NULL"}, rows[1] | {"recno": "1."}, *rows[2:]])
            case "hours":
                bare = dict(fields) | {"RA2000": ("double", "")}
                return tap_votable(bare, [row | {"RA2000": row["RA2000"] / 15} for row in rows])
            case "not_logarithms":
                return tap_votable(fields, [row | {"D25": 10.0} for row in rows])
        return tap_votable(fields, rows)


class CdsHandler(Handler):
    """One request."""

    def _content(self, path: str, query: Mapping[str, list[str]], *rest: object) -> tuple[bytes | None, str]:
        if path == "/TAPVizieR/tap/sync":
            return self.ned.answer(query), "application/x-votable+xml"
        return super()._content(path, query, *rest)


def tap_votable(fields: Fields, rows: Rows, *, status: str = "OK", message: str = "", after: str = "") -> bytes:
    """Write the answer of a TAP service, whose text columns have no arraysize."""
    columns = "".join(
        f'<FIELD name="{html.escape(name)}" datatype="{kind}"{f" unit={chr(34)}{unit}{chr(34)}" if unit else ""}/>'
        for name, (kind, unit) in fields.items()
    )
    body = "".join(
        "<TR>" + "".join(f"<TD>{html.escape(str(row[name]))}</TD>" for name in fields) + "</TR>\n" for row in rows
    )
    table = f"<TABLE>{columns}<DATA><TABLEDATA>\n{body}</TABLEDATA></DATA></TABLE>" if fields else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">\n<INFO name="QUERY_STATUS" value="{status}">{html.escape(message)}</INFO>\n'
        f"{table}{after}\n</RESOURCE>\n</VOTABLE>\n"
    ).encode()


def _packed(content: bytes, form: str) -> bytes:
    wide = re.sub(rb'datatype="char"', b'datatype="char" arraysize="*"', content)
    document = votable.parse(io.BytesIO(wide))
    packed = io.BytesIO()
    document.to_xml(packed, tabledata_format=form)
    return packed.getvalue()


def _true(condition: str, row: Mapping[str, object]) -> bool:
    name, sign, number = re.fullmatch(r"\(?(\w+) (<|>=) ([-0-9.]+)\)?", condition).groups()
    if row[name] == "":
        return False  # as in SQL, an unknown value satisfies nothing
    return row[name] < float(number) if sign == "<" else row[name] >= float(number)
