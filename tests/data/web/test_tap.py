"""Queries to TAP, and what their answers must be."""

import pytest
from cds_answers import tap_votable
from ned_answers import answer

from galmorph.data._web.tap import TAPVIZIER, Extent, parse_extent, parse_rows, query
from galmorph.errors import AnswerError


def counted(*values: object) -> bytes:
    """One row of numbers."""
    fields = {f"c{place}": ("long", "") for place in range(len(values))}
    return tap_votable(fields, [dict(zip(fields, values, strict=True))])


def test_a_query_is_one_get_request():
    """Words and quotes of ADQL are encoded, and the limit of rows is told."""
    request = query(TAPVIZIER, 'SELECT * FROM "J/A+A/532/A74/efigi"', most_rows=4459, max_bytes=1)
    assert request.full_url == (
        "https://tapvizier.cds.unistra.fr/TAPVizieR/tap/sync?REQUEST=doQuery&LANG=ADQL&FORMAT=votable&MAXREC=4459"
        "&QUERY=SELECT%20%2A%20FROM%20%22J%2FA%2BA%2F532%2FA74%2Fefigi%22"
    )


def test_extents_are_read():
    """The number of rows, with the range of the key or without; no rows have no range."""
    assert parse_extent(answer(counted(23011)), asked="x", columns=1) == Extent(23011)
    assert parse_extent(answer(counted(9, 1, 3099300)), asked="x", columns=3) == Extent(9, 1, 3099300)
    assert parse_extent(answer(counted(0, "", "")), asked="x", columns=3) == Extent(0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (counted(1, 2), "x: expected one row of 3 numbers, got 1 rows of 2 columns"),
        (counted(1, 2, ""), "x: expected 3 whole numbers, got 1, 2, --"),
        (
            tap_votable({"a": ("char", "")}, [{"a": "many"}]),
            "x: expected one row of 3 numbers, got 1 rows of 1 columns",
        ),
        (tap_votable({}, []), "x: expected one table, got 0"),
    ],
)
def test_wrong_extents_are_errors(content, message):
    """A count that is not one number of rows and one range is no count."""
    with pytest.raises(AnswerError, match=message):
        parse_extent(answer(content), asked="x", columns=3)


def test_rows_are_counted():
    """As many rows as expected, or an error; where the number is not known, at most so many."""
    content = answer(counted(1))
    assert len(parse_rows(content, asked="x", expected=1, most=1)) == 1
    assert len(parse_rows(content, asked="x", expected=None, most=1)) == 1
    with pytest.raises(AnswerError, match="x: expected 2 rows, as the service counted them, got 1"):
        parse_rows(content, asked="x", expected=2, most=2)
    with pytest.raises(AnswerError, match="x: expected at most 0 rows, got 1"):
        parse_rows(content, asked="x", expected=None, most=0)
