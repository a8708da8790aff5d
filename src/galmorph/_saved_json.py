"""JSON in saved files: read within limits, checked against a dataclass, and sealed with a hash of its content.

A saved file is described by a small frozen dataclass. `read_as` makes one from JSON: each value must have the type of
its field, and ``__post_init__`` checks what types can't say. Whatever is wrong is a `ValueError`, which
`damaged_file` turns into a `FileFormatError` that names the file.
"""

import hashlib
import json
import re
import tokenize
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from struct import error as StructError  # noqa: N812 (a class)
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zipfile import BadZipFile

from galmorph.errors import FileFormatError

__all__ = ["check_seal", "damaged_file", "parse_json", "read_as", "read_json", "seal"]

_DEEPEST = 64  # levels of lists and objects
_LARGEST = 1 << 30  # bytes of a file
_LARGEST_FLOAT = 10**308
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # half of a character, as JSON may write it
_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
    SyntaxError,
    BadZipFile,
    StructError,
    tokenize.TokenError,
    zlib.error,
    NotImplementedError,  # of zipfile, for methods of compression that it does not know
)
Saved = TypeVar("Saved")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises
    ------
    ValueError
        If it is no JSON, larger than 1 GiB, or nested more than 64 levels deep.
    OSError
        If it can't be read, or is not a regular file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path.name}")
    size = path.stat().st_size
    if size > _LARGEST:
        raise ValueError(f"{path.name}: expected at most {_LARGEST:,} bytes, got {size:,}")
    return parse_json(path.read_bytes())


def parse_json(content: bytes | str) -> dict[str, Any]:
    """Read an object of JSON.

    Raises
    ------
    ValueError
        If it is no object of JSON, no UTF-8, holds half a character, or is nested more than 64 levels deep.
    """
    text = content if isinstance(content, str) else content.decode("utf-8")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"JSON: expected at most {_DEEPEST} levels, got more than Python can read") from None
    if not isinstance(value, dict):
        raise ValueError(f"JSON: expected an object, got a {type(value).__name__}")  # noqa: TRY004 (of a file)
    if text.count("[") + text.count("{") > _DEEPEST:
        _check_depth(value)
    if _SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # raises UnicodeEncodeError
    return value


def read_as(kind: type[Saved], value: Any) -> Saved:
    """Make a dataclass of an object of JSON, whose other entries are left out.

    Fields may be ``int``, ``float``, ``str``, ``bool``, ``None``, ``Any``, tuples, dicts with texts as keys, other
    dataclasses, and unions of these.

    Raises
    ------
    ValueError
        If an entry is missing or has another type.
    """
    read: Saved = _as(kind, value, kind.__name__)
    return read


def seal(content: Mapping[str, Any]) -> dict[str, Any]:
    """Add a hash of the content, as ``"sha256"``."""
    return {**content, "sha256": _hash(content)}


def check_seal(content: Mapping[str, Any]) -> None:
    """Raise `ValueError` if the content has a hash and does not match it. Files of earlier versions have none."""
    if "sha256" in content and content["sha256"] != _hash(content):
        raise ValueError("its content does not match its hash: it was damaged, or changed by hand")


@contextmanager
def damaged_file(path: str | Path, expected: str, remedy: str = "") -> Iterator[None]:
    """Turn all that goes wrong while a file is read into `FileFormatError`.

    Parameters
    ----------
    path
        The file.
    expected
        What it should be: ``"a split written by Split.save"``.
    remedy
        What to do about it.
    """
    try:
        yield
    except _DAMAGE as error:
        advice = f"; {remedy}" if remedy else ""
        raise FileFormatError(
            f"{path}: expected {expected}, but it can't be read ({_described(error)}){advice}"
        ) from error


def _hash(content: Mapping[str, Any]) -> str:
    described = json.loads(json.dumps({name: value for name, value in content.items() if name != "sha256"}))
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _described(error: BaseException) -> str:
    text = str(error).encode("utf-8", "backslashreplace").decode()
    return text if isinstance(error, OSError | ValueError) and text else f"{type(error).__name__}: {text}"


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, list | dict):
                inner += [
                    one for one in (each.values() if isinstance(each, dict) else each) if type(one) in (list, dict)
                ]
        if not inner:
            return
        level = inner
    raise ValueError(f"JSON: expected at most {_DEEPEST} levels of lists and objects, got more")


def _as(kind: Any, value: Any, where: str) -> Any:
    """Check a value against a type, and convert it: lists to tuples, whole numbers to floats, and so on."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, UnionType):
        return _as_one_of(arguments, value, where)
    if origin is tuple and isinstance(value, list):
        if arguments[-1] is ...:
            return tuple(_as(arguments[0], each, f"{where}[{row}]") for row, each in enumerate(value))
        if len(value) == len(arguments):
            return tuple(_as(one, each, where) for one, each in zip(arguments, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {name: _as(arguments[1], each, f"{where}.{name}") for name, each in value.items()}
    if is_dataclass(kind) and isinstance(value, dict):
        return _as_dataclass(kind, value, where)
    if kind is float and type(value) is int and abs(value) > _LARGEST_FLOAT:
        raise ValueError(f"{where}: expected a number of at most 1e308, got one of {len(str(value))} digits")
    if kind is float and type(value) in (int, float):
        return float(value)
    if kind is int and type(value) is int and abs(value) >= 1 << 63:
        raise ValueError(f"{where}: expected a whole number of 64 bits, got one of {len(str(value))} digits")
    if kind in (int, str, bool, NoneType) and type(value) is kind:
        return value
    raise ValueError(f"{where}: expected {getattr(kind, '__name__', kind)}, got {type(value).__name__}")


def _as_one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    problems = []
    for kind in kinds:
        try:
            return _as(kind, value, where)
        except ValueError as problem:
            problems.append(str(problem))
    raise ValueError(problems[0])


def _as_dataclass(kind: Any, value: dict[str, Any], where: str) -> Any:
    types, arguments = get_type_hints(kind), {}
    for field in fields(kind):
        if field.name in value:
            arguments[field.name] = _as(types[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where}: {field.name} is missing")
    return kind(**arguments)
