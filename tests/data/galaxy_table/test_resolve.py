"""NedClient.resolve: your own list of galaxies, its positions and diameters, and what was not found."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from ned_answers import quick_client
from ned_server import NedServer

from galmorph.data._fetch.image_source import targets_of
from galmorph.data._galaxy_table.common_table import COLUMNS
from galmorph.data._galaxy_table.own_list import read_own_list
from galmorph.data._ned.client import NedClient
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import (
    AnswerError,
    FileFormatError,
    IncompleteWarning,
    InvalidValueError,
    LongRunError,
    ServiceError,
    TransportError,
)

NAMES = [f"NGC {number}" for number in range(1, 5)]
TYPES = ["E2", "SB(s)b", "", "Im"]


@pytest.fixture
def stocked(ned_server: NedServer) -> NedServer:
    """A server that knows four galaxies, one of them without a diameter."""
    for number, name in enumerate(NAMES, 1):
        diameter = None if number == 3 else 60.0 * number
        ned_server.add_overview(name, ra=10.0 * number, dec=-number, diameter=diameter, morphology=f"S{number}")
    return ned_server


def test_a_list_of_names(stocked):
    """One row a name in the order of the list, with NED's types; what NED lacks is masked. Image sources take it."""
    table = quick_client(stocked).resolve(NAMES[::-1], progress=False)
    assert list(table["name"]) == NAMES[::-1]
    assert table["ra"].tolist() == [40.0, 30.0, 20.0, 10.0]
    assert table["major_axis_arcmin"].tolist() == [4.0, None, 2.0, 1.0]
    assert list(table["morphology"]) == list(table["ned_morphology"]) == ["S4", "S3", "S2", "S1"]
    assert set(table["source"]) == {"NED"}
    assert set(table["refcode"]) == {"1991RC3.9.C...0000d"}
    assert (table["ra"].unit, table["dec"].unit, table["major_axis_arcmin"].unit) == (u.deg, u.deg, u.arcmin)
    assert (table.meta["complete"], table.meta["skipped"], table.meta["requests"]) == (True, [], 4)
    assert "NASA/IPAC" in table.meta["acknowledgement"]
    assert targets_of(table)["NGC 2"].diameter == 120.0


def test_own_types_and_columns_stay(stocked, tmp_path):
    """The types of the list are the types of the table; a column whose name is taken is renamed; ECSV keeps all."""
    own = Table({"Galaxy": NAMES, "Type": TYPES, "ra": [1, 2, 3, 4], "votes": [5, 6, 7, 8]})
    table = quick_client(stocked).resolve(own, progress=False)
    assert list(table["morphology"]) == TYPES
    assert list(table["ned_morphology"]) == ["S1", "S2", "S3", "S4"]
    assert set(table["source"]) == {"own list"}
    assert table["own_ra"].tolist() == [1, 2, 3, 4]
    assert table["votes"].tolist() == [5, 6, 7, 8]
    table.write(tmp_path / "t.ecsv")
    assert Table.read(tmp_path / "t.ecsv")["major_axis_arcmin"].mask.tolist() == [False, False, True, False]


@pytest.mark.parametrize("form", ["csv", "ecsv", "vot", "txt", "table", "pandas", "pandas index", "mapping", "array"])
def test_every_form_of_a_list_is_the_same_list(tmp_path, form):
    """Names, and types where the form has them, whatever holds them."""
    table = Table({"name": NAMES, "type": TYPES})
    path = tmp_path / f"list.{form}"
    if form == "csv":
        path.write_text('\ufeffname,type\n"NGC  1",E2\nNGC 2,SB(s)b\n\nNGC 3,\nNGC 4,Im\n', encoding="utf-8")
    elif form == "ecsv":
        table.write(path, format="ascii.ecsv")
    elif form == "vot":
        table.write(path, format="votable")
    elif form == "txt":
        path.write_text("# mine\n" + "\n".join(NAMES) + "\n")
    if form.startswith("pandas"):
        frame = pytest.importorskip("pandas").DataFrame({"name": NAMES, "type": [*TYPES[:2], None, "Im"]})
        galaxies = frame.set_index("name") if "index" in form else frame
    else:
        others = {"table": table, "mapping": dict(zip(NAMES, TYPES, strict=True)), "array": np.array(NAMES)}
        galaxies = others.get(form, path)
    own = read_own_list(galaxies)
    assert own.names == NAMES
    assert own.types == (None if form in ("txt", "array") else TYPES)
    assert own.others == {}


def test_identifiers_keep_their_zeros(tmp_path):
    """Cells of a CSV file are texts."""
    (tmp_path / "a.csv").write_text("name,asset_id\n0012,1e5\n587722952230174996,001\n")
    own = read_own_list(tmp_path / "a.csv")
    assert own.names == ["0012", "587722952230174996"]
    assert list(own.others["asset_id"]) == ["1e5", "001"]


@pytest.mark.parametrize(
    ("galaxies", "options", "message"),
    [
        ("NGC 1", {}, "got 'NGC 1', which is no file .*put a single name into a list"),
        ([], {}, "expected at least one galaxy"),
        ([1, 2], {}, "expected texts, got 1 at 0"),
        (5, {}, "expected names, a mapping of names to types, .* got int"),
        ({"name": ["NGC 1"]}, {}, r"expected texts, got \['NGC 1'\]"),
        (Table({"a": ["x"]}), {}, "expected a column of names .*, got a; give it as name_column"),
        (Table({"galaxy": ["x"], "object": ["x"]}), {}, "got galaxy, object; choose with name_column"),
        (Table({"name": ["x"], "type": ["x"], "class": ["x"]}), {}, "got type, class; choose with type_column"),
        (Table({"name": ["x"]}), {"type_column": "t"}, "type_column: expected one of name, got 't'"),
        (Table({"name": ["x"]}), {"type_column": "name"}, "in two columns, got 'name' for both"),
        (["\ud800"], {}, "expected valid text as name"),
    ],
)
def test_lists_that_can_not_be_used_are_refused(galaxies, options, message):
    """Before anything is asked."""
    with pytest.raises(InvalidValueError, match=message):
        NedClient().plan_resolve(galaxies, **options)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"name,type\nNGC 1\n", "expected 2 cells as in the header, got 1 in the row of 'NGC 1'"),
        ("a.csv", b"name,name\nNGC 1,x\n", "expected different headers, got name, name"),
        ("a.csv", b'name,type\n"NGC 1,E\n', "can't be read"),
        ("a.csv", b"\xff\xfe", "can't be read"),
        ("a.ecsv", b"name\nNGC 1\n", "can't be read"),
        ("a.vot", b"<html>", "can't be read"),
    ],
)
def test_damaged_files_are_errors(tmp_path, name, content, message):
    """The file is named."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=rf"{name}: .*{message}"):
        read_own_list(tmp_path / name)


def test_unknown_formats_are_refused(tmp_path):
    """The error says which there are."""
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(InvalidValueError, match=r"a\.xlsx: expected a file named \.csv"):
        read_own_list(tmp_path / "a.xlsx")


def test_columns_can_be_chosen():
    """Options come before headers."""
    table = Table({"name": ["a"], "id": ["NGC 1"], "type": ["x"], "rc3": ["Sb"]})
    own = read_own_list(table, name_column="id", type_column="rc3")
    assert (own.names, own.types, list(own.others)) == (["NGC 1"], ["Sb"], ["name", "type"])


def test_what_is_not_found_is_listed_with_its_reason(stocked):
    """Unknown, without position, without name, twice, under two names, without an answer."""
    stocked.add_overview("M 5", ra=None)
    stocked.overviews["M 1"] = stocked.overviews["NGC 1"]
    stocked.fail("NGC 4", "error_votable")
    names = ["NGC 1", "nothing", "M 5", "", "NGC  1", "M 1", "NGC 4", "NGC 2"]
    with pytest.warns(IncompleteWarning, match=r"6 of 8 galaxies are not in the table, such as nothing \(overview"):
        table = quick_client(stocked).resolve(names, progress=False)
    assert list(table["name"]) == ["NGC 1", "NGC 2"]
    reasons = [(each["name"], each["reason"]) for each in table.meta["skipped"]]
    expected = ["does not know this name", "gives no position", "no name", "named before", "the same object as 'NGC 1'"]
    expected.append("The service is not available")
    assert [name for name, _ in reasons] == ["nothing", "M 5", "row 3", "NGC 1", "M 1", "NGC 4"]
    assert all(text in reason for text, (_, reason) in zip(expected, reasons, strict=True))
    assert table.meta["complete"] is False


def test_nothing_found_is_an_empty_table(stocked):
    """With all columns, and a warning."""
    with pytest.warns(IncompleteWarning, match="1 of 1 galaxies"):
        table = quick_client(stocked).resolve(Table({"name": ["x"], "type": ["E"], "a": [1]}), progress=False)
    assert (len(table), table.colnames[0], table.colnames[-1]) == (0, "name", "a")


def test_a_run_that_stopped_goes_on_from_the_cache(stocked, tmp_path):
    """Ten galaxies in a row without an answer stop it; the next run asks only what is not known."""
    for number in range(5, 16):
        stocked.add_overview(f"NGC {number}")
    names = [f"NGC {number}" for number in range(1, 16)]
    client = quick_client(stocked, cache=tmp_path)
    assert client.plan_resolve(names).requests == 15
    for number in range(3, 16):
        stocked.fail(f"NGC {number}", "error_votable")
    with pytest.raises(
        AnswerError, match=r"not available.*Stopped after 2 of 15 galaxies were found; if the client has"
    ):
        client.resolve(names, progress=False)
    stocked.faults.clear()
    plan = client.plan_resolve(names)
    assert (plan.requests, plan.cached) == (13, 2)
    assert str(plan).startswith("positions and diameters of 15 galaxies from NED: 13 requests to send (2 answers")
    stocked.requests.clear()
    assert len(client.resolve(names, progress=False)) == 15
    assert len(stocked.requests) == 13
    stocked.requests.clear()
    again = quick_client(stocked, cache=tmp_path).resolve(names, progress=False)
    assert (len(again), again.meta["requests"], stocked.requests) == (15, 0, [])


def test_a_service_that_is_gone_stops_the_run_at_once(stocked):
    """No list of a thousand failures; with the older service left, the run goes on without diameters."""
    stocked.fail("?", "410", times=100)
    with pytest.raises(ServiceError, match=r"Routes that are left:\n[^.]*(.|\n)*Stopped after 0 of 4") as caught:
        quick_client(stocked).resolve(NAMES, progress=False)
    assert isinstance(caught.value, TransportError | AnswerError)
    assert len(stocked.requests) == 4
    stocked.faults.clear()
    stocked.fail("OverviewOfObject", "410", times=100)
    with pytest.warns(IncompleteWarning, match="OverviewOfObject is gone"):
        table = quick_client(stocked).resolve(NAMES, progress=False)
    assert table["ra"].tolist() == [10.0, 20.0, 30.0, 40.0]
    assert table["major_axis_arcmin"].mask.all()


class Slow(Transport):
    """A transport that announces an hour between two requests, and has no answer."""

    pace = 3600.0

    def get(self, request: Request) -> Answer:
        """Fail."""
        raise TransportError(request.url)


def test_long_runs_need_consent():
    """NED's six hours, before anything is asked."""
    client = NedClient(transport=Slow())
    assert client.plan_resolve([f"NGC {number}" for number in range(1, 7)]).seconds == 6 * 3600
    seven = [f"NGC {number}" for number in range(1, 8)]
    with pytest.raises(LongRunError, match=r"7 requests to send, at least 7 h 0 min.* helpdesk"):
        client.resolve(seven, progress=False)
    with pytest.warns(IncompleteWarning, match="7 of 7 galaxies are not in the table"):
        client.resolve(seven, helpdesk_agreed=True, progress=False)


def test_progress_bar_counts_galaxies(stocked, capsys):
    """It is on standard error; without it nothing is written."""
    quick_client(stocked).resolve(NAMES)
    assert "4/4" in capsys.readouterr().err
    quick_client(stocked).resolve(NAMES, progress=False)
    assert capsys.readouterr() == ("", "")


def test_all_columns_of_the_common_table(stocked):
    """In their order, with T of the text; NED's overview has no axis ratio and no angle."""
    stocked.add_overview("NGC 1", ra=10.0, morphology="SAB(s)bc", redshift=0.01)
    table = quick_client(stocked).resolve(NAMES[:2], progress=False)
    assert tuple(table.colnames[:13]) == COLUMNS
    assert table.colnames[13:] == ["ned_name", "ned_morphology", "activity"]
    assert table["t"].tolist() == [4.0, None]
    assert table["redshift"].tolist() == [0.01, 0.02]
    assert set(table["object_type"]) == {"G"}
    assert all(table[name].mask.all() for name in ("t_error", "axis_ratio", "position_angle"))
    assert all(table[name].description for name in COLUMNS)


@pytest.mark.parametrize("as_csv", [False, True])
def test_own_stages_come_before_those_of_the_text(stocked, tmp_path, as_csv):
    """Columns t and t_error of the list, where they hold numbers on the sequence; an empty cell takes the text's."""
    own = tmp_path / "own.csv"
    own.write_text("name,type,t,t_error\nNGC 1,E2,-4.5,0.5\nNGC 2,SB(s)b,,\nNGC 3,,99,1\nNGC 4,Im,10,0.25\n")
    table = quick_client(stocked).resolve(own if as_csv else Table.read(own), progress=False)
    assert table["t"].tolist() == [-4.5, 3.0, None, 10.0]
    assert table["t_error"].tolist() == [0.5, None, 1.0, 0.25]
    assert not {"own_t", "own_t_error"} & set(table.colnames)


def test_own_stages_that_are_no_stages_of_the_types_stay_beside(stocked):
    """Texts, or numbers without types: they are kept under another name."""
    client = quick_client(stocked)
    texts = client.resolve(Table({"name": NAMES, "type": TYPES, "t": ["early"] * 4}), progress=False)
    assert list(texts["own_t"]) == ["early"] * 4
    assert texts["t"].tolist() == [-5.0, 3.0, None, 10.0]
    without = client.resolve(Table({"name": NAMES, "t": [1.0, 2.0, 3.0, 4.0]}), progress=False)
    assert without["own_t"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert without["t"].mask.all()  # NED says S1 to S4, which have no T
