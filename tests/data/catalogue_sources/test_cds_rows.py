"""Rows of CDS: which column is taken, and how positions, names and shapes are read."""

import numpy as np
import pytest
from cds_answers import RC3_FIELDS, rc3_row, tap_votable
from ned_answers import answer

from galmorph.data._catalogue_sources.cds_rows import common_rows
from galmorph.data._catalogue_sources.cds_tables import CDS_TABLES
from galmorph.data._web.votable import read_votable
from galmorph.errors import AnswerError, IncompleteWarning


def rows(fields=RC3_FIELDS, **values):
    """Read rows of RC3 in which some columns have these values."""
    count = len(next(iter(values.values()), [1]))
    given = [rc3_row(number + 1) | {key: column[number] for key, column in values.items()} for number in range(count)]
    sent = answer(tap_votable(fields, given))
    (table,) = read_votable(sent, asked="x")
    return common_rows(table, CDS_TABLES["rc3"], sent, asked="x")


@pytest.mark.parametrize(
    ("kind", "text", "degrees"),
    [
        (("double", "deg"), "187.5", 187.5),
        (("double", "h"), "12.5", 187.5),
        (("char", "h:m:s"), "12 30 00.0", 187.5),
        (("char", ""), "12:30:00", 187.5),
        (("char", ""), "12h30m00s", 187.5),
        (("char", ""), "12 30.0", 187.5),  # RC3 has some positions to a tenth of a minute
        (("char", "deg"), "187.5", 187.5),
        (("char", "h"), "12.5", 187.5),
    ],
)
def test_right_ascensions_in_every_form_become_degrees(kind, text, degrees):
    """Degrees, hours, and hours with minutes and seconds."""
    assert rows(RC3_FIELDS | {"RA2000": kind}, RA2000=[text])["ra"][0] == pytest.approx(degrees)


def test_declinations_keep_their_sign():
    """Between 0 and -1 degree, the sign stands before a zero."""
    fields = RC3_FIELDS | {"DE2000": ("char", "d:m:s")}
    read = rows(fields, DE2000=["-00 30 00", "+00 30 00", "-01 00 36"])["dec"]
    assert read.tolist() == pytest.approx([-0.5, 0.5, -1.01])


def test_positions_that_are_none_are_masked_with_a_warning():
    """An unreadable position, or one off the sphere, costs that value only."""
    fields = RC3_FIELDS | {"RA2000": ("char", "h:m:s")}
    with pytest.warns(IncompleteWarning, match="x: ra masked in 2 rows, the first of them 2, because it can't be read"):
        read = rows(fields, RA2000=["12 30 00", "north", "25 00 00", ""])["ra"]
    assert read.mask.tolist() == [False, True, True, True]


def test_names_that_rows_share_become_numbers():
    """Two galaxies under one name have their PGC numbers instead, or `clean` would drop one."""
    read = rows(name=["A0001", "A0001", "NGC  7", ""], PGC=["PGC 9735", "PGC11752", "PGC 7", "12"])
    assert read["name"].tolist() == ["PGC 9735", "PGC 11752", "NGC 7", "PGC 12"]


def test_shapes_follow_the_definitions():
    """D25 is the log of the diameter in 0.1 arcmin, R25 that of a/b; what is out of range is masked."""
    with pytest.warns(IncompleteWarning, match="position angle masked in 1 rows, the first of them 3"):
        read = rows(D25=[1.0, 3.81, 9.99], R25=[0.0, 1.0, 9.99], PA=[0, 999, 200])
    assert read["major_axis_arcmin"].filled(0).tolist() == pytest.approx([1.0, 645.654, 0.0], rel=1e-5)
    assert read["axis_ratio"].filled(0).tolist() == pytest.approx([1.0, 0.1, 0.0])
    assert read["position_angle"].mask.tolist() == [False, True, True]


def test_codes_that_are_no_stages_are_masked():
    """T = 90 (I0) and 99 have no place on the sequence; the type stays."""
    read = rows(T=[90.0, 99.0, -6.0, 11.0], type=[".I..0..", ".P.....", "CE.....", "CI....."])
    assert read["t"].mask.tolist() == [True, True, False, False]
    assert read["morphology"][0] == ".I..0.."


def test_letters_decide_between_columns():
    """``b_T`` and ``B_T`` are two columns, lower and upper limit; elsewhere the case of letters does not matter."""
    fields = dict.fromkeys(["PGC", "T", "B_T", "b_T"], ("int", "")) | dict.fromkeys(
        ["raj2000", "DEJ2000"], ("double", "deg")
    )
    sent = answer(tap_votable(fields, [{"PGC": 1, "T": 3, "B_T": 5, "b_T": 2, "raj2000": 1.0, "DEJ2000": 2.0}]))
    (table,) = read_votable(sent, asked="x")
    read = common_rows(table, CDS_TABLES["efigi"], sent, asked="x")
    assert (read["t_error"][0], read["ra"][0]) == (1.5, 1.0)


def test_a_missing_column_is_named_with_those_that_are_there():
    """The error lists the candidates, and all columns that arrived."""
    fields = {name: kind for name, kind in RC3_FIELDS.items() if name != "T"}
    with pytest.raises(
        AnswerError, match=r"x: expected columns for t \(T\), got the columns recno, RA2000, DE2000"
    ) as caught:
        rows(fields, T=[1])
    assert b"RA2000" in caught.value.content


def test_no_rows_are_a_table_without_rows():
    """All columns are there, and none is wrong."""
    sent = answer(tap_votable(RC3_FIELDS, []))
    (table,) = read_votable(sent, asked="x")
    read = common_rows(table, CDS_TABLES["rc3"], sent, asked="x")
    assert (len(read), read["ra"].dtype) == (0, np.float64)
