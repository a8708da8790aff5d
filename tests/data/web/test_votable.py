"""VOTables of web services: tables, or errors that keep the answer."""

import pytest
from ned_answers import RECORDED, answer, recorded, votable

from galmorph.data._web.votable import read_votable
from galmorph.errors import AnswerError


@pytest.mark.parametrize("name", sorted(each.name for each in RECORDED.glob("query_*.xml")))
def test_recorded_votables_are_read(name):
    """Every real VOTable that astroquery ships is read without a warning, all rows of it."""
    (table,) = read_votable(recorded(name), asked="x")
    assert len(table) == (RECORDED / name).read_bytes().count(b"<TR>")


def test_recorded_error_is_an_error():
    """NED's real error VOTable, sent with the status of success, is an error that says what NED said."""
    with pytest.raises(AnswerError, match=r"x: the service answered with an error: No note found\."):
        read_votable(recorded("error.xml"), asked="x")


ROW = "<DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>"
PACKED = '<DATA><BINARY><STREAM encoding="base64">AAAA</STREAM></BINARY></DATA></TABLE>'
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
        (b"", "something that is not complete XML"),
        (votable("")[:-3], "something that is not complete XML"),
        (b'<!DOCTYPE VOTABLE [<!ENTITY a "b">]>' + votable("&a;"), "without entity or attribute declarations"),
        (b'<!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + votable("&a;"), "without entity or"),
        (b'<!DOCTYPE V [<!ATTLIST STREAM href CDATA "file:///etc/passwd">]>' + votable(""), "without entity or"),
        (votable(f'<TABLE>{NUMBER}<DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA></TABLE>'),
         "expected the table's rows in the document, got <STREAM>"),
        (votable(f'<TABLE nrows="99999999">{NUMBER}{PACKED}'), "a table of at most 16777216 cells"),
        (votable(f'<TABLE nrows="9999999">{NUMBER}{PACKED}'), "9999999 rows that the table announces, got a shorter"),
        (votable(f'<TABLE nrows="1">{NUMBER}{PACKED}').replace(b"AAAA", b"A"), "got one that can't be parsed"),
        (votable('<TABLE><DATA><FITS><STREAM href="http://x/"/></FITS></DATA></TABLE>'), "got <FITS>"),
        (votable(f'<TABLE nrows="2">{NUMBER}{ROW}'), "expected 2 rows, as the table says, got 1"),
        (votable(f'<TABLE nrows="999999999">{NUMBER}{ROW}'), "a table of at most 16777216 cells, got a larger one"),
        (votable(f'<TABLE nrows="&#57;99999999">{NUMBER}{ROW}'), "a table of at most 16777216 cells"),
        (votable(f'<TABLE nrows="-7">{NUMBER}{ROW}'), "expected a number for nrows, got '-7'"),
        (votable(f'<TABLE><FIELD name="a" datatype="int" arraysize="99999x99999"/>{ROW}'), "of at most 16777216 cells"),
        (votable(f'<TABLE><FIELD name="a" datatype="int" arraysize="99999999999"/>{ROW}'), "a number for arraysize"),
        (votable(f"<TABLE>{NUMBER}{NUMBER}{ROW}"), "row 1: expected 2 cells, got 1"),
        (votable(f'<TABLE><FIELD name="a" datatype="whale"/>{ROW}'), "got one that can't be parsed"),
        (b'<?xml version="1.0" encoding="klingon"?>' + votable(""), "something that is not complete XML"),
    ],
)  # fmt: skip
def test_wrong_votables_are_errors(content, message):
    """Errors inside, other documents, and documents that read other files or fill the memory are typed errors."""
    with pytest.raises(AnswerError) as caught:
        read_votable(answer(content), asked="x")
    assert message in str(caught.value)
    assert caught.value.content == content
