"""NED's list of images from its service of SIA 2: columns by meaning, then by name."""

import numpy as np
import pytest
from ned_answers import answer, quick_client, votable
from ned_server import Image, NedServer, sia_votable

from galmorph.data._ned.client import NedClient
from galmorph.data._ned.sia import parse_sia
from galmorph.errors import AnswerError, InvalidValueError, UnknownObjectError

IMAGES = [
    Image("/d/M_1:I:J:x.fits.gz", b"x" * 4096, "J", "12000A", 6.0, "2MASS", "2003AJ", 1.0),
    Image("/d/M_1:S:V:x.fits", b"x", "V", "5500A", None, "KPNO", "1999ApJ", None),
    Image("/d/M_1.jpg", b"x", "", "5500A", 3.0, "KPNO", "1999ApJ", None, kind="JPG"),
]


def fields(*columns: tuple[str, str, str]) -> bytes:
    """Write a table of one row; columns are attributes of the field, datatype, and the cell."""
    head = "".join(
        f"<FIELD {attributes} datatype='{kind}' {'arraysize=' + repr('*') if kind == 'char' else ''}/>"
        for attributes, kind, _ in columns
    )
    row = "".join(f"<TD>{cell}</TD>" for *_, cell in columns)
    return votable(f"<TABLE>{head}<DATA><TABLEDATA><TR>{row}</TR></TABLEDATA></DATA></TABLE>")


LINK = ("name='where' utype='obscore:Access.Reference'", "char", "https://ned.ipac.caltech.edu/a.fits")


def one(*columns: tuple[str, str, str]):
    """The row of such a table, beside a link."""
    return parse_sia(answer(fields(LINK, *columns)), name="m1")[0]


def test_rows_have_what_the_page_gives(ned_server: NedServer):
    """The same columns and units as from the page; the band comes from the name of the file."""
    table = parse_sia(answer(sia_votable("MESSIER 001", IMAGES, "http://x")), name="m1")
    page = quick_client(ned_server).images("MESSIER 001", route="page")
    assert table.colnames == page.colnames
    assert [table[each].unit for each in table.colnames] == [page[each].unit for each in table.colnames]
    row = table[0]
    assert (row["object"], row["format"], row["product"], row["band"]) == ("MESSIER 001", "FITS", "image", "J")
    assert row["url"] == "http://x/d/M_1:I:J:x.fits.gz"
    assert (row["size_kb"], row["width_arcmin"], row["height_arcmin"]) == (4.0, pytest.approx(6.0), pytest.approx(6.0))
    assert row["wavelength"] == pytest.approx(1.2e-6)
    assert (row["resolution_arcsec"], row["telescope"], row["refcode"]) == (1.0, "2MASS", "2003AJ")
    assert list(table["format"]) == ["FITS", "FITS", "JPG"]
    assert list(table["product"]) == ["image", "spectrum", "image"]
    assert table["width_arcmin"].mask.tolist() == [False, True, False]


def test_order_names_and_ids_may_change():
    """Utypes and UCDs find the columns; without them names do."""
    content = sia_votable("m1", IMAGES, "http://x")
    table = parse_sia(answer(content), name="m1")
    other = parse_sia(answer(sia_votable("m1", IMAGES, "http://x", fault="other_names")), name="m1")
    assert other.pformat(-1) == table.pformat(-1)
    for gone in (b"utype=", b"ucd="):
        content = content.replace(gone, b"xtype=" if gone == b"utype=" else b"ref=")
        assert parse_sia(answer(content), name="m1").pformat(-1) == table.pformat(-1)


def test_columns_as_ned_describes_them():
    """Central wavelength, telescope, code and field under names of its own; units of the fields count."""
    row = one(
        ("name='Wavelength' unit='nm'", "double", "645"),
        ("name='Telescope'", "char", "UKST"),
        ("name='Refcode'", "char", "1994DSS"),
        ("name='FOV' unit='arcmin'", "char", "20.0 x 30.0"),
        ("name='Filter'", "char", "R"),
    )
    assert row["wavelength"] == pytest.approx(6.45e-7)
    assert (row["telescope"], row["refcode"], row["band"]) == ("UKST", "1994DSS", "R")
    assert (row["width_arcmin"], row["height_arcmin"]) == (pytest.approx(20.0), pytest.approx(30.0))
    assert one(("name='fov_arcmin'", "double", "12"))["width_arcmin"] == pytest.approx(12.0)
    assert one(("name='s_fov'", "double", "0.5"))["width_arcmin"] == pytest.approx(30.0)
    assert one(("name='s_fov' unit='Jy'", "double", "0.5"))["width_arcmin"] is np.ma.masked
    assert one(("name='s_fov'", "char", "1 2 3"))["width_arcmin"] is np.ma.masked


def test_utypes_come_before_ucds_and_names():
    """A name is no proof of what a column holds."""
    row = one(
        ("name='facility_name'", "char", "by name"),
        ("name='b' ucd='meta.id;instr.tel'", "char", "by UCD"),
        ("name='c' utype='obscore:Provenance.ObsConfig.Facility.name'", "char", "by utype"),
    )
    assert row["telescope"] == "by utype"


@pytest.mark.parametrize(
    ("mime", "url", "expected"),
    [
        ("image/fits", "a", "FITS"),
        ("application/fits", "a", "FITS"),
        ("image/jpeg", "a", "JPG"),
        ("image/png", "a", "PNG"),
        ("", "http://x/2MASS_M_32_K.fits.gz", "FITS"),
        ("", "http://x/a.jpg", "JPG"),
        ("", "http://x/a", ""),
    ],
)
def test_formats(mime, url, expected):
    """From the media type, else from the name of the file."""
    link = ("name='access_url'", "char", url)
    table = parse_sia(answer(fields(link, ("name='access_format'", "char", mime))), name="m1")
    assert table["format"][0] == expected
    assert table["band"][0] == ("K" if "2MASS" in url else "")


def test_what_is_no_list_of_images_is_an_error():
    """Without a column of links, or a link in a row, nothing is left out in silence."""
    with pytest.raises(AnswerError, match=r"expected a column of links .*, got the columns s_fov"):
        parse_sia(answer(fields(("name='s_fov'", "double", "1"))), name="m1")
    with pytest.raises(AnswerError, match=r"expected a column of links .*, got the columns no table"):
        parse_sia(answer(votable("")), name="m1")
    for url in ("", "ftp://x/a.fits", "http://[x"):
        with pytest.raises(AnswerError, match="row 1: expected a link to http:// or https://"):
            parse_sia(answer(fields(("name='access_url'", "char", url))), name="m1")


def test_an_empty_list_leads_to_the_page(ned_server):
    """An image without standard coordinates is on the page alone."""
    ned_server.add_image("NGC 1", b"old")
    client = quick_client(ned_server)
    assert len(client.images("NGC 1", route="sia")) == 0
    assert list(client.images("NGC 1")["band"]) == ["103aE"]
    ned_server.add_image("NGC 1", b"new", band="J", sia=True)
    assert list(client.images("NGC 1")["band"]) == ["J"]
    with pytest.raises(InvalidValueError, match="route: expected one of 'sia', 'page', got 'SIA'"):
        client.images("NGC 1", route="SIA")


def test_the_service_may_say_that_it_does_not_know_a_name():
    """An error of the protocol with such a text is about the galaxy."""
    with pytest.raises(UnknownObjectError, match="does not know this name"):
        parse_sia(answer(votable("<INFO name='QUERY_STATUS' value='ERROR'>Failed to resolve x</INFO>")), name="x")
    with pytest.raises(AnswerError, match="answered with an error: OVERFLOW"):
        parse_sia(answer(votable("<INFO name='QUERY_STATUS' value='OVERFLOW'/>")), name="x")


def test_ned_itself_has_the_service_on_another_host(ned_server):
    """By default at NED's own address, or below that of a mirror."""
    assert NedClient().images_url == "https://vo.ned.ipac.caltech.edu/services/sia"
    assert quick_client(ned_server).images_url == ned_server.url + "/services/sia"
    assert NedClient(images_url="https://x/sia").images_url == "https://x/sia"
    with pytest.raises(InvalidValueError, match="images_url: expected an address"):
        NedClient(images_url="x/sia")
