"""Text of a comparison: within 100 columns in a terminal, and safe HTML."""

import pytest
from bs4 import BeautifulSoup
from fabricated import fabricate_comparison


@pytest.mark.parametrize("architectures", [1, 3, 9])
def test_printed_text_fits_100_columns(architectures):
    """However many architectures and however long their names, no line is longer, and nothing is missing."""
    names = [f"network_{number}_{'x' * 9 * (number % 4)}" for number in range(architectures)]
    comparison = fabricate_comparison({name: 1.0 + 0.2 * number for number, name in enumerate(names)})
    text = str(comparison)
    assert max(map(len, text.splitlines())) <= 100
    assert "recall by class" in text
    assert all(name[:9] in text for name in (*names, *comparison.test.classes))
    assert text.count("edge_on") >= 1
    assert text.endswith(comparison.verdict.split()[-1])


def test_one_seed_is_said_to_be_one():
    """With one seed, the text says that it is about these networks; with two, the pairs say what seeds may turn."""
    assert "With one seed" in str(fabricate_comparison({"good": 2.5, "poor": 0.3}, seeds=(0,)))
    assert "With one seed" not in str(fabricate_comparison({"good": 2.5, "poor": 0.3}))
    assert "With one seed" not in str(fabricate_comparison({"good": 2.5}, seeds=(0,)))


def test_html_is_safe():
    """In a notebook, names that look like markup are text."""
    comparison = fabricate_comparison({"good": 2.0, "poor": 0.2})
    page = BeautifulSoup(comparison._repr_html_(), "html.parser")
    assert [cell.get_text() for cell in page.find_all("th")][:2] == ["architecture", "accuracy"]
    assert page.find("strong").get_text() == comparison.verdict
    said = [item.get_text() for item in page.find_all("li")]
    assert said == [f"{pair}." for pair in comparison.pairs] + [f"Caution: {each}" for each in comparison.cautions]


def test_small_classes_are_named():
    """The class with too few galaxies is named below the recalls."""
    text = str(fabricate_comparison({"poor": 0.3, "good": 2.5}, seeds=(0,)))
    assert "Recalls of classes with too few tested galaxies: cigar 12." in text
