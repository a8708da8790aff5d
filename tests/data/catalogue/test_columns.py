"""Columns of users' tables, in the many ways in which they are stored."""

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable, Table

from galmorph.data._catalogue.columns import name_key, names_of, need_columns, numbers, positions_of, texts
from galmorph.errors import InvalidValueError


def test_names() -> None:
    """Names have single blanks, whether the column holds text, bytes or objects; a missing name is empty."""
    assert names_of(Table({"name": ["  NGC   4472 ", "M 51", ""]})) == ["NGC 4472", "M 51", ""]
    masked = MaskedColumn([b"NGC  1", b"NGC 2"], mask=[False, True])
    assert names_of(Table({"name": masked})) == ["NGC 1", ""]
    assert names_of(Table({"name": np.array(["a", None, 3], object)})) == ["a", "", "3"]
    assert name_key("NGC\t1") == name_key("NGC  1") == "NGC 1"


def test_texts() -> None:
    """Texts keep the blanks inside of them."""
    assert texts(Table({"type": [" SB(r)b     HII "]}), "type") == ["SB(r)b     HII"]


def test_numbers() -> None:
    """Numbers come in the unit that is asked for, which a column without a unit is in; masked ones are NaN."""
    table = QTable({"size": [1.0, 2.0] * u.arcmin})
    np.testing.assert_allclose(numbers(table, "size", u.arcsec), [60, 120])
    masked = Table({"size": MaskedColumn([1, 2], mask=[False, True])})
    np.testing.assert_array_equal(numbers(masked, "size", u.arcsec), [1, np.nan])
    with pytest.raises(InvalidValueError, match="expected numbers in arcsec in the column 'size'"):
        numbers(QTable({"size": [1.0] * u.kg}), "size", u.arcsec)


def test_positions() -> None:
    """Positions come in degrees; a missing column or value is NaN."""
    ra, dec = positions_of(QTable({"ra": [12.0] * u.hourangle}))
    np.testing.assert_allclose(ra, [180])
    np.testing.assert_array_equal(dec, [np.nan])


def test_needed_columns() -> None:
    """The error names the missing columns, the existing ones, and what to do."""
    need_columns(Table({"name": ["a"]}), "name")
    with pytest.raises(
        InvalidValueError, match="manifest: expected the columns name, file; file missing among name; do this"
    ):
        need_columns(Table({"name": ["a"]}), "name", "file", hint="do this", what="manifest")
    with pytest.raises(InvalidValueError, match="name missing among none"):
        need_columns(Table(), "name")
