"""`CdsCatalogue`: catalogues of typed galaxies from the query service of CDS."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from astropy.table import Table, vstack

from galmorph._checks import check, check_choice, check_positive_int
from galmorph._progress import tqdm
from galmorph.data._catalogue_sources.catalogue_source import CatalogueSource
from galmorph.data._catalogue_sources.cds_rows import common_rows
from galmorph.data._catalogue_sources.cds_tables import CDS_TABLES
from galmorph.data._web.ask import ask
from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.http_transport import checked_transport
from galmorph.data._web.request import Answer, Request, Transport, host_of
from galmorph.data._web.request_plan import RequestPlan
from galmorph.data._web.tap import TAPVIZIER, Extent, parse_extent, parse_rows, query
from galmorph.errors import AnswerError

__all__ = ["CdsCatalogue"]

T = TypeVar("T")

# https://cds.unistra.fr/help/acknowledgement/
_ACKNOWLEDGEMENT = (
    "This research has made use of the VizieR catalogue access tool, CDS, Strasbourg, France "
    "(DOI: 10.26093/cds/vizier). The original description of the VizieR service was published in 2000, A&AS 143, 23."
)


@dataclass(frozen=True)
class _Piece:
    """A request for rows: how many must arrive (None if unknown), and how many may."""

    request: Request
    expected: int | None
    most: int


class CdsCatalogue(CatalogueSource):
    """A catalogue of galaxies with types, from VizieR at CDS.

    ================  =========================================================================================
    ``rc3``           RC3: types in its code, T, diameters, axis ratios, position angles, velocities of 23,011
    ``hyperleda``     HyperLEDA's principal galaxies: types of some of about 983,000, diameters, axis ratios
    ``efigi``         EFIGI: T of 4,458 galaxies, with the half width of its confidence interval as error
    ``nair-abraham``  Nair & Abraham: T of 14,034 galaxies of the SDSS, and redshifts
    ================  =========================================================================================

    The service is asked for the number of rows first, and the table has exactly so many, or there is an error. Tables
    of more than 50,000 rows arrive in pieces. **None of this was checked against the service itself**: the names of
    columns come from descriptions and public code, so an error names the columns that arrived.

    Parameters
    ----------
    catalogue
        One of the names above.
    where
        Condition for the rows, in ADQL with the catalogue's own column names (``"BT < 13"``); by default none.
    transport
        Sends the requests; by default an `HttpTransport` with its defaults.
    cache
        Folder in which answers are kept; by default they are not kept.
    service
        Address of the query service (TAP, synchronous), or of a mirror.
    max_bytes
        Largest answer that is accepted, in bytes.

    Raises
    ------
    InvalidValueError
        If the catalogue is unknown, or another option has a wrong value.

    References
    ----------
    Ochsenbein, Bauer & Marcout (2000), A&AS 143, 23: VizieR.

    Examples
    --------
    A transport that already knows the answers, instead of the network:

    >>> from galmorph.data import Answer, CdsCatalogue, Transport, parse_morphology
    >>> def votable(fields, cells):
    ...     columns = "".join(f'<FIELD name="{name}" datatype="{kind}"/>' for name, kind in fields.items())
    ...     row = "".join(f"<TD>{cell}</TD>" for cell in cells)
    ...     data = f"<DATA><TABLEDATA><TR>{row}</TR></TABLEDATA></DATA>"
    ...     return f"<VOTABLE><RESOURCE><TABLE>{columns}{data}</TABLE></RESOURCE></VOTABLE>".encode()
    >>> class Recorded(Transport):
    ...     def get(self, request):
    ...         fields = {"name": "char", "RA2000": "double", "DE2000": "double", "type": "char", "T": "float"}
    ...         content = votable(fields | {"D25": "float"}, ["NGC 4536", 188.61, 2.19, ".SXT4..", 4.0, 2.0])
    ...         if "COUNT" in dict(request.params)["QUERY"]:
    ...             content = votable({"rows_there": "int"}, [1])
    ...         return Answer(url=request.full_url, content=content, content_type="text/xml")
    >>> galaxies = CdsCatalogue("rc3", transport=Recorded()).fetch(progress=False)
    >>> [row] = galaxies.iterrows("name", "morphology", "t", "major_axis_arcmin")
    >>> str(row[0]), str(row[1]), float(row[2]), float(row[3])
    ('NGC 4536', '.SXT4..', 4.0, 10.0)
    >>> str(parse_morphology(galaxies["morphology"][0]))
    'SAB(rs)bc'
    """

    def __init__(
        self,
        catalogue: str,
        *,
        where: str | None = None,
        transport: Transport | None = None,
        cache: str | os.PathLike[str] | None = None,
        service: str = TAPVIZIER,
        max_bytes: int = 256 << 20,
    ) -> None:
        check_choice("catalogue", catalogue, CDS_TABLES)
        check(where is None or where.strip() != "", "where: expected a condition such as 'BT < 13', got an empty text")
        check(host_of(service) != "", f"service: expected an address from http:// or https://, got {service!r}")
        check_positive_int("max_bytes", max_bytes)
        self._table = CDS_TABLES[catalogue]
        self.name = self._table.source
        self.where = where
        self.transport = checked_transport(transport)
        self.cache = None if cache is None else AnswerCache(cache)
        self.service = service
        self.max_bytes = max_bytes

    def fetch(self, *, progress: bool = True) -> Table:
        """Return all rows of the catalogue, as `CatalogueSource.fetch` describes them.

        Parameters
        ----------
        progress
            Whether to show a progress bar.

        Returns
        -------
        Table
            The common table. ``t`` is the catalogue's own T if it has one, else that of the type's text; codes off
            the sequence (90 for I0, 99 for peculiar) are masked. ``meta`` holds the acknowledgement, the source, its
            reference, the date, and the number of requests.

        Raises
        ------
        TransportError, OutageError
            If an answer did not arrive.
        AnswerError
            If an answer is an error, is cut, has more or fewer rows than the service counted, or lacks a column.
        OSError
            If the cache can't be written.

        Warns
        -----
        IncompleteWarning
            If values were masked because they can't be read.
        """
        extent = self._extent()
        pieces = self._pieces(extent)
        tables = []
        with tqdm(total=len(pieces), desc=self.name, unit="piece", disable=not progress) as bar:
            for piece in pieces:
                tables.append(self._ask(piece.request, partial(self._rows, piece)))
                bar.update()
        joined = vstack(tables, metadata_conflicts="silent") if len(tables) > 1 else tables[0]
        if len(joined) != extent.rows:
            raise AnswerError(
                f"{self._asked}: expected {extent.rows} rows, as the service counted them, got {len(joined)} in "
                f"{len(pieces)} pieces; the table may have changed meanwhile: empty the cache, if you use one, and "
                f"fetch again",
                url=self.service,
            )
        thanks = (_ACKNOWLEDGEMENT, self._table.acknowledgement, f"Types from {self._table.title}.")
        joined.meta = {
            "acknowledgement": " ".join(filter(None, thanks)),
            "source": self.name,
            "table": self._table.table,
            "refcode": self._table.refcode,
            "where": self.where or "",
            "retrieved": datetime.now(UTC).date().isoformat(),
            "requests": len(pieces) + 1,
            "complete": True,
        }
        return joined

    def plan(self) -> RequestPlan:
        """Count the requests that `fetch` would send.

        This asks for the number of rows only, which gives the number of pieces. With a `cache`, `fetch` need not ask
        for it again.

        Returns
        -------
        RequestPlan
            The number of requests, and how long they take at least.

        Raises
        ------
        TransportError, OutageError, AnswerError
            As for `fetch`.
        """
        known = [self.cache is not None and piece.request in self.cache for piece in self._pieces(self._extent())]
        return RequestPlan(
            what=f"{self.name} from CDS",
            requests=known.count(False),
            pace=self.transport.pace,
            cached=known.count(True) + 1,
        )

    @property
    def _asked(self) -> str:
        return f"{self.name} ({self._table.table})"

    def _extent(self) -> Extent:
        key = self._table.key
        range_ = f", MIN({key}) AS lowest_key, MAX({key}) AS highest_key" if key else ""
        request = self._query(f"COUNT(*) AS rows_there{range_}", [], most_rows=10, max_bytes=1 << 20)
        return self._ask(
            request, partial(parse_extent, asked=f"{self._asked}, number of rows", columns=3 if key else 1)
        )

    def _pieces(self, extent: Extent) -> list[_Piece]:
        key, span = self._table.key, self._table.piece
        if not key:
            request = self._query("*", [], most_rows=extent.rows + 1, max_bytes=self.max_bytes)
            return [_Piece(request, extent.rows, extent.rows)]
        first, last = (math.floor(each / span) for each in (extent.lowest, extent.highest))
        pieces = []
        for number in range(first, last + 1):
            within = f"{key} >= {number * span} AND {key} < {(number + 1) * span}"
            request = self._query("*", [within], most_rows=2 * span, max_bytes=self.max_bytes)
            pieces.append(_Piece(request, extent.rows if first == last else None, 2 * span))
        return pieces

    def _query(self, what: str, conditions: list[str], *, most_rows: int, max_bytes: int) -> Request:
        if self.where is not None:
            conditions = [f"({self.where})", *conditions]
        which = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        adql = f'SELECT {what} FROM "{self._table.table}"{which}'  # noqa: S608  (a public service, read-only)
        return query(self.service, adql, most_rows=most_rows, max_bytes=max_bytes)

    def _rows(self, piece: _Piece, answer: Answer) -> Table:
        sent = parse_rows(answer, asked=self._asked, expected=piece.expected, most=piece.most)
        return common_rows(sent, self._table, answer, asked=self._asked)

    def _ask(self, request: Request, parse: Callable[[Answer], T]) -> T:
        return ask(request, parse, transport=self.transport, cache=self.cache)

    def __repr__(self) -> str:
        return f"CdsCatalogue({self.name!r}, where={self.where!r}, transport={self.transport!r}, cache={self.cache!r})"
