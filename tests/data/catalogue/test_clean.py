"""clean and only: which rows of a catalogue stay, and why the others are removed."""

import copy

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable, Table

from galmorph.data._catalogue.clean import clean, only
from galmorph.errors import InvalidValueError


@pytest.fixture
def catalogue() -> Table:
    """Ten rows of all kinds, of the columns that a search gives."""
    names = [
        "NGC 4472", "NGC 0105 NED02", "ARP 116", "NGC  4472", "MESSIER 058",
        "AM 0051-234 NOTES01", "I Zw 018:HII 1", "", "UGC 00041", "ABELL 0851:[DG92] 234",
    ]  # fmt: skip
    redshift = MaskedColumn([0.003, 0.02, 0.004, 0.003, 0.005, 0.1, 0.002, 0.1, 0.0, 0.4])
    redshift.mask = [False] * 8 + [True, False]
    return Table(
        {
            "name": names,
            "object_type": ["G", "G", "GPair", "G", "G", "G", "HII", "G", "G", "G"],
            "redshift": redshift,
            "requested": ["E", "S", "E", "S0", "S", "S", "S", "E", "S", "E"],
        },
        meta={"acknowledgement": "thanks", "left_out": {"object type GPair": 2}},
    )


def test_clean(catalogue: Table) -> None:
    """Each galaxy stays once, in order; components, pairs, HII regions and unnamed rows are removed and counted."""
    galaxies = clean(catalogue)
    assert list(galaxies["name"]) == ["NGC 4472", "MESSIER 058", "UGC 00041", "ABELL 0851:[DG92] 234"]
    assert galaxies.meta["left_out"] == {
        "component of another object": 3,
        "object type GPair": 3,  # one here, and two that the catalogue had already counted
        "another row of the same galaxy": 1,
        "no name": 1,
    }
    assert galaxies.meta["acknowledgement"] == "thanks"


def test_requested_classes_are_joined(catalogue: Table) -> None:
    """A galaxy that was found for several classes lists each of them once."""
    catalogue["requested"] = ["E;S0", "S", "E", "S0;compact", "S", "S", "S", "E", "S", "E"]
    assert list(clean(catalogue)["requested"]) == ["E;S0;compact", "S", "S", "E"]


def test_clean_twice(catalogue: Table) -> None:
    """A clean catalogue stays as it is, and so do its counts."""
    once = clean(catalogue)
    twice = clean(once)
    assert list(once["name"]) == list(twice["name"])
    assert once.meta == twice.meta


def test_input_stays(catalogue: Table) -> None:
    """The catalogue that was given is not changed, nor does it share its meta with the clean one."""
    before = copy.deepcopy(catalogue)
    galaxies = clean(catalogue)
    galaxies.meta["left_out"]["no name"] = 99
    galaxies["name"][0] = "x"
    only(catalogue, "NGC").meta["left_out"].clear()
    assert catalogue.meta == before.meta
    assert list(catalogue["name"]) == list(before["name"])
    assert list(catalogue["requested"]) == list(before["requested"])


def test_redshift(catalogue: Table) -> None:
    """A range of redshift includes its limits; unknown redshifts have their own reason."""
    galaxies = clean(catalogue, redshift=(0.003, 0.1))
    assert list(galaxies["name"]) == ["NGC 4472", "MESSIER 058"]
    assert galaxies.meta["left_out"]["redshift unknown"] == 1
    assert galaxies.meta["left_out"]["redshift out of range"] == 1
    assert list(clean(catalogue, redshift=(0.3, None))["name"]) == ["ABELL 0851:[DG92] 234"]


def test_a_pair_does_not_displace_a_galaxy(catalogue: Table) -> None:
    """Of several rows of one name, the first one that is a galaxy stays."""
    catalogue["object_type"][0] = "GPair"
    assert list(clean(catalogue)["name"][:2]) == ["NGC  4472", "MESSIER 058"]


def test_object_types(catalogue: Table) -> None:
    """Other types may stay on request, or all; an empty type is unknown."""
    assert "ARP 116" in clean(catalogue, object_types=["G", "GPair"])["name"]
    del catalogue["object_type"]
    assert len(clean(catalogue, object_types=None)) == 5
    catalogue["object_type"] = [""] * len(catalogue)
    assert clean(catalogue).meta["left_out"]["object type unknown"] == 6


def test_own_tables() -> None:
    """A table of names alone is enough; masked and byte names, and columns with units, are read."""
    assert list(clean(Table({"name": ["b", "a", "b"]}), object_types=None)["name"]) == ["b", "a"]
    masked = Table({"name": MaskedColumn([b"NGC 1", b"NGC 2"], mask=[True, False])})
    assert clean(masked, object_types=None).meta["left_out"] == {"no name": 1}
    quantities = QTable({"name": ["a", "b"], "redshift": [1, 30] * u.percent})
    assert list(clean(quantities, object_types=None, redshift=(0.1, None))["name"]) == ["b"]


def test_empty(catalogue: Table) -> None:
    """No rows in, no rows out."""
    assert len(clean(catalogue[:0])) == 0
    assert len(only(catalogue[:0], "NGC")) == 0


def test_bad_arguments(catalogue: Table) -> None:
    """Missing columns are named, and impossible arguments are refused."""
    with pytest.raises(InvalidValueError, match="expected the columns name; name missing among ra, dec"):
        clean(Table({"ra": [1.0], "dec": [1.0]}))
    with pytest.raises(InvalidValueError, match="object_type missing among name; pass object_types=None"):
        clean(Table({"name": ["a"]}))
    with pytest.raises(InvalidValueError, match="redshift missing"):
        clean(Table({"name": ["a"]}), object_types=None, redshift=(0, None))
    with pytest.raises(InvalidValueError, match=r"expected the smallest and the largest one, got \(2.0, 1.0\)"):
        clean(catalogue, redshift=(2.0, 1.0))
    with pytest.raises(InvalidValueError, match="object_types: expected several, got 'G'; put it in a list"):
        clean(catalogue, object_types="G")
    catalogue["redshift"] = ["x"] * len(catalogue)
    with pytest.raises(InvalidValueError, match="expected numbers in the column 'redshift'"):
        clean(catalogue, redshift=(0.0, 1.0))


@pytest.mark.parametrize(
    ("prefix", "name", "stays"),
    [
        ("NGC", "NGC 4472", True),
        ("NGC", "NGC4472", True),
        ("NGC", "  NGC   4472", True),
        ("ngc", "NGC 4472", True),
        ("NGC", "NGCC 12", False),
        ("NGC", "ANGC 12", False),
        ("UGC", "UGCA 001", False),
        ("I Zw", "I Zw 018", True),
        ("I Zw", "IZw18", True),
        ("I Zw", "II Zw 018", False),
        ("I Zw", "I Zwicky", False),
        ("NGC 44", "NGC 4472", False),
        ("NGC4472", "NGC 4472", True),
        ("2MASX J", "2MASX J00243207-4007300", True),
        ("[TH2002]", "[TH2002] 433", True),
        ("M.", "Mrk 1", False),
    ],
)
def test_only(prefix: str, name: str, stays: bool) -> None:
    """A prefix is whole words at the beginning of a name, in upper or lower case, with or without blanks."""
    kept = only(Table({"name": [name]}), prefix)
    assert len(kept) == stays
    assert kept.meta["left_out"] == ({} if stays else {"not of the catalogues asked for": 1})


def test_only_several(catalogue: Table) -> None:
    """Several catalogues may be asked for, and their rows keep their order."""
    assert list(only(catalogue, "UGC", "MESSIER")["name"]) == ["MESSIER 058", "UGC 00041"]
    assert only(clean(catalogue), "UGC").meta["left_out"]["not of the catalogues asked for"] == 3


@pytest.mark.parametrize("prefixes", [(), ("NGC", " ")])
def test_only_nothing(catalogue: Table, prefixes: tuple[str, ...]) -> None:
    """An empty prefix would fit every name."""
    with pytest.raises(InvalidValueError, match="prefixes: expected names of catalogues"):
        only(catalogue, *prefixes)


def test_masked_redshifts_stay(catalogue: Table) -> None:
    """Masked values stay masked."""
    np.testing.assert_array_equal(clean(catalogue)["redshift"].mask, [False, False, True, False])
