"""parse_gz2_class: classes of Galaxy Zoo 2, such as SBc2m(r), as values and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph.data import TUNING_FORK_CLASSES, GZ2Class, parse_gz2_class
from galmorph.data._morphology.gz2_class import tuning_fork_class
from galmorph.errors import InvalidValueError

ODD = st.lists(st.sampled_from("rldiomu"), unique=True, max_size=7).map(lambda all_: "".join(f"({x})" for x in all_))
ARMS = st.just("") | st.builds(
    lambda number, winding: number + winding, st.sampled_from("1234+?"), st.sampled_from("tml")
)
GRAMMAR = st.just("A") | st.builds(
    lambda body, odd: body + odd,
    st.sampled_from(["Er", "Ei", "Ec", "Ser", "Seb", "Sen"])
    | st.builds(
        lambda bar, bulge, arms: bar + bulge + arms, st.sampled_from(["S", "SB"]), st.sampled_from("dcba"), ARMS
    ),
    ODD,
)
PATTERN = re.compile(
    r"A|(E[ric]|Se[rbn]|SB?[dcba]([1234+?][tml])?)(\((?:r|l|d|i|o|m|u)\))*"  # the grammar in one line
)


@given(GRAMMAR)
def test_every_class_reads_back(text):
    """Every string of the grammar is read, its text is the string, and its parts make the same value."""
    galaxy = parse_gz2_class(text)
    assert str(galaxy) == text
    parts = {name: getattr(galaxy, name) for name in ("form", "roundness", "bulge", "barred", "arms", "winding", "odd")}
    assert GZ2Class(**parts) == galaxy


@given(st.text() | st.text("ESABricebnd1234+?tml()ou", max_size=10))
def test_any_other_text_is_refused(text):
    """A text is read if and only if it follows the grammar; the error repeats it."""
    features = re.findall(r"\((.)\)", text)
    if PATTERN.fullmatch(text) and len(set(features)) == len(features):
        assert str(parse_gz2_class(text)) == text
    else:
        with pytest.raises(InvalidValueError, match=r"gz2_class: got .* expected .* got"):
            parse_gz2_class(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Er", {"form": "smooth", "roundness": "round"}),
        ("Ei(u)", {"form": "smooth", "roundness": "in between", "odd": ("dust lane",)}),
        ("Ec", {"form": "smooth", "roundness": "cigar"}),
        ("Seb(o)", {"form": "edge-on", "bulge": "boxy", "odd": ("other",)}),
        ("Sen", {"form": "edge-on", "bulge": "none"}),
        ("Sd(i)", {"form": "disk", "bulge": "none", "odd": ("irregular",)}),
        ("Sc?t", {"form": "disk", "bulge": "just noticeable", "arms": "?", "winding": "tight"}),
        (
            "SBa+l(r)(l)",
            {
                "form": "disk",
                "barred": True,
                "bulge": "dominant",
                "arms": "+",
                "winding": "loose",
                "odd": ("ring", "lens or arc"),
            },
        ),
        ("A", {"form": "artifact"}),
    ],
)
def test_parts(text, parts):
    """Letters mean what Willett et al. (2013) say."""
    assert parse_gz2_class(text) == GZ2Class(**parts)
    assert str(GZ2Class(**parts)) == text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "expected a form, E, S or A, at the start, got the end"),
        ("SB", "expected a bulge, one of d, c, b, a, after 'SB', got the end"),
        ("Sc2", "expected a winding, one of t, m, l, after 'Sc2', got the end"),
        ("Sct", r"expected a number of arms .* after 'Sc', got 't'"),
        ("Er2m", r"expected an odd feature such as \(r\), or nothing, after 'Er', got '2'"),
        ("Sc(r", r"expected a closing bracket, after 'Sc\(r', got the end"),
        ("Sc(I)", r"expected an odd feature, one of r, .* after 'Sc\(', got 'I'"),
        ("Sc(r)(r)", r"expected another odd feature, after 'Sc\(r\)\(', got 'r'"),
        ("A(r)", r"expected nothing, after 'A', got '\('"),
        (" Er", "at the start, got ' '"),
        ("Er" * 20, f"got '{'Er' * 20}', expected"),
        ("Er" * 20 + "x", rf"got '{'Er' * 18}E\.\.\.', expected"),
        ("Er" * 10**6, r"got 'ErErE.*\.\.\.', expected .* after 'Er', got 'E'"),
    ],
)
def test_the_error_says_where_it_stops(text, where):
    """The message has the part that was understood, and what comes after it."""
    with pytest.raises(InvalidValueError, match=where):
        parse_gz2_class(text)


@pytest.mark.usefixtures("unchecked_shapes")
def test_only_texts_are_read():
    """A masked cell or a list is no class."""
    with pytest.raises(InvalidValueError, match=r"gz2_class: expected a text, got \['Er'\]"):
        parse_gz2_class(["Er"])


@pytest.mark.parametrize(
    ("parts", "match"),
    [
        ({"form": "spiral"}, "form: expected one of 'smooth'"),
        ({"form": "smooth"}, "roundness: expected one of 'round'"),
        ({"form": "disk", "bulge": "boxy"}, "bulge: expected one of 'none', 'just"),
        ({"form": "edge-on", "bulge": "round", "barred": True}, "barred: got True for the form 'edge-on'"),
        ({"form": "disk", "bulge": "none", "arms": "2"}, "winding: expected one of 'tight'"),
        ({"form": "disk", "bulge": "none", "winding": "tight"}, "winding: expected one of ''"),
        ({"form": "smooth", "roundness": "cigar", "arms": "2"}, "arms: expected one of ''"),
        ({"form": "artifact", "odd": ("ring",)}, "odd: expected each feature once, and none for an artifact"),
    ],
)
def test_values_check_themselves(parts, match):
    """Parts that no class has together are refused."""
    with pytest.raises(InvalidValueError, match=match):
        GZ2Class(**parts)


def test_the_tuning_fork():
    """Smooth galaxies are E, disks edge-on, S or SB; an artifact has no class."""
    places = {"Ec(m)": "E", "Sen(o)": "edge-on", "Sb2t": "S", "SBb2t(r)": "SB", "A": ""}
    assert {text: tuning_fork_class(parse_gz2_class(text)) for text in places} == places
    assert set(places.values()) == {*TUNING_FORK_CLASSES, ""}
