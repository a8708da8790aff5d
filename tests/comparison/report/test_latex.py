"""LaTeX table: complete, and of commands that every class has."""

import re

import pytest
from fabricated import fabricate_comparison

from galmorph.comparison import Comparison


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Two architectures."""
    return fabricate_comparison({"resnet_18": 2.0, "poor": 0.2})


def test_latex_is_a_table(comparison):
    """Intervals are sub- and superscripts, and underscores of names are escaped."""
    text = comparison.to_latex()
    value, low, high = comparison["poor"].accuracy
    assert rf"poor & ${value:.3f}^{{+{high - value:.3f}}}_{{-{value - low:.3f}}}$ & " in text
    assert r"resnet\_18 & $0." in text
    assert r"95\,\%" in text
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert [row.count("&") for row in rows] == [5, 5, 5]


def test_rules_label_and_caption(comparison):
    """Rules stand above, below the head and at the end; the label follows the caption, which numbers the table."""
    lines = comparison.to_latex().splitlines()
    assert [number for number, line in enumerate(lines) if line == r"\hline"] == [5, 7, 10]
    assert lines[2].startswith(r"\caption{210 tested galaxies; ")
    assert lines[3] == r"\label{tab:comparison}"
    own = comparison.to_latex(caption="Accuracy in \\%.", label="tab:mine")
    assert "\\caption{Accuracy in \\%.}\n\\label{tab:mine}\n" in own


def test_every_class_of_latex_has_these_commands(comparison):
    """No command is of a package; braces and environments are closed."""
    text = comparison.to_latex()
    assert set(re.findall(r"\\[a-z]+", text)) == {
        *(r"\begin", r"\end", r"\centering", r"\caption", r"\label", r"\hline"),
    }
    assert text.count("{") == text.count("}")
    assert re.findall(r"\\begin\{(.*?)\}", text) == re.findall(r"\\end\{(.*?)\}", text)[::-1]
