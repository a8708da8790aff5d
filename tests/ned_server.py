"""A local server that answers like NED, with all faults that a network can have.

`NedServer` is a real HTTP server in a thread of its own::

    with NedServer() as server:
        server.add("E", [row(1), row(2)])                      # an OBJatt listing, in pages of 100 rows
        server.add_image("MESSIER 049", path_or_bytes, band="103aE", wavelength="6450A", field=25.0)
        server.add_image(..., sia=True)                         # also in the list of the image service (SIA 2)
    server.add_overview("MESSIER 049", ra=187.4, diameter=612.0)   # what NED::API and the older services know
    server.cut_out = lambda ra, dec, degrees, side: ...             # the file of a survey there, as hips2fits gives it
    server.fail("page=2", "cut_body", times=1)              # the next request whose URL contains this text
        server.url                                              # the base_url for NedClient
        server.requests                                         # all requests, in order

The pages of OBJatt have what three independent parsers of them expect: the form with the page count, the ``<pre>`` with
header lines in ``<strong>``, rows with cells between bars. The image list follows the one that astroquery ships as a
recording. The tables of NED::API have the IDs that astroquery's newer version uses, with names in prose; the older
services have the names of the recorded answers. That of the image service has ObsCore's utypes and UCDs.
"""

import gzip
import html
import io
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, quote, unquote, urlsplit

ROWS_A_PAGE = 100
CODES = {"E": "1010", "S0": "1234", "S0/a": "1250", "S": "1168", "Irr": "1157", "A": "1005", "AB": "1006", "B": "1008"}

FAULTS = (
    "500",  # Internal Server Error
    "503",  # Service Unavailable, with Retry-After: 1
    "404",
    "410",  # Gone
    "silence",  # no answer at all until the client gives up
    "reset",  # the connection is reset in the middle of the body
    "cut_body",  # fewer bytes than Content-Length says
    "cut_page",  # a complete answer whose page ends in the middle
    "wrong_count",  # a row with one column more
    "html",  # an HTML page instead of any answer
    "error_votable",  # HTTP 200, and an error inside
    "foreign_redirect",  # to another host
    "notice",  # a redirect to a page on the same host, which says that the service has gone
    "gzip_bomb",  # a few kilobytes that unpack to 200 megabytes
    "huge_length",  # Content-Length: 10 GB
    "wrong_bytes",  # noise in place of the file
    "slow_body",  # a byte now and then, without end
)
# What may happen to tables of NED::API and of the image service alone.
TABLE_FAULTS = (
    "empty_table",  # all columns, no rows
    "missing_column",  # all but the first column (position, link, diameter or name)
    "other_names",  # columns in another order and with other names, but the same IDs, utypes and UCDs
)


@dataclass(frozen=True)
class Row:
    """A row of OBJatt."""

    name: str
    ra: str = "00h00m00.85s"
    dec: str = "-40d54m11.9s"
    object_type: str = "G"
    redshift: str = "0.023"
    redshift_flag: str = "SLS"
    legacy_type: str = ""
    morphology: str = ""
    activity: str = ""
    note: str = ""


@dataclass(frozen=True)
class Image:
    """A file in an image list."""

    path: str  # on the server
    content: bytes
    band: str
    wavelength: str
    field: float | None
    telescope: str
    refcode: str
    resolution: float | None
    kind: str = "FITS"
    sia: bool = False


@dataclass
class Fault:
    """A fault for the next requests whose URL contains a text."""

    where: str
    kind: str
    times: int


@dataclass(frozen=True)
class Overview:
    """What OverviewOfObject gives for one object."""

    name: str
    ra: float | None = 0.0
    dec: float | None = 0.0
    object_type: str = "G"
    redshift: float = 0.02
    morphology: str = ""
    activity: str = ""
    diameter: float | None = 60.0  # arcsec
    cross_ids: str = ""


@dataclass
class NedServer:
    """See the module's docstring."""

    listings: dict[str, list[Row]] = field(default_factory=dict)
    images: dict[str, list[Image]] = field(default_factory=dict)
    overviews: dict[str, Overview] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    cut_out: Callable[[float, float, float, int], bytes] | None = None

    def __enter__(self) -> "NedServer":
        handler = type("Bound", (Handler,), {"ned": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Address of the server, to use instead of NED's."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, classification: str, rows: Iterable[Row]) -> None:
        """Add rows to the listing of a class (its name or its code)."""
        self.listings.setdefault(CODES.get(classification, classification), []).extend(rows)

    def add_image(
        self,
        name: str,
        content: bytes | Path,
        *,
        band: str = "103aE",
        wavelength: str = "6450A",
        field: float | None = 12.0,
        telescope: str = "Palomar 48-inch Schmidt",
        refcode: str = "1994DSS...1...0000:",
        resolution: float | None = 1.70,
        kind: str = "FITS",
        tag: str = "dss1",
        spectrum: bool = False,
        packed: bool = True,
        sia: bool = False,
    ) -> str:
        """Add a file to the image list of an object; return its path on the server."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        letter = "S" if spectrum else "I"
        suffix = {"FITS": ".fits.gz" if packed else ".fits", "JPG": ".jpg"}[kind]
        path = f"/dss1B2/Bb/{name.replace(' ', '_')}:{letter}:{band}:{tag}{suffix}"
        if suffix == ".fits.gz":
            data = gzip.compress(data, compresslevel=1, mtime=0)
        image = Image(path, data, band, wavelength, field, telescope, refcode, resolution, kind, sia)
        self.images.setdefault(name, []).append(image)
        return path

    def add_overview(self, name: str, **values: object) -> None:
        """Add an object to the services for single objects."""
        self.overviews[name] = replace(Overview(name), **values)

    def fail(self, where: str, kind: str, *, times: int = 1) -> None:
        """Let the next requests whose URL contains a text fail."""
        assert kind in FAULTS + TABLE_FAULTS, kind
        self.faults.append(Fault(where, kind, times))

    def fault_for(self, url: str) -> str | None:
        """Take the fault that is due, if any."""
        with self._lock:
            self.requests.append(url)
            self.starts.append(time.monotonic())
            for fault in self.faults:
                if fault.times > 0 and fault.where in unquote(url):
                    fault.times -= 1
                    return fault.kind
        return None

    def wait(self, seconds: float) -> bool:
        """Wait; return True if the server stops meanwhile."""
        return self._stopping.wait(seconds)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    ned: NedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the body waits 40 ms for the other side to acknowledge the headers

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    def do_GET(self) -> None:
        """Answer, or fail if a fault is due."""
        fault = self.ned.fault_for(self.path)
        try:
            self._answer(fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, fault: str | None) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        if fault in ("500", "503", "404", "410"):
            headers = {"Retry-After": "1"} if fault == "503" else {}
            self._send(b"<html><body>Server error</body></html>", "text/html", status=int(fault), headers=headers)
        elif fault == "silence":
            self.ned.wait(30)
            self.close_connection = True
        elif fault == "foreign_redirect":
            self._send(b"", "text/html", status=302, headers={"Location": "http://localhost.invalid/elsewhere"})
        elif fault == "notice":
            self._send(b"", "text/html", status=301, headers={"Location": "/notice"})
        elif parts.path == "/notice":
            self._send(b"<!DOCTYPE html>\n<html><body>This service was retired.</body></html>", "text/html")
        elif fault == "gzip_bomb":
            self._send(_bomb(), "text/html", headers={"Content-Encoding": "gzip"})
        elif fault == "huge_length":
            self._headers(200, "application/octet-stream", 10 * 2**30, {})
            self.wfile.write(b"\0" * 1024)
            self.close_connection = True
        elif fault == "slow_body":
            self._headers(200, "application/octet-stream", 10**6, {})
            while not self.ned.wait(0.1):
                self.wfile.write(b" ")
        elif fault == "html":
            self._send(b"<html><head><title>NED</title></head><body>Please try later</body></html>", "text/html")
        elif fault == "error_votable":
            self._send(error_votable("The service is not available"), "text/xml")
        elif fault == "wrong_bytes":
            self._send(bytes(range(256)) * 40, "application/octet-stream")
        else:
            content, kind = self._content(parts.path, query, fault)
            if content is None:
                self._send(b"<html><body>Not Found</body></html>", "text/html", status=404)
            elif fault in ("reset", "cut_body"):
                self._headers(200, kind, len(content), {})
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                if fault == "reset":
                    # Close without waiting for the rest, so that the client sees a reset.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            elif fault == "cut_page":
                self._send(content[: 2 * len(content) // 3], kind)
            elif fault == "wrong_count":
                first, rest = content.split(b"</strong>\n", 1)
                self._send(first + b"</strong>\n" + rest.replace(b"|", b"|b|", 1), kind)
            else:
                self._send(content, kind)

    def _content(self, path: str, query: Mapping[str, list[str]], fault: str | None = None) -> tuple[bytes | None, str]:
        if path == "/cgi-bin/OBJatt":
            rows = [row for code in query.get("M", []) for row in self.ned.listings.get(code, [])]
            return listing_page(rows, int(query.get("page", ["1"])[0])), "text/html"
        if path == "/cgi-bin/imgdata":
            name = query["objname"][0]
            return image_page(name, self.ned.images.get(name, [])), "text/html"
        if path == "/services/sia":
            name = query["TARGET"][0]
            images = [image for image in self.ned.images.get(name, []) if image.sia]
            return sia_votable(name, images, self.ned.url, fault=fault), "application/x-votable+xml"
        if path.startswith("/NED::API/"):
            known = self.ned.overviews.get(query["TARGET"][0])
            if known is None:
                return api_error("Failed to resolve input object name"), "text/xml"
            service = path.rpartition("/")[2]
            return (api_votable(service, known, fault=fault) if service in API_FIELDS else None), "text/xml"
        if path in ("/cgi-bin/objsearch", "/cgi-bin/datasearch"):
            known = self.ned.overviews.get(query["objname"][0])
            if known is None:
                return error_votable("The object name that you have submitted is not currently recognized"), "text/xml"
            return older_votable(known, query), "text/xml"
        if path == "/hips-image-services/hips2fits" and self.ned.cut_out is not None:
            ra, dec, degrees = (float(query[key][0]) for key in ("ra", "dec", "fov"))
            return self.ned.cut_out(ra, dec, degrees, int(query["width"][0])), "application/fits"
        for images in self.ned.images.values():
            for image in images:
                if image.path == unquote(path):
                    return image.content, "application/octet-stream"
        return None, ""

    def _send(self, content: bytes, kind: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._headers(status, kind, len(content), headers or {})
        self.wfile.write(content)

    def _headers(self, status: int, kind: str, length: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def listing_page(rows: list[Row], page: int) -> bytes:
    """Write a page of OBJatt."""
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    start = (page - 1) * ROWS_A_PAGE
    lines = []
    for number, row in enumerate(rows[start : start + ROWS_A_PAGE], start + 1):
        cells = [
            f"{number:6d}",
            f"{row.name:30}",
            f"{row.note:1}",
            row.ra,
            row.dec,
            f"{row.object_type:7}",
            f"{row.redshift:>10}",
            f"{row.redshift_flag:5}",
            f"{row.legacy_type:20}",
            f"{row.morphology:25}",
            f"{row.activity:20}",
            f"{number:6d}",
        ]
        lines.append(html.escape("|".join(cells), quote=False))
    titles = (
        "row",
        "Object Name",
        "N",
        "RA",
        "DEC",
        "Type",
        "Redshift",
        "Flag",
        "Type (legacy)",
        "Morph",
        "Act",
        "row",
    )
    return (
        "<html><head><title>NED Objects with Attributes</title></head>\n<body>\n"
        '<form action="/cgi-bin/OBJatt" method="get">\n'
        f"Page&nbsp;{page}&nbsp;of&nbsp;{pages}&nbsp;<input type=submit value=Go></form>\n"
        f"<table><tr><td><pre><strong>{'|'.join(titles)}\n{'-' * 120}</strong>\n"
        + "".join(f"{line}\n" for line in lines)
        + "</pre></td></tr></table>\n</body></html>\n"
    ).encode()


def image_page(name: str, images: list[Image]) -> bytes:
    """Write an image list."""
    titles = ("Preview", "FITS/JPG File", "More Information", "View & Overlay ", "Band,<br>Wavelength")
    titles += ("Image Size (arcmin)", "Res. (arcsec)", "Telescope", "Refcode")
    head = (
        "<html><head>\n<title>Your NED Search Results</title>\n</head>\n<body>\n"
        "<h1><font>Images and maps in NED archive for object </font>"
        f"<a href=/x><font>{html.escape(name)}</font></a></h1><br>\n<table border=4 cellpadding=6>\n<tr>"
        + " ".join(f"<th>{title}</th>" for title in titles)
        + "</tr>"
    )
    rows = []
    for image in images:
        link = quote(image.path, safe="/:")
        size = max(1, len(image.content) // 1024)
        field = f" {image.field:.1f} x  {image.field:.1f} " if image.field is not None else "         N/A"
        resolution = f"{image.resolution:.2f}" if image.resolution is not None else " N/A "
        rows.append(
            f"<tr>\n\n<td valign=center><a href={link}.gif><img src={link}.gif height=100></a> \n"
            f"<td valign=center>{size:5d}KB {image.kind} image <a href={link}>Retrieve</a> \n"
            "<td valign=center><a href=fitshd?f=x>  Display  </a>FITS Header \n<td valign=center> N/A \n"
            f"<td valign=center>{image.band:10},<BR>{image.wavelength} \n<td valign=center>{field}\n"
            f"<td valign=center> {resolution} \n<td valign=center>{image.telescope} \n"
            f'<td valign=center><a href="/cgi-bin/ex_refcode?refcode=x" TARGET="ned_dw">{image.refcode}</a>\n'
        )
    return (head + "".join(rows) + "</table>\n</body></html>\n").encode()


def error_votable(message: str, *, status: str = "OK") -> bytes:
    """Write a VOTable that holds an error."""
    return (
        '<?xml version="1.0"?>\n<VOTABLE version="1.1">\n<RESOURCE type="results">\n'
        f'<INFO name="QUERY_STATUS" value="{status}"/>\n'
        f'<PARAM name="Error" ucd="meta" datatype="char" arraysize="*" value=" {message}."/>\n</RESOURCE>\n</VOTABLE>\n'
    ).encode()


def api_error(message: str) -> bytes:
    """Write the error of NED::API, which has the status of success."""
    return (
        '<?xml version="1.0"?>\n<VOTABLE version="1.5" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        '<RESOURCE type="results">\n<PARAM name="QUERY_STATUS" datatype="char" arraysize="*" value="ERROR">'
        f"<DESCRIPTION>{message}</DESCRIPTION></PARAM>\n</RESOURCE>\n</VOTABLE>\n"
    ).encode()


# ID, name and unit of the columns of each service. The column that `missing_column` takes away comes first.
API_FIELDS = {
    "OverviewOfObject": (
        ("equ_j2000_lon", "RA (ICRS)", "deg"),
        ("equ_j2000_lat", "Dec (ICRS)", "deg"),
        ("prefname", "Preferred Name", ""),
        ("ptype", "Physical Type", ""),
        ("z", "Redshift Value", ""),
        ("o_class_morph", "Morphology", ""),
        ("morph_refcode", "Reference of the Morphology", ""),
        ("o_class_activity", "Activity", ""),
        ("o_diam_maj_dia", "Major Axis", "arcsec"),
        ("CrossID_list", "Other Names", ""),
    ),
    "PositionsOfObject": (
        ("equ_j2000_lon", "RA", "deg"),
        ("equ_j2000_lat", "Dec", "deg"),
        ("unc_sma", "Uncertainty", "arcsec"),
        ("refcode", "Reference", ""),
    ),
    "DiametersOfObject": (
        ("dia_maj", "Major Axis", "arcsec"),
        ("dia_min", "Minor Axis", "arcsec"),
        ("freq_target", "Bandpass", ""),
        ("refcode", "Reference", ""),
    ),
    "CrossidsOfObject": (("object_name", "Object Name", ""), ("ptype", "Physical Type", "")),
}


def api_votable(service: str, known: Overview, *, fault: str | None = None) -> bytes:
    """Write the answer of a service of NED::API."""
    values = {
        "prefname": known.name,
        "object_name": known.name,
        "ptype": known.object_type,
        "equ_j2000_lon": known.ra,
        "equ_j2000_lat": known.dec,
        "unc_sma": 0.5,
        "z": known.redshift,
        "o_class_morph": known.morphology,
        "morph_refcode": "1991RC3.9.C...0000d",
        "refcode": "1991RC3.9.C...0000d",
        "o_class_activity": known.activity,
        "o_diam_maj_dia": known.diameter,
        "dia_maj": known.diameter,
        "dia_min": None if known.diameter is None else known.diameter / 2,
        "freq_target": "B",
        "CrossID_list": known.cross_ids,
    }
    fields = [{"ID": key, "name": name, "unit": unit} for key, name, unit in API_FIELDS[service]]
    return fields_votable({"name": service}, fields, [[values[field["ID"]] for field in fields]], fault=fault)


_LIMITS = "Char.SpectralAxis.Coverage.Bounds.Limits"
SIA_FIELDS = (  # ID, utype, UCD, unit
    ("access_url", "Access.reference", "meta.ref.url", ""),
    ("access_format", "Access.format", "meta.code.mime", ""),
    ("access_estsize", "Access.size", "phys.size;meta.file", "kbyte"),
    ("dataproduct_type", "ObsDataset.dataProductType", "meta.code.class", ""),
    ("target_name", "Target.name", "meta.id;src", ""),
    ("em_min", f"{_LIMITS}.LoLimit", "em.wl;stat.min", "m"),
    ("em_max", f"{_LIMITS}.HiLimit", "em.wl;stat.max", "m"),
    ("s_fov", "Char.SpatialAxis.Coverage.Bounds.Extent.diameter", "phys.angSize;instr.fov", "deg"),
    ("s_resolution", "Char.SpatialAxis.Resolution.Refval.value", "pos.angResolution", "arcsec"),
    ("facility_name", "Provenance.ObsConfig.Facility.name", "meta.id;instr.tel", ""),
    ("bib_reference", "Curation.Reference", "meta.bib.bibcode", ""),
)


def sia_votable(name: str, images: list[Image], base: str, *, fault: str | None = None) -> bytes:
    """Write the list of the image service; bands are in the names of the files alone."""
    fields = [
        {"ID": key, "name": key, "utype": utype, "ucd": ucd, "unit": unit} for key, utype, ucd, unit in SIA_FIELDS
    ]
    rows = []
    for image in images:
        metres = float(image.wavelength.rstrip("A")) * 1e-10
        rows.append(
            [
                base + quote(image.path, safe="/:"),
                {"FITS": "image/fits", "JPG": "image/jpeg"}[image.kind],
                max(1, len(image.content) // 1024),
                "spectrum" if ":S:" in image.path else "image",
                name,
                metres * 0.9,
                metres * 1.1,
                None if image.field is None else image.field / 60,
                image.resolution,
                image.telescope,
                image.refcode,
            ]
        )
    return fields_votable({"name": "images"}, fields, rows, fault=fault)


def fields_votable(
    attributes: Mapping[str, str], fields: list[dict[str, str]], rows: list[list[object]], *, fault: str | None = None
) -> bytes:
    """Write a VOTable whose fields have given attributes; numbers are those with a unit, or called z."""
    places = list(range(len(fields)))
    if fault == "empty_table":
        rows = []
    elif fault == "missing_column":
        places = places[1:]
    elif fault == "other_names":
        places = places[::-1]
        fields = [field | {"name": f"Column No. {place} (new)"} for place, field in enumerate(fields)]
        if all("utype" in field for field in fields):
            fields = [field | {"ID": f"c{place}"} for place, field in enumerate(fields)]
    lines = []
    for given_field in (fields[place] for place in places):
        number = given_field["unit"] or given_field["ID"] == "z"
        kind = 'datatype="double"' if number else 'datatype="char" arraysize="*"'
        given = " ".join(f'{key}="{value}"' for key, value in given_field.items() if value)
        lines.append(f"<FIELD {given} {kind}/>\n")
    body = "".join(
        "<TR>"
        + "".join("<TD/>" if row[place] is None else f"<TD>{html.escape(str(row[place]))}</TD>" for place in places)
        + "</TR>\n"
        for row in rows
    )
    table = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return (
        '<?xml version="1.0"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">\n<TABLE {table} nrows="{len(rows)}">\n<GROUP ID="RESPONSE">'
        '<PARAM name="QUERY_STATUS" datatype="char" arraysize="*" value="OK"/></GROUP>\n'
        f"{''.join(lines)}<DATA><TABLEDATA>\n{body}</TABLEDATA></DATA></TABLE>\n</RESOURCE>\n</VOTABLE>\n"
    ).encode()


def older_votable(known: Overview, query: Mapping[str, list[str]]) -> bytes:
    """Write the answer of an older service: main table and classifications, positions, diameters, or names."""
    kind = query.get("search_type", query["of"])[0]
    tables = {
        "xml_all": [
            (
                {"ID": "NED_MainTable", "name": f"Main Information Table for {known.name}"},
                [
                    {
                        "Object Name": known.name,
                        "RA(deg)": known.ra,
                        "DEC(deg)": known.dec,
                        "Type": known.object_type,
                        "Redshift": known.redshift,
                    }
                ],
            ),
            ({"ID": "NED_Classifications", "name": "Classifications"}, classification_rows(known)),
        ],
        "xml_names": [({"ID": "NED_Names", "name": "Names"}, [{"Object Name": known.name, "Type": known.object_type}])],
        "Positions": [
            (
                {"ID": "NED_Positions_Data"},
                [{"RA": f"{known.ra / 15:.8f}h", "DEC": f"{known.dec:.8f}d", "Refcode": "1991RC3.9.C...0000d"}],
            )
        ],
        "Diameters": [
            (
                {"ID": "NED_Diameters_Data"},
                [{"NED Major Axis": known.diameter, "NED Minor Axis": (known.diameter or 0.0) / 2, "Refcode": "x"}],
            )
        ],
    }
    return _votable(*tables[kind])


def classification_rows(known: Overview) -> list[dict[str, object]]:
    """Rows of the table of classifications."""
    rows = [
        {"category": "Galaxy Morphology", "classification": known.morphology, "refcode": "1991RC3.9.C...0000d"},
        {"category": "Activity Type", "classification": known.activity, "refcode": "2010A&A...518A..10V"},
    ]
    return [row for row in rows if row["classification"]]


def _votable(*tables: tuple[Mapping[str, str], list[dict[str, object]]]) -> bytes:
    """Write a VOTable of the older kind: columns have names and no IDs."""
    parts = []
    for attributes, rows in tables:
        names = list(rows[0]) if rows else ["category", "classification", "refcode"]
        fields = "".join(
            f'<FIELD name="{name}" datatype="double"/>'
            if rows and isinstance(rows[0][name], float)
            else f'<FIELD name="{name}" datatype="char" arraysize="*"/>'
            for name in names
        )
        body = "".join(
            "<TR>" + "".join(f"<TD>{html.escape(str(row[name]))}</TD>" for name in names) + "</TR>\n" for row in rows
        )
        table = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        parts.append(f"<TABLE {table}>{fields}<DATA><TABLEDATA>\n{body}</TABLEDATA></DATA></TABLE>\n")
    return (
        '<?xml version="1.0"?>\n<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        f'<RESOURCE type="results">\n<INFO name="QUERY_STATUS" value="OK"/>\n{"".join(parts)}</RESOURCE>\n</VOTABLE>\n'
    ).encode()


@cache
def _bomb() -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packed:
        for _ in range(200):
            packed.write(b"\0" * 2**20)
    return stream.getvalue()
