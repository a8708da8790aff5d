"""Pictures of the report: stamps are small, and link to NED if their galaxy has a name."""

import pytest
from fabricated import fabricate_comparison

from galmorph.comparison import Comparison
from galmorph.comparison._report.pictures import Card, doubtful_cards, mistake_cards


def cards_of(comparison: Comparison) -> list[Card]:
    """Cards of all doubtful labels."""
    return doubtful_cards(comparison, comparison.doubtful())


@pytest.mark.parametrize(("size", "shown"), [(32, 32), (160, 96)])
def test_large_stamps_are_reduced(size, shown):
    """Stamps are shown in their own size, but not larger than 96 pixels."""
    comparison = fabricate_comparison({"one": 1.5}, (30, 30), classes=("a", "b"), seeds=(0,), size=size)
    cards = mistake_cards(comparison, comparison.best)
    assert {(card.width, card.height) for card in cards} == {(shown, shown)}


def test_cards_say_what_they_show():
    """A card gives the name, the label and the answer of a galaxy, in its description, too."""
    comparison = fabricate_comparison({"one": 1.5}, seeds=(0,))
    card = mistake_cards(comparison, comparison.best)[0]
    assert card.alt == f"Stamp of {card.name}; {', '.join(card.lines)}."
    assert [line.partition(" ")[0] for line in card.lines] == ["label:", "answer:", "probability"]


def test_doubtful_names_link_to_ned():
    """A galaxy with a name has a link to its page in NED."""
    for card in cards_of(fabricate_comparison({"one": 1.5, "two": 1.5})):
        assert card.link == f"https://ned.ipac.caltech.edu/byname?objname={card.name.replace(' ', '%20')}"


def test_bare_numbers_do_not_lead_to_ned():
    """A bare number is an entry of another list, such as Galaxy Zoo's, which NED does not know."""
    names = [str(100000 + row) for row in range(210)]
    cards = cards_of(fabricate_comparison({"one": 1.5, "two": 1.5}, names=names))
    assert cards
    assert {card.link for card in cards} == {""}
