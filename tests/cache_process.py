"""A second process that writes to a cache of answers.

In its own file, because a new process must be able to import it.
"""

from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.request import Answer, Request


def put_many(folder: str, request: Request, letter: str) -> None:
    """Put the same request many times, each time with a long content of one letter."""
    cache = AnswerCache(folder)
    for _ in range(100):
        cache.put(request, Answer(url="http://x", content=letter.encode() * 100_000, content_type=""))
