"""Routes to the same facts: services of NED that are asked in order, until one is found that still exists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from galmorph._warnings import warn
from galmorph.data._ned.connection import NedConnection
from galmorph.data._web.gone import is_gone
from galmorph.data._web.request import Answer, Request
from galmorph.errors import AnswerError, IncompleteWarning, ServiceError, TransportError

__all__ = ["Route", "all_gone", "ask_first", "with_routes_left"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Route(Generic[T]):
    """One way to ask NED about an object.

    Parameters
    ----------
    service
        Name of the service, for messages and to remember it.
    request
        The request.
    parse
        Turns the answer into the result; it raises if the answer is not what it should be.
    html
        Whether the service answers with HTML pages.
    """

    service: str
    request: Request
    parse: Callable[[Answer], T]
    html: bool = False


def ask_first(connection: NedConnection, routes: Sequence[Route[T]], *, left: Sequence[str]) -> T:
    """Ask the first route, and the next one only where a service is gone (see `is_gone`).

    A service is asked twice before it counts as gone, because a busy server may send an error page once. It is then
    left out for an hour, if the next one has an answer.

    Parameters
    ----------
    connection
        The connection to NED.
    routes
        The routes, the preferred one first.
    left
        Code that gets the same or similar facts without these routes, for the error.

    Raises
    ------
    UnknownObjectError
        If NED does not know the name.
    TransportError, AnswerError
        If no answer arrived, or it is not what it should be. If all services are gone, the error names what is left.

    Warns
    -----
    IncompleteWarning
        If a service is gone, and a later route has answered.
    """
    gone: list[tuple[Route[T], ServiceError]] = []
    for number, route in enumerate(routes, 1):
        remembered = route.service in connection.gone_services and not connection.knows(route.request)
        if remembered and number < len(routes):
            continue
        try:
            result = _ask_twice(connection, route)
        except ServiceError as error:
            if not is_gone(error, html=route.html):
                raise
            gone.append((route, error))
            continue
        for each, reason in gone:
            connection.gone_services.add(each.service)
            warn(
                f"NED's service {each.service} is gone ({reason}); {route.service} was asked instead, which may lack "
                f"what NED added since January 2026",
                IncompleteWarning,
            )
        return result
    *before, (_, last) = gone
    reasons = "".join(f"{reason}. Then " for _, reason in before)
    raise with_routes_left(last, left, before=reasons) from last


def all_gone(error: ServiceError) -> bool:
    """Whether `ask_first` raised an error because all services are gone."""
    return isinstance(error.__cause__, ServiceError)


def with_routes_left(error: ServiceError, left: Sequence[str], *, before: str = "") -> ServiceError:
    """Make an error of the same kind that says which routes are left, as code."""
    message = f"{before}{error}. This service of NED seems to be gone. Routes that are left:" + "".join(
        f"\n    {code}" for code in left
    )
    if isinstance(error, AnswerError):
        return AnswerError(message, url=error.url, content=error.content)
    return TransportError(message, status=error.status if isinstance(error, TransportError) else None)


def _ask_twice(connection: NedConnection, route: Route[T]) -> T:
    try:
        return connection.ask(route.request, route.parse)
    except ServiceError as error:
        if not is_gone(error, html=route.html):
            raise
    return connection.ask(route.request, route.parse)
