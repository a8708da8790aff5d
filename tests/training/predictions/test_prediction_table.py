"""Tables of predictions: names and numbers survive every format, and a narrow screen shows the answers."""

import re

import astropy
import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from galmorph.errors import MismatchWarning, SkippedImagesWarning
from galmorph.training import probability_columns
from galmorph.training._predictions.prediction_table import Answers, note_warnings, prediction_table

CLASSES = ("spiral", "edge-on disc", "S0/a", "S0-")


def answers(galaxies: int = 40, *, paths: bool = True) -> Answers:
    """Draw answers; the second galaxy could not be classified."""
    probabilities = np.random.default_rng(0).dirichlet(np.full(len(CLASSES), 0.2), galaxies).astype(np.float32)
    probabilities[1] = np.nan
    names = [f"NGC {row}" for row in range(galaxies)]
    notes = ["", "/data/of/a/survey/with/long/names/NGC_1.fits: No such file or directory"] * (galaxies // 2)
    files = [f"/data/of/a/survey/with/long/names/{name}.fits" for name in names]
    return Answers(names, notes, files if paths else None, probabilities)


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), unique=True, max_size=8))
def test_names_of_columns_are_safe_and_different(classes):
    """Whatever the classes: letters of ASCII, digits and underscores, and no two alike without case, as in FITS."""
    columns = probability_columns(classes)
    assert list(columns) == classes
    assert all(re.fullmatch(r"p_[A-Za-z0-9_]+", column) for column in columns.values())
    assert len({column.lower() for column in columns.values()}) == len(classes)


def test_names_of_columns():
    """Names that are safe stay; others lose what is not, and get a number if their column is taken."""
    assert probability_columns(("S0-", "S0", "s0", "(barred) spiral", "Sérsic", "旋渦", "S0_2")) == {
        "S0-": "p_S0_3",
        "S0": "p_S0",
        "s0": "p_s0_2",
        "(barred) spiral": "p_barred_spiral",
        "Sérsic": "p_Sersic",
        "旋渦": "p_class",
        "S0_2": "p_S0_2_2",
    }


def test_columns_and_their_descriptions():
    """Each column of probabilities says its class; the galaxy that could not be classified is masked."""
    table = prediction_table(answers(), CLASSES)
    columns = ["p_spiral", "p_edge_on_disc", "p_S0_a", "p_S0"]
    assert table.colnames == ["name", "class", "probability", "note", "path", *columns]
    assert [table[column].description for column in columns] == [f"probability of {name!r}" for name in CLASSES]
    for column in ("class", "probability", *columns):
        assert np.flatnonzero(table[column].mask).tolist() == [1]
    best = np.nanargmax(answers().probabilities[2])
    assert table["class"][2] == CLASSES[best]
    assert table["probability"][2] == answers().probabilities[2, best]
    assert "path" not in prediction_table(answers(paths=False), CLASSES).colnames


def test_a_screen_of_80_columns_shows_the_answers():
    """Long paths and notes are left out, not classes and probabilities."""
    header, _, first, *_ = prediction_table(answers(), CLASSES).pformat(max_width=80, max_lines=20)
    assert header.split()[:3] == ["name", "class", "probability"]
    assert first.split()[:2] == ["NGC", "0"]
    assert len(header) <= 80


def test_long_names_do_not_hide_the_answers():
    """Printed at 80 columns, class and probability are there whatever the names; a wide screen shows whole names."""
    long = [f"GALFITS_examples_{row}_2114_F115Wsci_{row}" for row in range(40)]
    table = prediction_table(answers()._replace(names=long), ("completely_round_smooth", "in_between_smooth", "b", "c"))
    with astropy.conf.set_temp("max_width", 80), astropy.conf.set_temp("max_lines", 12):
        header, _, first, *_ = str(table).splitlines()
        assert header.split()[:3] == ["name", "class", "probability"]
        assert len(header) <= 80
        assert first.split()[0] == "GALFITS_exam\N{HORIZONTAL ELLIPSIS}_F115Wsci_0"
        assert first.split()[1] == table["class"][0]
        assert long[0] in str(table["name", "path"])
    with astropy.conf.set_temp("max_width", 400):
        assert long[0] in str(table)
    assert list(table["name"]) == long


def test_warnings_count_and_quote_doubts_alone():
    """What was done to an image is in its note and no reason to warn; without doubts apart, all notes are doubts."""
    probabilities = np.array([[0.5, 0.5], [0.5, 0.5], [np.nan, np.nan]], np.float32)
    notes = ["stretched", "too small; stretched", "no such file"]
    parts = [Answers(["a", "b", "c"], notes, None, probabilities, ["", "too small", "no such file"])] * 2
    (skipped, kind), (doubtful, other) = note_warnings(parts)
    assert (kind, other) == (SkippedImagesWarning, MismatchWarning)
    assert skipped.startswith("2 of 6 images can't be classified, the first: no such file; see")
    assert doubtful.startswith("2 of 6 images have a note, the first: too small; see")
    assert note_warnings([parts[0]._replace(doubts=None)])[1][0].startswith("2 of 3 images have a note, the first: str")


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "fits", "parquet", "vot"])
def test_formats_keep_names_and_full_precision(tmp_path, suffix):
    """Written and read by astropy, no format changes a column name or a bit of a float32, or warns."""
    table = prediction_table(answers(), CLASSES)
    options = {"format": "votable"} if suffix == "vot" else {}
    table.write(tmp_path / f"table.{suffix}", **options)
    read = Table.read(tmp_path / f"table.{suffix}", **options)
    assert read.colnames == table.colnames
    for column in ("probability", *table.colnames[5:]):
        found = np.ma.asarray(read[column]).astype(np.float32)
        np.testing.assert_array_equal(found.filled(-1), table[column].filled(-1))
