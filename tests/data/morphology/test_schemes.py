"""Schemes: one class for each galaxy, or a reason."""

import csv
import dataclasses

import numpy as np
import pytest

from galmorph.data import SCHEMES, LeftOut, Scheme, get_scheme, parse_morphology
from galmorph.errors import InvalidValueError

NOT_TYPES = {
    "": "no text",
    "INTERACTING": "no type, only words",
    "LINER": "no type, only activity",
    "E + S0": "several objects",
    "Se": "unparsed",
}
STRADDLES = LeftOut("alternatives in different classes")
PLACES = {
    "hubble": {
        "E3": "E", "cD": "E", "cD;E": "E", "SA0^-": "S0", "dS0": "S0", "SB0/a": "S", "S?": "S", "SABm": "S",
        "Sa-b": "S", "IBm": "Irr", "Irr": "Irr", "BCD": "Irr", "I0": "Irr", "E/S0": STRADDLES,
        "N": LeftOut("form N has no place in the sequence"),
    },
    "hubble-stages": {
        "E+": "E", "cE": "E", "dSph": "E", "S0-": "S0", "S0": "S0", "S0+": "S0", "S0-a": "S0/a", "Sa": "Sa",
        "SABab": "Sa", "Sb": "Sb", "Sbc": "Sb", "Sc": "Sc", "Scd": "Sc", "Sd": "Sd", "Sdm": "Sd", "Sm": "Sm",
        "IAm": "Im", "Sb/SBbc": "Sb", "Sab/Sb": STRADDLES,
        "S": LeftOut("stage not given"), "I0": LeftOut("stage off the sequence E to Im"),
    },
    "bars": {
        "SA0": "A", "SAB(r)c": "AB", "SB?": "B", "IBm": "B", "SBa-b": "B", "S0": LeftOut("no bar family"),
        "Sb/SBb": STRADDLES,
    },
    "hubble-bars": {
        "E": "E", "SB0": "S0", "SB0/a": "S0/a", "SA(s)c": "A", "SABb": "AB", "SB": "B", "Sc": LeftOut("no bar family"),
        "IBm": LeftOut("irregular"),
    },
    "early-late": {"E": "early", "E/S0": "early", "S0+": "early", "S0/a": "late", "Im": "late", "S": "late"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "place"), [(n, t, p) for n, places in PLACES.items() for t, p in places.items()]
)
def test_types_have_their_places(name, text, place):
    """Each named scheme places types as its table says, and gives a reason for the others."""
    assert get_scheme(name)(parse_morphology(text)) == place


@pytest.mark.parametrize("name", SCHEMES)
def test_texts_without_a_type_are_left_out_and_counted(name):
    """Texts that do not give the type of one galaxy get -1 in every scheme, and are counted by reason."""
    labels, left_out = get_scheme(name).label([*NOT_TYPES, "SB(r)0", "pec", np.ma.masked])
    assert labels.dtype == np.int32
    assert (labels >= 0).tolist() == [False] * 5 + [True, False, False]
    assert left_out == {
        "no text": 2,
        "no type, only words": 2,
        "no type, only activity": 1,
        "several objects": 1,
        "unparsed": 1,
    }


def test_alternatives_that_are_only_words_have_the_reason_of_words():
    """Neither of two words gives a type, so they are counted as words, and not as a form without a place."""
    assert get_scheme("hubble")(parse_morphology("compact/merger")) == LeftOut("no type, only words")


def test_labels_are_indices_into_classes():
    """A label is the index of its class."""
    scheme = get_scheme("hubble-bars")
    labels, left_out = scheme.label(np.array(["SB(s)c", "E0", "SAB(s)c", "SB(s)c"]))
    assert [scheme.classes[label] for label in labels] == ["B", "E", "AB", "B"]
    assert not left_out
    assert get_scheme("hubble").label([])[0].shape == (0,)


@pytest.mark.parametrize(
    ("texts", "message"),
    [("SB(s)c", "texts: got the text 'SB.*put it in a list"), (["E", 3], "texts: expected only str, got 3; use ''")],
)
def test_labels_are_asked_for_texts(texts, message):
    """A single text, which would be read letter by letter, and numbers are refused."""
    with pytest.raises(InvalidValueError, match=message):
        get_scheme("hubble-bars").label(texts)


def test_uncertain_types_can_be_left_out():
    """A scheme may place only types without a mark of doubt."""
    strict = dataclasses.replace(get_scheme("bars"), keep_uncertain=False)
    labels, left_out = strict.label(["SB(r)a", "SB(r)a:", "SB?(r)a", "SB(r:)a pec?"])
    assert labels.tolist() == [2, -1, -1, 2]
    assert left_out == {"uncertain type": 2}


def test_a_rule_must_keep_to_its_classes():
    """A rule that gives an unknown class is an error."""
    scheme = Scheme(name="mine", classes=("a", "b"), rule=lambda _: "c")
    with pytest.raises(InvalidValueError, match="scheme 'mine': the rule gave 'c' for 'E'; expected one of 'a', 'b'"):
        scheme.label(["E"])


@pytest.mark.parametrize("classes", [(), ("a",), ("a", "a"), ("a", "")])
def test_classes_must_be_different_names(classes):
    """A scheme has at least two classes, with different names."""
    with pytest.raises(InvalidValueError, match="classes: expected at least two different names"):
        Scheme(name="mine", classes=classes, rule=lambda _: "a")


def test_unknown_schemes_are_named():
    """The error lists the schemes that exist."""
    with pytest.raises(InvalidValueError, match=r"scheme: expected one of 'hubble', 'hubble-stages', .* got 'stars'"):
        get_scheme("stars")


def test_every_row_is_placed_or_counted(shared_data):
    """Labels and reasons of a list from NED add up to all rows; the search term is not the type."""
    with (shared_data / "ned" / "NED_list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row["Classification"] for row in rows]
    different = list(dict.fromkeys(texts))  # a scheme looks at each text once
    for scheme in SCHEMES.values():
        labels, left_out = scheme.label(different)
        assert np.sum(labels >= 0) + left_out.total() == len(different)
        assert set(labels.tolist()) == set(range(-1, len(scheme.classes)))
    labels, left_out = SCHEMES["hubble-bars"].label(texts)
    assert np.sum(labels >= 0) + left_out.total() == len(rows)
    requested = [row["Requested"] for row in rows]
    agree = [
        SCHEMES["hubble-bars"].classes[label] == want
        for label, want in zip(labels, requested, strict=True)
        if label >= 0
    ]
    assert np.mean(agree) < 0.95
