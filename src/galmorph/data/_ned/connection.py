"""The connection to NED: its address, the transport, and the cache of answers."""

import os
from collections.abc import Callable
from typing import TypeVar

from galmorph._checks import check
from galmorph.data._ned.gone import GoneServices
from galmorph.data._web.ask import ask
from galmorph.data._web.cache import AnswerCache
from galmorph.data._web.http_transport import checked_transport
from galmorph.data._web.request import Answer, Request, Transport, host_of

__all__ = ["NedConnection"]

T = TypeVar("T")

NED = "https://ned.ipac.caltech.edu"
_IMAGES = "https://vo.ned.ipac.caltech.edu/services/sia"


class NedConnection:
    """Sends requests to NED and keeps the answers; `NedClient` describes the parameters."""

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        base_url: str = NED,
        images_url: str | None = None,
        cache: str | os.PathLike[str] | None = None,
    ) -> None:
        check(host_of(base_url) != "", f"base_url: expected an address from http:// or https://, got {base_url!r}")
        self.transport = checked_transport(transport)
        self.pace = self.transport.pace  # seconds between the starts of two requests
        self.base_url = base_url.rstrip("/")
        if images_url is None:
            images_url = _IMAGES if self.base_url == NED else f"{self.base_url}/services/sia"
        check(
            host_of(images_url) != "", f"images_url: expected an address from http:// or https://, got {images_url!r}"
        )
        self.images_url = images_url
        self.gone_services = GoneServices()
        self.cache = None if cache is None else AnswerCache(cache)

    @property
    def parallel(self) -> int:
        """Largest number of requests that may be sent at the same time."""
        return self.transport.parallel

    def ask(self, request: Request, parse: Callable[[Answer], T]) -> T:
        """Get an answer, from the cache or from NED, and parse it, as `galmorph.data._web.ask.ask` does."""
        return ask(request, parse, transport=self.transport, cache=self.cache)

    def knows(self, request: Request) -> bool:
        """Whether the answer is in the cache."""
        return self.cache is not None and request in self.cache

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r}, transport={self.transport!r}, cache={self.cache!r})"
