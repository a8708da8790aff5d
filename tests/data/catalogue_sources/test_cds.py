"""Catalogues at CDS with a local server: the common table, all rows of it, or an error that keeps the answer."""

import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table
from cds_answers import PGC_FIELDS, QUERY_FAULTS, RC3_FIELDS, CdsServer, pgc_row, rc3_row
from ned_server import FAULTS
from PIL import Image

from galmorph.data import CatalogueSource, CdsCatalogue, HttpTransport, build_dataset, clean, parse_morphology
from galmorph.errors import AnswerError, IncompleteWarning, InvalidValueError, ServiceError, TransportError
from galmorph.preprocessing import Recipe

COLUMNS = [
    "name", "ra", "dec", "morphology", "t", "t_error", "major_axis_arcmin", "axis_ratio", "position_angle", "redshift",
    "source", "refcode", "object_type",
]  # fmt: skip


@pytest.fixture
def cds():
    """A server that knows 20 galaxies of RC3, of which two have no type."""
    with CdsServer() as server:
        rows = [rc3_row(number) for number in range(1, 21)]
        rows[5] |= {"type": ".......", "T": "", "e_T": "", "D25": "", "R25": "", "PA": "", "cz": "", "name": ""}
        rows[6] |= {"type": "", "T": "", "altname": "UGC 7"}
        server.add_table("VII/155/rc3", RC3_FIELDS, rows)
        yield server


def catalogue(server: CdsServer, name: str = "rc3", **options) -> CdsCatalogue:
    """A catalogue at the loopback, without pauses."""
    quick = HttpTransport(pace=0, backoff=0.01, timeout=(2.0, 0.3), deadline=0.5, retries=1)
    return CdsCatalogue(name, transport=quick, service=server.service, **options)


def test_rc3_becomes_the_common_table(cds):
    """Diameters and axis ratios come from logarithms, redshifts from cz; unknown values are masked, and texts whole."""
    table = catalogue(cds).fetch(progress=False)
    assert (table.colnames, len(table)) == (COLUMNS, 20)
    row = table[0]
    assert (row["name"], row["ra"], row["dec"], row["morphology"]) == ("NGC 1", 37.0, 1.0, ".SXT4..")
    assert str(parse_morphology(row["morphology"])) == "SAB(rs)bc"
    assert (row["t"], row["t_error"]) == (4.0, pytest.approx(0.3))
    assert row["major_axis_arcmin"] == pytest.approx(10.0)  # 10**2 times 0.1 arcmin
    assert row["axis_ratio"] == pytest.approx(0.5, abs=1e-6)  # 10**-log10(2)
    assert (row["position_angle"], row["source"], row["refcode"]) == (130.0, "RC3", "1991rc3..book.....D")
    assert row["redshift"] == pytest.approx(2998 / 299_792.458)
    assert (table["ra"].unit, table["major_axis_arcmin"].unit, table["position_angle"].unit) == (u.deg, u.arcmin, u.deg)
    assert all(table[name].description for name in COLUMNS)
    assert all(table[name].dtype == np.float64 for name in COLUMNS if table[name].dtype.kind != "U")
    for name in ("t", "t_error", "major_axis_arcmin", "axis_ratio", "position_angle", "redshift"):
        assert np.flatnonzero(table[name].mask).tolist() == ([5, 6] if name == "t" else [5])
    assert table["name"][5:7].tolist() == ["PGC 6", "NGC 7"]
    meta = table.meta
    assert (meta["requests"], meta["table"], meta["complete"]) == (2, "VII/155/rc3", True)
    assert "VizieR" in meta["acknowledgement"]
    assert "Third Reference Catalogue" in meta["acknowledgement"]


@pytest.mark.parametrize("form", ["binary", "binary2"])
def test_packed_rows_give_the_same_table(cds, form):
    """A service that sends rows as BINARY or BINARY2 gives what it gives as text."""
    complete = "recno >= 8"  # BINARY has no way to leave out a whole number
    written = catalogue(cds, where=complete).fetch(progress=False)
    cds.packed = form
    packed = catalogue(cds, where=complete).fetch(progress=False)
    assert packed.pformat(-1) == written.pformat(-1)


@pytest.mark.parametrize("kind", sorted(set(FAULTS) - {"cut_page", "wrong_count"}))
def test_faults_of_the_network_are_errors(cds, kind, tmp_path):
    """Whatever the network does, there is a typed error, nothing is cached, and the next call gives all rows."""
    cds.fail("QUERY=SELECT *", kind, times=2)
    source = catalogue(cds, cache=tmp_path, max_bytes=1 << 20)
    with pytest.raises(ServiceError) as caught:
        source.fetch(progress=False)
    assert isinstance(caught.value, TransportError | AnswerError)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1  # the number of rows
    cds.faults.clear()
    assert len(source.fetch(progress=False)) == 20


def test_a_cut_page_is_an_error(cds):
    """A document that ends in the middle of a row is not a short table."""
    cds.fail("QUERY=SELECT *", "cut_page")
    with pytest.raises(AnswerError, match="something that is not complete XML") as caught:
        catalogue(cds).fetch(progress=False)
    assert caught.value.content.startswith(b"<?xml")


MESSAGES = {
    "overflow": "answered with an error: OVERFLOW",
    "error_status": "answered with an error: ERROR Incorrect ADQL query: SELECT",
    "fewer_rows": "expected 20 rows, as the service counted them, got 19",
    "more_rows": "expected 20 rows, as the service counted them, got 21",
    "renamed": r"expected columns for name \(name, altname, desig, PGC\); ra \(RAJ2000, RA2000, .* got the columns "
    "x_recno, x_RA2000, x_DE2000",
    "two_tables": "expected one table, got 2",
    "no_table": "expected one table, got 0",
    "hours": "expected degrees in RA2000, got numbers up to 23.* which look like hours",
    "not_logarithms": "expected logarithms of diameters in 0.1 arcmin, got numbers up to 10",
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_faults_of_the_service_are_errors_that_keep_the_answer(cds, kind, tmp_path):
    """A table with another number of rows, other columns or other units is an error, and is not cached."""
    source = catalogue(cds, cache=tmp_path)
    if kind == "hours":  # a few galaxies may all lie below 24 degrees
        cds.add_table("VII/155/rc3", RC3_FIELDS, [rc3_row(number) for number in range(1, 101)])
    rows = len(cds.tables["VII/155/rc3"][1])
    cds.fail_query(kind)
    with pytest.raises(AnswerError, match=MESSAGES[kind]) as caught:
        source.fetch(progress=False)
    assert caught.value.content.startswith(b"<?xml")
    assert "QUERY=SELECT%20%2A" in caught.value.url
    assert len(source.fetch(progress=False)) == rows


def test_every_fault_of_the_service_is_tested():
    """No fault that the server knows is forgotten here."""
    assert set(MESSAGES) | {"not_a_number"} == set(QUERY_FAULTS)


def test_an_unreadable_number_elsewhere_costs_nothing(cds):
    """``NULL`` and ``1.`` in a column that nobody needs are masked, with a warning; all rows are there."""
    cds.fail_query("not_a_number")
    with pytest.warns(IncompleteWarning, match=r"RC3 \(VII/155/rc3\): cells masked .* 'NULL' and 1 more in the column"):
        table = catalogue(cds).fetch(progress=False)
    assert len(table) == 20


def test_answers_are_cached_and_planned(cds, tmp_path):
    """A plan asks for the number of rows only; what was fetched once is not asked for again."""
    source = catalogue(cds, cache=tmp_path)
    plan = source.plan()
    assert str(plan) == "RC3 from CDS: 1 request to send (1 answer is in the cache), at least 0 s at 0 s a request"
    assert len(cds.requests) == 1
    first = source.fetch(progress=False)
    assert (len(cds.requests), source.plan().requests, source.plan().cached) == (2, 0, 2)
    assert source.fetch(progress=False).pformat(-1) == first.pformat(-1)
    assert len(cds.requests) == 2
    assert isinstance(source, CatalogueSource)


def test_where_restricts_the_rows(cds):
    """A condition in the catalogue's own columns is part of both requests, and of what the table says of itself."""
    some = catalogue(cds, where="PA < 0")
    assert len(some.fetch(progress=False)) == 0
    few = catalogue(cds, where="DE2000 < 3").fetch(progress=False)
    assert set(few["dec"]) == {1.0, 2.0}
    assert few.meta["where"] == "DE2000 < 3"


def test_hyperleda_arrives_in_pieces():
    """A large table is read by ranges of PGC numbers; texts of hours and degrees become degrees, 999 is unknown."""
    with CdsServer() as server:
        numbers = [1, 49_999, 50_000, 120_000, 309_930]
        server.add_table("VII/237/pgc", PGC_FIELDS, [pgc_row(number) for number in numbers])
        source = catalogue(server, "hyperleda")
        plan = source.plan()
        table = source.fetch(progress=False)
        assert table["name"].tolist() == [f"PGC {number}" for number in numbers]
        # 309,930 / 50,000 is 6.2: pieces 0 to 6. The plan has asked for the number of rows.
        assert (plan.requests, plan.cached, len(server.requests)) == (7, 1, 1 + 1 + 7)
        assert table["ra"][0] == pytest.approx(15 * (12 + 29 / 60 + 46.8 / 3600))
        assert table["dec"][0] == pytest.approx(-(8 + 1 / 3600))
        assert table["position_angle"].mask.all()
        assert (table["t"][0], table["major_axis_arcmin"][0], table["axis_ratio"][0]) == (3.0, pytest.approx(1.0), 1.0)
        assert "HyperLeda database" in table.meta["acknowledgement"]
        # A piece may have any number of rows: one that is missed shows in their sum.
        server.tables["VII/237/pgc"][1].append(pgc_row(1_000) | {"PGC": 1_000})
        server.fail_query("fewer_rows")
        with pytest.raises(AnswerError, match="expected 6 rows, as the service counted them, got 5 in 7 pieces"):
            source.fetch(progress=False)


def test_tables_of_t_alone_get_types():
    """EFIGI and Nair & Abraham give T only: the type is that of T, and half the width of the limits is the error."""
    with CdsServer() as server:
        fields = {"PGC": ("int", ""), "b_T": ("short", ""), "B_T": ("short", ""), "T": ("short", ""),
                  "RAJ2000": ("double", "deg"), "DEJ2000": ("double", "deg")}  # fmt: skip
        rows = [{"PGC": each, "T": t, "b_T": t - 1, "B_T": t + 2, "RAJ2000": 10.0, "DEJ2000": -10.0}
                for each, t in enumerate([-6, -3, 0, 4, 10, 11], 1)]  # fmt: skip
        server.add_table("J/A+A/532/A74/efigi", fields, rows)
        table = catalogue(server, "efigi").fetch(progress=False)
        assert table["morphology"].tolist() == ["cE", "S0^-", "S0/a", "Sbc", "Im", "dE"]
        assert table["t"].filled(99).tolist() == [-6, -3, 0, 4, 10, 99]
        assert set(table["t_error"]) == {1.5}
        stages = [parse_morphology(text).stage for text in table["morphology"]]
        assert stages[:-1] == [-6, -3, 0, 4, 10]
        del fields["RAJ2000"], fields["DEJ2000"]
        with pytest.warns(IncompleteWarning, match="the table has no positions .* join it by name"):
            assert catalogue(server, "efigi").fetch(progress=False)["ra"].mask.all()
        fields = {"SDSS": ("char", ""), "RAJ2000": ("double", "deg"), "DEJ2000": ("double", "deg"),
                  "TT": ("short", ""), "z": ("float", "")}  # fmt: skip
        rows = [{"SDSS": f"J0{t}", "RAJ2000": 1.0, "DEJ2000": 2.0, "TT": t, "z": 0.05} for t in (-5, 3, 99)]
        server.add_table("J/ApJS/186/427/table2", fields, rows)
        nair = catalogue(server, "nair-abraham").fetch(progress=False)
        assert nair["morphology"].tolist() == ["E", "Sb", ""]
        assert nair["t"].mask.tolist() == [False, False, True]
        assert nair["redshift"][0] == pytest.approx(0.05)


def test_the_table_survives_ecsv(cds, tmp_path):
    """Written as ECSV, the table comes back with its units and masks."""
    table = catalogue(cds).fetch(progress=False)
    table.write(tmp_path / "rc3.ecsv")
    again = Table.read(tmp_path / "rc3.ecsv")
    assert again["major_axis_arcmin"].unit == u.arcmin
    assert again["t"].mask.tolist() == table["t"].mask.tolist()
    assert again.meta["acknowledgement"] == table.meta["acknowledgement"]


def test_the_table_goes_into_clean_and_build_dataset(cds, tmp_path):
    """A catalogue from CDS is cleaned and built as one from NED is, its codes being read as types."""
    table = clean(catalogue(cds).fetch(progress=False))
    assert len(table) == 20
    table["morphology"][:10] = [".E..0..", ".SBS3.."] * 5
    table = table[:10]
    random = np.random.default_rng(0)
    for name in table["name"]:
        stamp = np.hypot(*np.mgrid[-32:32, -32:32])
        pixels = 200 * np.exp(-stamp / 8) + random.uniform(0, 20, (64, 64))
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}.png")
    manifest = Table({"name": table["name"], "file": [f"{name}.png" for name in table["name"]], "state": ["done"] * 10})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = build_dataset(table, tmp_path, recipe=Recipe(size=32, channels=1), scheme="early-late",
                                manifest=manifest, workers=1, progress=False)  # fmt: skip
    assert dataset.class_counts() == {"early": 5, "late": 5}
    assert "VizieR" in dataset.table.meta["acknowledgement"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"catalogue": "rc2"}, "catalogue: expected one of 'rc3', 'hyperleda', .* got 'rc2'"),
        ({"catalogue": "rc3", "where": " "}, "where: expected a condition such as 'BT < 13', got an empty text"),
        ({"catalogue": "rc3", "service": "ftp://x"}, "service: expected an address from http:// or https://"),
        ({"catalogue": "rc3", "max_bytes": 0}, "max_bytes: expected a whole number of at least 1"),
    ],
)
def test_wrong_options(options, message):
    """Each option says what it expects."""
    with pytest.raises(InvalidValueError, match=message):
        CdsCatalogue(**options)
