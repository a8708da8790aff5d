"""Words: small parts of sentences."""

from collections.abc import Sequence

__all__ = ["listed"]


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
