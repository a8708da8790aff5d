"""Image sources: the protocol, what they are given (targets), and what they offer (candidates)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import astropy.units as u
import numpy as np
from astropy.table import Table

from galmorph._checks import check
from galmorph.data._catalogue.columns import names_of, need_columns, numbers, positions_of
from galmorph.data._web.request import Request
from galmorph.data._web.request_plan import RequestPlan

__all__ = ["Candidate", "ImageSource", "Target", "targets_of"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A galaxy whose image is wanted.

    Parameters
    ----------
    name
        Its name, with single blanks.
    ra, dec
        Position (ICRS) in degrees; None if the catalogue has none.
    diameter
        Diameter along the major axis (D25) in arcsec; None if the catalogue has none.
    """

    name: str
    ra: float | None = None
    dec: float | None = None
    diameter: float | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A file that may be an image of a galaxy.

    Parameters
    ----------
    request
        The request for the file.
    what
        Description for people: band, telescope, field.
    """

    request: Request
    what: str = ""

    @property
    def url(self) -> str:
        """Address of the file, with the query."""
        return self.request.full_url


@runtime_checkable
class ImageSource(Protocol):
    """Source of the images that `fetch_images` downloads: `NedImages`, `HipsImages`, or a class of your own."""

    def candidates(self, galaxy: Target) -> Iterable[Candidate]:
        """List the files that may show a galaxy, the best first.

        Raises
        ------
        ServiceError
            If the service did not answer the question.
        ImageError
            If no file is suitable; the message says why.
        """
        ...

    def fetch(self, candidate: Candidate) -> bytes:
        """Download the content of a file.

        Raises
        ------
        OutageError
            If the service did not answer although it was asked several times.
        ServiceError
            If the file did not arrive for another reason.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """All options that decide which pixels arrive, as JSON values. The address of a mirror is not one of them."""
        ...

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:
        """Count the requests that a number of galaxies take.

        Raises
        ------
        LongRunError
            If the service wants to be asked before so long a run, and `helpdesk_agreed` is False.
        """
        ...


def targets_of(catalogue: Table) -> dict[str, Target]:
    """Galaxies of a catalogue by name, in its order. If a name occurs in several rows, the first row counts.

    Raises
    ------
    InvalidValueError
        If the column ``name`` is missing, a name is empty or not valid text, or another column does not hold numbers.
    """
    need_columns(catalogue, "name")
    names = names_of(catalogue)
    for row, name in enumerate(names):
        check(name != "", f"catalogue: expected a name in each row, got none in row {row}")
        check(_is_text(name), f"catalogue: expected valid text as name, got {name!r} in row {row}")
    ra, dec = positions_of(catalogue)
    diameter = numbers(catalogue, "major_axis_arcmin", u.arcmin, optional=True)
    targets: dict[str, Target] = {}
    for row, name in enumerate(names):
        if name not in targets:
            has_position = bool(np.isfinite(ra[row]) and abs(dec[row]) <= 90)
            targets[name] = Target(
                name=name,
                ra=float(ra[row]) if has_position else None,
                dec=float(dec[row]) if has_position else None,
                diameter=float(diameter[row]) * 60 if 0 < diameter[row] < np.inf else None,
            )
    return targets


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
