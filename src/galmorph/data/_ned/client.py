"""A client for NED, the NASA/IPAC Extragalactic Database."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from astropy.table import Table

from galmorph._checks import check_choice
from galmorph.data._galaxy_table.resolve import plan_resolve, resolve
from galmorph.data._ned.connection import NedConnection
from galmorph.data._ned.guidelines import check_length
from galmorph.data._ned.image_list import images_request, parse_images
from galmorph.data._ned.object_tables import (
    object_request,
    older_object_request,
    parse_cross_identifications,
    parse_diameters,
    parse_positions,
)
from galmorph.data._ned.overview import (
    classifications_request,
    overview_request,
    parse_classifications,
    parse_older_overview,
    parse_overview,
)
from galmorph.data._ned.routes import Route, all_gone, ask_first
from galmorph.data._ned.search import ACKNOWLEDGEMENT, Search
from galmorph.data._ned.sia import parse_sia, sia_request
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import ServiceError

__all__ = ["NedClient"]


class NedClient(NedConnection):
    r"""Searches NED for galaxies, and gets what NED knows about each.

    NED asks its users to send at most one request a second, and never two at the same time; `HttpTransport` keeps to
    that by default. With a `cache`, an answer that was checked is never requested again, so a run that was stopped
    resumes where it stopped. Please acknowledge NED in publications: ``meta["acknowledgement"]`` of each table of
    galaxies holds the sentence that NED asks for.

    NED replaced its older services in 2026. The client asks the newer ones, and an older one only where NED does not
    have the newer one (any more): after the status 404 or 410, a page in place of a table, or a redirect to another
    host, twice. If no service is left for a question, the error says as code which other ways there are.

    Parameters
    ----------
    transport
        Sends the requests; by default an `HttpTransport` with its defaults.
    base_url
        Address of NED, of a mirror, or of a server of your own for tests.
    images_url
        Address of NED's service for images (SIA 2); by default NED's own, or ``services/sia`` below another `base_url`.
    cache
        Folder in which answers are kept; by default they are not kept.

    Raises
    ------
    InvalidValueError
        If `base_url` or `images_url` is not an address, or `transport` is not a transport.

    Examples
    --------
    A transport that already knows the answer, instead of the network:

    >>> from galmorph.data import Answer, NedClient, Transport
    >>> class Recorded(Transport):
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

    service_name = "NED"
    acknowledgement = ACKNOWLEDGEMENT

    def search(
        self,
        classification: str,
        *,
        limit: int | None = None,
        strict: bool = True,
        helpdesk_agreed: bool = False,
        progress: bool = True,
    ) -> Table:
        """List the galaxies that any published classification puts into a class, by right ascension.

        The class is the search term, not a label: about 30 % of the galaxies have another type. Take labels from
        `morphology` or `legacy_type`, with a `Scheme`.

        Parameters
        ----------
        classification
            "E", "S0", "S0/a", "S", "Irr", "A" (unbarred), "AB" (mixed), "B" (barred), "SB0/a", "VLSB", "compact",
            "edge-on", "tides", "merger", "pseudo-bulge", or the code of another of NED's attributes, as text.
        limit
            Largest number of rows; by default all. If NED has more, an `IncompleteWarning` says how many.
        strict
            If False, rows that can't be split into columns (a name contains ``|``) are left out, with a warning; if
            True they are an error.
        helpdesk_agreed
            Whether NED's helpdesk agreed to a run of more than six hours.
        progress
            Whether to show a progress bar.

        Returns
        -------
        Table
            One row for each of NED's rows: `name`; `ra` and `dec` (float64, ICRS, degrees); `object_type` (G for
            galaxies, GPair, GGroup, ...); `redshift` (float64, masked if unknown) and `redshift_flag`; `morphology`
            and `activity` (homogenised); `legacy_type` (type and activity in one text of 20 characters); `note` ("*"
            if NED has notes); `requested` (the class). ``meta`` holds the acknowledgement, the date, the number of
            requests, whether the table is complete, and the rows that were left out.

        Raises
        ------
        InvalidValueError
            If the class is unknown, or `limit` is below 1.
        TransportError, AnswerError
            If a page did not arrive, or is incomplete. The table never has fewer rows than requested.
        LongRunError
            If the remaining pages take more than six hours, and `helpdesk_agreed` is False.

        Warns
        -----
        IncompleteWarning
            If the table holds less than NED has.
        """
        search = Search(connection=self, classifications=[classification], limit=limit, strict=strict)
        return search.table(merge=False, helpdesk_agreed=helpdesk_agreed, progress=progress)

    def plan_search(self, classification: str, *, limit: int | None = None, strict: bool = True) -> RequestPlan:
        """Count the requests that `search` with these arguments would send.

        This requests the first page only, because that page gives the number of pages. With a `cache`, the search need
        not request it again.

        Parameters
        ----------
        classification, limit, strict
            As for `search`.

        Returns
        -------
        RequestPlan
            The number of requests, and how long they take.

        Raises
        ------
        InvalidValueError, TransportError, AnswerError
            As for `search`.
        """
        return Search(connection=self, classifications=[classification], limit=limit, strict=strict).plan()

    def search_many(
        self,
        classifications: Sequence[str],
        *,
        limit: int | None = None,
        strict: bool = True,
        helpdesk_agreed: bool = False,
        progress: bool = True,
    ) -> Table:
        """List the galaxies of several classes, one row for each name.

        Parameters
        ----------
        classifications
            The classes, each as for `search`.
        limit
            Largest number of rows of each class.
        strict, helpdesk_agreed, progress
            As for `search`.

        Returns
        -------
        Table
            As for `search`; `requested` holds all classes that list the galaxy, joined by ";".

        Raises
        ------
        InvalidValueError
            If no class is given, one is unknown or given twice, or `limit` is below 1.
        TransportError, AnswerError, LongRunError
            As for `search`.

        Warns
        -----
        IncompleteWarning
            As for `search`.
        """
        search = Search(connection=self, classifications=list(classifications), limit=limit, strict=strict)
        return search.table(merge=True, helpdesk_agreed=helpdesk_agreed, progress=progress)

    def plan_search_many(
        self, classifications: Sequence[str], *, limit: int | None = None, strict: bool = True
    ) -> RequestPlan:
        """Count the requests that `search_many` with these arguments would send, as `plan_search` does for one class.

        Parameters
        ----------
        classifications, limit, strict
            As for `search_many`.

        Returns
        -------
        RequestPlan
            The number of requests, and how long they take.

        Raises
        ------
        InvalidValueError, TransportError, AnswerError
            As for `search_many`.
        """
        return Search(connection=self, classifications=list(classifications), limit=limit, strict=strict).plan()

    def overview(self, name: str) -> Table:
        """Get the values that NED prefers for one object.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            One row: `name` (NED's), `ra`, `dec` (ICRS, degrees), `object_type`, `redshift`, `morphology`,
            `morphology_refcode`, `activity`, `major_axis_arcmin`, `cross_ids` (joined by ";"). Missing numbers are
            masked, missing texts empty. All columns that NED sent follow. The older service gives no diameter and no
            other names.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not an overview.

        Warns
        -----
        IncompleteWarning
            If the newer service is gone, and the older one has answered; or if NED's answer has lost a column.
        """
        return ask_first(
            self,
            self._overview_routes(name),
            left=[*_code(name, "positions({})", "diameters({})"), _simbad("query_object", name)],
        )

    def knows_overview(self, name: str) -> bool:
        """Whether the answer for the overview of this name is in the cache."""
        newer, older = self._overview_routes(name)
        return self.knows(newer.request) or (newer.service in self.gone_services and self.knows(older.request))

    def is_gone(self, error: ServiceError) -> bool:
        """Whether an error of `overview` was raised because all services for it are gone."""
        return all_gone(error)

    def check_length(self, plan: RequestPlan, *, agreed: bool) -> None:
        """Raise `LongRunError` for a run of more than six hours, unless NED's helpdesk agreed to it."""
        check_length(plan, helpdesk_agreed=agreed)

    def resolve(
        self,
        galaxies: Any,
        *,
        name_column: str | None = None,
        type_column: str | None = None,
        helpdesk_agreed: bool = False,
        progress: bool = True,
    ) -> Table:
        """Find the positions and diameters of your own list of galaxies: `galmorph.data.resolve` with this client.

        Parameters
        ----------
        galaxies
            A list of names; a mapping of names to types; or a table of names and perhaps types: an astropy table, a
            pandas data frame, or the path of a file (.csv, .ecsv, .vot, .xml, or .txt with one name a line).
        name_column, type_column
            Columns of names and types. By default they are found by their headers (``name``, ``galaxy``, ``object``
            ...; ``morphology``, ``type``, ``class`` ...).
        helpdesk_agreed
            Whether NED's helpdesk agreed to a run of more than six hours.
        progress
            Whether to show a progress bar.

        Returns
        -------
        Table
            One row for each galaxy that was found, with the columns of `CatalogueSource.fetch` and then `ned_name`,
            `ned_morphology`, `activity` and your other columns, as `resolve` describes them.

        Raises
        ------
        InvalidValueError
            If `galaxies` is no such list, or a column is missing or not clear.
        FileFormatError
            If a file can't be read as a table.
        LongRunError
            If the run takes more than six hours, and `helpdesk_agreed` is False.
        TransportError, AnswerError
            If ten galaxies in a row got no answer, or NED's services for overviews are gone.

        Warns
        -----
        IncompleteWarning
            If galaxies of the list are not in the table.

        Examples
        --------
        >>> from galmorph.data import NedClient
        >>> client = NedClient()
        >>> print(client.plan_resolve(["M 51", "NGC 4472", "M51"]))
        positions and diameters of 3 galaxies from NED: 3 requests to send, at least 3 s at 1 s a request
        """
        return resolve(
            galaxies,
            self,
            name_column=name_column,
            type_column=type_column,
            agreed=helpdesk_agreed,
            progress=progress,
        )

    def plan_resolve(
        self, galaxies: Any, *, name_column: str | None = None, type_column: str | None = None
    ) -> RequestPlan:
        """Count the requests that `resolve` with these arguments would send. Nothing is requested.

        Parameters
        ----------
        galaxies, name_column, type_column
            As for `resolve`.

        Returns
        -------
        RequestPlan
            The number of requests, and how long they take.

        Raises
        ------
        InvalidValueError, FileFormatError
            As for `resolve`.
        """
        return plan_resolve(galaxies, self, name_column=name_column, type_column=type_column)

    def images(self, name: str, *, route: str | None = None) -> Table:
        """List the images that NED has of one object.

        NED has two lists. That of its image service ("sia") holds the images with coordinates on the sky; the page of
        its archive ("page") is older, and also holds those without, such as plates of the DSS.

        Parameters
        ----------
        name
            Any of its names.
        route
            "sia" or "page". By default the image service, and the page if that lists nothing or is gone.

        Returns
        -------
        Table
            One row for each file: `object` (NED's name), `format` (FITS, JPG), `product` ("image", "spectrum", "cube";
            empty if unknown), `url`, `size_kb`, `band`, `wavelength` (metres) and `wavelength_text` (as NED writes
            it), `width_arcmin`, `height_arcmin`, `resolution_arcsec`, `telescope`, `refcode`. Numbers are float64,
            masked if NED gives none.

        Raises
        ------
        InvalidValueError
            If `route` is none of these.
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not a list of images.

        Warns
        -----
        IncompleteWarning
            If the image service is gone, and the page has answered.
        """
        sia = Route(
            service="services/sia",
            request=sia_request(self.images_url, name),
            parse=partial(parse_sia, name=name),
        )
        page = Route(
            service="cgi-bin/imgdata",
            request=images_request(self.base_url, name),
            parse=partial(parse_images, name=name),
            html=True,
        )
        if route is not None:
            check_choice("route", route, ("sia", "page"))
        left = ['from galmorph.data import HipsImages; HipsImages(survey="CDS/P/DSS2/red")']
        if route is not None:
            other = "page" if route == "sia" else "sia"
            source = f"from galmorph.data import NedClient, NedImages; NedImages(client=NedClient(), route={other!r})"
            left = [*_code(name, f"images({{}}, route={other!r})"), source, *left]
        routes = {"sia": [sia], "page": [page], None: [sia, page]}[route]
        table = ask_first(self, routes, left=left)
        if route is None and len(table) == 0:
            return ask_first(self, [page], left=left)
        return table

    def classifications(self, name: str) -> Table:
        """List the published classifications of one object.

        Only NED's older service gives them; `overview` has the one that NED prefers.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            One row for each: `category` ("Galaxy Morphology", "Activity Type", ...), `value`, `refcode`. All columns
            that NED sent follow.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it holds no classifications.
        """
        route = Route(
            service="cgi-bin/objsearch",
            request=classifications_request(self.base_url, name),
            parse=partial(parse_classifications, name=name),
        )
        return ask_first(self, [route], left=_code(name, "overview({})"))

    def positions(self, name: str) -> Table:
        """List the published positions of one object.

        Returns
        -------
        Table
            `ra`, `dec` (ICRS, degrees), `uncertainty_major_arcsec`, `uncertainty_minor_arcsec` (semi-axes of the 95 %
            ellipse), `published_name` (empty if NED gives none), `refcode`. Missing numbers are masked.

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As for `overview`.

        Warns
        -----
        IncompleteWarning
            If the newer service is gone, and the older one has answered.
        """
        left = [*_code(name, "overview({})"), _simbad("query_object", name)]
        return self._ask_both("positions", name, parse_positions, left)

    def diameters(self, name: str) -> Table:
        """List the published diameters of one object.

        Returns
        -------
        Table
            `band`, `major_axis_arcsec`, `minor_axis_arcsec` (full axes), `position_angle` (degrees from north to
            east), `axis_ratio`, `reference_level`, `refcode`. Missing numbers are masked.

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As for `overview`.

        Warns
        -----
        IncompleteWarning
            As for `positions`.
        """
        return self._ask_both("diameters", name, parse_diameters, _code(name, "overview({})"))

    def cross_identifications(self, name: str) -> Table:
        """List the names of one object.

        Returns
        -------
        Table
            `name` and `object_type` (according to the catalogue with this name; empty if NED gives none).

        Raises
        ------
        UnknownObjectError, TransportError, AnswerError
            As for `overview`.

        Warns
        -----
        IncompleteWarning
            As for `positions`.
        """
        left = [*_code(name, "overview({})"), _simbad("query_objectids", name)]
        return self._ask_both("cross_identifications", name, parse_cross_identifications, left)

    def _ask_both(self, table: str, name: str, parse: Callable[..., Table], left: list[str]) -> Table:
        """Ask the newer service for a table of an object, and the older one if that is gone."""
        requests = (object_request(self.base_url, table, name), older_object_request(self.base_url, table, name))
        routes = [
            Route(service=_service(request.url), request=request, parse=partial(parse, name=name))
            for request in requests
        ]
        return ask_first(self, routes, left=left)

    def _overview_routes(self, name: str) -> list[Route[Table]]:
        requests: list[tuple[Any, Callable[..., Table]]] = [
            (overview_request(self.base_url, name), parse_overview),
            (classifications_request(self.base_url, name), parse_older_overview),
        ]
        return [
            Route(service=_service(request.url), request=request, parse=partial(parse, name=name))
            for request, parse in requests
        ]


def _service(url: str) -> str:
    """The last two parts of an address, which name the service."""
    return "/".join(url.rsplit("/", 2)[1:])


def _code(name: str, *calls: str) -> list[str]:
    """Code that makes calls of a client for a name, each ready to be pasted."""
    return [f"from galmorph.data import NedClient; NedClient().{call.format(repr(name))}" for call in calls]


def _simbad(call: str, name: str) -> str:
    return f"from astroquery.simbad import Simbad; Simbad.{call}({name!r})"
