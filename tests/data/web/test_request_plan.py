"""Plans of requests: how many, and how long."""

import pytest

from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import InvalidValueError


def test_plans_say_durations_in_words():
    """Seconds, minutes and hours are said as people say them."""
    plans = [RequestPlan(what="x", requests=each, pace=1.0) for each in (0, 1, 61, 80_000)]
    assert [str(plan) for plan in plans] == [
        "x: 0 requests to send, at least 0 s at 1 s a request",
        "x: 1 request to send, at least 1 s at 1 s a request",
        "x: 61 requests to send, at least 1 min 1 s at 1 s a request",
        "x: 80000 requests to send, at least 22 h 13 min at 1 s a request",
    ]
    with pytest.raises(InvalidValueError, match="requests: expected a number from 0, got -1"):
        RequestPlan(what="x", requests=-1, pace=1.0)
    with pytest.raises(InvalidValueError, match="pace: expected a number of seconds from 0, got -1"):
        RequestPlan(what="x", requests=1, pace=-1.0)


@pytest.mark.parametrize(
    ("cached", "said"), [(0, " to send, "), (1, "(1 answer is in the cache)"), (2, "(2 answers are")]
)
def test_plans_say_what_is_cached(cached, said):
    """The answers in the cache are counted in words, if there are any."""
    assert said in str(RequestPlan(what="x", requests=1, pace=1.0, cached=cached))
