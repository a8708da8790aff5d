"""`resolve`: a user's own list of galaxies becomes a catalogue, by a service of names."""

from typing import Any

from astropy.table import Table

from galmorph._checks import check
from galmorph.data._galaxy_table.name_service import NameService
from galmorph.data._galaxy_table.own_list import read_own_list
from galmorph.data._galaxy_table.resolution import Resolution
from galmorph.data._web.request_plan import RequestPlan

__all__ = ["plan_resolve", "resolve"]


def resolve(
    galaxies: Any,
    service: NameService,
    *,
    name_column: str | None = None,
    type_column: str | None = None,
    agreed: bool = False,
    progress: bool = True,
) -> Table:
    """Find the positions and diameters of your own list of galaxies.

    The service is asked for one overview of each name. With a cache, a run that was stopped goes on where it stopped.

    Parameters
    ----------
    galaxies
        A list of names; a mapping of names to types; or a table of names and perhaps types: an astropy table, a
        pandas data frame, or the path of a file (.csv, .ecsv, .vot, .xml, or .txt with one name a line).
    service
        Who is asked: `NedClient`, `SimbadClient`, or a `NameService` of your own.
    name_column, type_column
        Columns of names and types. By default they are found by their headers (``name``, ``galaxy``, ``object`` ...;
        ``morphology``, ``type``, ``class`` ...).
    agreed
        Whether the people of the service agreed to a run of more than six hours (NED wants to be asked).
    progress
        Whether to show a progress bar.

    Returns
    -------
    Table
        One row for each galaxy that was found, in the order of the list, with the columns of `CatalogueSource.fetch`:
        `name` (yours); `ra` and `dec` (float64, ICRS, degrees); `morphology` (your types, as written; the service's if
        the list has none); `t` and `t_error` (your columns of these names, if the types are yours; else `t` of the
        text); `major_axis_arcmin`, `axis_ratio`, `position_angle`, `redshift` (float64, masked if unknown; NED gives
        no axis ratio and no angle); `source` of the type ("own list", or the service) and its `refcode`;
        `object_type`. Then the service's own ``<service>_name`` and ``<service>_morphology`` (``ned_...``,
        ``simbad_...``), and `activity`. Your other columns follow; one whose name is taken is called ``own_...``.
        ``meta["skipped"]`` lists the others as ``{"name": ..., "reason": ...}``: unknown to the service, without
        position, without an answer, or the same object as a row before. ``meta`` also holds the acknowledgement, the
        date, and whether all were found (``"complete"``).

    Raises
    ------
    InvalidValueError
        If `galaxies` is no such list, a column is missing or not clear, or `service` is no service of names.
    FileFormatError
        If a file can't be read as a table.
    LongRunError
        If the service wants to be asked before such a long run, and `agreed` is False.
    TransportError, AnswerError
        If ten galaxies in a row got no answer, or the service is gone.

    Warns
    -----
    IncompleteWarning
        If galaxies of the list are not in the table.
    """
    return _resolution(galaxies, service, name_column, type_column).table(agreed=agreed, progress=progress)


def plan_resolve(
    galaxies: Any, service: NameService, *, name_column: str | None = None, type_column: str | None = None
) -> RequestPlan:
    """Count the requests that `resolve` with these arguments would send. Nothing is requested.

    Parameters
    ----------
    galaxies, service, name_column, type_column
        As for `resolve`.

    Returns
    -------
    RequestPlan
        The number of requests, and how long they take.

    Raises
    ------
    InvalidValueError, FileFormatError
        As for `resolve`.

    Examples
    --------
    >>> from galmorph.data import SimbadClient, plan_resolve
    >>> print(plan_resolve(["M 51", "NGC 4472", "M51"], SimbadClient()))
    positions and diameters of 3 galaxies from SIMBAD: 3 requests to send, at least 3 s at 1 s a request
    """
    return _resolution(galaxies, service, name_column, type_column).plan()


def _resolution(galaxies: Any, service: NameService, name_column: str | None, type_column: str | None) -> Resolution:
    check(
        isinstance(service, NameService) and not isinstance(service, type),
        f"service: expected NedClient(), SimbadClient() or a NameService of your own, got {service!r}",
    )
    own = read_own_list(galaxies, name_column=name_column, type_column=type_column)
    return Resolution(service=service, galaxies=own)
