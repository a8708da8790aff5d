"""is_gone: which errors show that a service is not there any more."""

import pytest

from galmorph.data._web.gone import is_gone
from galmorph.errors import AnswerError, OutageError, TransportError, UnknownObjectError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransportError("words of another transport", status=404), True),
        (TransportError("x", status=410), True),
        (TransportError("x", status=302), True),
        (TransportError("the service said 404 Not Found"), False),  # text alone says nothing
        (TransportError("x", status=403), False),
        (TransportError("x", status=200), False),
        (TransportError("x"), False),
        (OutageError("x", status=503), False),
        (OutageError("x", status=404), False),
        (AnswerError("x", content=b"<!DOCTYPE html><body>moved</body>"), True),
        (AnswerError("x", content=b"<VOTABLE"), False),
        (UnknownObjectError("x"), False),
    ],
)
def test_status_decides_and_not_the_text(error, expected):
    """404, 410, and redirects that can't be followed; an outage passes."""
    assert is_gone(error) == expected
