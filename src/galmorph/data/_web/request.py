"""Questions to web services, their answers, and what brings the one to the other.

A transport is anything with a method ``get(request) -> Answer``. `galmorph.data.HttpTransport` asks the network; tests,
examples and replays pass an object that knows its answers by heart.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import quote, urlencode, urlsplit

from requests.utils import requote_uri

from galmorph._checks import check, check_positive_int

__all__ = ["Answer", "Request", "Transport", "host_of"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A question to a web service: an HTTP GET.

    Parameters
    ----------
    url
        Address, from ``http://`` or ``https://``, without the parameters.
    params
        Names and values of the query, in order; a name may come more than once.
    max_bytes
        Most bytes of an answer that are accepted, both as they come and unpacked.

    Raises
    ------
    InvalidValueError
        If `url` is no such address, or `max_bytes` is below 1.

    Examples
    --------
    >>> from galmorph.data import Request
    >>> params = (("M", "1010"), ("position", "ra,dec"))
    >>> Request(url="https://ned.ipac.caltech.edu/cgi-bin/OBJatt", params=params).full_url
    'https://ned.ipac.caltech.edu/cgi-bin/OBJatt?M=1010&position=ra%2Cdec'
    """

    url: str
    params: tuple[tuple[str, str], ...] = ()
    max_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        check(host_of(self.url) != "", f"url: expected an address from http:// or https://, got {self.url!r}")
        check_positive_int("max_bytes", self.max_bytes)

    @property
    def full_url(self) -> str:
        """The address with the query, percent-encoded."""
        if not self.params:
            return requote_uri(self.url)
        joint = "&" if urlsplit(self.url).query else "?"
        return requote_uri(self.url) + joint + urlencode(self.params, quote_via=quote)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a web service said.

    Parameters
    ----------
    url
        Where it came from in the end, after redirects.
    content
        The body, unpacked from its Content-Encoding.
    content_type
        The media type in lower case, without its parameters (``"text/html"``); empty where none was told.
    """

    url: str
    content: bytes
    content_type: str

    def __repr__(self) -> str:
        return f"Answer({self.content_type or 'unknown type'}, {len(self.content)} bytes from {self.url})"


@runtime_checkable
class Transport(Protocol):
    """What brings an answer to a request: `HttpTransport`, or something of your own."""

    def get(self, request: Request) -> Answer:
        """Ask, and return the whole answer; raise `galmorph.errors.TransportError` where none came."""
        ...


def host_of(url: str) -> str:
    """The host of an address, or "" where it is none that we ask."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
