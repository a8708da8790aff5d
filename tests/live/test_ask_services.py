"""The first thing to run with a network, against a server on the loopback: each route answers, fails or is gone."""

import json
import re

import live_questions
import pytest
from ask_services import main
from astropy.table import Table
from live_sky import DEC, RA, cut_out
from ned_server import Overview


@pytest.fixture(autouse=True)
def _fewer_rows(monkeypatch):
    """Expect as many rows of the catalogues as the server has."""
    monkeypatch.setattr(live_questions, "RC3", 21)
    monkeypatch.setattr(live_questions, "EFIGI", 20)
    monkeypatch.setattr(live_questions, "NAIR_ABRAHAM", 20)


@pytest.fixture
def ask(sky, tmp_path, capsys):
    """Ask, and return the status, what was printed, the table, and the folder of the run."""

    def run(*routes: str):
        before = set(tmp_path.iterdir())
        options = ("--pace", "0", "--timeout", "0.5", "--retries", "1")
        status = main([*routes, *options, "--server", sky.url, "--output", str(tmp_path)])
        (folder,) = set(tmp_path.iterdir()) - before
        return status, capsys.readouterr().out, Table.read(folder / "routes.ecsv"), folder

    return run


def test_each_route_is_asked_twice_and_its_answers_are_kept(sky, ask):
    """All answers are as expected; each is in the folder with its address, byte for byte as it was sent."""
    status, printed, table, folder = ask()
    assert set(table["state"]) == {"answers"}, printed
    assert table["expected"].all()
    assert status == 0
    routes = table["route"].tolist()
    assert {route: routes.count(route) for route in routes} == dict.fromkeys(routes, 2)
    assert f"{len(set(routes))} of {len(set(routes))} routes give what is expected" in printed
    kept = [json.loads((folder / file).read_text())["asked"] for files in table["files"] for file in files.split()
            if file.endswith(".json")]  # fmt: skip
    assert [url.removeprefix(sky.url) for url in kept] == sky.requests
    (image,) = (file for file in table["files"][table["route"] == "CDS hips2fits"][0].split() if file.endswith(".body"))
    assert (folder / image).read_bytes() == cut_out(RA, DEC, 0.1666667, 128)
    assert [line.split()[:2] for line in (folder / "routes.txt").read_text().splitlines()[2:-2]] == [
        f"{route} {asked}".split()[:2] for route, asked in table["route", "asked"].iterrows()
    ]


# A route, and what its addresses contain.
ROUTES = {
    "NED::API OverviewOfObject": "OverviewOfObject",
    "NED::API PositionsOfObject": "PositionsOfObject",
    "NED::API DiametersOfObject": "DiametersOfObject",
    "NED::API CrossidsOfObject": "CrossidsOfObject",
    "NED cgi-bin/objsearch": "objsearch",
    "NED cgi-bin/OBJatt": "OBJatt",
    "NED SIA 2": "/services/sia",
    "NED cgi-bin/imgdata": "imgdata",
    "CDS RC3": "VII/155/rc3",
    "CDS HyperLEDA": "VII/237/pgc",
    "CDS EFIGI": "532/A74",
    "CDS Nair & Abraham": "186/427",
    "CDS hips2fits": "hips2fits",
    "SIMBAD": "sim-tap",
}


@pytest.mark.parametrize(
    ("first", "kind", "states"),
    [
        (0, "404", {"gone"}),
        (1, "410", {"gone"}),
        (1, "notice", {"gone"}),
        (0, "html", {"gone"}),
        (1, "foreign_redirect", {"gone"}),
        (0, "500", {"no answer"}),
        (1, "cut_body", {"no answer"}),
        (0, "error_votable", {"not understood", "other answer", "answers"}),
    ],
)
def test_what_is_gone_shows_as_such_and_the_others_are_asked(sky, ask, first, kind, states):
    """Every other route fails: the table says how, the routes between them are asked, and the status is 1."""
    broken = list(ROUTES)[first::2]
    for route in broken:
        sky.fail(ROUTES[route], kind, times=1000)
    status, printed, table, folder = ask()
    seen = {route: set(table["state"][table["route"] == route].tolist()) for route in ROUTES}
    assert {route: seen[route] for route in ROUTES if route not in broken} == {
        route: {"answers"} for route in ROUTES if route not in broken
    }, printed
    for route in broken:
        assert seen[route] <= states, printed
        assert seen[route] != {"answers"}, printed
        assert re.search(rf"^  {re.escape(route)}: ", printed, re.MULTILINE)
    assert status == 1
    assert f"{len(ROUTES) - len(broken)} of {len(ROUTES)} routes give what is expected" in printed
    errors = [json.loads(path.read_text()).get("error", "") for path in folder.glob("*.json")]
    assert any(errors) == (kind in ("404", "410", "foreign_redirect", "500", "cut_body"))


def test_another_answer_is_named(sky, ask):
    """An answer that is read and says something else is not as expected, and the table says what came."""
    sky.overviews["NGC 4472"] = Overview("MESSIER 049", RA + 1, DEC, redshift=0.0033, morphology="Sb", diameter=612.0)
    status, printed, table, _ = ask("OverviewOfObject", "PositionsOfObject")
    assert status == 1
    assert table["state"].tolist() == ["other answer", "answers", "other answer", "answers"]
    assert "MESSIER 049, type Sb" in printed
    assert "188.445" in table["came"][2]


def test_a_fault_of_our_own_does_not_hide_other_routes(ask, monkeypatch):
    """An error that nobody foresaw is in the table, with its class."""
    monkeypatch.setattr(live_questions, "CdsCatalogue", None)
    status, _, table, _ = ask("RC3", "hips2fits")
    assert status == 1
    assert table["state"].tolist() == ["error", "error", "answers", "answers"]
    assert table["came"][0].startswith("TypeError: ")


def test_who_has_had_enough_keeps_what_there_is(ask, monkeypatch, tmp_path):
    """Ctrl-C ends it; the answers and the table so far are written."""
    monkeypatch.setattr(live_questions, "_one_image", lambda _source: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        ask("RC3", "hips2fits")
    (folder,) = tmp_path.iterdir()
    assert Table.read(folder / "routes.ecsv")["route"].tolist() == ["CDS RC3"] * 2


def test_a_route_that_does_not_exist(sky, tmp_path, capsys):
    """A word that fits no route is said, and nothing is asked."""
    assert main(["nothing", "--server", sky.url, "--output", str(tmp_path)]) == 2
    assert "no route is named like nothing" in capsys.readouterr().out
    assert sky.requests == []
