"""HipsImages: the requests to hips2fits, and what is refused before a request."""

import json
import re

import astropy.units as u
import pytest
from astropy.coordinates import Angle, Latitude, Longitude
from astroquery.hips2fits import conf, hips2fits

from galmorph.data._fetch.hips import HipsImages
from galmorph.data._fetch.image_source import ImageSource, Target
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import InvalidValueError, UnsuitableImageError

M49 = Target(name="MESSIER 049", ra=187.444992, dec=8.000411, diameter=612.0)


class Memory(Transport):
    """A transport that answers at once and keeps what it was asked."""

    pace = 0.5

    def __init__(self) -> None:
        self.seen = []

    def get(self, request: Request) -> Answer:
        """Answer."""
        self.seen.append(request)
        return Answer(url=request.url, content=b"pixels", content_type="image/fits")


def test_requests_are_those_of_astroquery():
    """Address, names and values are what astroquery.hips2fits sends, without those that only concern pictures."""
    [candidate] = HipsImages(survey="CDS/P/DSS2/red", field=0.1 * u.deg, size=128).candidates(M49)
    theirs = hips2fits.query(
        hips="CDS/P/DSS2/red", width=128, height=128, projection="TAN", fov=Angle(0.1 * u.deg), format="fits",
        ra=Longitude(M49.ra * u.deg), dec=Latitude(M49.dec * u.deg), get_query_payload=True,
    )  # fmt: skip
    pictures = {"min_cut", "max_cut", "cmap", "stretch"}
    assert candidate.request.url in conf.server
    ours = dict(candidate.request.params)
    assert set(ours) == set(theirs) - pictures
    for name in ("ra", "dec", "fov", "width", "height", "rotation_angle"):
        assert float(ours.pop(name)) == pytest.approx(theirs[name], abs=1e-7)
    assert ours == {name: theirs[name] for name in ours}


@pytest.mark.parametrize(
    ("field", "fov"),
    [(3, 3 * 612 / 3600), (1.5, 1.5 * 612 / 3600), (6 * u.arcmin, 0.1), (90 * u.arcsec, 0.025), (Angle("1d"), 1.0)],
)
def test_field_is_a_multiple_of_the_diameter_or_an_angle(field: object, fov: float):
    """A number multiplies the diameter of the galaxy; an angle is the same for all. NED.md: D25 in arcsec over 3600."""
    [candidate] = HipsImages(field=field).candidates(M49)
    assert float(dict(candidate.request.params)["fov"]) == pytest.approx(fov, abs=1e-7)


def test_numbers_have_no_exponent():
    """Positions near zero are written so that any service reads them."""
    [candidate] = HipsImages(field=1 * u.arcmin).candidates(Target(name="x", ra=0.0, dec=-1e-6))
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", dict(candidate.request.params)[name]) for name in ("ra", "dec", "fov"))


@pytest.mark.parametrize(
    ("galaxy", "message"),
    [
        (Target(name="x", diameter=60.0), r"x: the catalogue has no position"),
        (Target(name="x", ra=1.0, dec=2.0), r"x: the catalogue has no diameter .*give field as an angle"),
        (Target(name="x", ra=1.0, dec=2.0, diameter=36_000.0), r"the field of 30.0 degrees is wider than 10 deg"),
    ],
)
def test_galaxies_that_can_not_be_cut_out_are_refused(galaxy: Target, message: str):
    """Nothing is guessed in place of a position or a diameter."""
    with pytest.raises(UnsuitableImageError, match=message):
        HipsImages(field=3.0).candidates(galaxy)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"survey": ""}, "survey: expected the identifier"),
        ({"survey": "a\nb"}, "survey: expected the identifier"),
        ({"size": 0}, "size: expected a whole number"),
        ({"field": 0}, "field: expected a finite number"),
        ({"field": 3 * u.kpc}, "field: expected one angle"),
        ({"field": [1, 2] * u.arcmin}, "field: expected one angle"),
        ({"field": -1 * u.arcmin}, "field: expected a finite number"),
        ({"service": "ftp://x"}, "url: expected an address"),
        ({"max_bytes": 0}, "max_bytes: expected a whole number"),
    ],
)
def test_wrong_options_are_named(options: dict, message: str):
    """An option that makes no sense is refused at once."""
    with pytest.raises(InvalidValueError, match=message):
        HipsImages(**options)


def test_files_come_through_the_transport_with_its_limit():
    """The candidate's request is the one that is sent, with the limit of bytes."""
    transport = Memory()
    source = HipsImages(field=1 * u.arcmin, transport=transport, max_bytes=1000)
    [candidate] = source.candidates(M49)
    assert source.fetch(candidate) == b"pixels"
    assert transport.seen == [candidate.request]
    assert candidate.request.max_bytes == 1000


def test_a_source_describes_what_decides_its_pixels():
    """Survey, size and field; not the mirror, and not the manners of the transport."""
    source = HipsImages(field=3, size=64, transport=Memory())
    assert isinstance(source, ImageSource)
    described = source.describe()
    assert json.loads(json.dumps(described)) == described
    assert described == HipsImages(field=3.0, size=64, service="http://mirror/").describe()
    for other in (HipsImages(field=4, size=64), HipsImages(field=3, size=65), HipsImages(survey="x", field=3, size=64)):
        assert other.describe() != described
    assert repr(source) == "HipsImages('CDS/P/DSS2/red', 3 diameters, 64 x 64 pixels)"


def test_a_plan_counts_one_request_a_galaxy():
    """At the pace of the transport."""
    assert HipsImages(transport=Memory()).plan(100).seconds == 50
