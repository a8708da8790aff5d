"""All pages of NED's lists, put together into one table."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, Table
from tqdm import tqdm

from galmorph.data._ned.listing_page import ROWS_A_PAGE, ListingPage, ListingRow, listing_request, parse_listing
from galmorph.data._web.plan import RequestPlan
from galmorph.data._web.request import Answer, Request
from galmorph.errors import AnswerError, IncompleteWarning

__all__ = ["ACKNOWLEDGEMENT", "Listing", "listing_table", "plan_listings", "read_listings"]

T = TypeVar("T")

# https://ned.ipac.caltech.edu/Documents/Overview/Acknowledgments
ACKNOWLEDGEMENT = (
    "This research has made use of the NASA/IPAC Extragalactic Database (NED), which is funded by the National "
    "Aeronautics and Space Administration and operated by the California Institute of Technology."
)


@runtime_checkable
class Asker(Protocol):
    """What a `NedClient` does for a search."""

    base_url: str

    @property
    def pace(self) -> float:
        """Seconds between the starts of two requests."""
        ...

    @property
    def parallel(self) -> int:
        """Requests that may be under way at once."""
        ...

    def ask(self, request: Request, parse: Callable[[Answer], T]) -> T:
        """Get an answer and what it says."""
        ...

    def knows(self, request: Request) -> bool:
        """Tell whether the answer is there already."""
        ...


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The list of one class, as far as it was asked for."""

    classification: str
    pages: tuple[ListingPage, ...]
    wanted: int

    @property
    def complete(self) -> bool:
        """Whether all pages are there."""
        return len(self.pages) >= self.pages[0].pages


def plan_listings(
    asker: Asker, classifications: Sequence[str], *, limit: int | None, strict: bool
) -> tuple[RequestPlan, list[Listing]]:
    """Ask for the first page of each class, and tell what remains to be asked."""
    starts = []
    for each in classifications:
        first = _page(asker, each, 1, strict=strict)
        most = math.inf if limit is None else -(-limit // ROWS_A_PAGE)
        starts.append(Listing(classification=each, pages=(first,), wanted=int(min(first.pages, most))))
    rest = [
        asker.knows(listing_request(asker.base_url, each.classification, page))
        for each in starts
        for page in range(2, each.wanted + 1)
    ]
    what = f"NED's class{'' if len(starts) == 1 else 'es'} {', '.join(classifications)}"
    plan = RequestPlan(what=what, requests=rest.count(False), pace=asker.pace, cached=rest.count(True) + len(starts))
    return plan, starts


def read_listings(asker: Asker, starts: list[Listing], *, strict: bool, progress: bool) -> list[Listing]:
    """Ask for all pages that are wanted."""
    total = sum(each.wanted for each in starts)
    with tqdm(total=total, desc="NED", unit="page", disable=not progress) as bar:
        listings = []
        for start in starts:
            bar.update(len(start.pages))
            pages = list(start.pages)
            for page in _pages(asker, start, strict=strict):
                if page.pages != start.pages[0].pages:
                    raise _changed(asker, start, page)
                pages.append(page)
                bar.update()
            listings.append(Listing(classification=start.classification, pages=tuple(pages), wanted=start.wanted))
        return listings


def _pages(asker: Asker, start: Listing, *, strict: bool) -> Iterator[ListingPage]:
    numbers = range(2, start.wanted + 1)
    ask = partial(_page, asker, start.classification, strict=strict)
    if asker.parallel == 1:
        yield from map(ask, numbers)
        return
    executor = ThreadPoolExecutor(max_workers=asker.parallel)
    try:
        yield from executor.map(ask, numbers)
    finally:
        # After an error, what was not asked yet is not asked any more.
        executor.shutdown(cancel_futures=True)


def _page(asker: Asker, classification: str, page: int, *, strict: bool) -> ListingPage:
    parse = partial(parse_listing, classification=classification, page=page, strict=strict)
    return asker.ask(listing_request(asker.base_url, classification, page), parse)


def _changed(asker: Asker, start: Listing, page: ListingPage) -> AnswerError:
    return AnswerError(
        f"class {start.classification!r}: page 1 said that there are {start.pages[0].pages} pages, page {page.page} "
        f"says {page.pages}; the list changed while it was read: empty the cache, if you use one, and search again",
        url=listing_request(asker.base_url, start.classification, page.page).full_url,
    )


def listing_table(listings: list[Listing], *, limit: int | None, merge: bool) -> Table:
    """Put lists together; with `merge` one row for each name."""
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
            f"{len(bad_rows)} rows of NED's lists were left out, because their columns can't be told apart, such as "
            f"{bad_rows[0]['text']!r}; they stand in meta['bad_rows']",
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


def _warn_incomplete(listing: Listing, rows: int) -> None:
    pages = listing.pages[0].pages
    # Only the last page tells how many rows it has.
    many = f"{sum(len(page.rows) + len(page.bad_rows) for page in listing.pages)} rows"
    if not listing.complete:
        many = f"{(pages - 1) * ROWS_A_PAGE + 1} to {pages * ROWS_A_PAGE} rows on {pages} pages"
    warnings.warn(
        f"class {listing.classification!r}: {rows} rows were asked for, NED has {many}; "
        f"leave limit out to get them all",
        IncompleteWarning,
        stacklevel=2,
    )


def _table(found: list[tuple[ListingRow, list[str]]]) -> Table:
    columns = dict(zip(ListingRow._fields, zip(*(row for row, _ in found), strict=True), strict=False))
    table = Table()
    for name in ListingRow._fields:
        values = columns.get(name, ())
        if name == "redshift":
            redshift = np.array(values, np.float64)
            table[name] = MaskedColumn(redshift, mask=np.isnan(redshift), description="redshift, masked where unknown")
        elif name in ("ra", "dec"):
            table[name] = Column(np.array(values, np.float64), unit=u.deg, description=f"{name} (J2000)")
        else:
            table[name] = Column(np.array(values, dtype=str))
    table["requested"] = Column(np.array([";".join(requested) for _, requested in found], dtype=str))
    return table["name", "ra", "dec", "object_type", "redshift", "redshift_flag", "morphology", "activity",
                 "legacy_type", "note", "requested"]  # fmt: skip
