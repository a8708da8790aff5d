"""NedClient with a local server: complete tables, or errors; never fewer rows without a warning."""

import re
import threading

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from ned_server import NedServer, Row

from galmorph.data._ned.client import NedClient
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import (
    AnswerError,
    IncompleteWarning,
    InvalidValueError,
    LongRunError,
    TransportError,
    UnknownObjectError,
)

COLUMNS = [
    "name",
    "ra",
    "dec",
    "object_type",
    "redshift",
    "redshift_flag",
    "morphology",
    "activity",
    "legacy_type",
    "note",
    "requested",
]


def rows(number: int, letter: str = "A") -> list[Row]:
    """Rows of different galaxies, the first without a redshift."""
    return [
        Row(f"{letter} {each}", ra=f"{each % 24:02d}h00m00.0s", redshift="" if each == 0 else f"0.{each:04d}")
        for each in range(number)
    ]


def client(server: NedServer, *, cache=None, **options) -> NedClient:
    """A client for the loopback: no pause, short time-outs."""
    quick = {"pace": 0.0, "backoff": 0.01, "timeout": (2.0, 0.5), "deadline": 2.0, "retries": 1}
    return NedClient(transport=HttpTransport(**(quick | options)), base_url=server.url, cache=cache)


def same(one, other) -> bool:
    """Whether two tables hold the same."""
    return one.colnames == other.colnames and one.meta == other.meta and one.pformat(-1) == other.pformat(-1)


def test_all_pages_come_in_order(ned_server):
    """A class of 250 rows is a table of 250 rows, in NED's order, with units, types and the acknowledgement."""
    ned_server.add("E", rows(250))
    table = client(ned_server).search("E", progress=False)
    assert table.colnames == COLUMNS
    assert list(table["name"]) == [f"A {each}" for each in range(250)]
    assert table["ra"].unit == table["dec"].unit == u.deg
    assert table["ra"].dtype == table["dec"].dtype == table["redshift"].dtype == np.float64
    assert list(table["redshift"].mask) == [True] + [False] * 249
    assert not any(hasattr(table[each], "mask") for each in COLUMNS if each != "redshift")
    assert set(table["requested"]) == {"E"}
    assert table.meta["requests"] == len(ned_server.requests) == 3
    assert table.meta["complete"] is True
    assert table.meta["bad_rows"] == []
    assert table.meta["acknowledgement"].startswith(
        "This research has made use of the NASA/IPAC Extragalactic Database"
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table.meta["retrieved"])


def test_tables_survive_ecsv(ned_server, tmp_path):
    """What a search returns can be written as ECSV, and comes back the same; astropy reads empty texts as masked."""
    ned_server.add("E", rows(3))
    table = client(ned_server).search("E", progress=False)
    table.write(tmp_path / "e.ecsv")
    again = Table.read(tmp_path / "e.ecsv")
    assert again["redshift"].mask.tolist() == [True, False, False]
    for name in set(COLUMNS) - {"redshift"}:
        again[name] = again[name].filled("") if hasattr(again[name], "mask") else again[name]
    assert same(table, again)


def test_empty_class_is_an_empty_table(ned_server):
    """A class without galaxies is a table with all columns and no rows."""
    table = client(ned_server).search("S", progress=False)
    assert (len(table), table.colnames) == (0, COLUMNS)
    assert table["ra"].dtype == np.float64
    assert table["name"].dtype.kind == "U"


def test_codes_are_classes_too(ned_server):
    """A number of NED's attributes, as text, is asked for as it is."""
    ned_server.add("2121", rows(1))
    assert len(client(ned_server).search("2121", progress=False)) == 1


def test_limit_says_that_there_is_more(ned_server):
    """With a limit, only the pages that it takes are asked for, and a warning says how many rows NED has."""
    ned_server.add("E", rows(450))
    with pytest.warns(IncompleteWarning, match=r"'E': 150 rows were requested, NED has 401 to 500 rows on 5 pages"):
        table = client(ned_server).search("E", limit=150, progress=False)
    assert (len(table), table.meta["complete"], len(ned_server.requests)) == (150, False, 2)
    with pytest.warns(IncompleteWarning, match=r"'E': 30 rows were requested, NED has 401 to 500 rows"):
        client(ned_server).search("E", limit=30, progress=False)
    ned_server.add("S0", rows(70))
    with pytest.warns(IncompleteWarning, match=r"'S0': 30 rows were requested, NED has 70 rows"):
        client(ned_server).search("S0", limit=30, progress=False)


@pytest.mark.parametrize("limit", [450, 1000])
def test_limit_that_takes_all_is_complete(ned_server, limit):
    """A limit that is not reached changes nothing, and nothing is warned of."""
    ned_server.add("E", rows(450))
    table = client(ned_server).search("E", limit=limit, progress=False)
    assert (len(table), table.meta["complete"]) == (450, True)


def test_search_many_has_one_row_for_each_name(ned_server):
    """A galaxy that is found under several classes is one row, and `requested` names them in the order asked."""
    ned_server.add("A", rows(3))
    ned_server.add("S0/a", [*rows(1, "B"), *rows(2)])
    table = client(ned_server).search_many(["S0/a", "A"], progress=False)
    assert dict(zip(table["name"], table["requested"], strict=True)) == {
        "B 0": "S0/a",
        "A 0": "S0/a;A",
        "A 1": "S0/a;A",
        "A 2": "A",
    }
    assert table.meta["requests"] == 2


def test_a_plan_requests_the_first_pages_only(ned_server, tmp_path):
    """A plan gives requests and time, after one request for each class, which the search then finds in the cache."""
    ned_server.add("E", rows(730))
    ned_server.add("S0", rows(10, "B"))
    polite = client(ned_server, cache=tmp_path, pace=0.01)
    plan = polite.plan_search_many(["E", "S0"])
    assert isinstance(plan, RequestPlan)
    assert (plan.requests, plan.seconds, plan.cached, len(ned_server.requests)) == (7, pytest.approx(0.07), 2, 2)
    assert str(plan) == (
        "NED's classes E, S0: 7 requests to send (2 answers are in the cache), at least 0 s at 0.01 s a request"
    )
    assert len(polite.search_many(["E", "S0"], progress=False)) == 740
    assert len(ned_server.requests) == 9
    again = polite.plan_search_many(["E", "S0"])
    assert (again.requests, again.cached, len(ned_server.requests)) == (0, 9, 9)
    assert polite.plan_search("E", limit=250).cached == 3
    assert len(ned_server.requests) == 9


class Slow(Transport):
    """A transport that announces an hour between two requests, but sends them at once."""

    pace = 3600.0

    def __init__(self, transport: HttpTransport) -> None:
        self.transport = transport

    def get(self, request: Request) -> Answer:
        """Ask at once."""
        return self.transport.get(request)


def test_long_runs_need_consent(ned_server, tmp_path):
    """More than six hours of requests are refused before they begin, unless the helpdesk agreed."""
    ned_server.add("E", rows(850))
    slow = NedClient(transport=Slow(client(ned_server).transport), base_url=ned_server.url, cache=tmp_path)
    with pytest.raises(LongRunError, match=r"8 requests to send .* at least 8 h 0 min .* expected at most 6 hours"):
        slow.search("E", progress=False)
    assert len(ned_server.requests) == 1
    assert len(slow.search("E", helpdesk_agreed=True, progress=False)) == 850
    # What is in the cache takes no time.
    assert len(slow.search("E", progress=False)) == 850


def test_parallel_requests_give_the_same_table(ned_server):
    """Five requests at once change nothing but the time."""
    ned_server.add("E", rows(730))
    one = client(ned_server).search("E", progress=False)
    five = client(ned_server, parallel=5).search("E", progress=False)
    assert same(one, five)
    assert sorted(ned_server.requests[8:]) == sorted(ned_server.requests[:8])


def test_parallel_search_stops_at_an_error(ned_server):
    """After a page that does not come, the rest is not asked for, and no thread stays behind."""
    ned_server.add("E", rows(4000))
    ned_server.fail("page=2", "404", times=100)
    with pytest.raises(TransportError, match="404"):
        client(ned_server, parallel=2, pace=0.02).search("E", progress=False)
    assert len(ned_server.requests) < 20
    assert not any(each.name.startswith("ThreadPoolExecutor") for each in threading.enumerate())


@pytest.mark.parametrize("kind", ["500", "503", "silence", "reset", "cut_body"])
def test_faults_that_pass_leave_no_trace(ned_server, kind):
    """After a fault of the connection that passes, the table is that of an undisturbed run."""
    ned_server.add("E", rows(250))
    whole = client(ned_server).search("E", progress=False)
    ned_server.fail("page=2", kind)
    assert same(client(ned_server).search("E", progress=False), whole)


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("500", TransportError, "page=2: the service said 500"),
        ("404", TransportError, "page=2: the service said 404"),
        ("reset", TransportError, "page=2: the answer was cut off"),
        ("cut_body", TransportError, "page=2: the answer was cut off"),
        ("foreign_redirect", TransportError, r"page=2: it redirects to http://localhost.invalid/elsewhere"),
        ("huge_length", TransportError, "page=2: the answer has 10737418240 bytes"),
        ("slow_body", TransportError, "page=2: the answer was not complete at the deadline"),
        ("cut_page", AnswerError, r"page 2 of class 'E': .*the page was cut"),
        ("wrong_count", AnswerError, r"page 2 of class 'E': row 101: expected 12 columns, got 13"),
        ("html", AnswerError, r"page 2 of class 'E': expected a form that says 'Page N of M'"),
        ("error_votable", AnswerError, r"page 2 of class 'E': expected an HTML page"),
        ("wrong_bytes", AnswerError, r"page 2 of class 'E': expected an HTML page"),
    ],
)
def test_lasting_faults_are_errors_and_never_cached(ned_server, tmp_path, kind, error, message):
    """Each fault that lasts is a typed error that names the page; the next run resumes there and is complete."""
    ned_server.add("E", rows(250))
    resumable = client(ned_server, cache=tmp_path, deadline=0.5)
    ned_server.fail("page=2", kind, times=2)
    with pytest.raises(error, match=message) as caught:
        resumable.search("E", progress=False)
    if error is AnswerError:
        assert caught.value.content
    ned_server.faults.clear()
    before = len(ned_server.requests)
    table = resumable.search("E", progress=False)
    assert len(ned_server.requests) - before == 2
    assert same(table, client(ned_server).search("E", progress=False))


def test_rows_with_bars_can_be_left_out(ned_server):
    """With ``strict=False`` a row with a bar in a cell is left out with a warning, and the table says which."""
    ned_server.add("E", rows(3))
    ned_server.fail("page=1", "wrong_count")
    with pytest.warns(IncompleteWarning, match=r"1 rows of NED's lists were left out"):
        table = client(ned_server).search("E", strict=False, progress=False)
    assert list(table["name"]) == ["A 1", "A 2"]
    assert table.meta["complete"] is False
    (bad,) = table.meta["bad_rows"]
    assert (bad["class"], bad["page"], bad["row"], bad["reason"]) == ("E", 1, 1, "expected 12 columns, got 13")


def test_a_page_kept_leniently_is_asked_for_again_when_strict(ned_server, tmp_path):
    """A page that only the lenient reader took does not serve the strict one."""
    ned_server.add("E", rows(3))
    ned_server.fail("page=1", "wrong_count")
    with pytest.warns(IncompleteWarning, match="left out"):
        client(ned_server, cache=tmp_path).search("E", strict=False, progress=False)
    assert len(client(ned_server, cache=tmp_path).search("E", progress=False)) == 3


def test_a_list_that_changes_while_it_is_read_is_an_error(ned_server, tmp_path):
    """Where the number of pages differs from page to page, the parts don't fit together."""
    ned_server.add("E", rows(200))
    kept = client(ned_server, cache=tmp_path)
    kept.plan_search("E")
    ned_server.add("E", rows(1, "B"))
    with pytest.raises(AnswerError, match=r"page 1 says that there are 2 pages, page 2 says 3; .*empty the cache"):
        kept.search("E", progress=False)


def test_cache_needs_no_network(ned_server, tmp_path):
    """What is in the cache is there without the server."""
    ned_server.add("E", rows(250))
    table = client(ned_server, cache=tmp_path).search("E", progress=False)

    class Dead(Transport):
        def get(self, request: Request) -> Answer:
            raise TransportError(request.url)

    offline = NedClient(transport=Dead(), base_url=ned_server.url + "/", cache=str(tmp_path))
    assert same(offline.search("E", progress=False), table)
    with pytest.raises(TransportError, match="OBJatt"):
        offline.search("S", progress=False)


def test_arguments_are_checked_before_anything_is_asked(ned_server):
    """Unknown, missing and repeated classes, a limit below 1 and a wrong address are errors."""
    quick = client(ned_server)
    with pytest.raises(InvalidValueError, match=r"classification: expected one of 'E'.*got 'Sx'"):
        quick.search_many(["E", "Sx"])
    for classes in ([], ["E", "1010"]):
        with pytest.raises(InvalidValueError, match="classifications: expected one or more, each once"):
            quick.search_many(classes)
        with pytest.raises(InvalidValueError, match="classifications: expected one or more, each once"):
            quick.plan_search_many(classes)
    for ask in (quick.search, quick.plan_search):
        with pytest.raises(InvalidValueError, match="limit: expected a whole number of at least 1, got 0"):
            ask("E", limit=0)
    assert ned_server.requests == []
    with pytest.raises(InvalidValueError, match="base_url: expected an address"):
        NedClient(base_url="ned.ipac.caltech.edu")


def test_default_is_polite():
    """Without options, a client asks NED itself, one request at a time, a second apart, and keeps nothing."""
    default = NedClient()
    assert default.base_url == "https://ned.ipac.caltech.edu"
    assert (default.pace, default.parallel, default.cache) == (1.0, 1, None)
    assert "https://ned.ipac.caltech.edu" in repr(default)


def test_progress_bar_counts_pages(ned_server, capsys):
    """The bar says how many pages came; without it nothing is written."""
    ned_server.add("E", rows(250))
    client(ned_server).search("E")
    assert "3/3" in capsys.readouterr().err
    client(ned_server).search("E", progress=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("what", ["overview", "classifications"])
def test_unknown_objects_are_errors_and_never_cached(ned_server, tmp_path, what):
    """An unknown name is an error, also when NED sends it with the status of success; known later, it is found."""
    kept = client(ned_server, cache=tmp_path)
    with pytest.raises(UnknownObjectError, match=f"{what} of 'M 200': the service does not know this name"):
        getattr(kept, what)("M 200")
    ned_server.add_overview("M 200", morphology="E")
    assert len(getattr(kept, what)("M 200")) == 1
    ned_server.overviews.clear()
    assert len(getattr(kept, what)("M 200")) == 1


@pytest.mark.parametrize("what", ["overview", "classifications", "images"])
@pytest.mark.parametrize("kind", ["html", "error_votable", "wrong_bytes", "cut_page"])
def test_wrong_answers_are_errors_and_never_cached(ned_server, tmp_path, what, kind):
    """Errors with the status of success, other pages, noise and cut pages: a typed error, then the truth."""
    ned_server.add_overview("NGC 1", morphology="E")
    ned_server.add_image("NGC 1", b"x")
    kept = client(ned_server, cache=tmp_path)
    # HTML means that a service is gone, so it is asked twice, on each route.
    ned_server.fail("NGC 1", kind, times=1 if kind != "html" else 2 if what == "classifications" else 4)
    with pytest.raises(AnswerError, match=rf"{what} of 'NGC 1': .*kept in the error's content") as caught:
        getattr(kept, what)("NGC 1")
    assert caught.value.content
    assert not list(tmp_path.iterdir())
    assert len(getattr(kept, what)("NGC 1")) == 1
