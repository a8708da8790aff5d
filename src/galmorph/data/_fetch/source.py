"""Where images of galaxies come from: what a source is asked, and what it offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import astropy.units as u
import numpy as np
from astropy.table import Table

from galmorph._checks import check
from galmorph.data._catalogue.columns import name_key, need_columns, numbers, texts
from galmorph.data._web.plan import RequestPlan
from galmorph.data._web.request import Request

__all__ = ["Candidate", "ImageSource", "Target", "targets_of"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A galaxy of which an image is wanted.

    Parameters
    ----------
    name
        Its name, with single blanks.
    ra, dec
        Position (ICRS) in degrees, or None where the catalogue has none.
    diameter
        Diameter of its major axis (D25) in arcsec, or None where the catalogue has none.
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
        How to fetch it.
    what
        What it is, for people: band, telescope, field.
    """

    request: Request
    what: str = ""

    @property
    def url(self) -> str:
        """Where it is, with the query."""
        return self.request.full_url


@runtime_checkable
class ImageSource(Protocol):
    """Where `fetch_images` gets images from: `NedImages`, `HipsImages`, or something of your own."""

    def candidates(self, galaxy: Target) -> Iterable[Candidate]:
        """Files that may serve, the best first.

        Raises
        ------
        ServiceError
            If the service can't tell.
        ImageError
            If there is none, with the reason.
        """
        ...

    def fetch(self, candidate: Candidate) -> bytes:
        """Get the content of a file; raise `galmorph.errors.ServiceError` where there is none."""
        ...

    def describe(self) -> dict[str, Any]:
        """All that decides which pixels come, as JSON can hold it; an address that serves the same is no part of it."""
        ...

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:
        """How many requests some galaxies take.

        Raises
        ------
        LongRunError
            If the service wants to be asked before so long a run, and `helpdesk_agreed` is False.
        """
        ...


def targets_of(catalogue: Table) -> dict[str, Target]:
    """Galaxies of a catalogue by name, in its order, each once: the first row of a name counts.

    Raises
    ------
    InvalidValueError
        If the column ``name`` is missing, a name is empty or no valid text, or a column holds no numbers.
    """
    need_columns(catalogue, "name")
    names = [name_key(name) for name in texts(catalogue, "name")]
    for row, name in enumerate(names):
        check(name != "", f"catalogue: expected a name in each row, got none in row {row}")
        check(_is_text(name), f"catalogue: expected valid text as name, got {name!r} in row {row}")
    ra, dec = _values(catalogue, "ra", u.deg), _values(catalogue, "dec", u.deg)
    diameter = _values(catalogue, "major_axis_arcmin", u.arcmin)
    targets: dict[str, Target] = {}
    for row, name in enumerate(names):
        if name not in targets:
            placed = bool(np.isfinite(ra[row]) and abs(dec[row]) <= 90)
            targets[name] = Target(
                name=name,
                ra=float(ra[row]) if placed else None,
                dec=float(dec[row]) if placed else None,
                diameter=float(diameter[row]) * 60 if 0 < diameter[row] < np.inf else None,
            )
    return targets


def _values(catalogue: Table, name: str, unit: u.UnitBase) -> np.ndarray:
    return numbers(catalogue, name, unit) if name in catalogue.colnames else np.full(len(catalogue), np.nan)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
