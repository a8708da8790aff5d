"""TimeLeft: estimate of the remaining time of a comparison, from its trainings so far."""

import time
from collections.abc import Callable, Mapping

import numpy as np

__all__ = ["TimeLeft"]


class TimeLeft:
    """Estimate of the remaining time of several trainings.

    The steps of a training take a time in proportion to their work. Before the first step a network is compiled, and
    after the last one it is evaluated. That takes about as long for a small network as for a large one, and longer if
    the architecture was not trained before. Therefore these times are measured apart.

    Parameters
    ----------
    trainings
        Number of trainings of each architecture.
    work
        Work of all steps, in any unit.
    clock
        Function that gives the time in seconds.
    """

    def __init__(
        self, trainings: Mapping[str, int], work: int, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._trainings = dict(trainings)
        self._work = work
        self._clock = clock
        self._last = clock()
        self._trained: set[str] = set()
        self._is_first = True  # of its architecture
        self._stepped, self._stepping = 0, 0.0  # work of the measured steps, and their seconds
        self._other = 0.0  # seconds before and after the steps of this training
        self._others: dict[bool, list[float]] = {True: [], False: []}  # of all trainings, by whether it is the first

    def begin(self, architecture: str) -> None:
        """Begin to train an architecture."""
        self._lap()
        self._trainings[architecture] -= 1
        self._is_first, self._other = architecture not in self._trained, 0.0
        self._trained.add(architecture)

    def skip(self, architecture: str, work: int) -> None:
        """Skip a training that was found done."""
        self._lap()
        self._trainings[architecture] -= 1
        self._work -= work

    def step(self, work: int, *, measure: bool) -> None:
        """Note that steps were taken, or found done; their time is only measured if it is that of steps alone."""
        seconds = self._lap()
        self._work -= work
        if measure:
            self._stepped, self._stepping = self._stepped + work, self._stepping + seconds
        else:
            self._other += seconds

    def end(self, work: int) -> None:
        """End a training, with the work that it did not need or report."""
        self.step(work, measure=False)
        self._others[self._is_first].append(self._other)

    def seconds(self) -> float | None:
        """Seconds that are left; None as long as nothing was measured."""
        waiting = [name for name, number in self._trainings.items() if number > 0]
        if not waiting and self._work == 0:
            return 0.0
        if not (self._stepped or self._others[True]):
            return None
        first = np.mean(self._others[True] or [self._other])
        later = np.mean(self._others[False] or [0.0])
        firsts = sum(name not in self._trained for name in waiting)
        laters = sum(self._trainings.values()) - firsts
        steps = self._work * self._stepping / max(self._stepped, 1)
        return float(steps + firsts * first + laters * later)

    def _lap(self) -> float:
        """Seconds since the last call."""
        before, self._last = self._last, self._clock()
        return self._last - before
