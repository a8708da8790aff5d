"""Columns of the answers of NED, and of the tables that the client returns."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn

from galmorph.data._web.request import Answer, answer_error
from galmorph.data._web.votable import ServiceTable

__all__ = ["by_id", "need_sent", "number_column", "text_column"]


def text_column(texts: Iterable[str]) -> Column:
    """A column of texts; it has no mask."""
    return Column(np.array(list(texts), dtype=str))


def number_column(
    numbers: Iterable[float], *, unit: u.UnitBase | None = None, description: str | None = None
) -> MaskedColumn:
    """A column of float64 numbers, masked where they are NaN."""
    values = np.array(list(numbers), np.float64)
    return MaskedColumn(values, mask=np.isnan(values), unit=unit, description=description)


def by_id(sent: ServiceTable) -> ServiceTable:
    """The same table, whose columns are found by ID first: the names of NED::API are prose, and change."""
    ids = {key.lower(): place for place, key in enumerate(sent.table.colnames)}
    return replace(sent, places=sent.places | ids)


def need_sent(answer: Answer, asked: str, sent: ServiceTable, *columns: Sequence[str]) -> None:
    """Raise `AnswerError` unless each of these columns was sent; each is given by its possible IDs or names."""
    missing = [names[0] for names in columns if not any(name in sent.places for name in names)]
    if missing:
        got = ", ".join(sent.table.colnames[:60]) or "none"
        raise answer_error(
            answer, asked, f"expected the columns {', '.join(missing)}, got {got}; NED changed its format"
        )
