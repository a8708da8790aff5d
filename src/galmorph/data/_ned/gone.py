"""Services of NED that are gone: what a client remembers of them."""

import time

__all__ = ["GoneServices"]

_REMEMBERED = 3600.0  # seconds


class GoneServices:
    """Remembers for an hour which services are gone, so that they need not be asked about each galaxy."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, service: str) -> None:
        """Remember that a service is gone."""
        self._until[service] = time.monotonic() + _REMEMBERED

    def __contains__(self, service: str) -> bool:
        return time.monotonic() < self._until.get(service, 0.0)
