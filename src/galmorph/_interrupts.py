"""Ctrl-C at safe points: between two steps, and never while JAX compiles or computes.

An exception that is raised while JAX calls back into Python, as it does at each garbage collection, can end the process
with a segmentation fault.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupts", "deferred_interrupts"]

_active: "Interrupts | None" = None


class Interrupts:
    """Remembers the first Ctrl-C; the second one has its usual effect at once."""

    def __init__(self) -> None:
        self.asked = False

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed. Call it where nothing is half done."""
        if self.asked:
            self.asked = False
            raise KeyboardInterrupt

    def note(self, number: int, frame: FrameType | None) -> Any:
        """Handle the signal."""
        if self.asked:
            self.asked = False
            return signal.default_int_handler(number, frame)
        self.asked = True
        return None


@contextmanager
def deferred_interrupts() -> Iterator[Interrupts]:
    """Defer Ctrl-C within the block to the next call of ``check``, or to its end.

    It does so in the main thread, and where Ctrl-C raises `KeyboardInterrupt`; elsewhere nothing changes. A block in
    another one shares its `Interrupts`.

    Yields
    ------
    Interrupts
        Whose ``check`` raises.

    Raises
    ------
    KeyboardInterrupt
        At the end, if Ctrl-C was pressed and nothing else is raised.
    """
    global _active
    if threading.current_thread() is not threading.main_thread():
        yield Interrupts()
        return
    if _active is not None:
        yield _active
        return
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield Interrupts()
        return
    interrupts = Interrupts()
    signal.signal(signal.SIGINT, interrupts.note)
    _active = interrupts
    try:
        yield interrupts
    finally:
        _active = None
        signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupts.check()
