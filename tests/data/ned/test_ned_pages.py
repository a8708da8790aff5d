"""What NED tells of one object, from real recorded answers, a server on the loopback, and anything else."""

from pathlib import Path

import astroquery.ipac.ned
import numpy as np
import pytest
from astropy import units as u
from hypothesis import example, given, settings
from hypothesis import strategies as st

from galmorph.data._ned.client import NedClient
from galmorph.data._ned.image_list import parse_images
from galmorph.data._ned.object_tables import (
    object_request,
    parse_cross_identifications,
    parse_diameters,
    parse_positions,
)
from galmorph.data._ned.overview import parse_classifications, parse_overview
from galmorph.data._web.request import Answer, Request
from galmorph.data._web.transport import HttpTransport
from galmorph.data._web.votable import read_votable
from galmorph.errors import AnswerError, UnknownObjectError

RECORDED = Path(astroquery.ipac.ned.__file__).parent / "tests" / "data"
URL = "https://ned.ipac.caltech.edu/cgi-bin/imgdata?objname=m1"


def answer(content: bytes) -> Answer:
    """Make an answer."""
    return Answer(url=URL, content=content, content_type="")


def recorded(name: str) -> Answer:
    """A real answer of NED that astroquery ships."""
    return answer((RECORDED / name).read_bytes())


class Known:
    """A transport that gives one answer, and remembers the requests."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.requests = []

    def get(self, request: Request) -> Answer:
        """Give it."""
        self.requests.append(request)
        return answer(self.content)


def client(server, **options) -> NedClient:
    """A client for the loopback."""
    quick = HttpTransport(pace=0, backoff=0.01, timeout=(2.0, 0.5), deadline=2.0, retries=1)
    return NedClient(transport=quick, base_url=server.url, **options)


# The list of images


def test_recorded_list_of_images_row_by_row():
    """NED's real list for M 1 comes out as it reads in a browser."""
    table = parse_images(recorded("image_extract.html"), name="m1")
    host = "https://ned.ipac.caltech.edu"
    rosat = ("0.1-2.4keV", "9.2A")
    expected = [
        ("FITS", "/dss1B2/Bb/MESSIER_001:I:103aE:dss1.fits.gz", 72, "103aE", "6450A", 5.0, 1.70,
         "Palomar 48-inch Schmidt", "1994DSS...1...0000:"),
        ("JPG", "/img6/1977AuJPA..41....1S/Crab_Nebula:I:1.9m:s1977.jpg", 72, "160MHz", "1.9m", None, None,
         "Culgoora_Radioheliograph", "1977AuJPA..43....1S"),
        ("FITS", "/img5/1995RXCD3.T...0000C/p083n22a:I:0.1-2.4keV:cop1995.fits.gz", 1065, *rosat, 128.0, None,
         "ROSAT_PSPC", "1995RXCD3.T...0000C"),
        ("FITS", "/img5/1996RXCD6.T...0000C/p083n22a:I:0.1-2.4keV:cps1996.fits.gz", 1065, *rosat, 128.0, None,
         "ROSAT_PSPC", "1996RXCD6.T...0000C"),
        ("FITS", "/img5/1995RXCD3.T...0000C/p084n22a:I:0.1-2.4keV:cop1995.fits.gz", 1065, *rosat, 128.0, None,
         "ROSAT_PSPC", "1995RXCD3.T...0000C"),
        ("FITS", "/img5/1998RXCD8.T...0000C/h083n22a:I:0.1-2.4keV:cps1998.fits.gz", 535, *rosat, 68.3, None,
         "ROSAT_HRI", "1998RXCD8.T...0000C"),
    ]  # fmt: skip
    assert len(table) == len(expected)
    for row, (kind, path, size, band, wavelength, field, resolution, telescope, refcode) in zip(
        table, expected, strict=True
    ):
        assert row["object"] == "MESSIER 001"
        assert (row["format"], row["url"], row["size_kb"]) == (kind, host + path, size)
        assert (row["band"], row["wavelength_text"]) == (band, wavelength)
        assert row["width_arcmin"] is np.ma.masked if field is None else row["width_arcmin"] == field
        assert row["height_arcmin"] is np.ma.masked if field is None else row["height_arcmin"] == field
        assert (
            row["resolution_arcsec"] is np.ma.masked if resolution is None else row["resolution_arcsec"] == resolution
        )
        assert (row["telescope"], row["refcode"]) == (telescope, refcode)
    assert table["wavelength"].tolist() == [6.45e-7, 1.9, *[pytest.approx(9.2e-10)] * 4]
    assert [table[each].unit for each in ("wavelength", "width_arcmin", "resolution_arcsec")] == [
        u.m,
        u.arcmin,
        u.arcsec,
    ]
    assert not any(hasattr(table[each], "mask") for each in ("object", "format", "url", "band", "telescope", "refcode"))


def test_list_of_images_of_the_server(ned_server):
    """Links, fields, N/A and JPEG files come from the loopback server too; a list without rows is an empty table."""
    path = ned_server.add_image(
        "NGC 1 & 2", b"x" * 5000, wavelength="2.2 microns", band="K_s", field=None, resolution=None
    )
    ned_server.add_image("NGC 1 & 2", b"x", kind="JPG")
    table = client(ned_server).images("NGC 1 & 2")
    assert set(table["object"]) == {"NGC 1 & 2"}
    assert list(table["format"]) == ["FITS", "JPG"]
    assert table["url"][0].replace("%20", " ") == ned_server.url + path.replace("&", "%26")
    assert table["wavelength"][0] == pytest.approx(2.2e-6)
    assert table["width_arcmin"].mask.tolist() == table["resolution_arcsec"].mask.tolist() == [True, False]
    empty = client(ned_server).images("NGC 3")
    assert (len(empty), empty.colnames) == (0, table.colnames)


def image_page(old: str, new: str) -> bytes:
    """The recorded list with one thing changed."""
    text = (RECORDED / "image_extract.html").read_text()
    assert old in text
    return text.replace(old, new, 1).encode()


LINK = "<a href=/dss1B2/Bb/MESSIER_001:I:103aE:dss1.fits.gz>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an HTML page"),
        (b"<html>Please try later</html>", "expected a table with the columns FITS/JPG File, "),
        (image_page("<th>Telescope</th>", "<th>Scope</th>"), "expected a table with the columns"),
        (image_page("</table>", ""), "expected the end of the table (</table>), got none; the page was cut"),
        (image_page("<td valign=center>Palomar", "Palomar"), "row 1: expected 9 columns, got 8"),
        (image_page("72KB FITS image", "72KB FITS"), "row 1: expected a file as '72KB FITS image' with a link, got"),
        (image_page(f"{LINK}Retrieve</a>", ""), "0 links"),
        (image_page(LINK, "<a href=javascript:x()>"), "row 1: expected a link to http"),
        (image_page(LINK, "<a href='file:///etc/passwd'>"), "row 1: expected a link to http"),
        (image_page(LINK, "<a href='http://[x'>"), "row 1: expected a link, got"),
    ],
)
def test_wrong_lists_of_images_are_errors(content, message):
    """Each way in which the page can be wrong is an error that keeps it."""
    with pytest.raises(AnswerError) as caught:
        parse_images(answer(content), name="m1")
    assert str(caught.value).startswith("images of 'm1': ")
    assert message in str(caught.value)
    assert (caught.value.content, caught.value.url) == (content, URL)


def test_unknown_names_are_told_apart():
    """A page that says that the name is not recognized is no list of nothing."""
    page = b"<html><body>The object name is not currently recognized by the NED name interpreter.</body></html>"
    with pytest.raises(UnknownObjectError, match="images of 'M 200': NED does not know this name"):
        parse_images(answer(page), name="M 200")


# Overviews and classifications


def test_overview_is_one_row(ned_server):
    """Our columns come first, with units and masks; all that NED sent follows."""
    ned_server.add_overview(
        "MESSIER 049", ra=187.44, dec=8.0, redshift=0.003326, morphology="E2", activity="Sy2", diameter=612.0,
        cross_ids="MESSIER 049;NGC 4472",
    )  # fmt: skip
    table = client(ned_server).overview("MESSIER 049")
    assert table.colnames[:10] == [
        "name", "ra", "dec", "object_type", "redshift", "morphology", "morphology_refcode", "activity",
        "major_axis_arcmin", "cross_ids",
    ]  # fmt: skip
    row = table[0]
    assert (row["name"], row["ra"], row["dec"], row["object_type"]) == ("MESSIER 049", 187.44, 8.0, "G")
    assert (row["redshift"], row["morphology"], row["activity"]) == (0.003326, "E2", "Sy2")
    assert row["morphology_refcode"] == "1991RC3.9.C...0000d"
    assert row["major_axis_arcmin"] == pytest.approx(10.2)
    assert row["cross_ids"] == "MESSIER 049;NGC 4472"
    assert (table["ra"].unit, table["major_axis_arcmin"].unit) == (u.deg, u.arcmin)
    assert row["o_diam_maj_dia"] == 612.0


# Written after the recordings of NED::API in astroquery's repository: IDs beside other names, status in a PARAM.
API = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.5" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<LINK content-role="query" href="/NED::API/X?TARGET=m1"/>
<TABLE ID="x" name="XOfObject" nrows="{count}">
<GROUP ID="RESPONSE" name="RESPONSE">
<PARAM name="QUERY_STATUS" datatype="char" arraysize="*" value="OK"/>
</GROUP>
{fields}
<DATA><TABLEDATA>
{rows}
</TABLEDATA></DATA>
</TABLE>
</RESOURCE>
</VOTABLE>
"""


def api(fields: list[tuple[str, str, str]], rows: list[list[str]]) -> bytes:
    """Write a table as NED::API does; fields are ID, name and datatype."""
    size = {"char": ' arraysize="*"', "double": ""}
    lines = [f'<FIELD ID="{key}" name="{name}" datatype="{kind}"{size[kind]}/>' for key, name, kind in fields]
    cells = ["".join(f"<TD>{cell}</TD>" if cell else "<TD/>" for cell in row) for row in rows]
    text = API.format(count=len(rows), fields="\n".join(lines), rows="\n".join(f"<TR>{row}</TR>" for row in cells))
    return text.encode()


def test_overview_finds_columns_by_id_and_does_without_most():
    """Names of columns don't matter where the IDs are known; what is missing is masked or empty."""
    fields = [
        ("equ_j2000_lon", "RA", "double"),
        ("equ_j2000_lat", "Dec", "double"),
        ("z", "Redshift", "double"),
        ("o_class_morph", "Morphology", "char"),
        ("CrossID_list", "Cross-IDs", "char"),
    ]
    table = parse_overview(answer(api(fields, [["83.6", "22.0", "", "", "MESSIER 001;NGC 1952"]])), name="m1")
    assert (table["name"][0], table["ra"][0], table["morphology"][0]) == ("MESSIER 001", 83.6, "")
    assert table["redshift"].mask[0]
    assert table["major_axis_arcmin"].mask[0]
    assert parse_overview(answer(api(fields[:3], [["83.6", "22.0", "0.1"]])), name="m1")["name"][0] == "m1"
    for rows in ([], [["1", "2", "3"]] * 2):
        with pytest.raises(AnswerError, match="expected one table of one row, got"):
            parse_overview(answer(api(fields[:3], rows)), name="m1")


def test_classifications_come_as_published(ned_server):
    """Category, value and reference code of each classification."""
    ned_server.add_overview("NGC 1", morphology="SA(s)b", activity="LINER")
    table = client(ned_server).classifications("NGC 1")
    assert [tuple(row) for row in table["category", "value", "refcode"]] == [
        ("Galaxy Morphology", "SA(s)b", "1991RC3.9.C...0000d"),
        ("Activity Type", "LINER", "2010A&A...518A..10V"),
    ]


def test_an_answer_without_classifications_is_an_error():
    """Where no table is one of classifications, the error names the tables that there are."""
    with pytest.raises(AnswerError, match=r"expected a table of classifications, got tables named \['NED_MainTable"):
        parse_classifications(recorded("query_object.xml"), name="m1")


@pytest.mark.parametrize("what", ["overview", "classifications"])
def test_unknown_objects_are_errors_and_never_cached(ned_server, tmp_path, what):
    """An unknown name is an error, also when NED sends it with the status of success; known later, it is found."""
    kept = client(ned_server, cache=tmp_path)
    with pytest.raises(UnknownObjectError, match=f"{what} of 'M 200': the service does not know this name"):
        getattr(kept, what)("M 200")
    ned_server.add_overview("M 200", morphology="E")
    assert len(getattr(kept, what)("M 200")) == 1
    ned_server.overviews.clear()
    assert len(getattr(kept, what)("M 200")) == 1


@pytest.mark.parametrize("what", ["overview", "classifications", "images"])
@pytest.mark.parametrize("kind", ["html", "error_votable", "wrong_bytes", "cut_page"])
def test_wrong_answers_are_errors_and_never_cached(ned_server, tmp_path, what, kind):
    """Errors with the status of success, other pages, noise and cut pages: a typed error, then the truth."""
    ned_server.add_overview("NGC 1", morphology="E")
    ned_server.add_image("NGC 1", b"x")
    kept = client(ned_server, cache=tmp_path)
    ned_server.fail("NGC 1", kind)
    with pytest.raises(AnswerError, match=rf"{what} of 'NGC 1': .*kept in the error's content") as caught:
        getattr(kept, what)("NGC 1")
    assert caught.value.content
    assert len(getattr(kept, what)("NGC 1")) == 1


# VOTables


@pytest.mark.parametrize("name", sorted(each.name for each in RECORDED.glob("query_*.xml")))
def test_recorded_votables_are_read(name):
    """Every real VOTable that astroquery ships is read without a warning, all rows of it."""
    (table,) = read_votable(recorded(name), asked="x")
    assert len(table) == (RECORDED / name).read_bytes().count(b"<TR>")


def test_recorded_error_is_an_error():
    """NED's real error VOTable, sent with the status of success, is an error that says what NED said."""
    with pytest.raises(AnswerError, match=r"x: the service answered with an error: No note found\."):
        read_votable(recorded("error.xml"), asked="x")


def votable(inside: str) -> bytes:
    """Write a VOTable around something."""
    return f'<VOTABLE version="1.3"><RESOURCE>{inside}</RESOURCE></VOTABLE>'.encode()


ROW = "<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>"
NUMBER = '<FIELD name="a" datatype="int"/>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (votable('<PARAM name="QUERY_STATUS" datatype="char" arraysize="*" value="ERROR"><DESCRIPTION>GeneralFault: no'
                 "</DESCRIPTION></PARAM>"), "answered with an error: ERROR GeneralFault: no"),
        (votable('<INFO name="QUERY_STATUS" value="ERROR">too busy</INFO>'), "answered with an error: ERROR too busy"),
        (votable('<INFO name="QUERY_STATUS" value="OVERFLOW"/>'), "answered with an error: OVERFLOW"),
        (b"<html><body>later</body></html>", "expected a VOTable, got an HTML page"),
        (b"<!DOCTYPE html><HTML><br></HTML>", "expected a VOTable, got an HTML page"),
        (b"<TABLE/>", "expected a VOTable, got <TABLE>"),
        (b"", "something that is not whole XML"),
        (votable("")[:-3], "something that is not whole XML"),
        (b'<!DOCTYPE VOTABLE [<!ENTITY a "b">]>' + votable("&a;"), "without declarations of its own"),
        (b'<!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + votable("&a;"), "without declarations"),
        (b'<!DOCTYPE V [<!ATTLIST STREAM href CDATA "file:///etc/passwd">]>' + votable(""), "without declarations"),
        (votable(f'<TABLE>{NUMBER}<DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA></TABLE>'),
         "expected the table's rows in the document, got <BINARY>"),
        (votable('<TABLE><DATA><FITS><STREAM href="http://x/"/></FITS></DATA></TABLE>'), "got <FITS>"),
        (votable(f'<TABLE nrows="2">{NUMBER}{ROW}'), "expected 2 rows, as the table says, got 1"),
        (votable(f'<TABLE nrows="999999999">{NUMBER}{ROW}'), "a table of at most 16777216 cells, got a larger one"),
        (votable(f'<TABLE nrows="&#57;99999999">{NUMBER}{ROW}'), "a table of at most 16777216 cells"),
        (votable(f'<TABLE nrows="-7">{NUMBER}{ROW}'), "expected a number for nrows, got '-7'"),
        (votable(f'<TABLE><FIELD name="a" datatype="int" arraysize="99999x99999"/>{ROW}'), "of at most 16777216 cells"),
        (votable(f'<TABLE><FIELD name="a" datatype="int" arraysize="99999999999"/>{ROW}'), "a number for arraysize"),
        (votable(f"<TABLE>{NUMBER}{NUMBER}{ROW}"), "row 1: expected 2 cells, got 1"),
        (votable(f"<TABLE>{NUMBER}" + ROW.replace("1", "x")), "got one that can't be parsed"),
        (votable(f'<TABLE><FIELD name="a" datatype="whale"/>{ROW}'), "got one that can't be parsed"),
        (b'<?xml version="1.0" encoding="klingon"?>' + votable(""), "something that is not whole XML"),
    ],
)  # fmt: skip
def test_wrong_votables_are_errors(content, message):
    """Errors inside, other documents, and whatever reads other files or fills the memory are typed errors."""
    with pytest.raises(AnswerError) as caught:
        read_votable(answer(content), asked="x")
    assert message in str(caught.value)
    assert caught.value.content == content


# astroquery's tables, in the words of the older service and of the newer one


def test_recorded_diameters_of_the_older_service():
    """Axes come in arcsec from the columns that NED homogenised, not from those in the publication's unit."""
    known = Known((RECORDED / "query_diameters.xml").read_bytes())
    table = NedClient(transport=known).diameters("m1")
    assert table["major_axis_arcsec"].tolist() == [331.6, 506.0]
    assert table["minor_axis_arcsec"].tolist() == [202.28, 308.66]
    assert table["position_angle"].tolist() == [128.0, 128.0]
    assert list(table["refcode"]) == ["2003AJ....125..525J"] * 2
    assert table["major_axis_arcsec"].unit == u.arcsec
    assert known.requests[0].url.startswith("https://ned.ipac.caltech.edu/")
    assert "m1" in dict(known.requests[0].params).values()


def test_diameters_of_the_newer_service():
    """The same table under IDs and names of its own."""
    fields = [
        ("freq_target", "Bandpass", "char"),
        ("dia_maj", "Major Axis", "double"),
        ("dia_min", "Minor Axis", "double"),
        ("dia_pa", "PA", "double"),
        ("axis_ratio", "Axis Ratio (b/a)", "double"),
        ("ref_level", "Reference Level", "char"),
        ("refcode", "Reference", "char"),
    ]
    content = api(
        fields, [["K_s", "331.6", "202.276", "128", "0.61", "20.0", "2003AJ....125..525J"], ["", "506"] + [""] * 5]
    )
    table = parse_diameters(answer(content), name="m1")
    assert table.colnames == parse_diameters(recorded("query_diameters.xml"), name="m1").colnames
    assert tuple(table[0]) == ("K_s", 331.6, 202.276, 128.0, 0.61, "20.0", "2003AJ....125..525J")
    assert table["minor_axis_arcsec"].mask.tolist() == [False, True]


def test_recorded_positions_of_the_older_service():
    """Sexagesimal positions become degrees; the first of M 1 is 05h34m31.97s +22d00m52.1s."""
    table = NedClient(transport=Known((RECORDED / "query_positions.xml").read_bytes())).positions("m1")
    assert len(table) == 5
    assert table["ra"][0] == pytest.approx(15 * (5 + 34 / 60 + 31.97 / 3600), abs=1e-4)
    assert table["dec"][0] == pytest.approx(22 + 52.1 / 3600, abs=1e-4)
    assert not table["ra"].mask.any()
    assert all(table["refcode"])
    assert table["ra"].unit == u.deg


def test_positions_of_the_newer_service():
    """Degrees are taken where they are sent; a row without a position is masked."""
    fields = [
        ("equ_j2000_lon_s", "RA-s", "char"),
        ("equ_j2000_lat_s", "Dec-s", "char"),
        ("equ_j2000_lon", "RA", "double"),
        ("equ_j2000_lat", "Dec", "double"),
        ("unc_sma", "Semi-Maj Unc", "double"),
        ("unc_smi", "Semi-Min Unc", "double"),
        ("refcode", "Reference", "char"),
    ]
    rows = [["05h34m31.97s", "+22d00m52.1s", "83.6332", "22.0145", "0.6", "", "2006AJ....131.1163S"], [""] * 7]
    table = parse_positions(answer(api(fields, rows)), name="m1")
    assert table.colnames == parse_positions(recorded("query_positions.xml"), name="m1").colnames
    assert (table["ra"][0], table["dec"][0], table["uncertainty_major_arcsec"][0]) == (83.6332, 22.0145, 0.6)
    assert table["ra"].mask.tolist() == [False, True]
    assert table["uncertainty_minor_arcsec"].mask.tolist() == [True, True]


def test_cross_identifications():
    """The names come from NED::API, which astroquery 0.4.11 can't ask."""
    known = Known(
        api(
            [("object_name", "Object Name", "char"), ("ptype", "Physical Type", "char")],
            [["3C 273", "QSO"], ["4C +02.32", ""]],
        )
    )
    table = NedClient(transport=known).cross_identifications("3C 273")
    assert [tuple(row) for row in table] == [("3C 273", "QSO"), ("4C +02.32", "")]
    assert known.requests[0].full_url == "https://ned.ipac.caltech.edu/NED::API/CrossidsOfObject?TARGET=3C%20273"
    with pytest.raises(AnswerError, match="cross-identifications of 'x': expected one table, got 0"):
        parse_cross_identifications(answer(votable("")), name="x")


def test_requests_follow_the_dialect_of_astroquery(monkeypatch):
    """What astroquery would ask decides on the route: the older service's words, or NED::API's."""
    assert object_request("http://x", "positions", "m 1").full_url == (
        "http://x/cgi-bin/datasearch?of=xml_main&objname=m%201&search_type=Positions"
    )
    monkeypatch.setattr("astroquery.ipac.ned.Ned.get_table", lambda name, **_: {"TARGET": name})
    assert object_request("http://x", "diameters", "m1").full_url == "http://x/NED::API/DiametersOfObject?TARGET=m1"


# Anything at all


PARSERS = {
    "images": (parse_images, (RECORDED / "image_extract.html").read_bytes()),
    "overview": (parse_overview, api([("z", "z", "double"), ("ptype", "t", "char")], [["0.1", "G"]])),
    "positions": (parse_positions, (RECORDED / "query_positions.xml").read_bytes()),
    "classifications": (
        parse_classifications,
        api([("category", "a", "char"), ("classification", "b", "char")], [["x", "y"]]).replace(
            b'"x"', b'"classifications"'
        ),
    ),
}


def check_any(kind: str, content: bytes) -> None:
    """A table comes out, or a typed error."""
    try:
        table = PARSERS[kind][0](answer(content), name="m1")
    except (AnswerError, UnknownObjectError):
        return
    assert table.colnames


@pytest.mark.parametrize("kind", PARSERS)
@given(content=st.binary())
@example(b"<!")
@example(b"<![")
@example(b"<?xml version='1.0'?><table>")
@example(b"<table>")
@settings(max_examples=50)
def test_any_bytes_are_a_table_or_an_error(kind, content):
    """Whatever comes, nothing but typed errors is raised."""
    check_any(kind, content)


@pytest.mark.parametrize("kind", PARSERS)
@given(data=st.data())
@settings(max_examples=50)
def test_changed_answers_are_a_table_or_an_error(kind, data):
    """A real answer with pieces cut out, doubled or overwritten is a table or a typed error."""
    content = PARSERS[kind][1]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(len(content), start + 300)))
        piece = data.draw(
            st.one_of(
                st.sampled_from(
                    [b"", content[start:stop] * 2, b'"', b"<TR>", b"<td>", b"<tr>", b"<", b">", b"&#0;", b"N/A"]
                ),
                st.binary(max_size=20),
            )
        )
        content = content[:start] + piece + content[stop:]
    check_any(kind, content)
