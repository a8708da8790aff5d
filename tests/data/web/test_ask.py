"""Asking a service, or the cache of its answers."""

import pytest
from ned_answers import Known

from galmorph.data import AnswerCache, Request
from galmorph.data._web.ask import ask
from galmorph.errors import AnswerError

REQUEST = Request(url="http://x/y")


def refuse(_):
    """A parser that understands nothing."""
    raise AnswerError("not understood")


def test_only_understood_answers_are_kept(tmp_path):
    """What the parser refuses is not cached; what it accepts is not asked for again."""
    transport, cache = Known(b"7"), AnswerCache(tmp_path)
    with pytest.raises(AnswerError, match="not understood"):
        ask(REQUEST, refuse, transport=transport, cache=cache)
    assert REQUEST not in cache
    for _ in range(3):
        assert ask(REQUEST, lambda answer: int(answer.content), transport=transport, cache=cache) == 7
    assert len(transport.requests) == 2


def test_a_kept_answer_that_is_not_understood_any_more_is_asked_for_again(tmp_path):
    """Another version may have kept it; the service's answer decides."""
    transport, cache = Known(b"7"), AnswerCache(tmp_path)
    ask(REQUEST, lambda answer: answer, transport=transport, cache=cache)
    with pytest.raises(AnswerError, match="not understood"):
        ask(REQUEST, refuse, transport=transport, cache=cache)
    assert len(transport.requests) == 2


def test_without_a_cache_every_question_is_sent():
    """No cache keeps nothing."""
    transport = Known(b"7")
    for _ in range(2):
        ask(REQUEST, lambda answer: answer, transport=transport, cache=None)
    assert len(transport.requests) == 2
