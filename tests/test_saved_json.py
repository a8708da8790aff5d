"""JSON of saved files: limits, types, and hashes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from galmorph._saved_json import check_seal, damaged_file, parse_json, read_as, read_json, seal
from galmorph.errors import FileFormatError


@dataclass(frozen=True)
class Point:
    """A part of a file."""

    x: float
    name: str = "none"


@dataclass(frozen=True)
class Example:
    """A file with a field of each type."""

    number: int
    points: tuple[Point, ...]
    pair: tuple[int, float] | None
    flags: dict[str, bool]
    anything: Any = None

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError(f"number: expected at least 0, got {self.number}")


GOOD = {"number": 3, "points": [{"x": 1}, {"x": 0.5, "name": "b"}], "pair": [1, 2], "flags": {"a": True}, "more": 1}


def test_a_dataclass_is_made_of_an_object():
    """Lists become tuples, whole numbers floats where floats are asked for, defaults are used, the rest is left out."""
    expected = Example(3, (Point(1.0), Point(0.5, "b")), (1, 2.0), {"a": True})
    assert read_as(Example, GOOD) == expected
    assert read_as(Example, {**GOOD, "pair": None, "anything": [{}]}) == Example(
        3, expected.points, None, {"a": True}, [{}]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": True}, "Example.number: expected int, got bool"),
        ({"number": 3.0}, "Example.number: expected int, got float"),
        ({"number": 2**63}, "Example.number: expected a whole number of 64 bits, got one of 19 digits"),
        ({"number": -1}, "number: expected at least 0, got -1"),
        ({"points": {}}, "Example.points: expected tuple"),
        ({"points": [{"x": 0}, {"name": "b"}]}, r"Example.points\[1\]: x is missing"),
        ({"points": [[1, "b"]]}, r"Example.points\[0\]: expected Point, got list"),
        ({"points": [{"x": 10**400}]}, "Example.points.*x: expected a number of at most 1e308"),
        ({"pair": [1, 2, 3]}, "Example.pair: expected tuple"),
        ({"flags": {"a": 1}}, "Example.flags.a: expected bool, got int"),
    ],
)
def test_other_types_are_refused(change, message):
    """The message says where."""
    with pytest.raises(ValueError, match=message):
        read_as(Example, {**GOOD, **change})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "expected at most 64 levels of lists and objects, got more"),
        (b'{"a":' * 100_000, "JSON: expected at most 64 levels, got more than Python can read"),
        (b'["a"]', "JSON: expected an object, got a list"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b'{"a": "\xff"}', "can't decode byte 0xff"),
        (b"{", "Expecting property name"),
        (b'{"a": ' + b"1" * 5000 + b"}", "Exceeds the limit"),
    ],
)
def test_what_is_no_object_of_json_is_refused(content, message):
    """Depth, text and numbers have limits, and nothing but `ValueError` is raised."""
    with pytest.raises(ValueError, match=message):
        parse_json(content)


def test_what_is_allowed_is_read(tmp_path: Path):
    """63 levels, pairs of surrogates as JSON writes them, and brackets in texts; a folder is no file."""
    content = b'{"a": ' + b"[" * 62 + b"]" * 62 + b', "b": "\\ud83c\\udf0c", "c": "' + b"[" * 999 + b'"}'
    (tmp_path / "a.json").write_bytes(content)
    assert read_json(tmp_path / "a.json")["b"] == "\N{MILKY WAY}"
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_json(tmp_path)


def test_a_seal_is_that_of_the_content():
    """Tuples and lists, and the order of entries, are the same; another value is not. What has no seal passes."""
    sealed = seal({"a": (1, 2.5), "b": "x"})
    check_seal({"b": "x", "sha256": sealed["sha256"], "a": [1, 2.5]})
    check_seal({"a": 1})
    with pytest.raises(ValueError, match="does not match its hash"):
        check_seal({**sealed, "b": "y"})


def test_damage_becomes_one_error():
    """Whatever goes wrong; errors that are raised on purpose pass."""
    for problem in (KeyError("x"), TypeError("x"), RecursionError("x"), OverflowError("x"), OSError("x")):
        with (
            pytest.raises(FileFormatError, match=r"a\.json: expected a plan, but it can't be read \(.*x.*\); delete"),
            damaged_file("a.json", "a plan", "delete it"),
        ):
            raise problem
    with pytest.raises(FileFormatError, match=r"^of another version$"), damaged_file("a.json", "a plan"):
        raise FileFormatError("of another version")
