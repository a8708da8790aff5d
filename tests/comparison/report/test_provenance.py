"""Provenance: what the table of a data set says about its sources, and nothing that it does not say."""

from fabricated import fabricate_galaxies

from galmorph.comparison._report.provenance import provenance
from galmorph.simulation._columns import COLUMNS


def test_simulated_galaxies_are_said_to_be():
    """Their table has all parameters."""
    galaxies = fabricate_galaxies()
    for name in COLUMNS:
        galaxies.table[name] = 0.0
    assert provenance(galaxies)[0] == ("Source", "simulated with galmorph")


def test_what_is_not_known_is_asked_for():
    """Without any note, the reader is told that nothing is recorded."""
    assert provenance(fabricate_galaxies()) == [("Source", "not recorded: state it where you publish the results")]


def test_notes_of_a_catalogue_are_shown():
    """Sources, references and acknowledgements are shown as they are, blanks apart; joined data sets have several."""
    galaxies = fabricate_galaxies()
    galaxies.table.meta |= {
        "sources": ["RC3", "NED"],
        "refcode": ["1991rc3..book.....D", "2013MNRAS.435.2835W"],
        "acknowledgement": "This research\nhas made use  of <NED>.",
        "no_class": 7,
        "left_out": {"no image": 3},
        "where": "",
    }
    assert provenance(galaxies) == [
        ("Source", "RC3 and NED"),
        ("Reference", "1991rc3..book.....D; 2013MNRAS.435.2835W"),
        ("Galaxies that fit no class", "7"),
        ("Acknowledgement", "This research has made use of <NED>."),
    ]
    galaxies.table.meta.clear()
    galaxies.table["source"] = ["RC3", "NED"] * 105
    assert provenance(galaxies) == [("Source", "RC3 and NED")]
