"""What every source of typed galaxies can do."""

from typing import Protocol, runtime_checkable

from astropy.table import Table

from galmorph.data._web.request_plan import RequestPlan

__all__ = ["CatalogueSource"]


@runtime_checkable
class CatalogueSource(Protocol):
    """A catalogue of galaxies with types: `CdsCatalogue`, `NedCatalogue`, or a class of your own.

    Attributes
    ----------
    name
        Short name of the catalogue, for the column ``source``.
    """

    name: str

    def fetch(self, *, progress: bool = True) -> Table:
        """Return all rows of the catalogue.

        Returns
        -------
        Table
            One row for each row of the catalogue, with the columns `name`; `ra` and `dec` (float64, ICRS, degrees);
            `morphology` (the type as text, see `parse_morphology`); `t` and `t_error` (numerical stage T of the RC3);
            `major_axis_arcmin` (diameter); `axis_ratio` (minor by major axis); `position_angle` (degrees, from north
            through east); `redshift`; `source` and `refcode`; and `object_type` (``G`` for a galaxy). Numbers are
            float64, masked where unknown; texts are empty where unknown. Other columns may follow.

        Raises
        ------
        ServiceError
            If the service did not give all rows.
        """
        ...

    def plan(self) -> RequestPlan:
        """Count the requests that `fetch` would send."""
        ...
