"""A client for NED, the NASA/IPAC Extragalactic Database."""

from collections.abc import Sequence
from functools import partial

from astropy.table import Table

from galmorph.data._ned.connection import NedConnection
from galmorph.data._ned.image_list import images_request, parse_images
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
from galmorph.data._ned.search import Search
from galmorph.data._web.request_plan import RequestPlan

__all__ = ["NedClient"]


class NedClient(NedConnection):
    r"""Searches NED for galaxies, and gets what NED knows about each.

    NED asks its users to send at most one request a second, and never two at the same time; `HttpTransport` keeps to
    that by default. With a `cache`, an answer that was checked is never requested again, so a run that was stopped
    resumes where it stopped. Please acknowledge NED in publications: ``meta["acknowledgement"]`` of each table of
    galaxies holds the sentence that NED asks for.

    Parameters
    ----------
    transport
        Sends the requests; by default an `HttpTransport` with its defaults.
    base_url
        Address of NED, of a mirror, or of a server of your own for tests.
    cache
        Folder in which answers are kept; by default they are not kept.

    Raises
    ------
    InvalidValueError
        If `base_url` is not an address, or `transport` is not a transport.

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
            masked, missing texts empty. All columns that NED sent follow.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not an overview.
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
            One row for each file: `object` (NED's name), `format` (FITS, JPG), `url`, `size_kb`, `band`, `wavelength`
            (metres) and `wavelength_text` (as NED writes it), `width_arcmin`, `height_arcmin`, `resolution_arcsec`,
            `telescope`, `refcode`. Numbers are float64, masked if NED gives none.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not a list of images.
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
            One row for each: `category` ("Galaxy Morphology", "Activity Type", ...), `value`, `refcode`. All columns
            that NED sent follow.

        Raises
        ------
        UnknownObjectError
            If NED does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it holds no classifications.
        """
        return self.ask(classifications_request(self.base_url, name), partial(parse_classifications, name=name))

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
        """
        return self.ask(object_request(self.base_url, "positions", name), partial(parse_positions, name=name))

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
        """
        return self.ask(object_request(self.base_url, "diameters", name), partial(parse_diameters, name=name))

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
        """
        request = object_request(self.base_url, "cross_identifications", name)
        return self.ask(request, partial(parse_cross_identifications, name=name))
