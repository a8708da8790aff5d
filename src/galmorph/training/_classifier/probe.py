"""Answers to a fixed pattern, by which the code of a network of one's own is known again."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

__all__ = ["Probe", "probe", "same_answers"]

Probe = tuple[tuple[float, ...], ...]
"""Logits of each stamp of the pattern."""

_STAMPS = 2
_DIGITS = 4
_TOLERANCE = 0.02  # of the largest logit; float16 weights and other machines change less


def probe(
    answer: Callable[[np.ndarray], Float32[np.ndarray, "n classes"]], *, size: int, channels: int
) -> Probe | None:
    """Logits of two stamps of noise, which are the same everywhere, in four digits; None if they are not finite.

    Parameters
    ----------
    answer
        Gives the logits of float32 stamps.
    size, channels
        Of a stamp.
    """
    pattern = np.random.default_rng(0).random((_STAMPS, size, size, channels), np.float32)
    logits = answer(pattern)
    if not np.isfinite(logits).all():
        return None
    return tuple(tuple(float(f"{value:.{_DIGITS}g}") for value in row) for row in logits)


def same_answers(one: Probe | None, other: Probe | None) -> bool:
    """Whether two networks give the same answers to the pattern, but for rounding; unknown answers may be the same."""
    if one is None or other is None:
        return True
    first, second = np.array(one), np.array(other)
    if first.shape != second.shape:
        return False
    return bool(np.abs(first - second).max() <= _TOLERANCE * np.abs(first).max())
