"""Requests to query services (TAP) such as those of CDS, and the check that all rows have arrived."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from galmorph.data._web.request import Answer, Request, answer_error
from galmorph.data._web.votable import ServiceTable, read_votable

__all__ = ["TAPVIZIER", "Extent", "only_table", "parse_extent", "parse_rows", "query"]

TAPVIZIER = "https://tapvizier.cds.unistra.fr/TAPVizieR/tap/sync"


@dataclass(frozen=True)
class Extent:
    """Number of rows of a table, and the range of the column by which it is read in pieces (0 and 0 without one)."""

    rows: int
    lowest: int = 0
    highest: int = 0


def query(service: str, adql: str, *, most_rows: int, max_bytes: int) -> Request:
    """Make the request for the result of a query, of at most so many rows."""
    params = (
        ("REQUEST", "doQuery"),
        ("LANG", "ADQL"),
        ("FORMAT", "votable"),
        # Without it the service applies a limit of its own.
        ("MAXREC", str(most_rows)),
        ("QUERY", adql),
    )
    return Request(url=service, params=params, max_bytes=max_bytes)


def parse_extent(answer: Answer, *, asked: str, columns: int) -> Extent:
    """Read the number of rows and, if there are three columns, the range of the key.

    Raises
    ------
    AnswerError
        If the answer is not one row of so many whole numbers.
    """
    sent = only_table(answer, asked)
    values = [sent.table.columns[place] for place in range(len(sent.table.columns))]
    if len(sent) != 1 or len(values) != columns:
        what = f"expected one row of {columns} numbers, got {len(sent)} rows of {len(values)} columns"
        raise answer_error(answer, asked, what)
    try:
        numbers = [int(column[0]) for column in values if not np.ma.is_masked(column[0])]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) < columns and numbers[:1] != [0]:  # an empty table has no lowest key
        shown = [str(column[0]) for column in values]
        raise answer_error(answer, asked, f"expected {columns} whole numbers, got {', '.join(shown)}")
    return Extent(*numbers)


def parse_rows(answer: Answer, *, asked: str, expected: int | None, most: int) -> ServiceTable:
    """Read rows.

    Parameters
    ----------
    answer
        The answer of the service.
    asked
        What was requested, for messages.
    expected
        Number of rows that must have arrived; None if it is not known.
    most
        Largest number of rows that may arrive.

    Raises
    ------
    AnswerError
        If the answer is not a VOTable of one table, reports an error (one that says OVERFLOW has fewer rows than were
        asked for), or has another number of rows.
    """
    sent = only_table(answer, asked)
    wrong = partial(answer_error, answer, asked)
    if expected is not None and len(sent) != expected:
        raise wrong(f"expected {expected} rows, as the service counted them, got {len(sent)}")
    if len(sent) > most:
        raise wrong(f"expected at most {most} rows, got {len(sent)}")
    return sent


def only_table(answer: Answer, asked: str) -> ServiceTable:
    """Read an answer that has one table; raise `AnswerError` if it has another number of tables."""
    tables = read_votable(answer, asked=asked)
    if len(tables) != 1:
        raise answer_error(answer, asked, f"expected one table, got {len(tables)}")
    return tables[0]
