"""Ask a service, or the cache of its answers."""

from collections.abc import Callable
from typing import TypeVar

from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import AnswerError

__all__ = ["ask"]

T = TypeVar("T")


def ask(request: Request, parse: Callable[[Answer], T], *, transport: Transport, cache: AnswerCache | None) -> T:
    """Get an answer, from the cache or through the transport, and parse it.

    Parameters
    ----------
    request
        The request.
    parse
        Turns the answer into a result. It must raise if the answer is not what it should be, because every answer that
        it accepts goes into the cache.
    transport
        Sends the request.
    cache
        Where answers are kept; None keeps none.

    Raises
    ------
    TransportError
        If no answer arrived.
    ServiceError
        Whatever `parse` raises.
    OSError
        If the cache can't be written.
    """
    if cache is not None and (cached := cache.get(request)) is not None:
        try:
            return parse(cached)
        except AnswerError:
            pass  # another version, a search with strict=False, or an older table of the service: request it again
    answer = transport.get(request)
    result = parse(answer)
    if cache is not None:
        cache.put(request, answer)
    return result
