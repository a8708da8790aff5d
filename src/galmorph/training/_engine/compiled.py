"""What is compiled for one network serves the next of its kind."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["CompiledOnce"]

KEPT = 16  # kinds


class CompiledOnce:
    """A function that compiles for a kind of network or training; asked for an equal kind, it gives what it gave.

    Kinds that can't be hashed, such as networks of one's own that keep a list, are compiled each time.

    Parameters
    ----------
    compiler
        Compiles for what it is called with, and depends on nothing else.
    """

    def __init__(self, compiler: Callable[..., Any]) -> None:
        self._compiler = compiler
        self.kept = lru_cache(KEPT)(compiler)

    def __call__(self, *kind: Any) -> Any:
        """Give what is compiled for a kind."""
        try:
            hash(kind)
        except TypeError:
            return self._compiler(*kind)
        return self.kept(*kind)
