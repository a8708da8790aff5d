"""A deadline for a whole exchange over HTTP, from the first byte that is sent to the last that arrives.

The timeouts of sockets limit each wait for bytes, so a server that sends one byte a second, in a header say, would hold
a request for ever. At the deadline, the connection is shut down from outside, and whatever waits for it ends.
"""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

import requests.adapters
import urllib3

__all__ = ["Deadline", "WatchedAdapter"]

_THREAD = threading.local()


class Deadline:
    """Shut down the connection that the block uses, in this thread, if the block takes longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self.used: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        _THREAD.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _THREAD.deadline = None

    def _cut(self) -> None:
        self.passed = True
        if self.used is not None:
            with contextlib.suppress(OSError):  # it was closed in this moment
                self.used.shutdown(socket.SHUT_RDWR)


class _Watched:
    """Lets the deadline of this thread know the socket that a request was sent through.

    Connecting has a timeout of its own, which also bounds the whole handshake of TLS.
    """

    sock: Any

    def request(self, *arguments: Any, **options: Any) -> None:
        super().request(*arguments, **options)  # type: ignore[misc]
        deadline = getattr(_THREAD, "deadline", None)
        if deadline is not None:
            deadline.used = self.sock  # the connection forgets it where a body has no length


class _HttpConnection(_Watched, urllib3.connection.HTTPConnection):
    pass


class _HttpsConnection(_Watched, urllib3.connection.HTTPSConnection):
    pass


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


class WatchedAdapter(requests.adapters.HTTPAdapter):
    """An adapter whose connections know the `Deadline` of their thread, with and without a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager
