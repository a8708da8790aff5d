"""Whether an error shows that a service is gone."""

import re

from galmorph.errors import AnswerError, OutageError, ServiceError, TransportError

__all__ = ["is_gone"]

_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_UNKNOWN = re.compile(rb"not currently recognized|failed to resolve", re.IGNORECASE)


def is_gone(error: ServiceError, *, html: bool = False) -> bool:
    """Whether an error shows that a service is not there any more.

    It does after the status 404 or 410, a redirect that can't be followed (to another host), or an HTML page in place
    of a table, such as the notice to which a redirect leads. An unknown galaxy, an outage and a damaged table do not.

    Parameters
    ----------
    error
        The error after a request.
    html
        Whether the service answers with HTML pages. Then a page without any table counts as a notice.
    """
    if isinstance(error, TransportError):
        status = None if isinstance(error, OutageError) else error.status
        return status in (404, 410) or (status is not None and 300 <= status < 400)
    if not isinstance(error, AnswerError):
        return False
    start = error.content[:2000]
    if _HTML.search(start) is None or b"<VOTABLE" in start or _UNKNOWN.search(error.content):
        return False
    return not html or b"<table" not in error.content.lower()
