"""Requests, answers, and transports of one's own."""

import pytest

from galmorph.data import HipsImages, NedClient
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import InvalidValueError


@pytest.mark.parametrize("url", ["", "ned.ipac.caltech.edu", "ftp://x/y", "file:///etc/passwd", "http://", "http://[x"])
def test_requests_need_an_address(url):
    """A request goes to http:// or https:// with a host."""
    with pytest.raises(InvalidValueError, match="url: expected an address from http:// or https://"):
        Request(url=url)


def test_max_bytes_is_checked():
    """A request accepts at least one byte."""
    with pytest.raises(InvalidValueError, match="max_bytes: expected a whole number of at least 1"):
        Request(url="http://x", max_bytes=0)


def test_addresses_with_a_query_take_more():
    """Parameters go behind those that an address has already."""
    assert Request(url="http://x/a b?c=d", params=(("e", "f g"),)).full_url == "http://x/a%20b?c=d&e=f%20g"
    assert repr(Answer(url="http://x", content=b"12", content_type="")) == "Answer(unknown type, 2 bytes from http://x)"


def test_transports_of_ones_own_have_defaults():
    """A subclass needs `get` alone: it announces no pace, and one request at a time."""

    class Own(Transport):
        def get(self, request: Request) -> Answer:
            return Answer(url=request.url, content=b"own", content_type="")

    own = Own()
    assert (own.pace, own.parallel, isinstance(own, Transport)) == (0.0, 1, True)
    assert own.get(Request(url="http://x")).content == b"own"


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("make", [NedClient, HipsImages])
def test_transports_without_pace_are_refused(make):
    """A class with `get` alone is refused at once, and told what to subclass."""

    class Half:
        def get(self, request: Request) -> Answer:
            return Answer(url=request.url, content=b"", content_type="")

    with pytest.raises(
        InvalidValueError, match=r"transport: expected a method get and .* subclass galmorph.data.Transport"
    ):
        make(transport=Half())
