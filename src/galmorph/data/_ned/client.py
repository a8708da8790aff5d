"""A client for NED, the NASA/IPAC Extragalactic Database."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from astropy.table import Table

from galmorph._checks import check, check_positive_int
from galmorph.data._ned.image_list import images_request, parse_images
from galmorph.data._ned.listing_page import class_code
from galmorph.data._ned.object_tables import (
    object_request,
    parse_cross_identifications,
    parse_diameters,
    parse_positions,
)
from galmorph.data._ned.overview import (
    classifications_request,
    overview_request,
    parse_classifications,
    parse_overview,
)
from galmorph.data._ned.search import listing_table, plan_listings, read_listings
from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.plan import RequestPlan
from galmorph.data._web.request import Answer, Request, Transport, host_of
from galmorph.data._web.transport import HttpTransport
from galmorph.errors import AnswerError

__all__ = ["NedClient"]

T = TypeVar("T")


class NedClient:
    r"""Asks NED for lists of galaxies, and for what it knows of each.

    NED asks its users for at most one request a second and none at the same time, which `HttpTransport` keeps by
    default. With a `cache`, an answer that was checked is never asked for again, so that a run that ended early goes on
    where it was. Whoever publishes what came from NED should say so: tables of galaxies carry the sentence that NED
    wishes for in ``meta["acknowledgement"]``.

    Parameters
    ----------
    transport
        What brings answers; by default an `HttpTransport` with its defaults.
    base_url
        Where NED is: a mirror, or a server of your own for tests.
    cache
        Folder in which answers are kept; by default none are.

    Raises
    ------
    InvalidValueError
        If `base_url` is no address.

    Examples
    --------
    A transport that knows its answer by heart, in place of the network:

    >>> from galmorph.data import Answer, NedClient
    >>> class Recorded:
    ...     def get(self, request):
    ...         page = (
    ...             b"<form>Page 1 of 1</form><pre><strong>No.|Name</strong>\n"
    ...             b"1|MESSIER 049||12h29m46.8s|+08d00m01s|G|0.003326|SLS|E2:Sy2|E2:|Sy2|1\n</pre>"
    ...         )
    ...         return Answer(url=request.full_url, content=page, content_type="text/html")
    >>> galaxies = NedClient(transport=Recorded()).search("E", progress=False)
    >>> galaxies["name", "object_type", "redshift", "morphology"].pprint()
        name    object_type redshift morphology
    ----------- ----------- -------- ----------
    MESSIER 049           G 0.003326        E2:
    """

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        base_url: str = "https://ned.ipac.caltech.edu",
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        check(host_of(base_url) != "", f"base_url: expected an address from http:// or https://, got {base_url!r}")
        self.transport = HttpTransport() if transport is None else transport
        self.base_url = base_url.rstrip("/")
        self.cache = None if cache is None else AnswerCache(cache)

    @property
    def pace(self) -> float:
        """Seconds between the starts of two requests; 0 where the transport does not tell."""
        return float(getattr(self.transport, "pace", 0.0))

    @property
    def parallel(self) -> int:
        """Requests that may be under way at once; 1 where the transport does not tell."""
        return int(getattr(self.transport, "parallel", 1))

    def ask(self, request: Request, parse: Callable[[Answer], T]) -> T:
        """Get an answer, from the cache or from NED, and what it says.

        Parameters
        ----------
        request
            What to ask.
        parse
            Turns the answer into a result; must raise where the answer is not what it should be, for what it takes goes
            into the cache.

        Returns
        -------
        object
            What `parse` returns.

        Raises
        ------
        TransportError
            If no answer came.
        ServiceError
            What `parse` raises.
        OSError
            If the cache can't be written.
        """
        if self.cache is not None and (kept := self.cache.get(request)) is not None:
            try:
                return parse(kept)
            except AnswerError:
                pass  # kept under other rules than today's: ask anew
        answer = self.transport.get(request)
        result = parse(answer)
        if self.cache is not None:
            self.cache.put(request, answer)
        return result

    def knows(self, request: Request) -> bool:
        """Tell whether the answer is in the cache."""
        return self.cache is not None and request in self.cache

    def search(
        self,
        classification: str,
        *,
        limit: int | None = None,
        dry_run: bool = False,
        helpdesk_agreed: bool = False,
        strict: bool = True,
        progress: bool = True,
    ) -> Table | RequestPlan:
        """List the galaxies of a class: all that carry it in any published classification, by right ascension.

        The class is what was searched for, not what the galaxies are: some 30 % of them have another type. Take labels
        from `morphology` or `legacy_type`, by a `Scheme`.

        Parameters
        ----------
        classification
            "E", "S0", "S0/a", "S", "Irr", "A" (unbarred), "AB" (mixed), "B" (barred), "SB0/a", "VLSB", "compact",
            "edge-on", "tides", "merger", "pseudo-bulge", or the number of another of NED's attributes, as text.
        limit
            Most rows; by default all. With fewer than NED has, an `IncompleteWarning` tells how many there are.
        dry_run
            If True, ask for the first page alone, and return a plan of what a search would ask.
        helpdesk_agreed
            Whether NED's helpdesk agreed to a run of more than six hours.
        strict
            If False, rows whose columns can't be told apart (a name with a bar) are left out, with a warning; if True
            they are an error.
        progress
            Whether to show a progress bar.

        Returns
        -------
        Table or RequestPlan
            A row for each of NED's rows: `name`; `ra` and `dec` (float64, degrees, J2000); `object_type` (G for
            galaxies, GPair, GGroup, ...); `redshift` (float64, masked where unknown) and `redshift_flag`; `morphology`
            and `activity` (homogenised); `legacy_type` (type and activity in 20 characters, which may touch); `note`
            ("*" where NED has notes); `requested` (the class). ``meta`` holds the acknowledgement, the date, the number
            of requests, whether the table is complete, and the rows that were left out.

        Raises
        ------
        InvalidValueError
            If the class is unknown, or `limit` is below 1.
        TransportError, AnswerError
            If a page did not come, or is not whole: never is less returned than was asked for.
        LongRunError
            If the pages that remain take more than six hours, and `helpdesk_agreed` is False.

        Warns
        -----
        IncompleteWarning
            If the table holds less than NED has.
        """
        return self._search(
            [classification],
            limit=limit,
            dry_run=dry_run,
            helpdesk_agreed=helpdesk_agreed,
            strict=strict,
            progress=progress,
            merge=False,
        )

    def search_many(
        self,
        classifications: Sequence[str],
        *,
        limit: int | None = None,
        dry_run: bool = False,
        helpdesk_agreed: bool = False,
        strict: bool = True,
        progress: bool = True,
    ) -> Table | RequestPlan:
        """List the galaxies of several classes, one row for each name.

        Parameters
        ----------
        classifications
            The classes, as for `search`.
        limit
            Most rows of each class.
        dry_run, helpdesk_agreed, strict, progress
            As for `search`.

        Returns
        -------
        Table or RequestPlan
            As from `search`; `requested` holds all classes under which the galaxy was found, joined by ";".

        Raises
        ------
        InvalidValueError
            If no class is given, one is unknown or given twice, or `limit` is below 1.
        TransportError, AnswerError, LongRunError
            As by `search`.

        Warns
        -----
        IncompleteWarning
            If the table holds less than NED has.
        """
        return self._search(
            list(classifications),
            limit=limit,
            dry_run=dry_run,
            helpdesk_agreed=helpdesk_agreed,
            strict=strict,
            progress=progress,
            merge=True,
        )

    def _search(
        self,
        classes: list[str],
        *,
        limit: int | None,
        dry_run: bool,
        helpdesk_agreed: bool,
        strict: bool,
        progress: bool,
        merge: bool,
    ) -> Table | RequestPlan:
        codes = [class_code(each) for each in classes]  # all are checked before the first is asked for
        check(len(set(codes)) == len(codes) > 0, f"classifications: expected one or more, each once, got {classes!r}")
        if limit is not None:
            check_positive_int("limit", limit)
        plan, starts = plan_listings(self, classes, limit=limit, strict=strict)
        if dry_run:
            return plan
        plan.check_length(helpdesk_agreed=helpdesk_agreed)
        listings = read_listings(self, starts, strict=strict, progress=progress)
        return listing_table(listings, limit=limit, merge=merge)

    def overview(self, name: str) -> Table:
        """Tell what NED holds for the best values of one object.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            One row: `name` (NED's), `ra`, `dec` (degrees), `object_type`, `redshift`, `morphology`,
            `morphology_refcode`, `activity`, `major_axis_arcmin`, `cross_ids` (joined by ";"), numbers masked and texts
            empty where NED has none; then all columns as NED sent them.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer came, or not one of this kind.
        """
        return self.ask(overview_request(self.base_url, name), partial(parse_overview, name=name))

    def images(self, name: str) -> Table:
        """List the images that NED has of one object.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            A row for each file: `object` (NED's name), `format` (FITS, JPG), `url`, `size_kb`, `band`, `wavelength`
            (metres) and `wavelength_text` (as NED writes it), `width_arcmin`, `height_arcmin`, `resolution_arcsec`,
            `telescope`, `refcode`. Numbers are float64, masked where NED tells none.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer came, or not one of this kind.
        """
        return self.ask(images_request(self.base_url, name), partial(parse_images, name=name))

    def classifications(self, name: str) -> Table:
        """List the published classifications of one object.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            A row for each: `category` ("Galaxy Morphology", "Activity Type", ...), `value`, `refcode`; then all columns
            as NED sent them.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer came, or it holds no classifications.
        """
        return self.ask(classifications_request(self.base_url, name), partial(parse_classifications, name=name))

    def positions(self, name: str) -> Table:
        """List the published positions of one object.

        Returns
        -------
        Table
            `ra`, `dec` (degrees, J2000), `uncertainty_major_arcsec`, `uncertainty_minor_arcsec` (semi-axes of the 95 %
            ellipse), `published_name` (empty where NED does not tell), `refcode`. Numbers are masked where missing.

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As by `overview`.
        """
        return self.ask(object_request(self.base_url, "positions", name), partial(parse_positions, name=name))

    def diameters(self, name: str) -> Table:
        """List the published diameters of one object.

        Returns
        -------
        Table
            `band`, `major_axis_arcsec`, `minor_axis_arcsec` (whole axes), `position_angle` (degrees from north to
            east), `axis_ratio`, `reference_level`, `refcode`. Numbers are masked where missing.

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As by `overview`.
        """
        return self.ask(object_request(self.base_url, "diameters", name), partial(parse_diameters, name=name))

    def cross_identifications(self, name: str) -> Table:
        """List the names of one object.

        Returns
        -------
        Table
            `name` and `object_type` (what the catalogue with this name takes it for; empty where NED does not tell).

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As by `overview`.
        """
        request = object_request(self.base_url, "cross_identifications", name)
        return self.ask(request, partial(parse_cross_identifications, name=name))

    def __repr__(self) -> str:
        return f"NedClient({self.base_url!r}, transport={self.transport!r}, cache={self.cache!r})"
