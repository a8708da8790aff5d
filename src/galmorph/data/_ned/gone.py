"""Services of NED that are gone: which errors show it, and what a client remembers of it."""

import re
import time

from galmorph.errors import AnswerError, OutageError, ServiceError, TransportError

__all__ = ["GoneServices", "is_gone"]

_REMEMBERED = 3600.0  # seconds
# How `HttpTransport` words them; other transports may do the same.
_REFUSED = re.compile(r"the service said (404|410)\b|it redirects to .*, which is another host")
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_UNKNOWN = re.compile(rb"not currently recognized|failed to resolve", re.IGNORECASE)


def is_gone(error: ServiceError, *, html: bool = False) -> bool:
    """Whether an error shows that NED does not have a service any more.

    It does after the status 404 or 410, a redirect to another host, or an HTML page in place of a table, such as the
    notice to which a redirect leads. An unknown galaxy, an outage and a damaged table do not.

    Parameters
    ----------
    error
        The error after a request.
    html
        Whether the service answers with HTML pages. Then a page without any table counts as a notice.
    """
    if isinstance(error, TransportError):
        return not isinstance(error, OutageError) and _REFUSED.search(str(error)) is not None
    if not isinstance(error, AnswerError):
        return False
    start = error.content[:2000]
    if _HTML.search(start) is None or b"<VOTABLE" in start or _UNKNOWN.search(error.content):
        return False
    return not html or b"<table" not in error.content.lower()


class GoneServices:
    """Remembers for an hour which services are gone, so that they need not be asked about each galaxy."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, service: str) -> None:
        """Remember that a service is gone."""
        self._until[service] = time.monotonic() + _REMEMBERED

    def __contains__(self, service: str) -> bool:
        return time.monotonic() < self._until.get(service, 0.0)
