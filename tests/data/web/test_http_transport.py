"""HttpTransport: politeness, limits, and what each fault leads to."""

import gzip
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import galmorph
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request, Transport
from galmorph.errors import InvalidValueError, OutageError, TransportError


class Script:
    """A server that answers each request with the next step of a script: a function that takes the handler."""

    def __init__(self) -> None:
        self.steps = []
        self.seen = []
        self.starts = []
        self.running = self.most = 0
        self._lock = threading.Lock()
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                with script._lock:
                    script.starts.append(time.monotonic())
                    script.seen.append((self.path, dict(self.headers)))
                    script.running += 1
                    script.most = max(script.most, script.running)
                    step = script.steps.pop(0) if len(script.steps) > 1 else script.steps[0]
                try:
                    step(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
                finally:
                    with script._lock:
                        script.running -= 1

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # clients that hang up are a part of the tests
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        """End the server."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(body: bytes = b"fine", status: int = 200, **headers: str):
    """Make a step that answers."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        fields = {"Content-Length": str(len(body))} | {key.replace("_", "-"): value for key, value in headers.items()}
        for key, value in fields.items():
            if value:
                handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(body)
        if "Content-Length" in headers or not fields["Content-Length"]:
            handler.close_connection = True

    return step


@pytest.fixture
def script() -> Iterator[Script]:
    """A server with a script."""
    server = Script()
    yield server
    server.stop()


def quick(**options) -> HttpTransport:
    """A transport for the loopback: no pause, short time-outs."""
    return HttpTransport(**({"pace": 0.0, "backoff": 0.01, "timeout": (2.0, 0.5), "deadline": 2.0} | options))


def test_answer_holds_what_came(script):
    """The content, the media type without its parameters, and the address with its query come back."""
    script.steps = [reply(b"<html>", Content_Type="Text/HTML; charset=UTF-8")]
    request = Request(url=script.url + "/cgi", params=(("M", "1"), ("M", "2"), ("objname", "WISEA J1+2 é/|")))
    answer = quick().get(request)
    assert answer == Answer(url=request.full_url, content=b"<html>", content_type="text/html")
    assert script.seen[0][0] == "/cgi?M=1&M=2&objname=WISEA%20J1%2B2%20%C3%A9%2F%7C"
    assert isinstance(quick(), Transport)


def test_user_agent_says_who_asks(script):
    """The User-Agent names the library with its version, and the contact."""
    script.steps = [reply()]
    quick(contact="me@example.org").get(Request(url=script.url))
    assert script.seen[0][1]["User-Agent"] == f"galmorph/{galmorph.__version__} (+me@example.org)"


def test_requests_keep_their_pace(script):
    """Between the starts of two requests lie at least `pace` seconds, from whichever thread they come."""
    script.steps = [reply()]
    transport = quick(pace=0.1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: transport.get(Request(url=script.url)), range(4)))
    gaps = [after - before for before, after in zip(script.starts, script.starts[1:], strict=False)]
    # The server notes a start a little after the client, by a varying time.
    assert min(gaps) > 0.08
    assert script.most == 1


def test_parallel_requests_are_an_option(script):
    """Only with `parallel` more than one request is under way at once."""

    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.1)
        reply()(handler)

    script.steps = [slow]
    transport = quick(parallel=3)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: transport.get(Request(url=script.url)), range(6)))
    assert script.most == 3


def test_cookies_are_not_kept(script):
    """A cookie that a service sets is not sent back."""
    script.steps = [reply(Set_Cookie="a=b; path=/")]
    transport = quick()
    for _ in range(2):
        transport.get(Request(url=script.url))
    assert "Cookie" not in script.seen[1][1]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_errors_are_tried_again(script, status):
    """After a status that may pass, the second try counts."""
    script.steps = [reply(b"error", status), reply(b"well")]
    assert quick().get(Request(url=script.url)).content == b"well"
    assert len(script.seen) == 2


def test_lasting_errors_end_after_all_tries(script):
    """A status that does not pass is an error that says the address, the status and the number of tries."""
    script.steps = [reply(b"error", 500)]
    message = r"127.0.0.1:\d+/x: the service said 500 .*; tried 3 times; try again later"
    with pytest.raises(OutageError, match=message) as caught:
        quick(retries=2).get(Request(url=script.url + "/x"))
    assert (len(script.seen), caught.value.status) == (3, 500)


def test_other_statuses_are_final(script):
    """404 is an error at the first try."""
    script.steps = [reply(b"error", 404)]
    with pytest.raises(TransportError, match="the service said 404 Not Found; check the address") as caught:
        quick().get(Request(url=script.url))
    assert not isinstance(caught.value, OutageError)
    assert (len(script.seen), caught.value.status) == (1, 404)


def test_retry_after_is_waited_for(script):
    """The next try comes no earlier than the service asked for; so do requests of other threads."""
    script.steps = [reply(b"busy", 503, Retry_After="1"), reply()]
    transport = quick()
    transport.get(Request(url=script.url))
    assert 1.0 <= script.starts[1] - script.starts[0] < 1.6


def test_long_retry_after_ends_the_tries(script):
    """A service that asks for more time than the deadline is not asked again before."""
    script.steps = [reply(b"busy", 503, Retry_After="3600")]
    with pytest.raises(OutageError, match=r"asks for a pause of 3600 s; tried once; try again after it"):
        quick().get(Request(url=script.url))
    assert len(script.seen) == 1


def test_unreadable_retry_after_is_ignored(script):
    """A Retry-After that is neither a number nor a date is ignored."""
    script.steps = [reply(b"busy", 503, Retry_After="soon"), reply()]
    assert quick().get(Request(url=script.url)).content == b"fine"


@pytest.mark.parametrize("kind", ["silence", "reset", "cut_body"])
def test_broken_connections_are_tried_again(ned_server, kind):
    """No answer in time, a reset, a body shorter than its length: the next try counts, and all tries may fail."""
    ned_server.add("E", [])
    request = Request(url=ned_server.url + "/cgi-bin/OBJatt", params=(("M", "1010"),))
    ned_server.fail("OBJatt", kind, times=1)
    assert b"Page" in quick().get(request).content
    ned_server.fail("OBJatt", kind, times=2)
    message = {"silence": "no answer", "reset": "the answer was cut off", "cut_body": "the answer was cut off"}[kind]
    with pytest.raises(OutageError, match=rf"{message}.*; tried 2 times") as caught:
        quick(retries=1).get(request)
    assert caught.value.status == (None if kind == "silence" else 200)


def test_refused_connection_is_an_error(script):
    """Where nothing listens, the error says so."""
    script.stop()
    with pytest.raises(OutageError, match=r"no answer \(.*refused.*tried 2 times") as caught:
        quick(retries=1).get(Request(url=script.url))
    assert caught.value.status is None


def test_redirects_on_the_same_host_are_followed(script):
    """A redirect to another path is followed, and the answer gives the final address."""
    script.steps = [reply(b"", 302, Location="/there?x=1"), reply(b"well")]
    assert quick().get(Request(url=script.url + "/here")).url == script.url + "/there?x=1"
    assert [path for path, _ in script.seen] == ["/here", "/there?x=1"]


@pytest.mark.parametrize(
    "target",
    ["http://elsewhere.invalid/", "//elsewhere.invalid/", "http://127.0.0.1:9/", "file:///etc/passwd", "ftp://x"],
)
def test_redirects_elsewhere_are_refused(script, target):
    """A redirect to another host, port or scheme is an error, and the other place is not asked."""
    script.steps = [reply(b"", 302, Location=target)]
    message = "another host; if you trust it, add it to the transport's hosts"
    with pytest.raises(TransportError, match=message) as caught:
        quick().get(Request(url=script.url))
    assert caught.value.status == 302


def test_redirects_to_no_address_are_refused(script):
    """A Location that is not an address is an error."""
    script.steps = [reply(b"", 302, Location="http://[x/")]
    with pytest.raises(TransportError, match="which is not an address") as caught:
        quick().get(Request(url=script.url))
    assert caught.value.status == 302


def test_bodies_of_redirects_are_not_read(script):
    """The body of a redirect is not read, however long it is."""

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/there")
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(1 << 16))

    script.steps = [endless, reply(b"well")]
    assert quick().get(Request(url=script.url)).content == b"well"


def test_redirects_to_named_hosts_are_followed(script):
    """`hosts` names where a redirect may lead."""
    script.steps = [reply(b"", 302, Location=script.url.replace("127.0.0.1", "localhost") + "/b"), reply(b"well")]
    assert quick(hosts=["LOCALHOST"]).get(Request(url=script.url)).content == b"well"


def test_redirects_in_a_circle_end(script):
    """More than five redirects are an error."""
    script.steps = [reply(b"", 302, Location="/")]
    with pytest.raises(TransportError, match="at most 5 redirects") as caught:
        quick().get(Request(url=script.url))
    assert (len(script.seen), caught.value.status) == (6, 302)


def test_packed_answers_are_unpacked(script):
    """A gzipped answer is unpacked, even if it has several streams."""
    body = bytes(range(256)) * 1000
    packed = gzip.compress(body) + gzip.compress(body)
    script.steps = [reply(packed, Content_Encoding="gzip")]
    assert quick().get(Request(url=script.url)).content == 2 * body
    assert script.seen[0][1]["Accept-Encoding"] == "gzip"


def test_gzip_bombs_are_stopped(ned_server):
    """A few kilobytes that unpack to 200 MB are refused when the limit is reached."""
    ned_server.fail("bomb", "gzip_bomb")
    with pytest.raises(TransportError, match=r"larger than the 1048576 bytes that are accepted"):
        # The server takes a while to make it.
        quick(timeout=(2.0, 30.0), deadline=60.0).get(Request(url=ned_server.url + "/bomb", max_bytes=1 << 20))


def test_damaged_and_cut_gzip_are_cut_answers(script):
    """What can't be unpacked, or ends in the middle, is tried again, then an error."""
    whole = gzip.compress(bytes(range(256)) * 100)
    script.steps = [reply(b"no gzip at all", Content_Encoding="gzip"), reply(whole[:-9], Content_Encoding="gzip")]
    with pytest.raises(TransportError, match=r"in the middle of its gzip stream; tried 2 times"):
        quick(retries=1).get(Request(url=script.url))


def test_unknown_packing_is_refused(script):
    """Only gzip was asked for."""
    script.steps = [reply(Content_Encoding="br")]
    with pytest.raises(TransportError, match="a plain or gzipped answer, got the encoding 'br'"):
        quick().get(Request(url=script.url))


def test_long_answers_are_refused_before_they_are_read(ned_server):
    """Ten gigabytes of Content-Length are refused at once."""
    ned_server.fail("huge", "huge_length")
    start = time.monotonic()
    with pytest.raises(TransportError, match=r"has 10737418240 bytes, more than the 67108864 that are accepted"):
        quick().get(Request(url=ned_server.url + "/huge"))
    assert time.monotonic() - start < 1


def test_answers_without_length_are_counted(script):
    """A body without a length is accepted up to exactly the limit."""
    script.steps = [reply(bytes(1000), Content_Length="")]
    assert len(quick().get(Request(url=script.url, max_bytes=1000)).content) == 1000
    with pytest.raises(TransportError, match="larger than the 999 bytes"):
        quick().get(Request(url=script.url, max_bytes=999))


def test_chunked_answers_are_read(script):
    """A chunked body is read completely; one that is cut is requested again."""

    def chunked(handler: BaseHTTPRequestHandler, *, whole: bool = True) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"4\r\nfine\r\n5\r\n day!\r\n" + (b"0\r\n\r\n" if whole else b""))
        handler.close_connection = True

    script.steps = [lambda handler: chunked(handler, whole=False), chunked]
    assert quick().get(Request(url=script.url)).content == b"fine day!"
    assert len(script.seen) == 2


def test_endless_slow_bodies_end_at_the_deadline(ned_server):
    """A byte now and then keeps no request alive beyond its deadline."""
    ned_server.fail("slow", "slow_body")
    start = time.monotonic()
    with pytest.raises(TransportError, match="not complete at the deadline"):
        quick(deadline=0.7).get(Request(url=ned_server.url + "/slow"))
    assert 0.7 <= time.monotonic() - start < 1.5


SLOW_EXCHANGES = {
    "status line": (b"HTTP/1.1 200", b" "),
    "name of a header": (b"HTTP/1.1 200 OK\r\nX-", b"a"),
    "many headers": (b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "extension of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X: 1\r\n"),
    "body without length": (b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /b\r\n", b"X: 1\r\n"),
}


@pytest.mark.parametrize("place", SLOW_EXCHANGES)
def test_the_deadline_covers_the_whole_exchange(script, place):
    """A server that sends a byte now and then, wherever, holds a request until the deadline and not longer."""
    start, drop = SLOW_EXCHANGES[place]

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        handler.close_connection = True
        until = time.monotonic() + 20
        while time.monotonic() < until:
            handler.wfile.write(drop)
            time.sleep(0.05)

    script.steps = [drip]
    began = time.monotonic()
    with pytest.raises(TransportError, match="not complete at the deadline") as raised:
        quick(deadline=0.4).get(Request(url=script.url))
    assert not isinstance(raised.value, OutageError)
    assert 0.4 <= time.monotonic() - began < 5
    assert len(script.seen) == 1


@pytest.mark.parametrize("pause", ["9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "-5"])
def test_impossible_retry_after_is_ignored(script, pause):
    """A pause of thousands of digits, or until the year 99999, is no pause that anybody means."""
    script.steps = [reply(status=503, Retry_After=pause), reply()]
    assert quick().get(Request(url=script.url)).content == b"fine"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"contact": "a\nX-Evil: 1"}, "contact: expected plain printable text"),
        ({"pace": -1.0}, "pace: expected a number of seconds from 0"),
        ({"timeout": (0.0, 1.0)}, "timeout: expected two numbers of seconds above 0"),
        ({"deadline": 0.0}, "deadline: expected a finite number above 0"),
        ({"retries": -1}, "retries: expected a whole number from 0"),
        ({"backoff": -0.1}, "backoff: expected a number of seconds from 0"),
        ({"parallel": 0}, "parallel: expected a whole number of at least 1"),
    ],
)
def test_options_are_checked(option, message):
    """Each option outside of its range is an error that names it."""
    with pytest.raises(InvalidValueError, match=message):
        HttpTransport(**option)


def test_the_description_says_how_politely_it_asks():
    """Pace, requests at once and further tries."""
    assert repr(HttpTransport(pace=1.0)) == "HttpTransport(pace=1 s, parallel=1, retries=4)"
