"""File names for galaxies: safe, unique on any disk, and decodable."""

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from galmorph.data._fetch.file_names import MAX_BYTES, file_stem

NAMES = st.text(st.characters(), max_size=60) | st.text("aAbBkK [](){}+-_.~%/\\:*?<>|\0\n'\"é", max_size=12)
ODD = ["", ".", "..", "../../x", "[TH2002] 433", "NGC 0224:[B90] 12", "a\0b", "CON", "con.fits", "nul", "LPT1", "-rf",
       "~root", "%41", "M 31.", "M 31 ", "\ud800", "Ж" * 50, "e\u0301", "\u00e9", "x" * 500, "*", "$HOME"]  # fmt: skip


def decoded(stem: str) -> str:
    """The name that a stem was made from, even if a disk changed the case of its letters."""
    escaped, _, tail = stem.partition("~")
    bits = int(tail or "0", 16)
    parts = re.findall("%[0-9A-Fa-f]{2}|.", escaped)
    content = b""
    for part in reversed(parts):
        if len(part) == 3:
            content = bytes([int(part[1:], 16)]) + content
        elif part == "_":
            content = b" " + content
        else:
            small = part.isalpha() and bits & 1
            content = (part.lower() if small else part.upper()).encode() + content
            bits >>= part.isalpha()
    assert bits == 0
    return content.decode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("MESSIER 049", "MESSIER_049"),
        ("2MASX J00243207-4007300", "2MASX_J00243207-4007300"),
        ("[TH2002] 433", "%5BTH2002%5D_433"),
        ("../../x", "%2E.%2F..%2Fx~1"),
        ("MESSIER 051a", "MESSIER_051a~1"),
        ("Mrk 231", "Mrk_231~3"),
        ("a_b", "a%5Fb~3"),
        ("", "~0"),
        ("CON", "%43ON"),
        ("COM1.x", "%43OM1.x~1"),
        ("-x", "%2Dx~1"),
        ("X.", "X%2E"),
        ("ß", "%C3%9F"),
        ("A\0B", "A%00B"),
    ],
)
def test_names_are_written_as_described(name: str, stem: str):
    """Letters and digits stay, a blank is an underscore, the rest is percent-encoded; small letters are counted."""
    assert file_stem(name) == stem
    assert decoded(stem) == name


@given(NAMES)
@example("x" * 500)
@example("CON")
@example("..")
@example("\ud800")
def test_every_stem_is_safe_everywhere(name: str):
    """No separator, no hidden file, no device of Windows, no end that Windows drops, and never too long."""
    stem = file_stem(name)
    assert re.fullmatch(r"[A-Za-z0-9+_%~][A-Za-z0-9+._%~-]*", stem)
    assert len(stem) <= MAX_BYTES
    assert not stem.endswith((".", " "))
    assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", stem, re.IGNORECASE)
    assert PurePosixPath(stem).name == PureWindowsPath(stem).name == stem


@given(NAMES)
@example("x" * 500)
def test_a_stem_holds_its_name(name: str):
    """A stem that was not cut can be decoded, even if a disk changed the case; one that was cut says so."""
    stem = file_stem(name)
    if "~h" in stem:  # no hexadecimal number begins with h
        assert MAX_BYTES - 2 <= len(stem) <= MAX_BYTES  # two bytes less if an escape was cut
        return
    for seen in (stem, stem.upper(), stem.lower()):
        assert decoded(seen) == name


@given(st.lists(NAMES | st.sampled_from(ODD), unique=True, max_size=8))
@example(ODD)
@example(["ABELL 1", "Abell 1", "abell 1", "aBELL 1"])
@example(["A" * 300, "A" * 299 + "B", "A" * 299 + "a"])
@example(["~1", "%7E1", "a~1", "A_~1", "A ~1"])
def test_different_names_stay_apart(names: list[str]):
    """Not even a disk that ignores case mixes two names up."""
    assert len({file_stem(name).casefold() for name in names}) == len(names)


@pytest.mark.parametrize("name", ODD)
def test_files_of_odd_names_can_be_written(tmp_path: Path, name: str):
    """The stem with the longest suffix is a file directly in its folder."""
    path = tmp_path / (file_stem(name) + ".fits.gz")
    path.write_bytes(b"x")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
