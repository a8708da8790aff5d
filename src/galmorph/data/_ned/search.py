"""Search NED for the galaxies of some classes: read all pages of its lists, and make one table of them."""

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import astropy.units as u
import numpy as np
from astropy.table import Column, Table

from galmorph._checks import check, check_positive_int
from galmorph._progress import tqdm
from galmorph.data._ned.columns import number_column, text_column
from galmorph.data._ned.connection import NedConnection
from galmorph.data._ned.guidelines import check_length
from galmorph.data._ned.listing_page import (
    ROWS_PER_PAGE,
    ListingPage,
    ListingRow,
    class_code,
    listing_request,
    parse_listing,
)
from galmorph.data._ned.routes import with_routes_left
from galmorph.data._web.gone import is_gone
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import AnswerError, IncompleteWarning, ServiceError

__all__ = ["ACKNOWLEDGEMENT", "Search"]

# https://ned.ipac.caltech.edu/Documents/Overview/Acknowledgments
ACKNOWLEDGEMENT = (
    "This research has made use of the NASA/IPAC Extragalactic Database (NED), which is funded by the National "
    "Aeronautics and Space Administration and operated by the California Institute of Technology."
)
_ROUTES_LEFT = [f'from galmorph.data import CdsCatalogue; CdsCatalogue("{name}")' for name in ("rc3", "hyperleda")]
_COLUMNS = ("name", "ra", "dec", "object_type", "redshift", "redshift_flag", "morphology", "activity", "legacy_type",
            "note", "requested")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Listing:
    """The list of one class: the pages that were read, and how many are wanted."""

    classification: str
    pages: tuple[ListingPage, ...]
    wanted: int

    @property
    def complete(self) -> bool:
        """Whether all pages of NED's list were read."""
        return len(self.pages) >= self.pages[0].pages


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search for the galaxies of some classes, as `NedClient.search` describes it.

    Parameters
    ----------
    connection
        The connection to NED.
    classifications
        The classes, as names or codes.
    limit
        Largest number of rows of each class; None for all.
    strict
        If False, rows that can't be split into columns are left out; if True they are an error.

    Raises
    ------
    InvalidValueError
        If no class is given, one is unknown or given twice, or `limit` is below 1.
    """

    connection: NedConnection
    classifications: list[str]
    limit: int | None
    strict: bool

    def __post_init__(self) -> None:
        codes = [class_code(each) for each in self.classifications]
        check(
            len(set(codes)) == len(codes) > 0,
            f"classifications: expected one or more, each once, got {self.classifications!r}",
        )
        if self.limit is not None:
            check_positive_int("limit", self.limit)

    def plan(self) -> RequestPlan:
        """Count the requests that are left, after reading the first page of each class."""
        return self._plan(self._start())

    def table(self, *, merge: bool, helpdesk_agreed: bool, progress: bool) -> Table:
        """Read all pages and make a table of them; with `merge`, one row for each name."""
        listings = self._start()
        check_length(self._plan(listings), helpdesk_agreed=helpdesk_agreed)
        total = sum(each.wanted for each in listings)
        with tqdm(total=total, desc="NED", unit="page", disable=not progress) as bar:
            listings = [self._read(each, bar.update) for each in listings]
        return _listing_table(listings, limit=self.limit, merge=merge)

    def _start(self) -> list[_Listing]:
        """Read the first page of each class, which gives the number of pages."""
        most = math.inf if self.limit is None else math.ceil(self.limit / ROWS_PER_PAGE)
        listings = []
        for each in self.classifications:
            first = self._page(each, 1)
            listings.append(_Listing(classification=each, pages=(first,), wanted=int(min(first.pages, most))))
        return listings

    def _plan(self, listings: list[_Listing]) -> RequestPlan:
        connection = self.connection
        known = [
            connection.knows(listing_request(connection.base_url, each.classification, page))
            for each in listings
            for page in range(2, each.wanted + 1)
        ]
        what = f"NED's class{'' if len(listings) == 1 else 'es'} {', '.join(self.classifications)}"
        cached = known.count(True) + len(listings)
        return RequestPlan(what=what, requests=known.count(False), pace=connection.pace, cached=cached)

    def _read(self, listing: _Listing, advance: Callable[[], object]) -> _Listing:
        """Read the pages of a list that are wanted."""
        first = listing.pages[0]
        pages = [first]
        advance()
        for page in self._further_pages(listing):
            if page.pages != first.pages:
                request = listing_request(self.connection.base_url, listing.classification, page.page)
                raise AnswerError(
                    f"class {listing.classification!r}: page 1 says that there are {first.pages} pages, page "
                    f"{page.page} says {page.pages}; the list changed during the search: empty the cache, if you use "
                    f"one, and search again",
                    url=request.full_url,
                )
            pages.append(page)
            advance()
        return _Listing(classification=listing.classification, pages=tuple(pages), wanted=listing.wanted)

    def _further_pages(self, listing: _Listing) -> Iterator[ListingPage]:
        numbers = range(2, listing.wanted + 1)
        read = partial(self._page, listing.classification)
        if self.connection.parallel == 1:
            yield from map(read, numbers)
            return
        executor = ThreadPoolExecutor(max_workers=self.connection.parallel)
        try:
            yield from executor.map(read, numbers)
        finally:
            executor.shutdown(cancel_futures=True)  # after an error, send no more requests

    def _page(self, classification: str, page: int) -> ListingPage:
        request = listing_request(self.connection.base_url, classification, page)
        parse = partial(parse_listing, classification=classification, page=page, strict=self.strict)
        try:
            return self.connection.ask(request, parse)
        except ServiceError as error:
            if not is_gone(error, html=True):
                raise
            raise with_routes_left(error, _ROUTES_LEFT) from error


def _listing_table(listings: list[_Listing], *, limit: int | None, merge: bool) -> Table:
    """Join lists into a table; with `merge`, one row for each name."""
    found: list[tuple[ListingRow, list[str]]] = []
    places: dict[str, int] = {}
    bad_rows, complete = [], True
    for each in listings:
        rows = [row for page in each.pages for row in page.rows]
        if not each.complete or (limit is not None and len(rows) > limit):
            complete = False
            _warn_incomplete(each, min(len(rows), limit or 0))
        for row in rows[:limit]:
            if merge and row.name in places:
                requested = found[places[row.name]][1]
                if each.classification not in requested:
                    requested.append(each.classification)
            else:
                places[row.name] = len(found)
                found.append((row, [each.classification]))
        bad_rows += [
            {"class": each.classification, "page": page.page, "row": bad.number, "reason": bad.reason, "text": bad.text}
            for page in each.pages
            for bad in page.bad_rows
        ]
    if bad_rows:
        warnings.warn(
            f"{len(bad_rows)} rows of NED's lists were left out, because they can't be split into columns, such as "
            f"{bad_rows[0]['text']!r}; meta['bad_rows'] lists them",
            IncompleteWarning,
            stacklevel=2,
        )
    table = _table(found)
    table.meta |= {
        "acknowledgement": ACKNOWLEDGEMENT,
        "retrieved": datetime.now(UTC).date().isoformat(),
        "requests": sum(len(each.pages) for each in listings),
        "complete": complete and not bad_rows,
        "bad_rows": bad_rows,
    }
    return table


def _warn_incomplete(listing: _Listing, rows: int) -> None:
    pages = listing.pages[0].pages
    # A page gives the number of pages, not of rows, so the total is known only if the last page was read.
    many = f"{sum(len(page.rows) + len(page.bad_rows) for page in listing.pages)} rows"
    if not listing.complete:
        many = f"{(pages - 1) * ROWS_PER_PAGE + 1} to {pages * ROWS_PER_PAGE} rows on {pages} pages"
    warnings.warn(
        f"class {listing.classification!r}: {rows} rows were requested, NED has {many}; leave out limit to get them "
        f"all",
        IncompleteWarning,
        stacklevel=2,
    )


def _table(found: list[tuple[ListingRow, list[str]]]) -> Table:
    table = Table()
    for name in ListingRow._fields:
        values = [getattr(row, name) for row, _ in found]
        if name == "redshift":
            table[name] = number_column(values, description="redshift, masked if unknown")
        elif name in ("ra", "dec"):
            table[name] = Column(np.array(values, np.float64), unit=u.deg, description=f"{name} (ICRS)")
        else:
            table[name] = text_column(values)
    table["requested"] = text_column(";".join(requested) for _, requested in found)
    return table[_COLUMNS]
