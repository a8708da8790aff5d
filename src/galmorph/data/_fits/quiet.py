"""Hide chosen warnings of other libraries from the user."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet"]

_LOCK = threading.RLock()


@contextmanager
def quiet(*categories: type[Warning]) -> Iterator[None]:
    """Ignore warnings of these classes within the block. Only one thread at a time enters it."""
    # Before Python 3.14 the filters belong to the whole process. Two threads that set and restore them in turn would
    # change them permanently.
    with _LOCK, warnings.catch_warnings():
        for category in categories:
            warnings.simplefilter("ignore", category)
        yield
