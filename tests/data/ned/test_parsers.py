"""What all parsers of NED's tables promise, whatever arrives: a table, or an error of ours that keeps the answer."""

import warnings

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ned_answers import RECORDED, answer, api, damaged
from ned_server import Image, sia_votable

from galmorph.data._ned.image_list import parse_images
from galmorph.data._ned.object_tables import parse_positions
from galmorph.data._ned.overview import parse_classifications, parse_older_overview, parse_overview
from galmorph.data._ned.sia import parse_sia
from galmorph.errors import AnswerError, IncompleteWarning, UnknownObjectError

PARSERS = {
    parse_images: (RECORDED / "image_extract.html").read_bytes(),
    parse_positions: (RECORDED / "query_positions.xml").read_bytes(),
    parse_overview: api(
        [("equ_j2000_lon", "RA", "double"), ("equ_j2000_lat", "Dec", "double"), ("ptype", "t", "char")],
        [["0.1", "0.2", "G"]],
    ),
    parse_older_overview: (RECORDED / "query_object.xml").read_bytes(),
    parse_sia: sia_votable("m1", [Image("/a:I:J:x.fits", b"x", "J", "12000A", 6.0, "t", "r", None)], "http://x"),
    parse_classifications: api([("category", "a", "char"), ("classification", "b", "char")], [["x", "y"]]).replace(
        b'"x"', b'"classifications"'
    ),
}


def check(parse, content):
    """Assert that a parser makes a table of some content, or raises a typed error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)  # a column was damaged
            table = parse(answer(content), name="m1")
    except (AnswerError, UnknownObjectError):
        return
    assert table.colnames


@pytest.mark.parametrize("parse", PARSERS)
@given(content=st.binary())
@example(b"<!")
@example(b"<![")
@example(b"<?xml version='1.0'?><table>")
@example(b"<table>")
@settings(max_examples=50)
def test_any_bytes_are_a_table_or_an_error(parse, content):
    """No content raises anything but typed errors."""
    check(parse, content)


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_answers_are_a_table_or_an_error(parse, data):
    """A real answer with pieces cut out, doubled or overwritten is a table or a typed error."""
    check(parse, data.draw(damaged(PARSERS[parse])))


def test_the_answers_are_tables_before_they_are_damaged():
    """Each of the answers that are damaged here is one that its parser reads."""
    for parse, content in PARSERS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteWarning)  # of columns that the short overview lacks
            assert len(parse(answer(content), name="m1")) > 0
