"""NedImages: the files of NED's lists that are candidates, and their order."""

import json

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from ned_answers import quick_client
from ned_server import NedServer

from galmorph.data._fetch.image_source import ImageSource, Target
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._ned.client import NedClient
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import (
    AnswerError,
    IncompleteWarning,
    InvalidValueError,
    LongRunError,
    OutageError,
    ServiceError,
    TransportError,
    UnsuitableImageError,
)

HOST = "https://ned.ipac.caltech.edu"
M49 = Target(name="MESSIER 049", ra=187.44, dec=8.0, diameter=600.0)  # 10 arcmin
LIST = {
    "object": "MESSIER 049",
    "format": "FITS",
    "product": "image",
    "url": f"{HOST}/dss1B2/Bb/MESSIER_049:I:103aE:dss1.fits.gz",
    "size_kb": 72.0,
    "band": "103aE",
    "wavelength": 6.45e-7,
    "wavelength_text": "6450A",
    "width_arcmin": 30.0,
    "height_arcmin": 30.0,
    "resolution_arcsec": 1.7,
    "telescope": "Palomar 48-inch Schmidt",
    "refcode": "1994DSS...1...0000:",
}


class Keeper(Transport):
    """A transport that keeps the requests and announces a second between two."""

    pace = 1.0

    def __init__(self) -> None:
        self.seen: list[Request] = []

    def get(self, request: Request) -> Answer:
        """Answer."""
        self.seen.append(request)
        return Answer(url=request.url, content=b"pixels", content_type="")


class Lists(NedClient):
    """A client that already knows its lists; None is masked."""

    def __init__(self, *images: dict) -> None:
        super().__init__(transport=Keeper(), base_url=HOST)
        self.rows = [LIST | image for image in images]

    def images(self, name: str, *, route: str | None = None) -> Table:  # noqa: ARG002 (one list for all)
        """List."""
        columns = {}
        for key, value in LIST.items():
            values = [row[key] for row in self.rows]
            mask = [each is None for each in values]
            filled = [value if each is None else each for each in values]
            kind = type(value) if isinstance(value, float) else np.str_
            columns[key] = (
                MaskedColumn(np.array(filled, dtype=kind), mask=mask) if any(mask) else np.array(filled, kind)
            )
        return Table(columns)


def chosen(*images: dict, galaxy: Target = M49, **options: object) -> list[str]:
    """Names of the files that are candidates."""
    found = NedImages(client=Lists(*images), **({"route": "page"} | options)).candidates(galaxy)
    return [candidate.url.rsplit("/", 1)[-1] for candidate in found]


def file(name: str, **values: object) -> dict:
    """Describe a file that differs from the usual."""
    return {"url": f"{HOST}/x/{name}"} | values


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ({"format": "JPG"}, "not FITS"),
        (file("M_49:S:103aE:x.fits.gz"), "spectrum"),
        ({"product": "spectrum"}, "spectrum"),
        ({"product": "cube"}, r"not an image \(cube\)"),
        (file("M_49%3AS%3A103aE%3Ax.fits.gz"), "spectrum"),
        ({"wavelength": 9.2e-10, "band": "103aE"}, "other wavelength"),
        ({"wavelength": 1e-4}, "other wavelength"),
        ({"wavelength": 0.21}, "other wavelength"),
        ({"band": "J"}, "other band"),
        ({"band": "103aO"}, "other band"),
        ({"refcode": "2003", "telescope": "KPNO", "url": f"{HOST}/a.fits"}, "other survey"),
        ({"width_arcmin": None}, "field unknown"),
        ({"height_arcmin": 0.0}, "field unknown"),
        ({"width_arcmin": 11.9}, "field too small"),
        ({"width_arcmin": 81.0}, "field too large"),
        ({"url": "https://elsewhere.example/M_49.fits"}, "on another host"),
    ],
)
@pytest.mark.parametrize("route", ["sia", "page"])
def test_files_that_break_the_rule_are_no_candidates(image: dict, reason: str, route: str):
    """FITS, no spectrum, configured band and survey, optical, a known field from 1.2 to 8 diameters, on NED itself."""
    with pytest.raises(UnsuitableImageError, match=f"049: NED lists 1 images, none of them suitable: {reason} 1"):
        chosen(image, surveys=["DSS"], route=route)
    assert len(chosen({}, image, surveys=["DSS"], route=route)) == 1


@pytest.mark.parametrize(
    "band", ["H-alpha", "Halpha", "[O III]", "[OIII]", "HI", "H_alpha", "R-narrow", "6563", "N II"]
)
def test_narrow_bands_are_never_taken(band: str):
    """Lines show gas, not stars; asking for their band does not help."""
    with pytest.raises(UnsuitableImageError, match="narrow band 1"):
        chosen({"band": band}, bands=[band])


@pytest.mark.parametrize(
    "band", ["103aE", "IIIaJ", "IIIaF", "B", "V", "R", "I", "J", "H", "K", "K_s", "u", "g", "i", "z", "F606W"]
)
def test_broad_bands_are_no_narrow_ones(band: str):
    """Common broad bands are candidates."""
    assert len(chosen({"band": band}, bands=[band])) == 1


def test_an_empty_list_is_an_error():
    """NED knows the galaxy and has no image of it."""
    with pytest.raises(UnsuitableImageError, match=r"NED lists 0 images, none of them suitable$"):
        chosen()


def test_survey_counts_before_band_and_band_before_field():
    """One configured order holds for all galaxies."""
    images = [
        file("1", band="R", refcode="2003AAA", width_arcmin=31.0),
        file("2", band="103aE", refcode="2003AAA", width_arcmin=78.0),
        file("3", band="R", width_arcmin=31.0),
        file("4", band="R", width_arcmin=79.0),
        file("5", band="103aE", width_arcmin=12.0, height_arcmin=12.0),
    ]
    options = {"bands": ("103aE", "R"), "surveys": ("dss", "2003AAA")}
    assert chosen(*images, **options) == ["5", "3", "4", "2", "1"]
    assert chosen(*reversed(images), **options) == ["5", "3", "4", "2", "1"]
    assert chosen(*images, **options, max_candidates=2) == ["5", "3"]


def test_surveys_are_sought_in_code_telescope_and_file_name():
    """NED names them in any of these."""
    assert chosen({"refcode": "x2MASSx"}, surveys=["2mass"])
    assert chosen({"telescope": "2MASS"}, surveys=["2mass"])
    assert chosen(file("2MASS_MESSIER_032_K.fits.gz", band="K", wavelength=2.2e-6), bands=["K"], surveys=["2mass"])


def test_without_a_diameter_the_field_is_judged_in_arcmin():
    """The limits in arcmin apply instead of those in diameters."""
    galaxy = Target(name="x")
    assert chosen({"width_arcmin": 1.5, "height_arcmin": 1.5}, galaxy=galaxy)
    with pytest.raises(UnsuitableImageError, match="field too small"):
        chosen({"width_arcmin": 0.5}, galaxy=galaxy)
    with pytest.raises(UnsuitableImageError, match="field too large"):
        chosen({"width_arcmin": 5.0}, galaxy=galaxy, field_arcmin=(1.0, 4.0))


def test_an_unknown_wavelength_leaves_the_band_to_decide():
    """Irregular entries have a band and no wavelength."""
    assert len(chosen({"wavelength": None}, {"wavelength": float("nan")})) == 1  # the same file twice is one


def test_further_hosts_are_taken_when_they_are_named():
    """Links to other hosts are followed only if the host is named."""
    image = {"url": "https://irsa.ipac.caltech.edu/a.fits"}
    assert chosen(image, hosts=["IRSA.ipac.caltech.edu"]) == ["a.fits"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bands": "103aE"}, "bands: expected several texts"),
        ({"bands": ()}, "bands: expected at least one"),
        ({"bands": ("",)}, "bands: expected at least one"),
        ({"surveys": ("",)}, "surveys: expected texts"),
        ({"field": (8.0, 1.2)}, "field: expected a smaller and a larger"),
        ({"field_arcmin": (-1.0, 1.0)}, "field_arcmin: expected"),
        ({"wavelengths": (1.0, float("nan"))}, "wavelengths: expected"),
        ({"max_candidates": 0}, "max_candidates: expected"),
        ({"max_bytes": 0}, "max_bytes: expected"),
        ({"route": "tap"}, "route: expected one of 'sia', 'page', got 'tap'"),
    ],
)
def test_wrong_options_are_named(options: dict, message: str):
    """An option that makes no sense is refused at once."""
    with pytest.raises(InvalidValueError, match=message):
        NedImages(client=Lists(), **options)


def test_a_source_describes_what_decides_its_pixels():
    """All options of the rule, as JSON holds them."""
    source = NedImages(client=Lists(), bands=["103aE"])
    assert isinstance(source, ImageSource)
    described = source.describe()
    assert json.loads(json.dumps(described)) == described
    assert described == NedImages(client=Lists(), bands=("103aE",)).describe()
    # As versions with one route described it, so that their folders can be continued.
    assert "routes" not in NedImages(client=Lists(), route="page").describe()
    for options in (
        {"route": "sia"},
        {"route": "page"},
        {"bands": ["R"]},
        {"surveys": ["DSS"]},
        {"field": (1, 8)},
        {"wavelengths": (0, 1)},
    ):
        assert NedImages(client=Lists(), **options).describe() != described


def test_a_long_run_needs_the_helpdesk():
    """Two requests a galaxy: 10,800 galaxies are six hours, one more is too much. With two routes there are three."""
    assert NedImages(client=Lists()).plan(7200).seconds == 6 * 3600
    with pytest.raises(LongRunError, match="helpdesk"):
        NedImages(client=Lists()).plan(7201)
    source = NedImages(client=Lists(), route="page")
    assert source.plan(10_800).seconds == 6 * 3600
    with pytest.raises(LongRunError, match="helpdesk"):
        source.plan(10_801)
    assert source.plan(10_801, helpdesk_agreed=True).requests == 21_602


def test_lists_and_files_come_from_the_server(ned_server: NedServer):
    """With a NedClient the best file of the page is fetched, packed as it is, and within the limit of bytes."""
    ned_server.add_image("MESSIER 049", b"spectrum", spectrum=True, field=30.0)
    ned_server.add_image("MESSIER 049", b"blue", band="103aO", wavelength="4050A", field=30.0)
    ned_server.add_image("MESSIER 049", b"red" * 1000, field=30.0, packed=False)
    ned_server.add_image("MESSIER 049", b"picture", kind="JPG", field=30.0)
    client = NedClient(transport=HttpTransport(pace=0, retries=0), base_url=ned_server.url)
    source = NedImages(client=client)
    [candidate] = source.candidates(M49)
    assert source.fetch(candidate) == b"red" * 1000
    assert candidate.what == "103aE, Palomar 48-inch Schmidt"
    [candidate] = NedImages(client=client, max_bytes=2999).candidates(M49)
    with pytest.raises(TransportError, match="3000 bytes, more than the 2999"):
        source.fetch(candidate)


def source_of(server: NedServer, **options: object) -> NedImages:
    """Make an impatient source."""
    return NedImages(client=quick_client(server), **options)


def test_the_image_service_comes_before_the_page(ned_server: NedServer):
    """A suitable image of the image service is taken, and the page is not asked; route decides otherwise."""
    ned_server.add_image("NGC 1", b"new", field=6.0, tag="sia", sia=True)
    ned_server.add_image("NGC 1", b"old", field=6.0, tag="dss1")
    galaxy = Target(name="NGC 1", diameter=60.0)
    [candidate] = source_of(ned_server).candidates(galaxy)
    assert candidate.url.startswith(ned_server.url)
    assert candidate.url.endswith(":sia.fits.gz")
    assert not any("imgdata" in each for each in ned_server.requests)
    assert [each.url for each in source_of(ned_server, route="sia").candidates(galaxy)] == [candidate.url]
    urls = [each.url for each in source_of(ned_server, route="page").candidates(galaxy)]
    assert {url.rsplit(":", 1)[1] for url in urls} == {"sia.fits.gz", "dss1.fits.gz"}


def test_the_page_is_asked_where_the_image_service_has_nothing_suitable(ned_server: NedServer):
    """An image in another band sends us to the page; if it has nothing either, both are counted."""
    ned_server.add_image("NGC 1", b"new", band="J", wavelength="12000A", field=6.0, sia=True)
    ned_server.add_image("NGC 1", b"old", field=6.0)
    galaxy = Target(name="NGC 1", diameter=60.0)
    [candidate] = source_of(ned_server).candidates(galaxy)
    assert candidate.url.endswith("103aE:dss1.fits.gz")
    reasons = "NED lists 1 images by its image service, none of them suitable: other band 1; 2 images by its page, none"
    with pytest.raises(UnsuitableImageError, match=reasons):
        source_of(ned_server, bands=("K",)).candidates(galaxy)
    with pytest.raises(UnsuitableImageError, match="NED lists 1 images, none of them suitable: other band 1"):
        source_of(ned_server, route="sia").candidates(galaxy)


@pytest.mark.parametrize("fault", ["404", "410", "html", "notice", "foreign_redirect"])
def test_the_page_is_asked_where_the_image_service_is_gone(ned_server: NedServer, fault: str):
    """After two such answers the page is asked, with a warning, and the service is left alone; one is chance."""
    for name in ("NGC 1", "NGC 2"):
        ned_server.add_image(name, b"new", field=6.0, tag="sia", sia=True)
        ned_server.add_image(name, b"old", field=6.0, telescope="old")
    one, two = (Target(name=name, diameter=60.0) for name in ("NGC 1", "NGC 2"))
    source = source_of(ned_server, surveys=("old",))
    sia = source_of(ned_server, max_candidates=1, surveys=("sia",))
    ned_server.fail("services/sia", fault)
    assert sia.candidates(one)[0].url.endswith(":sia.fits.gz")  # the second answer counts
    ned_server.fail("services/sia", fault, times=2)
    with pytest.warns(IncompleteWarning, match="NED's image service is gone"):
        [candidate] = source.candidates(one)
    assert candidate.url.endswith(":dss1.fits.gz")
    before = len(ned_server.requests)
    source.candidates(two)
    assert [each.partition("?")[0] for each in ned_server.requests[before:]] == ["/cgi-bin/imgdata"]
    ned_server.fail("services/sia", fault, times=2)
    with pytest.raises(ServiceError, match=r"Routes that are left:\n.*NedClient\(\)\.images\('NGC 1', route='page'\)"):
        source_of(ned_server, route="sia").candidates(one)


@pytest.mark.parametrize(
    ("fault", "times", "error"),
    [
        ("500", 2, OutageError),
        ("silence", 2, OutageError),
        ("cut_body", 2, OutageError),
        ("slow_body", 1, TransportError),
        ("cut_page", 1, AnswerError),
        ("error_votable", 1, AnswerError),
        ("missing_column", 1, AnswerError),
        ("wrong_bytes", 1, AnswerError),
    ],
)
def test_other_faults_do_not_change_the_route(ned_server: NedServer, fault: str, times: int, error: type):
    """After an outage or a damaged list the galaxy has failed, and gets the same file later; chance does not choose."""
    ned_server.add_image("NGC 1", b"new", field=6.0, tag="sia", sia=True)
    ned_server.add_image("NGC 1", b"old", field=6.0)
    galaxy = Target(name="NGC 1", diameter=60.0)
    source = source_of(ned_server)
    ned_server.fail("services/sia", fault, times=times)
    with pytest.raises(error, match="sia"):
        source.candidates(galaxy)
    assert not any("imgdata" in each for each in ned_server.requests)
    assert source.candidates(galaxy)[0].url.endswith(":sia.fits.gz")
