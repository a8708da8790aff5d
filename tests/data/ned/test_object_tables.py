"""Positions, diameters and names of an object, as the older service and the newer one write them."""

import pytest
from astropy import units as u
from astroquery.ipac.ned import Ned
from ned_answers import RECORDED, Known, answer, api, recorded, votable

from galmorph.data._ned.client import NedClient
from galmorph.data._ned.object_tables import (
    object_request,
    older_object_request,
    parse_cross_identifications,
    parse_diameters,
    parse_positions,
)
from galmorph.errors import AnswerError


def test_recorded_diameters_of_the_older_service():
    """Axes come in arcsec from the columns that NED homogenised, not from those in the publication's unit."""
    known = Known((RECORDED / "query_diameters.xml").read_bytes())
    table = NedClient(transport=known).diameters("m1")
    assert table["major_axis_arcsec"].tolist() == [331.6, 506.0]
    assert table["minor_axis_arcsec"].tolist() == [202.28, 308.66]
    assert table["position_angle"].tolist() == [128.0, 128.0]
    assert list(table["refcode"]) == ["2003AJ....125..525J"] * 2
    assert table["major_axis_arcsec"].unit == u.arcsec
    assert known.requests[0].url.startswith("https://ned.ipac.caltech.edu/")
    assert "m1" in dict(known.requests[0].params).values()


def test_diameters_of_the_newer_service():
    """The same table under IDs and names of its own."""
    fields = [
        ("freq_target", "Bandpass", "char"),
        ("dia_maj", "Major Axis", "double"),
        ("dia_min", "Minor Axis", "double"),
        ("dia_pa", "PA", "double"),
        ("axis_ratio", "Axis Ratio (b/a)", "double"),
        ("ref_level", "Reference Level", "char"),
        ("refcode", "Reference", "char"),
    ]
    content = api(
        fields, [["K_s", "331.6", "202.276", "128", "0.61", "20.0", "2003AJ....125..525J"], ["", "506"] + [""] * 5]
    )
    table = parse_diameters(answer(content), name="m1")
    assert table.colnames == parse_diameters(recorded("query_diameters.xml"), name="m1").colnames
    assert tuple(table[0]) == ("K_s", 331.6, 202.276, 128.0, 0.61, "20.0", "2003AJ....125..525J")
    assert table["minor_axis_arcsec"].mask.tolist() == [False, True]


def test_recorded_positions_of_the_older_service():
    """Sexagesimal positions become degrees; the first of M 1 is 05h34m31.97s +22d00m52.1s."""
    table = NedClient(transport=Known((RECORDED / "query_positions.xml").read_bytes())).positions("m1")
    assert len(table) == 5
    assert table["ra"][0] == pytest.approx(15 * (5 + 34 / 60 + 31.97 / 3600), abs=1e-4)
    assert table["dec"][0] == pytest.approx(22 + 52.1 / 3600, abs=1e-4)
    assert not table["ra"].mask.any()
    assert all(table["refcode"])
    assert table["ra"].unit == u.deg


def test_positions_of_the_newer_service():
    """Degrees are used if NED sends them; a row without a position is masked."""
    fields = [
        ("equ_j2000_lon_s", "RA-s", "char"),
        ("equ_j2000_lat_s", "Dec-s", "char"),
        ("equ_j2000_lon", "RA", "double"),
        ("equ_j2000_lat", "Dec", "double"),
        ("unc_sma", "Semi-Maj Unc", "double"),
        ("unc_smi", "Semi-Min Unc", "double"),
        ("refcode", "Reference", "char"),
    ]
    rows = [["05h34m31.97s", "+22d00m52.1s", "83.6332", "22.0145", "0.6", "", "2006AJ....131.1163S"], [""] * 7]
    table = parse_positions(answer(api(fields, rows)), name="m1")
    assert table.colnames == parse_positions(recorded("query_positions.xml"), name="m1").colnames
    assert (table["ra"][0], table["dec"][0], table["uncertainty_major_arcsec"][0]) == (83.6332, 22.0145, 0.6)
    assert table["ra"].mask.tolist() == [False, True]
    assert table["uncertainty_minor_arcsec"].mask.tolist() == [True, True]


def test_cross_identifications():
    """The names come from NED::API, which astroquery 0.4.11 can't ask."""
    known = Known(
        api(
            [("object_name", "Object Name", "char"), ("ptype", "Physical Type", "char")],
            [["3C 273", "QSO"], ["4C +02.32", ""]],
        )
    )
    table = NedClient(transport=known).cross_identifications("3C 273")
    assert [tuple(row) for row in table] == [("3C 273", "QSO"), ("4C +02.32", "")]
    assert known.requests[0].full_url == "https://ned.ipac.caltech.edu/NED::API/CrossidsOfObject?TARGET=3C%20273"
    with pytest.raises(AnswerError, match="cross-identifications of 'x': expected one table, got 0"):
        parse_cross_identifications(answer(votable("")), name="x")


def test_requests_of_both_services():
    """The newer service takes a target; the older one the words that astroquery 0.4.11 sends, and no others."""
    assert object_request("http://x", "diameters", "m 1").full_url == (
        "http://x/NED::API/DiametersOfObject?TARGET=m%201"
    )
    payload = Ned.get_table("m 1", table="positions", get_query_payload=True)
    assert dict(older_object_request("http://x", "positions", "m 1").params) == payload
    assert older_object_request("http://x", "positions", "m 1").url == "http://x/cgi-bin/datasearch"
    assert older_object_request("http://x", "cross_identifications", "m1").full_url == (
        "http://x/cgi-bin/objsearch?of=xml_names&extend=no&objname=m1"
    )


def test_units_of_the_service_count():
    """An axis in arcmin becomes arcsec; one without a unit is in arcsec already."""
    content = api([("dia_maj", "Major Axis", "double")], [["2"]])
    assert parse_diameters(answer(content), name="x")["major_axis_arcsec"][0] == 2.0
    content = content.replace(b'ID="dia_maj"', b'ID="dia_maj" unit="arcmin"')
    assert parse_diameters(answer(content), name="x")["major_axis_arcsec"][0] == 120.0


def test_ids_come_before_names():
    """A column whose name is the ID of another one does not take its place: names are prose."""
    content = api([("x", "dia_maj", "double"), ("dia_maj", "x", "double")], [["1", "2"]])
    assert parse_diameters(answer(content), name="x")["major_axis_arcsec"][0] == 2.0


@pytest.mark.parametrize(
    ("parse", "column"),
    [(parse_positions, "equ_j2000_lon"), (parse_diameters, "dia_maj"), (parse_cross_identifications, "object_name")],
)
def test_a_missing_column_is_an_error_that_names_it(parse, column):
    """Without its main column, a table is not a table of empty values."""
    with pytest.raises(AnswerError, match=rf"expected the columns {column}.*, got other; NED changed its format"):
        parse(answer(api([("other", "x", "double")], [["1"]])), name="x")
