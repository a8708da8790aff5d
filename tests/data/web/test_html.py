"""HTML pages of web services: trees, or errors that keep the answer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from galmorph.data._web.html import parse_html
from galmorph.data._web.request import Answer
from galmorph.errors import AnswerError


def parse(content: bytes):
    """Parse a page."""
    return parse_html(Answer(url="http://x", content=content, content_type=""), asked="page")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_pages_are_text_and_tree(encoding):
    """The page comes as text and as a tree, in UTF-8 or else in Latin-1, with or without an XML declaration."""
    for start in ("", "<?xml version='1.0'?>"):
        text, soup = parse(f"{start}<html><body>é</body></html>".encode(encoding))
        assert text == f"{start}<html><body>é</body></html>"
        assert soup.get_text() == "é"


@pytest.mark.parametrize("content", [b"", b"SIMPLE  =", b"<VOTABLE/>", b"Please try later"])
def test_other_answers_are_errors(content):
    """What has no element of a page is an error that says what it is and keeps it."""
    with pytest.raises(
        AnswerError, match=r"page: expected an HTML page, got .*; the answer is kept .*http://x"
    ) as caught:
        parse(content)
    assert (caught.value.content, caught.value.url) == (content, "http://x")


def test_pages_of_many_tags_are_refused():
    """600,000 elements inside each other take minutes and gigabytes to parse, so they are not."""
    with pytest.raises(AnswerError, match="at most 100000 tags, got one of 600001"):
        parse(b"<html>" + b"<form>" * 600_000)


@given(st.binary())
@example(b"<!")
@example(b"<table><![")
@example(b"<pre><?")
def test_any_bytes_are_a_page_or_an_error(content):
    """No content raises anything but an `AnswerError`."""
    try:
        text = parse(b"<pre>" + content)[0]
    except AnswerError:
        text = "<pre>"
    assert text.startswith("<pre>")
