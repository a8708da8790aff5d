"""What every service of names can do: `NedClient`, `SimbadClient`, or a class of your own."""

from typing import Protocol, runtime_checkable

from astropy.table import Table

from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import ServiceError

__all__ = ["NameService"]


@runtime_checkable
class NameService(Protocol):
    """A service that knows galaxies by name: `NedClient`, `SimbadClient`, or a class of your own.

    Subclass it and define `overview`; everything else has defaults.

    Attributes
    ----------
    service_name
        Short name of the service, for the column ``source`` and for messages.
    acknowledgement
        Sentence for publications. By default empty.
    pace
        Seconds between the starts of two requests. By default 0.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from galmorph.data import NameService, resolve
    >>> class Mine(NameService):
    ...     service_name = "mine"
    ...     def overview(self, name):
    ...         return Table({"name": [name.upper()], "ra": [187.4], "dec": [8.0], "morphology": ["E2"]})
    >>> galaxies = resolve(["ngc 4472"], Mine(), progress=False)
    >>> galaxies["name", "ra", "morphology", "t", "source", "mine_name"].pprint(show_unit=False)
      name     ra  morphology  t   source mine_name
    -------- ----- ---------- ---- ------ ---------
    ngc 4472 187.4         E2 -5.0   mine  NGC 4472
    """

    service_name: str
    acknowledgement: str = ""
    pace: float = 0.0

    def overview(self, name: str) -> Table:
        """Return what the service knows of one object.

        Returns
        -------
        Table
            One row: `name` (the service's), `ra`, `dec` (ICRS, degrees); and, as far as the service has them,
            `object_type` (``G`` for a galaxy), `morphology`, `morphology_refcode`, `activity`, `major_axis_arcmin`,
            `axis_ratio`, `position_angle`, `redshift`. Missing numbers are masked or NaN, missing texts empty.

        Raises
        ------
        UnknownObjectError
            If the service does not know the name.
        TransportError, AnswerError
            If no answer arrived, or it is not an overview.
        """
        ...

    def knows_overview(self, name: str) -> bool:  # noqa: ARG002  (a default)
        """Whether `overview` of this name needs no request. By default False."""
        return False

    def is_gone(self, error: ServiceError) -> bool:  # noqa: ARG002  (a default)
        """Whether an error of `overview` means that no other name would get an answer either. By default False."""
        return False

    def check_length(self, plan: RequestPlan, *, agreed: bool) -> None:
        """Raise `LongRunError` if the service wants to be asked before such a run. By default nothing is too long."""
