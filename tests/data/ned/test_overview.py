"""NED's overview and classifications of one object: tables, or errors that keep the answer."""

import pytest
from astropy import units as u
from ned_answers import answer, api, quick_client, recorded

from galmorph.data._ned.overview import parse_classifications, parse_older_overview, parse_overview
from galmorph.errors import AnswerError, IncompleteWarning


def test_overview_is_one_row(ned_server):
    """Our columns come first, with units and masks; all that NED sent follows."""
    ned_server.add_overview(
        "MESSIER 049", ra=187.44, dec=8.0, redshift=0.003326, morphology="E2", activity="Sy2", diameter=612.0,
        cross_ids="MESSIER 049;NGC 4472",
    )  # fmt: skip
    table = quick_client(ned_server).overview("MESSIER 049")
    assert table.colnames[:10] == [
        "name", "ra", "dec", "object_type", "redshift", "morphology", "morphology_refcode", "activity",
        "major_axis_arcmin", "cross_ids",
    ]  # fmt: skip
    row = table[0]
    assert (row["name"], row["ra"], row["dec"], row["object_type"]) == ("MESSIER 049", 187.44, 8.0, "G")
    assert (row["redshift"], row["morphology"], row["activity"]) == (0.003326, "E2", "Sy2")
    assert row["morphology_refcode"] == "1991RC3.9.C...0000d"
    assert row["major_axis_arcmin"] == pytest.approx(10.2)
    assert row["cross_ids"] == "MESSIER 049;NGC 4472"
    assert (table["ra"].unit, table["major_axis_arcmin"].unit) == (u.deg, u.arcmin)
    assert row["o_diam_maj_dia"] == 612.0


def test_overview_finds_columns_by_id_and_does_without_most():
    """Columns with known IDs may have any name; missing values are masked or empty."""
    fields = [
        ("equ_j2000_lon", "RA", "double"),
        ("equ_j2000_lat", "Dec", "double"),
        ("z", "Redshift", "double"),
        ("o_class_morph", "Morphology", "char"),
        ("CrossID_list", "Cross-IDs", "char"),
    ]
    missing = "no column ptype, morph_refcode, o_class_activity, o_diam_maj_dia any more"
    with pytest.warns(IncompleteWarning, match=missing):
        table = parse_overview(answer(api(fields, [["83.6", "22.0", "", "", "MESSIER 001;NGC 1952"]])), name="m1")
    assert (table["name"][0], table["ra"][0], table["morphology"][0]) == ("MESSIER 001", 83.6, "")
    assert table["redshift"].mask[0]
    assert table["major_axis_arcmin"].mask[0]
    with pytest.warns(IncompleteWarning, match="no column"):
        assert parse_overview(answer(api(fields[:3], [["83.6", "22.0", "0.1"]])), name="m1")["name"][0] == "m1"
    with pytest.raises(AnswerError, match="expected the columns equ_j2000_lon, got equ_j2000_lat, z; NED changed"):
        parse_overview(answer(api(fields[1:3], [["22.0", "0.1"]])), name="m1")
    for rows in ([], [["1", "2", "3"]] * 2):
        with pytest.raises(AnswerError, match="expected one table of one row, got"):
            parse_overview(answer(api(fields[:3], rows)), name="m1")


def test_classifications_come_as_published(ned_server):
    """Category, value and reference code of each classification."""
    ned_server.add_overview("NGC 1", morphology="SA(s)b", activity="LINER")
    table = quick_client(ned_server).classifications("NGC 1")
    assert [tuple(row) for row in table["category", "value", "refcode"]] == [
        ("Galaxy Morphology", "SA(s)b", "1991RC3.9.C...0000d"),
        ("Activity Type", "LINER", "2010A&A...518A..10V"),
    ]


def test_an_answer_without_classifications_is_an_error():
    """Where no table is one of classifications, the error names the tables that there are."""
    with pytest.raises(AnswerError, match=r"expected a table of classifications, got tables named \['NED_MainTable"):
        parse_classifications(recorded("query_object.xml"), name="m1")


def test_the_older_service_has_an_overview_without_diameter():
    """The main table that astroquery recorded of M 1: 05h34m31.97s +22d00m52.1s, z = -0.00004."""
    table = parse_older_overview(recorded("query_object.xml"), name="m1")
    row = table[0]
    assert (row["name"], row["object_type"], row["morphology"]) == ("MESSIER 001", "SNR", "")
    assert row["ra"] == pytest.approx(15 * (5 + 34 / 60 + 31.97 / 3600), abs=1e-3)
    assert row["dec"] == pytest.approx(22 + 52.1 / 3600, abs=1e-3)
    assert table["major_axis_arcmin"].mask[0]
    with pytest.raises(AnswerError, match=r"expected a main table of one row, got NED_Positions_Data"):
        parse_older_overview(recorded("query_positions.xml"), name="m1")
