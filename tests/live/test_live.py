"""A dozen requests to the real services. `nox -s live` sends them; it needs a network, and half a minute.

Every raw answer is kept in tests/recordings, even if it could not be parsed, so that a change of the service can be
studied: its body, and in a second file its address.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import astropy.units as u
import pytest
from astropy.table import Table

from galmorph.data import Answer, HipsImages, HttpTransport, NedClient, NedImages, Request, Transport, fetch_images
from galmorph.errors import IncompleteWarning, UnknownObjectError

pytestmark = pytest.mark.live


class Recorder(Transport):
    """A transport that keeps all answers."""

    def __init__(self, transport: HttpTransport, folder: Path) -> None:
        self.transport = transport
        self.folder = folder
        self.pace = transport.pace

    def get(self, request: Request) -> Answer:
        """Ask, and keep the answer."""
        answer = self.transport.get(request)
        name = re.sub(r"[^A-Za-z0-9]+", "_", request.full_url.partition("://")[2])[:150]
        (self.folder / f"{name}.body").write_bytes(answer.content)
        header = {"asked": request.full_url, "from": answer.url, "content_type": answer.content_type}
        (self.folder / f"{name}.json").write_text(json.dumps(header, indent=1))
        return answer


@pytest.fixture(scope="module")
def transport(repository: Path) -> Iterator[Recorder]:
    """The network, at one request a second."""
    folder = repository / "tests" / "recordings"
    folder.mkdir(exist_ok=True)
    return Recorder(HttpTransport(contact="galmorph tests"), folder)


@pytest.fixture(scope="module")
def client(transport: Recorder) -> NedClient:
    """NED."""
    return NedClient(transport=transport)


def test_a_class_has_pages(client: NedClient) -> None:
    """The first page of a class is read, and NED has more than it."""
    with pytest.warns(IncompleteWarning, match="NED has"):
        found = client.search("S0/a", limit=100, progress=False)
    assert len(found) == 100
    assert (found["morphology"] != "").sum() > 50


def test_an_object_is_known_under_all_its_names(client: NedClient) -> None:
    """Messier 49 is NGC 4472, an elliptical of redshift 0.0033."""
    overview = client.overview("NGC 4472")[0]
    assert overview["name"] == "MESSIER 049"
    assert overview["redshift"] == pytest.approx(0.0033, abs=2e-4)
    assert overview["morphology"].startswith("E")
    assert len(client.classifications("NGC 4472")) > 0
    assert len(client.cross_identifications("NGC 4472")) > 5


def test_positions_and_diameters(client: NedClient) -> None:
    """Messier 49 lies at 12h29m46.8s, and is about ten arcmin wide."""
    assert client.positions("NGC 4472")["ra"][0] == pytest.approx(187.445, abs=0.01)
    assert client.diameters("NGC 4472")["major_axis_arcsec"].max() > 300


def test_a_name_that_nobody_bears(client: NedClient) -> None:
    """An unknown name is an error, not an object without data."""
    with pytest.raises(UnknownObjectError, match="no such galaxy"):
        client.overview("no such galaxy")


def test_an_image_of_ned(client: NedClient, tmp_path: Path) -> None:
    """One plate of the Digitized Sky Survey arrives, and is an image."""
    assert len(client.images("NGC 4472")) > 3
    catalogue = Table({"name": ["NGC 4472"], "ra": [187.445], "dec": [8.0004], "major_axis_arcmin": [10.2]})
    files = fetch_images(catalogue, NedImages(client=client), tmp_path, progress=False)
    assert list(files["state"]) == ["done"], files["reason"][0]


def test_an_image_of_a_survey(transport: Recorder, tmp_path: Path) -> None:
    """The CDS cuts the galaxy out of a survey."""
    catalogue = Table({"name": ["NGC 4472"], "ra": [187.445], "dec": [8.0004]})
    source = HipsImages(survey="CDS/P/DSS2/red", field=10 * u.arcmin, size=128, transport=transport)
    files = fetch_images(catalogue, source, tmp_path, progress=False)
    assert list(files["state"]) == ["done"], files["reason"][0]
