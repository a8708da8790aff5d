"""Sharing of compiled functions between trainings and classifiers."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["CompiledOnce"]

KEPT = 16  # compiled functions


class CompiledOnce:
    """A decorator for functions that compile: calls with equal arguments share one compiled function.

    Arguments that can't be hashed are compiled for in each call. An example is the structure of a network that holds a
    list.

    Parameters
    ----------
    compiler
        Returns a compiled function. Its result depends on its arguments alone.
    """

    def __init__(self, compiler: Callable[..., Any]) -> None:
        self._compiler = compiler
        self.kept = lru_cache(KEPT)(compiler)

    def __call__(self, *arguments: Any) -> Any:
        """Return the compiled function for these arguments."""
        try:
            hash(arguments)
        except TypeError:
            return self._compiler(*arguments)
        return self.kept(*arguments)
