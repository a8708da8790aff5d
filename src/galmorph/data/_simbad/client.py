"""A client for SIMBAD, the database of objects at CDS."""

import os
from functools import partial

from astropy.table import Table

from galmorph._checks import check
from galmorph.data._galaxy_table.name_service import NameService
from galmorph.data._simbad.overview import overview_request, parse_overview
from galmorph.data._web.ask import ask
from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.gone import is_gone
from galmorph.data._web.http_transport import checked_transport
from galmorph.data._web.request import Transport, host_of
from galmorph.errors import ServiceError, TransportError

__all__ = ["SimbadClient"]

SIMBAD = "https://simbad.cds.unistra.fr/simbad/sim-tap/sync"


class SimbadClient(NameService):
    """Gets what SIMBAD knows about named galaxies, through its query service.

    It needs one request for each name. SIMBAD refuses those who send more than about five requests a second; with
    ``HttpTransport(pace=0.25)`` a thousand names take four minutes. **This was not checked against the service**: the
    columns are those of its published list.

    Parameters
    ----------
    transport
        Sends the requests; by default an `HttpTransport` with its defaults.
    cache
        Folder in which answers are kept; by default they are not kept.
    service
        Address of the query service (TAP, synchronous), or of a mirror.

    Raises
    ------
    InvalidValueError
        If `service` is not an address, or `transport` is not a transport.

    References
    ----------
    Wenger et al. (2000), A&AS 143, 9: SIMBAD.

    Examples
    --------
    A transport that already knows the answer, instead of the network:

    >>> from galmorph.data import Answer, SimbadClient, Transport, resolve
    >>> fields = {"main_id": "char", "ra": "double", "dec": "double", "otype": "char", "morph_type": "char",
    ...           "morph_bibcode": "char", "galdim_majaxis": "float", "galdim_minaxis": "float",
    ...           "galdim_angle": "short", "galdim_bibcode": "char", "rvz_redshift": "double"}
    >>> cells = ["M  49", 187.4448, 8.0004, "Sy2", "E2", "", 10.0, 8.0, 155, "", 0.0033]
    >>> class Recorded(Transport):
    ...     def get(self, request):
    ...         columns = "".join(f'<FIELD name="{name}" datatype="{kind}"/>' for name, kind in fields.items())
    ...         row = "".join(f"<TD>{cell}</TD>" for cell in cells)
    ...         table = f"<TABLE>{columns}<DATA><TABLEDATA><TR>{row}</TR></TABLEDATA></DATA></TABLE>"
    ...         page = f"<VOTABLE><RESOURCE>{table}</RESOURCE></VOTABLE>"
    ...         return Answer(url=request.full_url, content=page.encode(), content_type="text/xml")
    >>> galaxies = resolve({"NGC 4472": "E/S0"}, SimbadClient(transport=Recorded()), progress=False)
    >>> galaxies["name", "morphology", "major_axis_arcmin", "axis_ratio", "simbad_name"].pprint(show_unit=False)
      name   morphology major_axis_arcmin axis_ratio simbad_name
    -------- ---------- ----------------- ---------- -----------
    NGC 4472       E/S0              10.0        0.8        M 49
    """

    service_name = "SIMBAD"
    # https://cds.unistra.fr/help/acknowledgement/
    acknowledgement = (
        "This research has made use of the SIMBAD database, operated at CDS, Strasbourg, France (Wenger et al. 2000, "
        "A&AS 143, 9)."
    )

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        cache: str | os.PathLike[str] | None = None,
        service: str = SIMBAD,
    ) -> None:
        check(host_of(service) != "", f"service: expected an address from http:// or https://, got {service!r}")
        self.transport = checked_transport(transport)
        self.cache = None if cache is None else AnswerCache(cache)
        self.service = service
        self.pace = self.transport.pace

    def overview(self, name: str) -> Table:
        """Get what SIMBAD has of one object.

        Parameters
        ----------
        name
            Any of its names.

        Returns
        -------
        Table
            One row: `name` (SIMBAD's main one, with single blanks), `ra`, `dec` (ICRS, degrees), `morphology`,
            `major_axis_arcmin`, `axis_ratio`, `position_angle` (degrees, from north through east), `redshift`,
            `object_type` (in NED's codes: ``G`` for galaxies of all kinds, ``GPair``, ``GGroup``, ``GClstr``, ``QSO``;
            else SIMBAD's), `morphology_refcode`, `diameter_refcode`, and SIMBAD's own `simbad_type`. Missing numbers
            are masked, missing texts empty.

        Raises
        ------
        InvalidValueError
            If the name has control characters.
        UnknownObjectError
            If SIMBAD does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not an overview.

        Warns
        -----
        IncompleteWarning
            If SIMBAD's answer has lost a column.
        """
        request = overview_request(self.service, name)
        return ask(request, partial(parse_overview, name=name), transport=self.transport, cache=self.cache)

    def knows_overview(self, name: str) -> bool:
        """Whether the answer for this name is in the cache."""
        return self.cache is not None and overview_request(self.service, name) in self.cache

    def is_gone(self, error: ServiceError) -> bool:
        """Whether an error shows that the service is not there any more: 404, 410, or a redirect to another host.

        A page in place of a table may pass, so `resolve` goes on until there are ten in a row.
        """
        return isinstance(error, TransportError) and is_gone(error)

    def __repr__(self) -> str:
        return f"SimbadClient(transport={self.transport!r}, cache={self.cache!r})"
