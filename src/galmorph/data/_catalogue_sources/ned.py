"""`NedCatalogue`: NED's lists of classes as a source of the common table."""

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from galmorph.data._catalogue_sources.catalogue_source import CatalogueSource
from galmorph.data._galaxy_table.common_table import common_table, stages_of
from galmorph.data._ned.client import NedClient
from galmorph.data._web.request_plan import RequestPlan

__all__ = ["NedCatalogue"]


class NedCatalogue(CatalogueSource):
    """The galaxies that NED lists under some classes, in the common table of all catalogues.

    Parameters
    ----------
    classifications
        The classes, as for `NedClient.search_many`.
    client
        The client; by default one with its defaults.
    limit
        Largest number of rows of each class; by default all.
    helpdesk_agreed
        Whether NED's helpdesk agreed to a run of more than six hours.

    Examples
    --------
    >>> from galmorph.data import NedCatalogue
    >>> NedCatalogue(["E", "S0"]).name
    'NED'
    """

    def __init__(
        self,
        classifications: Sequence[str],
        *,
        client: NedClient | None = None,
        limit: int | None = None,
        helpdesk_agreed: bool = False,
    ) -> None:
        self.name = "NED"
        self.classifications = list(classifications)
        self.client = NedClient() if client is None else client
        self.limit = limit
        self.helpdesk_agreed = helpdesk_agreed

    def fetch(self, *, progress: bool = True) -> Table:
        """Return the rows, as `CatalogueSource.fetch` describes them; the other columns of the search follow.

        ``morphology`` is NED's homogenised type or, if that is empty, the first 15 characters of the older text. NED's
        lists have no diameters and no reference of the type. Errors and warnings are those of `NedClient.search_many`.
        """
        found = self.client.search_many(
            self.classifications, limit=self.limit, helpdesk_agreed=self.helpdesk_agreed, progress=progress
        )
        types = [
            str(row["morphology"]) or str(row["legacy_type"])[:15].strip() for row in found["morphology", "legacy_type"]
        ]
        texts = {
            "name": found["name"].tolist(),
            "morphology": types,
            "source": [self.name] * len(found),
            "object_type": found["object_type"].tolist(),
        }
        redshift = np.ma.filled(np.ma.asarray(found["redshift"]), np.nan)
        numbers = {"ra": found["ra"].value, "dec": found["dec"].value, "redshift": redshift, "t": stages_of(types)}
        table = common_table(texts, numbers, rows=len(found))
        for name in found.colnames:
            if name not in table.colnames:
                table[name] = found[name]
        table.meta = dict(found.meta)
        return table

    def plan(self) -> RequestPlan:
        """Count the requests that `fetch` would send, as `NedClient.plan_search_many` does."""
        return self.client.plan_search_many(self.classifications, limit=self.limit)

    def __repr__(self) -> str:
        return f"NedCatalogue({self.classifications!r}, client={self.client!r}, limit={self.limit!r})"
