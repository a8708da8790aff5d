"""NED's list of the images of one object: a table, or an error that keeps the page."""

import numpy as np
import pytest
from astropy import units as u
from ned_answers import RECORDED, URL, answer, quick_client, recorded

from galmorph.data._ned.image_list import parse_images
from galmorph.errors import AnswerError, UnknownObjectError


def test_recorded_list_of_images_row_by_row():
    """NED's real list for M 1 is read as a browser shows it."""
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
    table = quick_client(ned_server).images("NGC 1 & 2")
    assert set(table["object"]) == {"NGC 1 & 2"}
    assert list(table["format"]) == ["FITS", "JPG"]
    assert table["url"][0].replace("%20", " ") == ned_server.url + path.replace("&", "%26")
    assert table["wavelength"][0] == pytest.approx(2.2e-6)
    assert table["width_arcmin"].mask.tolist() == table["resolution_arcsec"].mask.tolist() == [True, False]
    empty = quick_client(ned_server).images("NGC 3")
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


def test_unknown_names_are_errors():
    """A page that says that the name is not recognized is not an empty list."""
    page = b"<html><body>The object name is not currently recognized by the NED name interpreter.</body></html>"
    with pytest.raises(UnknownObjectError, match="images of 'M 200': NED does not know this name"):
        parse_images(answer(page), name="M 200")
