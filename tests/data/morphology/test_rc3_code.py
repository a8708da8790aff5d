"""The RC3's code of seven characters: every code that can be formed, its T, and what is no code."""

import csv
import itertools

import pytest

from galmorph.data import Morphology, get_scheme, parse_morphology

# The rules of the catalogue, written down here once more: character by character, with T by hand.
RINGS = {".": (), "R": ("R",), "P": ("R'",)}
FAMILIES = {".": "", "A": "A", "X": "AB", "B": "B"}
VARIETIES = {".": "", "R": "r", "T": "rs", "S": "s"}
STAGES = {
    "L": {".": -2, "-": -3, "0": -2, "+": -1},
    "S": {".": None} | {str(t): t for t in range(10)},
    "I": {".": None, "0": 90, "9": 10},
}
FLAGS = ["..", "?.", "$P", "*/", "/."]


def disks():
    """Every code of a lenticular, a spiral or an irregular with its parts and its T."""
    for letter, stages in STAGES.items():
        for parts in itertools.product(RINGS, FAMILIES, VARIETIES, stages.items(), FLAGS):
            ring, family, variety, (stage, t), flags = parts
            yield ring + letter + family + variety + stage + flags, parts, t


@pytest.mark.usefixtures("unchecked_shapes")  # which takes most of the time
def test_every_code_of_a_disk_has_its_parts_and_its_t():
    """Ring, family, variety, stage and flags of all 4,320 codes are where the rules put them, and T is the rules'."""
    codes = list(disks())
    assert len(codes) == 3 * 4 * 4 * (4 + 11 + 3) * 5
    for code, (ring, family, variety, _, flags), t in codes:
        galaxy = parse_morphology(code)
        assert (galaxy.outcome, galaxy.stage) == ("type", t), code
        assert (galaxy.rings, galaxy.family, galaxy.variety) == (RINGS[ring], FAMILIES[family], VARIETIES[variety])
        assert (galaxy.peculiar, galaxy.spindle) == ("P" in flags, "/" in flags)
        assert galaxy.doubts == (("type",) if set(flags) & set("*?$") else ())
        if flags in ("..", "$P"):
            assert parse_morphology(str(galaxy)) == galaxy


@pytest.mark.parametrize(
    ("code", "notation", "t"),
    [
        (".SXT4..", "SAB(rs)bc", 4),  # NGC 4536
        (".SBS3..", "SB(s)b", 3),
        (".SAT5$.", "SA(rs)c?", 5),  # NGC 4414
        ("PSBR2..", "(R')SB(r)ab", 2),
        ("RLA.+P.", "(R)SA0^+ pec", -1),
        (".E.....", "E", -5),
        (".E..0..", "E0", -5),
        (".E..5*P", "E5? pec", -5),
        (".E.2...", "E2", -5),
        (".E+....", "E^+", -4),
        (".E..+..", "E^+", -4),
        (".E+.3..", "E^+3", -4),
        (".E?....", "E?", -5),
        ("CE..2..", "cE2", -6),
        ("CE.....", "cE", -6),
        ("CD.....", "cD", -4),
        ("CD...*P", "cD? pec", -4),
        ("CI.....", "cI", 11),
        ("DE..0..", "dE0", -5),
        ("DL.....", "dS0", -2),
        ("DIB.9..", "dIBm", 10),
        (".L?....", "S0?", -2),
        (".S?....", "S?", None),
        (".I..0./", "I0 sp", 90),
    ],
)
def test_codes_are_types_in_the_usual_notation(code, notation, t):
    """The canonical notation of a code is the one that astronomers write, and reads back as an equal value."""
    galaxy = parse_morphology(code)
    assert (str(galaxy), galaxy.stage, galaxy.text) == (notation, t, code)
    assert parse_morphology(notation) == galaxy
    assert parse_morphology(f" {code} ") == galaxy


@pytest.mark.parametrize(
    "text",
    [
        ".SXT4.",  # six characters
        ".SXT4...",
        ".SXTa..",
        ".sxt4..",
        "XSXT4..",  # no such ring
        ".TXT4..",  # no such class
        ".SCT4..",  # no such family
        ".SXX4..",  # no such variety
        ".S..-..",  # a stage of lenticulars
        ".L..4..",  # a stage of spirals
        ".I..5..",
        ".SXT4**",  # the same mark twice
        ".SXT4*?",  # two marks
        ".SXT4PP",
        ".S?T4..",  # a mark in place of the family of a type that is known better
        ".S?..*.",
        ".EA.0..",  # ellipticals have no family
        "CE+....",
        "CL.....",
        "CIB.9..",
        ".D.....",
        "......S",
    ],
)
def test_other_texts_are_no_codes(text):
    """A character without a meaning at its place leaves the whole text unread."""
    assert parse_morphology(text).outcome == "unparsed"


def test_a_code_of_nothing_is_empty():
    """Seven dots say nothing: there is no type."""
    assert parse_morphology(".......") == Morphology(outcome="empty")
    assert str(parse_morphology(".......")) == ""


def test_codes_are_labelled_as_types_are():
    """A scheme places a code as it places the type in the usual notation."""
    scheme = get_scheme("hubble-bars")
    codes, texts = [".SXT4..", ".E..3..", ".L..0..", "PSBR2P.", "......."], ["SAB(rs)bc", "E3", "S0^0", "SBab", ""]
    assert scheme.label(codes)[0].tolist() == scheme.label(texts)[0].tolist() == [4, 0, 1, 5, -1]


def test_no_string_of_ned_is_a_code(shared_data):
    """None of NED's 19,808 strings has the form of a code, so that nothing that NED writes is read in another way."""
    with (shared_data / "ned" / "NED_list.csv").open(newline="") as file:
        texts = {row["Classification"] for row in csv.DictReader(file)}
    known = {code for code, _, _ in disks()}
    assert not known & texts
    assert not any(
        len(text) == 7 and set(text) <= set(".RPCDELSIABXT0123456789-+*?$/") and "." in text for text in texts
    )
