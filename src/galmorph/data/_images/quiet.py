"""Keep chosen warnings of other libraries from the user."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet"]

_LOCK = threading.RLock()


@contextmanager
def quiet(*categories: type[Warning]) -> Iterator[None]:
    """Ignore warnings of these classes within the block; only one thread at a time is let in."""
    # Before Python 3.14 the filters belong to the whole process: two threads that set and restore them in turn would
    # leave them changed for good.
    with _LOCK, warnings.catch_warnings():
        for category in categories:
            warnings.simplefilter("ignore", category)
        yield
