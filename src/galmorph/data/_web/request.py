"""Requests to web services, their answers, and the transport that turns one into the other.

`galmorph.data.HttpTransport` asks the network. Tests, examples and replays pass a transport of their own that already
knows the answers.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import quote, urlencode, urlsplit

from requests.utils import requote_uri

from galmorph._checks import check, check_positive_int
from galmorph.errors import AnswerError

__all__ = ["Answer", "Request", "Transport", "answer_error", "host_of"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP GET request to a web service.

    Parameters
    ----------
    url
        Address, starting with ``http://`` or ``https://``, without the parameters.
    params
        Names and values of the query, in order. A name may occur more than once.
    max_bytes
        Largest answer that is accepted, in bytes, both as transferred and after unpacking.

    Raises
    ------
    InvalidValueError
        If `url` is not such an address, or `max_bytes` is below 1.

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
    """The answer of a web service.

    Parameters
    ----------
    url
        Address that it came from, after all redirects.
    content
        The body, unpacked from its Content-Encoding.
    content_type
        Media type in lower case, without its parameters (``"text/html"``); empty if the service gave none.
    """

    url: str
    content: bytes
    content_type: str

    def __repr__(self) -> str:
        return f"Answer({self.content_type or 'unknown type'}, {len(self.content)} bytes from {self.url})"


@runtime_checkable
class Transport(Protocol):
    """Brings the answers to requests: `HttpTransport`, or a class of your own.

    Subclass it and define `get`; the two attributes have defaults.

    Attributes
    ----------
    pace
        Seconds between the starts of two requests, from which the length of a run is estimated. By default 0.
    parallel
        Largest number of requests that may be sent at the same time. By default 1.

    Examples
    --------
    >>> from galmorph.data import Answer, Request, Transport
    >>> class Recorded(Transport):
    ...     def get(self, request):
    ...         return Answer(url=request.full_url, content=b"<html>", content_type="text/html")
    >>> transport = Recorded()
    >>> transport.get(Request(url="https://ned.ipac.caltech.edu")).content
    b'<html>'
    >>> transport.pace, transport.parallel
    (0.0, 1)
    """

    pace: float = 0.0
    parallel: int = 1

    def get(self, request: Request) -> Answer:
        """Send a request and return the complete answer.

        Raises
        ------
        OutageError
            If the service did not answer although it was asked several times.
        TransportError
            If no complete answer arrived for another reason.
        """
        ...


def answer_error(answer: Answer, asked: str, what: str) -> AnswerError:
    """Make the error for a wrong answer to what was asked; it keeps the answer."""
    return AnswerError(
        f"{asked}: {what}; the answer is kept in the error's content ({answer.url})",
        url=answer.url,
        content=answer.content,
    )


def host_of(url: str) -> str:
    """The host of an address; "" if it is not an HTTP address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
