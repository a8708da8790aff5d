"""Cells of VOTables: texts in their full length, numbers as announced, and what can't be read is masked."""

import io
import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.io import votable as astropy_votable
from hypothesis import given
from hypothesis import strategies as st
from ned_answers import RECORDED, answer, recorded, votable

from galmorph.data._web.votable import read_votable
from galmorph.errors import AnswerError, IncompleteWarning


def column(datatype: str, *cells: str, attributes: str = "", inside: str = ""):
    """Read a table of one column, and give it back."""
    rows = "".join(f"<TR><TD>{cell}</TD></TR>" for cell in cells)
    field = f'<FIELD name="a" datatype="{datatype}" {attributes}>{inside}</FIELD>'
    content = votable(f"<TABLE>{field}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE>")
    (table,) = read_votable(answer(content), asked="x")
    return table.table["a"]


@pytest.mark.parametrize("attributes", ["", 'arraysize="1"', 'arraysize="4"', 'arraysize="4*"', 'arraysize="2x3"'])
@pytest.mark.parametrize("datatype", ["char", "unicodeChar"])
def test_texts_are_never_cut(datatype, attributes):
    """Whatever size a column announces, or none, ``S0^-^`` stays whole."""
    assert column(datatype, "S0^-^", "", "(R'_1)SAB(rs)bc pec", attributes=attributes).tolist() == [
        "S0^-^",
        "",
        "(R'_1)SAB(rs)bc pec",
    ]


@given(st.lists(st.text("abc\u00e9\u2212 <&'\"()^-+0", max_size=300), min_size=1, max_size=5))
def test_any_text_comes_back(texts):
    """A text of any length and any letters is what was sent."""
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;") for text in texts]
    assert column("char", *escaped).tolist() == texts


@pytest.mark.parametrize(
    ("datatype", "cells", "values", "dtype"),
    [
        ("short", ["-7", " 12 ", "0x1F"], [-7, 12, 31], np.int16),
        ("unsignedByte", ["255", "0", "+1"], [255, 0, 1], np.uint8),
        ("long", ["587722981741363294", "-1", "0"], [587722981741363294, -1, 0], np.int64),
        ("double", ["1e3", "-.5", "+Inf"], [1000.0, -0.5, np.inf], np.float64),
        ("float", ["1.5", "2", "-3"], [1.5, 2.0, -3.0], np.float32),
        ("boolean", ["T", "false", "1"], [True, False, True], np.bool_),
    ],
)
def test_numbers_have_their_type(datatype, cells, values, dtype):
    """Numbers are those that were written, in the announced type; 18 digits stay exact."""
    read = column(datatype, *cells)
    assert (read.tolist(), read.dtype) == (values, dtype)


@pytest.mark.parametrize(
    ("datatype", "bad"),
    [
        ("int", "1."),
        ("int", "NULL"),
        ("int", "2147483648"),
        ("int", "1_000"),
        ("int", "9" * 5000),
        ("unsignedByte", "-1"),
        ("short", "1e3"),
        ("double", "NULL"),
        ("double", "1_0"),
        ("float", "1,5"),
        ("boolean", "maybe"),
    ],
)
def test_unreadable_cells_are_masked_with_a_warning(datatype, bad):
    """One such cell costs one value; the warning names the column and what is in it."""
    with pytest.warns(IncompleteWarning, match=rf"^x: cells masked .* '{bad[:40]}' and 1 more in the column 'a'$"):
        read = column(datatype, "1", bad, "", bad, "0")
    assert read.mask.tolist() == [False, True, True, True, False]
    assert (read[0], read[4]) == (1, 0)


def test_what_means_missing_is_masked_in_silence():
    """Empty cells, NaN, and the value that the column declares as null are missing, and nothing is said."""
    assert column("int", "", "-9", "3", inside='<VALUES null="-9"/>').mask.tolist() == [True, True, False]
    assert column("double", "NaN", "", "1").mask.tolist() == [True, True, False]
    assert column("boolean", "?", "", "t").mask.tolist() == [True, True, False]
    assert column("char", "-", "x", inside='<VALUES null="-"/>').mask.tolist() == [True, False]


def test_columns_have_units_and_descriptions():
    """Unit and description come with the column, also units that nobody knows."""
    read = column("float", "1", attributes='unit="arcmin"', inside="<DESCRIPTION> Major\n axis </DESCRIPTION>")
    assert (read.unit, read.description) == (u.arcmin, "Major axis")
    assert str(column("float", "1", attributes='unit="[arcmin]"').unit) == "dex(arcmin)"
    assert str(column("float", "1", attributes='unit="furlong/%"').unit) == "furlong/%"


def test_arrays_and_bits_stay_texts():
    """What is not one number is kept as it was sent."""
    assert column("double", "1 2 3", attributes='arraysize="3"').tolist() == ["1 2 3"]
    assert column("bit", "1").tolist() == ["1"]
    assert column("doubleComplex", "1 2").tolist() == ["1 2"]


def test_one_long_text_does_not_widen_all():
    """Memory is that of the texts: one of a million letters among a hundred short ones takes a few megabytes."""
    read = column("char", "x" * 10**6, *["y"] * 100)
    assert (read.dtype, read[0], read[1]) == (object, "x" * 10**6, "y")


def test_names_that_occur_twice_are_told_apart():
    """Columns of the same name are all there, the later ones with a number."""
    fields = '<FIELD name="a b" datatype="char"/>' * 3
    row = "<TR><TD>1</TD><TD>2</TD><TD>3</TD></TR>"
    (table,) = read_votable(
        answer(votable(f"<TABLE>{fields}<DATA><TABLEDATA>{row}</TABLEDATA></DATA></TABLE>")), asked="x"
    )
    assert table.table.colnames == ["a_b", "a_b_2", "a_b_3"]
    assert table.texts("a b") == ["1"]


@pytest.mark.parametrize(
    "inside",
    [
        "<TABLE>{field}<DATA><TABLEDATA><TD>1</TD><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE>",
        "<TABLE><DATA><TABLEDATA><TR></TR></TABLEDATA></DATA>{field}</TABLE>",
    ],
)
def test_cells_outside_of_rows_are_an_error(inside):
    """A document whose cells are not those of its rows is damaged."""
    field = '<FIELD name="a" datatype="int"/>'
    with pytest.raises(AnswerError, match="x: expected columns of 1 cells, got cells outside of the rows"):
        read_votable(answer(votable(inside.format(field=field))), asked="x")


@pytest.mark.parametrize("name", sorted(each.name for each in RECORDED.glob("query_*.xml")))
def test_recorded_tables_are_those_of_astropy(name):
    """Every column of a real VOTable that astropy reads as well has the same name, values and masks here."""
    (table,) = read_votable(recorded(name), asked="x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = astropy_votable.parse(str(RECORDED / name), verify="ignore").get_first_table().to_table()
    assert table.table.colnames == theirs.colnames
    for key in theirs.colnames:
        ours, other = table.table[key], theirs[key]
        if ours.dtype.kind == "U":
            assert [text.strip() for text in ours] == [str(text).strip() for text in np.ma.filled(other, "")], key
        else:
            missing, theirs_missing = np.ma.getmaskarray(ours), np.ma.getmaskarray(other)
            assert ours.dtype == other.dtype
            assert np.array_equal(np.asarray(ours)[~missing], np.asarray(other)[~missing])
            # astropy reads an empty cell of whole numbers as 0.
            assert np.array_equal(missing, theirs_missing) or (ours.dtype.kind == "i" and not np.any(other[missing]))


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_columns_keep_their_ucd_and_utype(form):
    """Written or packed, the meaning of a column is in its meta; without any there is nothing."""
    fields = '<FIELD name="a" datatype="double" ucd="pos.eq.ra" utype="x.y"/><FIELD name="b" datatype="int"/>'
    rows = "<TR><TD>1.5</TD><TD>2</TD></TR>"
    content = votable(f"<TABLE>{fields}<DATA><TABLEDATA>{rows}</TABLEDATA></DATA></TABLE>")
    if form != "tabledata":
        packed = io.BytesIO()
        astropy_votable.parse(io.BytesIO(content)).to_xml(packed, tabledata_format=form)
        content = packed.getvalue()
    (table,) = read_votable(answer(content), asked="x")
    meta = [{key: each.meta.get(key) for key in ("ucd", "utype")} for each in table.table.columns.values()]
    assert meta == [{"ucd": "pos.eq.ra", "utype": "x.y"}, {"ucd": None, "utype": None}]


def test_more_columns_than_any_catalogue_has():
    """Thousands of columns of one name, each of which costs time, are refused before they do."""
    fields = '<FIELD name="a" datatype="int"/>' * 5001
    with pytest.raises(AnswerError, match="at most 5000 columns, got one of 5001"):
        read_votable(answer(votable(f"<TABLE>{fields}</TABLE>")), asked="x")


@pytest.mark.slow
def test_a_billion_digits_are_not_printed():
    """The precision that a document gives to a packed column is no format for printing."""
    content = votable(
        '<TABLE><FIELD name="a" datatype="double" precision="F999999999"/>'
        "<DATA><TABLEDATA><TR><TD>1.5</TD></TR></TABLEDATA></DATA></TABLE>"
    )
    packed = io.BytesIO()
    astropy_votable.parse(io.BytesIO(content)).to_xml(packed, tabledata_format="binary2")
    for each in (content, packed.getvalue()):
        (table,) = read_votable(answer(each), asked="x")
        assert "1.5" in repr(table.table)
        assert len(repr(table.table)) < 1000
