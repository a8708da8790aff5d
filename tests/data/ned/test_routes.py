"""Routes to the same facts: each way in which a service of NED fails, and what the client then does."""

import time

import pytest
from ned_answers import quick_client
from ned_server import NedServer

from galmorph.data._ned.client import NedClient
from galmorph.data._ned.gone import GoneServices
from galmorph.data._web.gone import is_gone
from galmorph.errors import (
    AnswerError,
    IncompleteWarning,
    OutageError,
    ServiceError,
    TransportError,
    UnknownObjectError,
)

# Question, newer service, older service, a column with a value that both give.
SERVICES = [
    ("overview", "OverviewOfObject", "objsearch", "ra"),
    ("positions", "PositionsOfObject", "datasearch", "ra"),
    ("diameters", "DiametersOfObject", "datasearch", "major_axis_arcsec"),
    ("cross_identifications", "CrossidsOfObject", "objsearch", "name"),
]
GONE = ["404", "410", "html", "notice", "foreign_redirect"]


@pytest.fixture
def stocked(ned_server: NedServer) -> NedServer:
    """A server that knows two galaxies."""
    for name in ("NGC 1", "NGC 2"):
        ned_server.add_overview(name, ra=12.5, dec=-3.25, diameter=90.0, morphology="SB(s)b")
    return ned_server


def services(server: NedServer) -> list[str]:
    """Services that were asked, in order."""
    return [url.partition("?")[0].rsplit("/", 1)[1] for url in server.requests]


@pytest.mark.parametrize(("what", "newer", "older", "column"), SERVICES)
def test_the_newer_service_is_asked_alone(stocked, what, newer, older, column):
    """Where it answers, no other request is sent; both services agree on the value."""
    value = getattr(quick_client(stocked), what)("NGC 1")[column][0]
    assert services(stocked) == [newer]
    stocked.fail(newer, "404", times=2)
    with pytest.warns(IncompleteWarning, match=f"{newer} is gone .*{older} was asked instead"):
        again = getattr(quick_client(stocked), what)("NGC 1")[column][0]
    assert again == (value if isinstance(value, str) else pytest.approx(value))


@pytest.mark.parametrize(("what", "newer", "older", "column"), SERVICES)
@pytest.mark.parametrize("fault", GONE)
def test_a_service_that_is_gone(stocked, tmp_path, what, newer, older, column, fault):
    """One such answer is chance; after two the older service is asked, and the newer one not again; none is cached."""
    client = quick_client(stocked, cache=tmp_path)
    stocked.fail(newer, fault)
    assert len(getattr(client, what)("NGC 1")[column]) == 1
    assert older not in services(stocked)
    stocked.requests.clear()
    fresh = quick_client(stocked)
    stocked.fail(newer, fault, times=2)
    with pytest.warns(IncompleteWarning, match=f"{newer} is gone"):
        getattr(fresh, what)("NGC 1")
    getattr(fresh, what)("NGC 2")
    assert [each for each in services(stocked) if each != "notice"] == [newer, newer, older, older]


@pytest.mark.parametrize(("what", "newer", "older", "column"), SERVICES)
@pytest.mark.parametrize(
    ("fault", "times", "error", "message"),
    [
        ("500", 2, OutageError, "the service said 500"),
        ("503", 2, OutageError, "the service said 503"),
        ("silence", 2, OutageError, "no answer"),
        ("reset", 2, OutageError, "the answer was cut off"),
        ("cut_body", 2, OutageError, "the answer was cut off"),
        ("cut_page", 1, AnswerError, "not complete XML"),
        ("error_votable", 1, AnswerError, "answered with an error: The service is not available"),
        ("wrong_bytes", 1, AnswerError, "not complete XML"),
        ("missing_column", 1, AnswerError, "NED changed its format"),
    ],
)
def test_other_faults_are_errors(stocked, tmp_path, what, newer, older, column, fault, times, error, message):
    """They don't lead to the older service, they are not cached, and the next try succeeds."""
    if fault in ("silence", "503") and what != "overview":
        pytest.skip("a second each; one service stands for all")
    client = quick_client(stocked, cache=tmp_path)
    stocked.fail(newer, fault, times=times)
    with pytest.raises(error, match=message):
        getattr(client, what)("NGC 1")
    assert older not in services(stocked)
    assert not list(tmp_path.iterdir())
    assert len(getattr(client, what)("NGC 1")[column]) == 1


@pytest.mark.parametrize(("what", "newer", "column"), [(what, newer, column) for what, newer, _, column in SERVICES])
def test_order_and_names_of_columns_may_change(stocked, what, newer, column):
    """With the same IDs the table is the same."""
    client = quick_client(stocked)
    table = getattr(client, what)("NGC 1")
    stocked.fail(newer, "other_names")
    again = getattr(client, what)("NGC 1")
    ours = [each for each in table.colnames if each in again.colnames]
    assert column in ours
    assert table[ours].pformat(-1) == again[ours].pformat(-1)


def test_empty_tables(stocked):
    """An overview has one row; a galaxy without diameters has an empty table, and no other service is asked."""
    client = quick_client(stocked)
    stocked.fail("Overview", "empty_table")
    with pytest.raises(AnswerError, match=r"expected one table of one row, got \[0\] rows"):
        client.overview("NGC 1")
    stocked.fail("Diameters", "empty_table")
    assert len(client.diameters("NGC 1")) == 0
    assert services(stocked) == ["OverviewOfObject", "DiametersOfObject"]


@pytest.mark.parametrize(("what", "newer"), [each[:2] for each in SERVICES])
def test_an_unknown_galaxy_does_not_lead_to_the_older_service(stocked, what, newer):
    """The newer service says so with HTTP 200; that is an answer. Also from the older one, if the newer is gone."""
    client = quick_client(stocked)
    with pytest.raises(UnknownObjectError, match="does not know this name"):
        getattr(client, what)("M 200")
    assert services(stocked) == [newer]
    stocked.fail(newer, "404", times=2)
    with pytest.raises(UnknownObjectError, match="does not know this name"):
        getattr(client, what)("M 200")
    assert f"NED::API/{newer}" not in client.gone_services  # it may say 404 where it means the galaxy


ALL_GONE = {
    "overview": ("positions", "diameters", "query_object"),
    "positions": ("overview", "query_object"),
    "diameters": ("overview",),
    "cross_identifications": ("overview", "query_objectids"),
    "classifications": ("overview",),
    "images": ("HipsImages",),
}


@pytest.mark.parametrize("what", ALL_GONE)
@pytest.mark.parametrize("fault", GONE)
def test_if_all_services_are_gone_the_error_names_the_routes_that_are_left(stocked, what, fault):
    """As code that can be pasted: it compiles, and what it imports from galmorph exists."""
    stocked.fail("?", fault, times=100)
    with pytest.raises(ServiceError, match="Routes that are left:\n") as caught:
        getattr(quick_client(stocked), what)("NGC 1")
    assert type(caught.value) in (TransportError, AnswerError)
    lines = [line.strip() for line in str(caught.value).partition("Routes that are left:\n")[2].splitlines()]
    for expected, line in zip(ALL_GONE[what], lines, strict=True):
        compile(line, "error", "exec")
        assert expected in line
        imports, _, call = line.partition("; ")
        if "galmorph" in imports:
            names: dict = {}
            exec(imports, names)  # noqa: S102 (our own code)
            assert names.keys() & {"NedClient", "NedImages", "HipsImages"}
            if "NedClient()." in call:
                assert hasattr(NedClient, expected)


def test_if_the_lists_of_classes_are_gone_the_error_names_catalogues(ned_server):
    """The search has one route in NED; types are also in catalogues at CDS."""
    ned_server.fail("OBJatt", "410")
    with pytest.raises(TransportError, match=r"said 410.*\n.*CdsCatalogue") as caught:
        quick_client(ned_server).search("E", progress=False)
    line = str(caught.value).splitlines()[1].strip()
    exec(line, {})  # noqa: S102 (our own code)
    assert "CdsCatalogue(" in line


def test_what_counts_as_gone():
    """HTML that says that a name is unknown does not; nor does a VOTable that mentions HTML, or an outage."""
    assert is_gone(AnswerError("x", content=b"<!doctype HTML><p>moved"))
    assert not is_gone(AnswerError("x", content=b"<html>Failed to resolve input object name"))
    assert not is_gone(AnswerError("x", content=b"<VOTABLE><DESCRIPTION><html>"))
    assert not is_gone(AnswerError("x", content=b""))
    assert is_gone(AnswerError("x", content=b"<html><table>"))
    assert not is_gone(AnswerError("x", content=b"<html><TABLE>"), html=True)
    assert not is_gone(OutageError("the service said 404"))
    assert not is_gone(UnknownObjectError("the service said 404"))
    assert not is_gone(TransportError("http://x/404: the service said 403 Forbidden"))


def test_a_service_is_asked_again_after_an_hour(monkeypatch):
    """What is remembered as gone is forgotten again."""
    gone = GoneServices()
    gone.add("x")
    assert "x" in gone
    assert "y" not in gone
    later = time.monotonic() + 3601
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert "x" not in gone
