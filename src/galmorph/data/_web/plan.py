"""How many requests a run takes, and how long."""

from dataclasses import dataclass

from galmorph._checks import check
from galmorph.errors import LongRunError

__all__ = ["RequestPlan"]

_MOST_HOURS = 6  # NED's guidelines: ask the helpdesk before a longer run


@dataclass(frozen=True, kw_only=True)
class RequestPlan:
    """What is still to be asked, and how long that takes at least.

    Parameters
    ----------
    what
        What the run is for, in words.
    requests
        Requests that are still to be sent.
    pace
        Seconds between the starts of two.
    cached
        Answers that are there already.

    Examples
    --------
    >>> from galmorph.data import RequestPlan
    >>> plan = RequestPlan(what="NED's classes E, S0", requests=198, pace=1.0, cached=2)
    >>> print(plan)
    NED's classes E, S0: 198 requests to send (2 answers are there already), at least 3 min 18 s at 1 s a request
    >>> plan.seconds
    198.0
    """

    what: str
    requests: int
    pace: float
    cached: int = 0

    def __post_init__(self) -> None:
        check(self.requests >= 0, f"requests: expected a number from 0, got {self.requests!r}")
        check(self.pace >= 0, f"pace: expected a number of seconds from 0, got {self.pace!r}")

    @property
    def seconds(self) -> float:
        """Least seconds that the requests take."""
        return self.requests * self.pace

    def check_length(self, *, helpdesk_agreed: bool) -> None:
        """Refuse a run of more than six hours, unless NED's helpdesk agreed.

        Raises
        ------
        LongRunError
            If it would take longer, and `helpdesk_agreed` is False.
        """
        if self.seconds > _MOST_HOURS * 3600 and not helpdesk_agreed:
            raise LongRunError(
                f"{self}; expected at most {_MOST_HOURS} hours, as NED asks: write to its helpdesk "
                f"(https://ned.ipac.caltech.edu/help/contact) first, then pass helpdesk_agreed=True, or ask for less"
            )

    def __str__(self) -> str:
        there = f" ({_count(self.cached, 'answer')} there already)" if self.cached else ""
        return (
            f"{self.what}: {_count(self.requests, 'request', verb='')} to send{there}, "
            f"at least {_duration(self.seconds)} at {self.pace:g} s a request"
        )


def _count(number: int, noun: str, *, verb: str = "is") -> str:
    if number == 1:
        return f"1 {noun} {verb}".rstrip()
    return f"{number} {noun}s {'are' if verb else ''}".rstrip()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
