"""The HTTP transport, which follows the rules that public services ask for."""

import threading
import time
from collections.abc import Collection
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.utils import requote_uri

from galmorph._checks import check, check_positive, check_positive_int
from galmorph.data._web.body import TemporaryError, read_body
from galmorph.data._web.deadline import Deadline, WatchedAdapter
from galmorph.data._web.request import Answer, Request, Transport, host_of
from galmorph.errors import OutageError, TransportError

__all__ = ["HttpTransport", "checked_transport"]

_TEMPORARY_STATUSES = (429, 500, 502, 503, 504)
_MAX_REDIRECTS = 5


class HttpTransport:
    """Sends requests over HTTP, as gently as a public service may expect.

    It sends one request at a time and waits at least `pace` seconds between the starts of two. After an error that may
    pass, it tries again with growing pauses (partly random, so that clients don't return all at once), or after the
    time that the service gives in Retry-After. Its User-Agent says who asks. It refuses redirects to other hosts and
    answers larger than the request allows. Between requests it keeps nothing but the connection: no cookies. Threads
    may share it.

    Parameters
    ----------
    contact
        Your address (e-mail or web), so that the people who run the service can reach you. It is added to the
        User-Agent.
    pace
        Least time between the starts of two requests, in seconds. Further tries and redirects count as requests.
    timeout
        Longest wait for a connection, and for the next bytes of an answer, in seconds.
    deadline
        Longest time from a request to the last byte of its answer, in seconds, even if bytes keep arriving. Also the
        longest Retry-After that is waited for.
    retries
        Number of further tries after an error of the connection, an incomplete body, or the status 429, 500, 502, 503
        or 504.
    backoff
        Pause before the second further try, in seconds; each later pause is twice as long. The first further try
        follows as soon as `pace` allows.
    hosts
        Host names to which a redirect may lead, besides the requested one.
    parallel
        Number of requests that may be sent at the same time. **Services such as NED forbid more than one**; raise it
        only for your own mirror, or if the service agreed.

    Raises
    ------
    InvalidValueError
        If an option has a wrong value.

    Examples
    --------
    >>> from galmorph.data import HttpTransport
    >>> HttpTransport(contact="me@example.org", pace=2.0)
    HttpTransport(pace=2 s, parallel=1, retries=4)
    """

    def __init__(
        self,
        *,
        contact: str = "",
        pace: float = 1.0,
        timeout: tuple[float, float] = (10.0, 60.0),
        deadline: float = 300.0,
        retries: int = 4,
        backoff: float = 1.0,
        hosts: Collection[str] = (),
        parallel: int = 1,
    ) -> None:
        check(contact.isprintable() and contact.isascii(), f"contact: expected plain printable text, got {contact!r}")
        check(pace >= 0, f"pace: expected a number of seconds from 0, got {pace!r}")
        check(min(timeout) > 0, f"timeout: expected two numbers of seconds above 0, got {timeout!r}")
        check_positive("deadline", deadline)
        check(retries >= 0, f"retries: expected a whole number from 0, got {retries!r}")
        check(backoff >= 0, f"backoff: expected a number of seconds from 0, got {backoff!r}")
        check_positive_int("parallel", parallel)
        self.pace = pace
        self.timeout = timeout
        self.deadline = deadline
        self.retries = retries
        self.hosts = frozenset(host.lower() for host in hosts)
        self.parallel = parallel
        self._retry = urllib3.Retry(
            total=retries, status_forcelist=_TEMPORARY_STATUSES, backoff_factor=backoff / 2, backoff_jitter=backoff / 4
        )
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._next_start = 0.0
        self._session = _Session()
        self._session.headers["User-Agent"] = f"galmorph/{version('galmorph-jax')}" + (
            f" (+{contact})" if contact else ""
        )
        self._session.headers["Accept-Encoding"] = "gzip"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, WatchedAdapter())
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, request: Request) -> Answer:
        """Send a request and return the complete answer.

        Parameters
        ----------
        request
            The request.

        Returns
        -------
        Answer
            An answer with an HTTP status from 200 to 299.

        Raises
        ------
        OutageError
            If all tries failed, or the service asks for a longer pause than `deadline`.
        TransportError
            If no such answer arrived, and another try would not help.
        """
        with self._slots:
            retry = self._retry
            while True:
                try:
                    return self._follow(request)
                except TemporaryError as error:
                    tries = f"tried {_times(len(retry.history) + 1)}"
                    try:
                        retry = retry.increment("GET", request.full_url, error=error)
                    except urllib3.exceptions.MaxRetryError:
                        raise OutageError(
                            f"{request.full_url}: {error}; {tries}; try again later", status=error.status
                        ) from error
                    if error.retry_after is not None and error.retry_after > self.deadline:
                        raise OutageError(
                            f"{request.full_url}: {error}, and asks for a pause of {error.retry_after:g} s; {tries}; "
                            f"try again after it, or raise the transport's deadline ({self.deadline:g} s)",
                            status=error.status,
                        ) from error
                    self._hold_off(retry.get_backoff_time() if error.retry_after is None else error.retry_after)

    def _hold_off(self, seconds: float) -> None:
        # All threads wait, not only the one whose request failed.
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)

    def _wait_for_turn(self) -> None:
        with self._lock:
            start = max(self._next_start, time.monotonic())
            self._next_start = start + self.pace
        time.sleep(max(0.0, start - time.monotonic()))

    def _follow(self, request: Request) -> Answer:
        url, status = request.full_url, None
        for _ in range(_MAX_REDIRECTS + 1):
            self._wait_for_turn()
            with Deadline(self.deadline) as deadline:
                try:
                    found = self._exchange(url, request)
                except (TemporaryError, TransportError) as error:
                    if deadline.passed:
                        raise self._late(url, error.status) from error
                    raise
            if deadline.passed:  # headers, and bodies without a length, look complete where the connection was cut
                raise self._late(url, None)
            if isinstance(found, Answer):
                return found
            url, status = found
        raise TransportError(
            f"{request.full_url}: expected at most {_MAX_REDIRECTS} redirects, got more; they may form a circle",
            status=status,
        )

    def _late(self, url: str, status: int | None) -> TransportError:
        return TransportError(
            f"{url}: the answer was not complete at the deadline; the service may be overloaded: try later, or raise "
            f"the transport's deadline ({self.deadline:g} s)",
            status=status,
        )

    def _exchange(self, url: str, request: Request) -> Answer | tuple[str, int]:
        """Ask once: the answer, or the address that it redirects to and its status."""
        with self._send(url) as response:
            if response.is_redirect:
                return self._redirected(url, response), response.status_code
            self._check_status(response)
            content = read_body(response, max_bytes=request.max_bytes)
            kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
            return Answer(url=url, content=content, content_type=kind)

    def _send(self, url: str) -> requests.Response:
        try:
            return self._session.get(url, timeout=self.timeout, stream=True, allow_redirects=False)
        except requests.exceptions.SSLError as error:
            raise TransportError(
                f"{url}: no secure connection ({error}); check the clock and the certificates"
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            raise TemporaryError(f"no answer ({error})") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            raise TransportError(f"{url}: the request can't be sent ({error}); check the address") from error

    def _redirected(self, url: str, response: requests.Response) -> str:
        location, status = response.headers["Location"], response.status_code
        try:
            target = urljoin(url, location)
            old, new = urlsplit(url), urlsplit(target)
            # Allowed: the same host and port, or https instead of http on the same host.
            same = (old.scheme, old.hostname, old.port) == (new.scheme, new.hostname, new.port)
            safer = old.hostname == new.hostname and (old.scheme, new.scheme) == ("http", "https")
        except ValueError as error:
            raise TransportError(
                f"{url}: it redirects to {location!r}, which is not an address ({error})", status=status
            ) from error
        if not (same or safer or (host_of(target) in self.hosts and (old.scheme, new.scheme) != ("https", "http"))):
            raise TransportError(
                f"{url}: it redirects to {target}, which is another host; "
                f"if you trust it, add it to the transport's hosts",
                status=status,
            )
        return requote_uri(target)

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        reason = f"the service said {status} {response.reason}".rstrip()
        pause = response.headers.get("Retry-After")
        if not self._retry.is_retry("GET", status, has_retry_after=pause is not None):
            raise TransportError(
                f"{response.url}: {reason}; check the address, or whether the service has moved", status=status
            )
        try:
            after = None if pause is None else self._retry.parse_retry_after(pause)
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):  # thousands of digits, the year 99999
            after = None
        raise TemporaryError(reason, retry_after=after, status=status)

    def __repr__(self) -> str:
        return f"HttpTransport(pace={self.pace:g} s, parallel={self.parallel}, retries={self.retries})"


class _Session(requests.Session):
    """A session that does not follow redirects: requests would read their bodies, however long they are."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002  (the name is requests')
        """Report no redirect."""
        return


def checked_transport(transport: Transport | None) -> Transport:
    """Give the transport back, or an `HttpTransport` for None; raise `InvalidValueError` if it is not a transport."""
    if transport is None:
        return HttpTransport()
    check(
        isinstance(transport, Transport),
        f"transport: expected a method get and the attributes pace and parallel, got {transport!r}; "
        "subclass galmorph.data.Transport, which has the attributes",
    )
    return transport


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
