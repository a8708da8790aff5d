"""Image source that lets the hips2fits service of the CDS cut galaxies out of a homogeneous survey."""

import math
from typing import Any

import astropy.units as u

from galmorph._checks import check, check_positive, check_positive_int
from galmorph.data._fetch.image_source import Candidate, Target
from galmorph.data._web.http_transport import checked_transport
from galmorph.data._web.request import Request, Transport
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import InvalidValueError, UnsuitableImageError

__all__ = ["HipsImages"]

_SERVICE = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
_WIDEST = 10 * u.deg


class HipsImages:
    """Square images of one survey, centred on the galaxies, all with the same number of pixels.

    The survey, the number of pixels and the field (a multiple of each galaxy's diameter, or one angle for all) are the
    same for all galaxies, so they can't reveal a galaxy's type: **this is the source to train on**. North is up, and
    the projection is gnomonic (TAN).

    The requests have the same parameters as those of `astroquery.hips2fits`. galmorph's own transport sends them,
    because astroquery opens a session of its own without pace, size limit or further tries, and loads the answer into
    memory before it knows its length.

    Parameters
    ----------
    survey
        Identifier of a HiPS, from https://aladin.cds.unistra.fr/hips/list.
    field
        Width of the image. A number is a multiple of the galaxy's diameter (column ``major_axis_arcmin``); an angle
        with its unit (``5 * u.arcmin``) is the same for all galaxies.
    size
        Width and height in pixels.
    transport
        Sends the requests; by default an `HttpTransport`.
    service
        Address of the service, or of a mirror.
    max_bytes
        Largest file that is accepted, in bytes.

    Raises
    ------
    InvalidValueError
        If an option has a wrong value.

    References
    ----------
    Boch et al. 2020, ASP Conference Series 527, 121. Please acknowledge hips2fits and the survey that you use.

    Examples
    --------
    >>> import astropy.units as u
    >>> from galmorph.data import HipsImages, Target
    >>> source = HipsImages(survey="CDS/P/DSS2/red", field=6 * u.arcmin, size=256)
    >>> [candidate] = source.candidates(Target(name="NGC 4472", ra=187.444992, dec=8.000411))
    >>> dict(candidate.request.params)["fov"]
    '0.1'
    """

    def __init__(
        self,
        *,
        survey: str = "CDS/P/DSS2/red",
        field: float | u.Quantity = 3.0,
        size: int = 256,
        transport: Transport | None = None,
        service: str = _SERVICE,
        max_bytes: int = 64 << 20,
    ) -> None:
        check(survey != "" and survey.isprintable(), f"survey: expected the identifier of a HiPS, got {survey!r}")
        check_positive_int("size", size)
        self.survey = survey
        self.size = size
        self.multiple, self.degrees = _field(field)
        self.transport = checked_transport(transport)
        self._base = Request(url=service, max_bytes=max_bytes)

    def candidates(self, galaxy: Target) -> list[Candidate]:
        """Return the one image of a galaxy.

        Raises
        ------
        UnsuitableImageError
            If the galaxy has no position, if it has no diameter and the field is a multiple of it, or if the field is
            wider than 10 degrees.
        """
        if galaxy.ra is None or galaxy.dec is None:
            raise UnsuitableImageError(f"{galaxy.name}: the catalogue has no position (ra, dec) for it")
        degrees = self.degrees
        if self.multiple is not None:
            if galaxy.diameter is None:
                raise UnsuitableImageError(
                    f"{galaxy.name}: the catalogue has no diameter (major_axis_arcmin) for it, and the field is "
                    f"{self.multiple:g} diameters; give field as an angle, the same for all galaxies"
                )
            degrees = self.multiple * galaxy.diameter / 3600
        if degrees > _WIDEST.value:
            raise UnsuitableImageError(f"{galaxy.name}: the field of {degrees:.1f} degrees is wider than {_WIDEST:g}")
        # The names, and all values that are not options of this class, are those of astroquery.hips2fits.
        params = (
            ("hips", self.survey),
            ("ra", _decimal(galaxy.ra)),
            ("dec", _decimal(galaxy.dec)),
            ("fov", _decimal(degrees)),
            ("width", str(self.size)),
            ("height", str(self.size)),
            ("projection", "TAN"),
            ("coordsys", "icrs"),
            ("rotation_angle", "0.0"),
            ("format", "fits"),
        )
        request = Request(url=self._base.url, params=params, max_bytes=self._base.max_bytes)
        return [Candidate(request=request, what=f"{self.survey}, {degrees * 60:.2f} arcmin")]

    def fetch(self, candidate: Candidate) -> bytes:
        """Download the content of a file; raise `galmorph.errors.TransportError` if it does not arrive."""
        return self.transport.get(candidate.request).content

    def describe(self) -> dict[str, Any]:
        """Survey, field and size."""
        field = {"diameters": self.multiple} if self.multiple is not None else {"degrees": self.degrees}
        return {"source": "hips2fits", "survey": self.survey, "size": self.size, "field": field}

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:  # noqa: ARG002 (no limit is known)
        """One request for each galaxy."""
        what = f"images of {self.survey} for {galaxies} galaxies"
        return RequestPlan(what=what, requests=galaxies, pace=self.transport.pace)

    def __repr__(self) -> str:
        field = f"{self.multiple:g} diameters" if self.multiple is not None else f"{self.degrees * 60:g} arcmin"
        return f"HipsImages({self.survey!r}, {field}, {self.size} x {self.size} pixels)"


def _field(field: float | u.Quantity) -> tuple[float | None, float]:
    """The field as a multiple of the diameter and NaN, or as None and an angle in degrees."""
    if not isinstance(field, u.Quantity):
        check_positive("field", field)
        return float(field), math.nan
    try:
        degrees = float(field.to_value(u.deg))
    except (TypeError, u.UnitConversionError) as error:
        raise InvalidValueError(f"field: expected one angle or a multiple of the diameter, got {field!r}") from error
    check_positive("field", degrees)
    return None, degrees


def _decimal(value: float) -> str:
    """Write an angle in degrees to a thousandth of an arcsec, without an exponent."""
    return f"{value:.7f}".rstrip("0").rstrip(".")
