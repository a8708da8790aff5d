"""Ctrl-C waits for a safe point, once."""

import signal
import threading

import pytest

from galmorph._interrupts import deferred_interrupts

pytestmark = pytest.mark.usefixtures("ctrl_c")


def press() -> None:
    """Press Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


def checked(done: list[str]) -> None:
    """Press Ctrl-C, and check."""
    with deferred_interrupts() as interrupts:
        press()
        done.append("after the first")
        interrupts.check()
        done.append("after the check")


def twice(done: list[str]) -> None:
    """Press Ctrl-C twice."""
    with deferred_interrupts():
        press()
        press()
        done.append("after the second")


def nested(done: list[str]) -> None:
    """Press Ctrl-C in a block within a block."""
    with deferred_interrupts():
        with deferred_interrupts():
            press()
        done.append("outer")


def failing() -> None:
    """Press Ctrl-C, and raise another error."""
    with deferred_interrupts():
        press()
        raise ValueError("of its own")


@pytest.mark.parametrize(
    ("run", "expected"),
    [(checked, ["after the first"]), (twice, []), (nested, ["outer"])],
    ids=["check", "twice", "nested"],
)
def test_the_first_waits_and_the_second_does_not(run, expected):
    """The first comes through at the next check or at the end of the outer block, the second at once."""
    done = []
    with pytest.raises(KeyboardInterrupt):
        run(done)
    assert done == expected
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_error_comes_first():
    """An error of the block is raised, and the handler is the usual one again."""
    with pytest.raises(ValueError, match="of its own"):
        failing()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_others_and_other_threads_are_left_alone():
    """Whoever handles Ctrl-C already goes on doing so; only the main thread may change it."""
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        with deferred_interrupts() as interrupts:
            press()
            interrupts.check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [1]
    seen = []

    def elsewhere() -> None:
        with deferred_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
