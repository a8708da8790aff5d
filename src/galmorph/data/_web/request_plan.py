"""How many requests a run takes, and how long they take."""

from dataclasses import dataclass

from galmorph._checks import check

__all__ = ["RequestPlan"]


@dataclass(frozen=True, kw_only=True)
class RequestPlan:
    """The requests that a run still has to send, and the least time that they take.

    Parameters
    ----------
    what
        What the run is for, in words.
    requests
        Number of requests that are still to be sent.
    pace
        Seconds between the starts of two requests.
    cached
        Number of answers that the cache already holds.

    Raises
    ------
    InvalidValueError
        If `requests` or `pace` is negative.

    Examples
    --------
    >>> from galmorph.data import RequestPlan
    >>> plan = RequestPlan(what="NED's classes E, S0", requests=198, pace=1.0, cached=2)
    >>> print(plan)
    NED's classes E, S0: 198 requests to send (2 answers are in the cache), at least 3 min 18 s at 1 s a request
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
        """Least time that the requests take, in seconds."""
        return self.requests * self.pace

    def __str__(self) -> str:
        requests = f"{self.requests} request{'' if self.requests == 1 else 's'}"
        cached = f"{self.cached} answer{' is' if self.cached == 1 else 's are'}"
        return (
            f"{self.what}: {requests} to send{f' ({cached} in the cache)' if self.cached else ''}, "
            f"at least {_duration(self.seconds)} at {self.pace:g} s a request"
        )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
