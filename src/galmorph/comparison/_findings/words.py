"""Numbers, intervals and lists as text: one function for each way of writing them."""

import math
from collections.abc import Sequence

__all__ = [
    "DASH",
    "brief",
    "duration",
    "estimate",
    "in_words",
    "listed",
    "p_value",
    "percent",
    "percent_interval",
    "plural",
    "points",
    "points_interval",
]

#: What a table shows in place of a number that is not known.
DASH = "\N{EN DASH}"


def listed(items: Sequence[str], word: str = "and") -> str:
    """Join at least one item to a list within a sentence.

    Examples
    --------
    >>> from galmorph.comparison._findings.words import listed
    >>> listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    *first, last = items
    return f"{', '.join(first)} {word} {last}" if first else last


def plural(count: int, noun: str) -> str:
    """Write a number and its noun: 1 epoch, 2 epochs, 3 galaxies."""
    if count != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun}"


def in_words(count: int) -> str:
    """Write a number up to ten as a word, and a larger one in digits."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else str(count)


def percent(fraction: float) -> str:
    """Write a fraction in percent: 4.9 %; a dash for NaN."""
    return DASH if math.isnan(fraction) else f"{100 * fraction:.1f} %"


def percent_interval(estimated: tuple[float, float, float]) -> str:
    """Write a fraction and its interval in percent: 86.9 % (81.7 to 90.8)."""
    value, low, high = estimated
    return f"{percent(value)} ({points_interval(low, high)})"


def estimate(estimated: tuple[float, float, float]) -> str:
    """Write a value and its interval: 0.869 [0.817, 0.908]; a dash for NaN."""
    return DASH if math.isnan(estimated[0]) else str(estimated)


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points, with its sign; zero has none.

    Examples
    --------
    >>> from galmorph.comparison._findings.words import points
    >>> points(0.061), points(-0.0001)
    ('+6.1', '0.0')
    """
    text = f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")
    return text if text[1:] != "0.0" else "0.0"


def points_interval(low: float, high: float) -> str:
    """Write an interval of fractions or their differences in percentage points: 4.0 to 8.3."""
    return f"{100 * low:.1f} to {100 * high:.1f}"


def p_value(probability: float) -> str:
    """Write a p-value: with three decimals, or as a power of ten below 0.001."""
    return f"{probability:.3f}" if probability >= 0.001 else f"{probability:.1e}"


def brief(number: float) -> str:
    """Write a large number with three digits and a unit prefix: 11.2 M."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def duration(seconds: float) -> str:
    """Write a duration in seconds, minutes or hours, whichever gives at least two digits."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 10 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
