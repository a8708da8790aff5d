"""designation: one galaxy's name as several catalogues write it, and names that must stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data._catalogue.designation import designation


@pytest.mark.parametrize(
    "names",
    [
        ("NGC 4536", "NGC4536", "ngc  4536", "NGC 04536", " N.G.C. 4536"),
        ("MESSIER 049", "M 49", "M49", "M  49"),
        ("MESSIER 051a", "M51A", "M 51 a"),
        ("PGC 41823", "LEDA 41823", "PGC0041823", "LEDA  41823"),
        ("Mrk 0231", "MRK 231", "Markarian 231"),
        ("SDSS J123456.78+012345.6", "SDSSJ123456.78+012345.6"),
    ],
)
def test_the_same_name(names):
    """However it is written."""
    assert len({designation(name) for name in names}) == 1


@pytest.mark.parametrize(
    "names",
    [
        ("NGC 1", "NGC 10", "IC 1", "NGC 1A", "NGC 1 NED01"),
        ("M 49", "NGC 4472"),  # one galaxy, but two names
        ("0012", "12"),  # identifiers of one's own
        ("587722952230174996", "587722952230174997"),
        ("ESO 121- 6", "ESO 12-16"),
        ("2MASX J01234567+0123456", "2MASX J01234567-0123456"),
    ],
)
def test_other_names(names):
    """They stay different."""
    assert len({designation(name) for name in names}) == len(names)


@given(st.text(max_size=60))
def test_any_text(name):
    """A designation is its own designation, and does not depend on blanks around the name."""
    once = designation(name)
    assert designation(f"  {name} ") == once
    assert (once == "") == (name.strip() == "")
    assert designation(once) == once
