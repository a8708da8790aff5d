"""Checks of arguments, whose errors say what was expected, what was given and what to do."""

import math
from collections.abc import Iterable

import numpy as np
from jaxtyping import Int

from galmorph.errors import InvalidValueError

__all__ = ["check", "check_between", "check_choice", "check_labels", "check_positive", "check_positive_int"]


def check(condition: bool, message: str) -> None:
    """Raise `InvalidValueError` with a message unless the condition is true."""
    if not condition:
        raise InvalidValueError(message)


def check_positive(name: str, value: float) -> None:
    """Raise `InvalidValueError` unless the value is finite and above 0."""
    check(math.isfinite(value) and value > 0, f"{name}: expected a finite number above 0, got {value!r}")


def check_positive_int(name: str, value: int) -> None:
    """Raise `InvalidValueError` unless the value is a whole number of at least 1."""
    check(
        isinstance(value, int) and not isinstance(value, bool) and value >= 1,
        f"{name}: expected a whole number of at least 1, got {value!r}",
    )


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Raise `InvalidValueError` unless ``low <= value <= high``."""
    check(low <= value <= high, f"{name}: expected a number from {low:g} to {high:g}, got {value!r}")


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raise `InvalidValueError` unless the value is one of the choices."""
    known = list(choices)
    check(value in known, f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r}")


def check_labels(labels: Int[np.ndarray, "galaxies"], rows: int, classes: int, *, of: str) -> None:
    """Raise `InvalidValueError` unless there is one label for each row, and each label is one of the classes."""
    check(
        len(labels) == rows and rows > 0,
        f"labels: expected one for each of {rows} rows of {of} and at least one, got {len(labels)}",
    )
    check(
        bool(labels.min() >= 0 and labels.max() < classes),
        f"labels: expected classes from 0 to {classes - 1}, got {labels.min()} to {labels.max()}",
    )
