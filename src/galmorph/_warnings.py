"""Warnings that point at the user's own line, however deep inside of the library they are given."""

import sys
import warnings
from itertools import count

from galmorph.errors import GalmorphWarning

__all__ = ["warn"]

# The packages that check annotations in the tests put frames of their own between ours.
_NOT_THE_USER = ("galmorph", "jaxtyping", "beartype")


def warn(message: str, category: type[GalmorphWarning]) -> None:
    """Warn at the line that called into the library. (From Python 3.12 on, ``skip_file_prefixes`` does this.)"""
    for depth in count(1):
        frame = sys._getframe(depth)
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in _NOT_THE_USER or frame.f_back is None:
            warnings.warn(message, category, stacklevel=depth + 1)
            return
