"""SimbadClient with a local server: what SIMBAD has of a name, faults, and a list that it resolves as NED does."""

import numpy as np
import pytest
from astropy.table import Table
from ned_answers import quick_client
from ned_server import FAULTS
from simbad_server import FIELDS, SimbadServer

from galmorph.data import HttpTransport, NameService, NedClient, SimbadClient, clean, plan_resolve, resolve
from galmorph.errors import (
    AnswerError,
    IncompleteWarning,
    InvalidValueError,
    ServiceError,
    TransportError,
    UnknownObjectError,
)

NAMES = ["NGC 1", "NGC 2", "NGC 3"]
SLOW = {"503", "gzip_bomb", "silence", "slow_body"}  # a second each; those of the transport stand for all


@pytest.fixture
def stocked():
    """A server whose NED and SIMBAD know the same three galaxies."""
    with SimbadServer() as server:
        for number, name in enumerate(NAMES, 1):
            server.add_overview(name, ra=10.0 * number, dec=-number, diameter=60.0 * number, morphology="SB(s)b")
            server.add_object(
                f"NGC  {number}", f"UGC {number}", ra=10.0 * number, dec=-number, galdim_majaxis=number,
                galdim_minaxis=number / 2, rvz_redshift=0.02,
            )  # fmt: skip
        yield server


def client(server: SimbadServer, **options) -> SimbadClient:
    """A client for the loopback, without pauses."""
    quick = HttpTransport(pace=0, backoff=0.01, timeout=(2.0, 0.3), deadline=0.5, retries=1)
    return SimbadClient(transport=quick, service=server.simbad, **options)


def test_an_overview_has_all_that_simbad_gives(stocked):
    """Axis ratio from the two axes, names with single blanks, kinds of galaxies as NED writes them."""
    stocked.add_object("NAME  Some Galaxy", "X 1", otype="Sy2", galdim_majaxis=8.0, galdim_minaxis=6.0)
    table = client(stocked).overview("x 1")
    row = table[0]
    assert (row["name"], row["ra"], row["dec"], row["morphology"]) == ("Some Galaxy", 10.0, -5.0, "SB(s)b")
    assert (row["object_type"], row["simbad_type"]) == ("G", "Sy2")
    assert (row["major_axis_arcmin"], row["axis_ratio"], row["position_angle"]) == (8.0, 0.75, 130.0)
    assert (row["redshift"], row["morphology_refcode"]) == (0.01, "1991rc3..book.....D")
    assert row["diameter_refcode"] == "2006AJ....131.1163S"


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        ({"galdim_minaxis": ""}, "axis_ratio", None),
        ({"galdim_minaxis": 5.0}, "axis_ratio", None),  # larger than the major axis
        ({"galdim_majaxis": 0.0}, "major_axis_arcmin", None),
        ({"galdim_angle": 32767}, "position_angle", None),
        ({"galdim_angle": 180}, "position_angle", 0.0),
        ({"rvz_redshift": ""}, "redshift", None),
        ({"otype": "PaG"}, "object_type", "GPair"),
        ({"otype": "QSO"}, "object_type", "QSO"),
        ({"morph_type": ""}, "morphology", ""),
    ],
)
def test_unknown_and_impossible_values_are_masked(stocked, values, column, expected):
    """A ratio above 1 or an angle that is a code is no measurement."""
    stocked.add_object("X", **values)
    value = client(stocked).overview("X")[column][0]
    assert (None if np.ma.is_masked(value) else value) == expected


def test_units_of_the_answer_count(stocked):
    """Diameters in arcsec are converted."""
    stocked.columns |= {"galdim_majaxis": ("float", "arcsec"), "galdim_minaxis": ("float", "arcsec")}
    stocked.add_object("X", galdim_majaxis=120.0, galdim_minaxis=60.0)
    table = client(stocked).overview("X")
    assert (table["major_axis_arcmin"][0], table["axis_ratio"][0]) == (pytest.approx(2.0), pytest.approx(0.5))


def test_quotes_in_names_are_only_quotes(stocked):
    """Nothing of a name becomes a part of the query."""
    stocked.add_object("Hoag's Object")
    assert client(stocked).overview("Hoag's Object")["name"][0] == "Hoag's Object"
    with pytest.raises(UnknownObjectError, match="SIMBAD does not know this name"):
        client(stocked).overview("x' OR ident.id = 'NGC 1")
    with pytest.raises(InvalidValueError, match=r"expected printable text, got 'a\\nb'"):
        client(stocked).overview("a\nb")


@pytest.mark.parametrize("kind", sorted(set(FAULTS) - {"wrong_count", *SLOW}))
def test_faults_are_errors_and_not_cached(stocked, tmp_path, kind):
    """Whatever the network does, there is a typed error, and the next call has the answer."""
    stocked.fail("QUERY=SELECT", kind, times=2)
    simbad = client(stocked, cache=tmp_path)
    with pytest.raises(ServiceError) as caught:
        simbad.overview("NGC 1")
    assert isinstance(caught.value, TransportError | AnswerError)
    assert not simbad.knows_overview("NGC 1")
    gone = {"404", "410", "foreign_redirect"}
    assert simbad.is_gone(caught.value) == (kind in gone)
    stocked.faults.clear()
    assert len(simbad.overview("NGC 1")) == 1
    assert simbad.knows_overview("NGC 1")


def test_changed_columns(stocked):
    """Without position it is an error; without another column a warning."""
    lost = stocked.columns.pop("morph_type")
    with pytest.warns(IncompleteWarning, match="no column morph_type any more"):
        assert client(stocked).overview("NGC 1")["morphology"][0] == ""
    stocked.columns = {"morph_type": lost, "main_id": FIELDS["main_id"], "dec": FIELDS["dec"]}
    with pytest.raises(AnswerError, match="expected the columns ra, got morph_type, main_id, dec"):
        client(stocked).overview("NGC 1")


def test_both_services_resolve_a_list_to_the_same_columns(stocked):
    """The common columns are equal in names, order, units and values, except what NED's overview lacks."""
    by_ned = resolve(NAMES, quick_client(stocked), progress=False)
    by_simbad = resolve(NAMES, client(stocked), progress=False)
    common = by_simbad.colnames[:13]
    assert by_ned.colnames[:13] == common
    assert by_simbad.colnames[13:] == ["simbad_name", "simbad_morphology", "activity"]
    assert by_ned.colnames[13:] == ["ned_name", "ned_morphology", "activity"]
    for name in ("name", "ra", "dec", "morphology", "t", "major_axis_arcmin", "redshift", "object_type"):
        assert by_ned[name].tolist() == by_simbad[name].tolist(), name
        assert by_ned[name].unit == by_simbad[name].unit
    assert by_simbad["axis_ratio"].tolist() == [0.5] * 3
    assert by_ned["axis_ratio"].mask.all()
    assert set(by_simbad["source"]) == {"SIMBAD"}
    assert "SIMBAD" in by_simbad.meta["acknowledgement"]
    assert len(clean(by_simbad)) == 3


def test_what_simbad_does_not_know_is_said(stocked, tmp_path):
    """Unknown names, second names of an object, objects without position; nothing is asked twice with a cache."""
    stocked.add_object("NGC 9", ra="", dec="")
    simbad = client(stocked, cache=tmp_path)
    galaxies = {"NGC 1": "E2", "nothing": "Sb", "UGC 1": "Sa", "NGC 9": "S0", "NGC 2": "Sc"}
    assert str(plan_resolve(galaxies, simbad)).startswith("positions and diameters of 5 galaxies from SIMBAD: 5 req")
    with pytest.warns(IncompleteWarning, match="3 of 5 galaxies are not in the table"):
        table = resolve(galaxies, simbad, progress=False)
    assert list(table["name"]) == ["NGC 1", "NGC 2"]
    assert list(table["morphology"]) == ["E2", "Sc"]
    assert table["t"].tolist() == [-5.0, 5.0]
    reasons = [each["reason"] for each in table.meta["skipped"]]
    wanted = ["SIMBAD does not know this name", "same object as 'NGC 1' before it (SIMBAD: NGC 1)", "gives no position"]
    assert all(text in reason for text, reason in zip(wanted, reasons, strict=True))
    assert plan_resolve(galaxies, simbad).requests == 1  # the unknown one: SIMBAD may learn it


def test_a_service_that_is_gone_stops_the_run_at_once(stocked):
    """The first name is enough."""
    stocked.fail("sim-tap", "410", times=5)
    with pytest.raises(TransportError, match=r"410 Gone.*Stopped after 0 of 3 galaxies") as caught:
        resolve(NAMES, client(stocked), progress=False)
    assert (len(stocked.requests), caught.value.status) == (1, 410)


@pytest.mark.usefixtures("unchecked_shapes")
def test_services_are_checked():
    """Addresses, and what has no overview."""
    with pytest.raises(InvalidValueError, match=r"service: expected an address .* got 'ftp://x'"):
        SimbadClient(service="ftp://x")
    for wrong in (NedClient, SimbadClient, "SIMBAD"):
        with pytest.raises(InvalidValueError, match=r"expected NedClient\(\), SimbadClient\(\) or a NameService"):
            plan_resolve(["NGC 1"], wrong)
    assert isinstance(NedClient(), NameService)
    assert isinstance(SimbadClient(), NameService)


class Lookup(NameService):
    """A service of one's own, with a table in memory that has only positions."""

    service_name = "My list"

    def overview(self, name: str) -> Table:
        """Look up."""
        if name != "NGC 1":
            raise UnknownObjectError(f"{name}: unknown")
        return Table({"name": ["N1"], "ra": [1.0], "dec": [2.0], "t": [3.0]})


def test_a_service_of_ones_own():
    """Columns that it lacks are masked or empty."""
    with pytest.warns(IncompleteWarning, match=r"1 of 2 galaxies .* NGC 2 \(NGC 2: unknown\)"):
        table = resolve(NAMES[:2], Lookup(), progress=False)
    assert (table["my_list_name"][0], table["source"][0], table["object_type"][0]) == ("N1", "My list", "")
    assert table["redshift"].mask.all()
