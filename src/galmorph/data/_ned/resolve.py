"""Find the positions and diameters of a user's own list of galaxies, by one overview for each name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import astropy.units as u
import numpy as np
from astropy.table import Table
from tqdm import tqdm

from galmorph._warnings import warn
from galmorph.data._ned.columns import number_column, text_column
from galmorph.data._ned.connection import NedConnection
from galmorph.data._ned.guidelines import check_length
from galmorph.data._ned.own_list import OwnList
from galmorph.data._ned.routes import all_gone
from galmorph.data._ned.search import ACKNOWLEDGEMENT
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import AnswerError, IncompleteWarning, ServiceError, TransportError, UnknownObjectError

__all__ = ["Resolution"]

_MAX_FAILURES = 10  # in a row
_TEXTS = ("object_type", "activity")


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The work of `NedClient.resolve`, which describes it.

    Parameters
    ----------
    connection
        The connection to NED.
    galaxies
        The list.
    overview
        Gets the overview of a name.
    knows
        Says whether the overview of a name is in the cache.
    """

    connection: NedConnection
    galaxies: OwnList
    overview: Callable[[str], Table]
    knows: Callable[[str], bool]

    def plan(self) -> RequestPlan:
        """Count the names that are not in the cache."""
        names = list(dict.fromkeys(filter(None, self.galaxies.names)))
        cached = sum(map(self.knows, names))
        what = f"positions and diameters of {len(names)} galax{'y' if len(names) == 1 else 'ies'} from NED"
        return RequestPlan(what=what, requests=len(names) - cached, pace=self.connection.pace, cached=cached)

    def table(self, *, helpdesk_agreed: bool, progress: bool) -> Table:
        """Ask for each name, and make a table of those that were found."""
        plan = self.plan()
        check_length(plan, helpdesk_agreed=helpdesk_agreed)
        found: list[tuple[int, Table]] = []
        skipped: list[dict[str, str]] = []
        first: dict[str, str] = {}  # the name of the list under which an object of NED was found
        known: set[str] = set()
        failures = 0
        for row, name in enumerate(tqdm(self.galaxies.names, desc="NED", unit="galaxy", disable=not progress)):
            reason = "no name" if not name else "named before; the first row counts" if name in known else ""
            if not reason:
                known.add(name)
                try:
                    overview = self.overview(name)
                    failures = 0
                    reason = _doubt(overview, first.get(str(overview["name"][0])))
                except UnknownObjectError as error:
                    failures, reason = 0, str(error)
                except (TransportError, AnswerError) as error:
                    failures, reason = failures + 1, str(error)
                    if failures == _MAX_FAILURES or all_gone(error):
                        raise _stopped(error, len(found), len(self.galaxies.names)) from error
            if reason:
                skipped.append({"name": name or f"row {row}", "reason": reason})
            else:
                first[str(overview["name"][0])] = name
                found.append((row, overview))
        if skipped:
            warn(
                f"{len(skipped)} of {len(self.galaxies.names)} galaxies are not in the table, such as "
                f"{skipped[0]['name']} ({skipped[0]['reason']}); meta['skipped'] lists them",
                IncompleteWarning,
            )
        table = self._table(found)
        table.meta |= {
            "acknowledgement": ACKNOWLEDGEMENT,
            "retrieved": datetime.now(UTC).date().isoformat(),
            "requests": plan.requests,
            "complete": not skipped,
            "skipped": skipped,
        }
        return table

    def _table(self, found: list[tuple[int, Table]]) -> Table:
        rows = [row for row, _ in found]
        own = self.galaxies

        def texts(column: str) -> list[str]:
            return [str(overview[column][0]) for _, overview in found]

        def numbers(column: str) -> list[float]:
            return [float(np.ma.filled(overview[column].astype(float), np.nan)[0]) for _, overview in found]

        types = texts("morphology") if own.types is None else [own.types[row] for row in rows]
        table = Table({"name": text_column(own.names[row] for row in rows)})
        table["ra"] = number_column(numbers("ra"), unit=u.deg, description="ra (ICRS)")
        table["dec"] = number_column(numbers("dec"), unit=u.deg, description="dec (ICRS)")
        table["morphology"] = text_column(types)
        table["major_axis_arcmin"] = number_column(numbers("major_axis_arcmin"), unit=u.arcmin)
        table["redshift"] = number_column(numbers("redshift"))
        table["source"] = text_column(["NED" if own.types is None else "own list"] * len(rows))
        table["refcode"] = text_column(texts("morphology_refcode") if own.types is None else [""] * len(rows))
        table["ned_name"] = text_column(texts("name"))
        table["ned_morphology"] = text_column(texts("morphology"))
        for column in _TEXTS:
            table[column] = text_column(texts(column))
        for column, values in own.others.items():
            key = column if column not in table.colnames else f"own_{column}"
            if key not in table.colnames:
                table[key] = values[rows]
        return table


def _doubt(overview: Table, before: str | None) -> str:
    """Why an overview makes no row; empty if it does."""
    if before is not None:
        return f"the same object as {before!r} before it (NED: {overview['name'][0]})"
    if any(np.ma.getmaskarray(overview[column])[0] for column in ("ra", "dec")):
        return "NED gives no position"
    return ""


def _stopped(error: ServiceError, found: int, all_names: int) -> ServiceError:
    message = (
        f"{error}. Stopped after {found} of {all_names} galaxies were found; if the client has a cache, the next run "
        f"goes on there"
    )
    if isinstance(error, AnswerError):
        return AnswerError(message, url=error.url, content=error.content)
    return type(error)(message)
