"""Find the positions and diameters of a user's own list of galaxies, by one overview for each name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import astropy.units as u
import numpy as np
from astropy.table import Column, Table
from jaxtyping import Float

from galmorph._progress import tqdm
from galmorph._warnings import warn
from galmorph.data._catalogue.columns import numbers
from galmorph.data._galaxy_table.common_table import common_table, on_sequence, stages_of
from galmorph.data._galaxy_table.name_service import NameService
from galmorph.data._galaxy_table.own_list import OwnList
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import (
    AnswerError,
    IncompleteWarning,
    InvalidValueError,
    ServiceError,
    TransportError,
    UnknownObjectError,
)

__all__ = ["Resolution"]

_MAX_FAILURES = 10  # in a row
_NUMBERS = {
    "ra": u.deg,
    "dec": u.deg,
    "major_axis_arcmin": u.arcmin,
    "axis_ratio": u.dimensionless_unscaled,
    "position_angle": u.deg,
    "redshift": u.dimensionless_unscaled,
}


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The work of `galmorph.data.resolve`, which describes it.

    Parameters
    ----------
    service
        Gets the overview of a name.
    galaxies
        The list.
    """

    service: NameService
    galaxies: OwnList

    def plan(self) -> RequestPlan:
        """Count the names that are not in the cache."""
        names = list(dict.fromkeys(filter(None, self.galaxies.names)))
        cached = sum(map(self.service.knows_overview, names))
        galaxies = f"{len(names)} galax{'y' if len(names) == 1 else 'ies'}"
        return RequestPlan(
            what=f"positions and diameters of {galaxies} from {self.service.service_name}",
            requests=len(names) - cached,
            pace=self.service.pace,
            cached=cached,
        )

    def table(self, *, agreed: bool, progress: bool) -> Table:
        """Ask for each name, and make a table of those that were found."""
        plan = self.plan()
        self.service.check_length(plan, agreed=agreed)
        found: list[tuple[int, Table]] = []
        skipped: list[dict[str, str]] = []
        first: dict[str, str] = {}  # the name of the list under which an object of the service was found
        known: set[str] = set()
        failures = 0
        bar = tqdm(self.galaxies.names, desc=self.service.service_name, unit="galaxy", disable=not progress)
        for row, name in enumerate(bar):
            reason = "no name" if not name else "named before; the first row counts" if name in known else ""
            if not reason:
                known.add(name)
                try:
                    overview = self.service.overview(name)
                    failures = 0
                    reason = self._doubt(overview, first.get(str(overview["name"][0])))
                except UnknownObjectError as error:
                    failures, reason = 0, str(error)
                except (TransportError, AnswerError) as error:
                    failures, reason = failures + 1, str(error)
                    if failures == _MAX_FAILURES or self.service.is_gone(error):
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
            "acknowledgement": self.service.acknowledgement,
            "retrieved": datetime.now(UTC).date().isoformat(),
            "requests": plan.requests,
            "complete": not skipped,
            "skipped": skipped,
        }
        return table

    def _doubt(self, overview: Table, before: str | None) -> str:
        """Why an overview makes no row; empty if it does."""
        service = self.service.service_name
        if before is not None:
            return f"the same object as {before!r} before it ({service}: {overview['name'][0]})"
        if not all(np.isfinite(numbers(overview, column, u.deg)[0]) for column in ("ra", "dec")):
            return f"{service} gives no position"
        return ""

    def _table(self, found: list[tuple[int, Table]]) -> Table:
        rows = [row for row, _ in found]
        own, service = self.galaxies, self.service.service_name

        def texts(column: str) -> list[str]:
            return [str(overview[column][0]) if column in overview.colnames else "" for _, overview in found]

        values = {
            column: np.array([numbers(each, column, unit, optional=True)[0] for _, each in found], np.float64)
            for column, unit in _NUMBERS.items()
        }
        own_types = own.types is not None
        types = texts("morphology") if own.types is None else [own.types[row] for row in rows]
        values["t"], taken = stages_of(types), []
        for column in ("t", "t_error") if own_types else ():
            given = _own_numbers(own, column, rows)
            if given is not None:
                values[column] = np.where(np.isfinite(given), given, values["t"]) if column == "t" else given
                taken.append(column)
        table = common_table(
            {
                "name": [own.names[row] for row in rows],
                "morphology": types,
                "source": ["own list" if own_types else service] * len(rows),
                "refcode": [""] * len(rows) if own_types else texts("morphology_refcode"),
                "object_type": texts("object_type"),
            },
            values,
            rows=len(rows),
        )
        prefix = "".join(letter if letter.isalnum() else "_" for letter in service.lower())
        for key, column in ((f"{prefix}_name", "name"), (f"{prefix}_morphology", "morphology"), ("activity",) * 2):
            table[key] = Column(np.array(texts(column), dtype=str))
        for column, theirs in own.others.items():
            key = column if column not in table.colnames else f"own_{column}"
            if key not in table.colnames and column not in taken:
                table[key] = theirs[rows]
        return table


def _own_numbers(own: OwnList, column: str, rows: Sequence[int]) -> Float[np.ndarray, "rows"] | None:
    """Numbers of a column of the list; None if it has none. T off the sequence is NaN."""
    if column not in own.others:
        return None
    cells = Table({column: own.others[column]})
    if cells[column].dtype.kind in "US":  # of a CSV file
        cells[column] = [text if (text := str(each).strip()) else "nan" for each in cells[column]]
    try:
        values = numbers(cells, column, u.dimensionless_unscaled)[list(rows)]
    except InvalidValueError:
        return None
    return on_sequence(values) if column == "t" else values


def _stopped(error: ServiceError, found: int, all_names: int) -> ServiceError:
    message = (
        f"{error}. Stopped after {found} of {all_names} galaxies were found; if the client has a cache, the next run "
        f"goes on there"
    )
    if isinstance(error, AnswerError):
        return AnswerError(message, url=error.url, content=error.content)
    return type(error)(message, status=error.status) if isinstance(error, TransportError) else type(error)(message)
