"""Time that is left: estimates beside the known duration of trainings on a clock by hand."""

import pytest

from galmorph.comparison._runs.time_left import TimeLeft

COMPILING, AGAIN, STEP, AFTER = 10.0, 1.0, 0.1, 2.0  # seconds
STEPS = {"small": 100, "large": 300}


class Clock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_estimates_are_close_from_the_first_step_on():
    """Compiling is not taken for a slow first step: every estimate is within half of the truth, or 3 seconds."""
    clock = Clock()
    left = TimeLeft({"small": 3, "large": 3}, 3 * sum(STEPS.values()), clock=clock)
    estimates = []
    for number in range(3):
        for name, steps in STEPS.items():
            left.begin(name)
            left.step(0, measure=False)
            clock.now += (COMPILING if number == 0 else AGAIN) + STEP
            left.step(1, measure=False)
            for _ in range(1, steps):
                clock.now += STEP
                left.step(1, measure=True)
                estimates.append((clock.now, left.seconds()))
            clock.now += AFTER
            left.end(0)
    for now, estimate in estimates:
        truth = clock.now - now
        assert estimate == pytest.approx(truth, rel=0.3, abs=3)
    assert left.seconds() == 0


def test_nothing_is_known_at_first():
    """What was found done says nothing of the time that the rest takes."""
    left = TimeLeft({"small": 2}, 200)
    assert left.seconds() is None
    left.skip("small", 100)
    left.begin("small")
    left.step(50, measure=False)
    assert left.seconds() is None


def test_trainings_of_a_single_step():
    """Where no time is that of steps alone, a training takes as long as those before."""
    clock = Clock()
    left = TimeLeft({"small": 3}, 3, clock=clock)
    for seconds, expected in ((7, 0), (3, 3)):
        left.begin("small")
        clock.now += seconds
        left.end(1)
        assert left.seconds() == expected
