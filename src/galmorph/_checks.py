"""Checks of arguments, whose errors say what was expected, what was given and what to do."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Real

import numpy as np
from jaxtyping import Int

from galmorph.errors import InvalidValueError

__all__ = [
    "check",
    "check_between",
    "check_choice",
    "check_flag",
    "check_labels",
    "check_not_negative",
    "check_positive",
    "check_positive_int",
    "check_seed",
    "check_whole",
    "is_utf8",
]

_LARGEST_SEED = (1 << 32) - 1  # JAX and scikit-learn use 32 bits; JAX drops the others silently


def check(condition: bool, message: str) -> None:
    """Raise `InvalidValueError` with a message unless the condition is true."""
    if not condition:
        raise InvalidValueError(message)


def check_positive(name: str, value: float) -> None:
    """Raise `InvalidValueError` unless the value is a finite number above 0."""
    check(
        _is_number(value) and math.isfinite(value) and value > 0,
        f"{name}: expected a finite number above 0, got {value!r}",
    )


def check_not_negative(name: str, value: float) -> None:
    """Raise `InvalidValueError` unless the value is a finite number of at least 0."""
    check(
        _is_number(value) and math.isfinite(value) and value >= 0,
        f"{name}: expected a finite number of at least 0, got {value!r}",
    )


def check_positive_int(name: str, value: int) -> None:
    """Raise `InvalidValueError` unless the value is a whole number of at least 1."""
    check_whole(name, value, least=1)


def check_whole(name: str, value: object, *, least: int) -> None:
    """Raise `InvalidValueError` unless the value is a whole number of at least `least`."""
    hint = "; pass it as int(...)" if isinstance(value, np.integer) else ""
    check(
        isinstance(value, int) and not isinstance(value, bool) and value >= least,
        f"{name}: expected a whole number of at least {least}, got {value!r}{hint}",
    )


def check_seed(name: str, value: object) -> None:
    """Raise `InvalidValueError` unless the value is a random seed: a whole number of 32 bits, also one of NumPy."""
    value = int(value) if isinstance(value, np.integer) else value
    check_whole(name, value, least=0)
    check(
        isinstance(value, int) and value <= _LARGEST_SEED,
        f"{name}: expected a whole number from 0 to {_LARGEST_SEED} (32 bits), got {value!r}",
    )


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8. File names on Linux, and JSON, may hold what can't."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Raise `InvalidValueError` unless the value is a number and ``low <= value <= high``."""
    check(
        _is_number(value) and low <= value <= high, f"{name}: expected a number from {low:g} to {high:g}, got {value!r}"
    )


def check_flag(name: str, value: bool) -> None:
    """Raise `InvalidValueError` unless the value is True or False."""
    check(isinstance(value, bool), f"{name}: expected True or False, got {value!r}")


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raise `InvalidValueError` unless the value is one of the choices; the message names the most similar one."""
    known = list(choices)
    if isinstance(value, str) and value in known:
        return
    # Without case, so that "ResNet18" finds "resnet18", and "lenet 5" finds "lenet5".
    similar = {choice.lower(): choice for choice in known}
    found = get_close_matches(value.lower(), similar, n=1, cutoff=0.8) if isinstance(value, str) else []
    hint = f"; did you mean {similar[found[0]]!r}?" if found else ""
    check(False, f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r}{hint}")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_labels(labels: Int[np.ndarray, "galaxies"], rows: int, classes: int, *, of: str) -> None:
    """Raise `InvalidValueError` unless there is one label for each row, and each label is one of the classes."""
    labels = np.asarray(labels)
    check(
        labels.ndim == 1 and labels.dtype.kind in "iu",
        f"labels: expected one whole number for each galaxy, got an array of shape {labels.shape} and type "
        f"{labels.dtype}",
    )
    check(
        len(labels) == rows and rows > 0,
        f"labels: expected one for each of {rows} rows of {of} and at least one, got {len(labels)}",
    )
    check(
        bool(labels.min() >= 0 and labels.max() < classes),
        f"labels: expected classes from 0 to {classes - 1}, got {labels.min()} to {labels.max()}",
    )
