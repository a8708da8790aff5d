"""Ask each service two questions, keep the raw answers, and print which routes still give what galmorph expects.

The first thing to run with a network, which `nox -s live` does::

    python tests/live/ask_services.py --contact you@example.org

It sends about forty requests, one a second, and takes a few minutes, because two catalogues arrive as a whole. Each
run makes a folder of its own in tests/recordings: for each request the body of the answer and, in a second file, its
address; `routes.txt` with the table, and `routes.ecsv` with the same for programs. The script ends with status 1 if a
route did not give what is expected. A route that is gone does not stop it.
"""

import argparse
import json
import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from astropy.table import Table
from live_questions import Addresses, OtherAnswerError, Question, questions

from galmorph.data import Answer, HttpTransport, Request, Transport
from galmorph.errors import (
    AnswerError,
    ImageError,
    IncompleteWarning,
    OutageError,
    ServiceError,
    TransportError,
    UnknownObjectError,
)

FOLDER = Path(__file__).resolve().parents[1] / "recordings"
WIDTHS = {"route": 28, "asked": 34, "state": 15, "expected": 8}
_GONE = re.compile(r"\b(404|410)\b|another host|is gone")
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What became of a question.

    Parameters
    ----------
    route, asked
        The route, and what was asked.
    state
        "answers", "gone", "no answer", "other answer" (understood, with another content), "not understood", "unknown
        name", or "error".
    expected
        Whether the answer is as expected.
    came
        What came, in words.
    seconds
        How long it took.
    requests
        Number of requests that were sent.
    files
        Names of the files with the raw answers, joined by blanks.
    """

    route: str
    asked: str
    state: str
    expected: bool
    came: str
    seconds: float
    requests: int
    files: str


class Recorder(Transport):
    """A transport that keeps all answers in a folder, whether they can be read or not.

    Parameters
    ----------
    transport
        Sends the requests.
    folder
        The folder, which exists.
    """

    def __init__(self, transport: Transport, folder: Path) -> None:
        self.transport = transport
        self.folder = folder
        self.pace = transport.pace
        self.label = "answer"
        self.requests = 0
        self.files: list[str] = []
        self.last = ""

    def start(self, label: str) -> None:
        """Name the answers of the next question."""
        self.label = re.sub(r"\W+", "_", label).strip("_")[:60]
        self.requests, self.files, self.last = 0, [], ""

    def get(self, request: Request) -> Answer:
        """Ask, and keep the answer, or why there was none."""
        self.requests += 1
        self.last = request.full_url
        name = f"{self.label}_{self.requests}"
        described = {"asked": request.full_url, "when": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            answer = self.transport.get(request)
        except ServiceError as error:
            self._write(name, described | {"error": str(error)})
            raise
        self._write(name, described | {"from": answer.url, "content_type": answer.content_type}, answer.content)
        return answer

    def _write(self, name: str, described: dict[str, str], content: bytes | None = None) -> None:
        if content is not None:
            (self.folder / f"{name}.body").write_bytes(content)
            self.files.append(f"{name}.body")
        (self.folder / f"{name}.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        self.files.append(f"{name}.json")


def ask_all(asked: Iterable[Question], recorder: Recorder) -> Iterator[Outcome]:
    """Ask one question after the other; whatever happens to one, the others are asked."""
    for number, question in enumerate(asked, 1):
        recorder.start(f"{number:02d}_{question.route}")
        start = time.monotonic()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            state, expected, came = _ask(question)
        if expected and question.service not in recorder.last:
            state, expected, came = "gone", False, f"{recorder.last} answered instead: {came}"
        said = [f"warning: {each.message}" for each in caught if issubclass(each.category, IncompleteWarning)]
        yield Outcome(
            route=question.route,
            asked=question.what,
            state=state,
            expected=expected,
            came=" ".join("; ".join([came, *said]).split()),
            seconds=round(time.monotonic() - start, 1),
            requests=recorder.requests,
            files=" ".join(recorder.files),
        )


def _ask(question: Question) -> tuple[str, bool, str]:
    """State, whether as expected, and what came."""
    try:
        return "answers", True, question.ask()
    except (OtherAnswerError, ImageError) as error:
        return "other answer", False, str(error)
    except (ServiceError, IncompleteWarning) as error:
        return _state(error, html=question.html), False, str(error)
    except Exception as error:  # a fault of ours, which must not hide the other routes
        return "error", False, f"{type(error).__name__}: {error}"


def _state(error: ServiceError | IncompleteWarning, *, html: bool) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, ServiceError) else error
    if isinstance(cause, OutageError):
        return "no answer"
    if isinstance(cause, TransportError | IncompleteWarning):
        return "gone" if _GONE.search(str(cause)) else "no answer"
    if isinstance(cause, UnknownObjectError):
        return "unknown name"
    if isinstance(cause, AnswerError) and _HTML.search(cause.content[:2000]):
        # A page in place of a table, or a page without the table that it should hold.
        return "gone" if not html or b"<table" not in cause.content.lower() else "not understood"
    return "not understood"


def line(outcome: Outcome, *, width: int | None = 160) -> str:
    """One line of the table; None for what came as a whole."""
    cells = {"route": outcome.route, "asked": outcome.asked, "state": outcome.state}
    cells["expected"] = "yes" if outcome.expected else "NO"
    text = " ".join(f"{value[: WIDTHS[name]]:{WIDTHS[name]}}" for name, value in cells.items())
    text = f"{text} {outcome.came}"
    return text if width is None or len(text) <= width else f"{text[: width - 3]}..."


def heading() -> str:
    """The lines above the table."""
    titles = " ".join(f"{name:{width}}" for name, width in WIDTHS.items()) + " what came"
    return f"{titles}\n{'-' * len(titles)}"


def summary(outcomes: list[Outcome]) -> str:
    """Name the routes that do not give what is expected, each with its states."""
    routes = dict.fromkeys(outcome.route for outcome in outcomes)
    wrong = {
        route: sorted({each.state for each in outcomes if each.route == route and not each.expected})
        for route in routes
    }
    wrong = {route: states for route, states in wrong.items() if states}
    text = f"{len(routes) - len(wrong)} of {len(routes)} routes give what is expected"
    return text + "".join(f"\n  {route}: {', '.join(states)}" for route, states in wrong.items())


def write(outcomes: list[Outcome], folder: Path) -> None:
    """Write the table for people and for programs."""
    lines = [heading(), *(line(each, width=None) for each in outcomes), "", summary(outcomes), ""]
    (folder / "routes.txt").write_text("\n".join(lines), encoding="utf-8")
    names = tuple(Outcome.__dataclass_fields__)
    Table(rows=[astuple(each) for each in outcomes], names=names).write(folder / "routes.ecsv", overwrite=True)


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)  # noqa: T201


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("routes", nargs="*", help="words in the names of the routes to ask, such as SIMBAD; all if missing")
    add("--contact", default="galmorph tests", help="your address, which the services see")
    add("--output", type=Path, default=FOLDER, help="folder for the folder of this run")
    add("--pace", type=float, default=1.0, help="seconds between two requests")
    add("--timeout", type=float, default=60.0, help="seconds that an answer may take to start")
    add("--retries", type=int, default=2, help="further tries after an error that may pass")
    add("--server", help="a server that answers like all of these services, for tests")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Ask, print, write; return the status with which the script ends."""
    options = read_arguments(arguments)
    addresses = Addresses.real() if options.server is None else Addresses.at(options.server)
    folder = options.output / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%f")
    folder.mkdir(parents=True)
    http = HttpTransport(
        contact=options.contact,
        pace=options.pace,
        backoff=options.pace,
        timeout=(min(10.0, options.timeout), options.timeout),
        deadline=5 * options.timeout,
        retries=options.retries,
    )
    recorder = Recorder(http, folder)
    asked = [
        question
        for question in questions(recorder, addresses)
        if not options.routes or any(word.lower() in question.route.lower() for word in options.routes)
    ]
    if not asked:
        say(f"no route is named like {' or '.join(options.routes)}")
        return 2
    say(heading())
    outcomes: list[Outcome] = []
    try:
        for outcome in ask_all(asked, recorder):
            outcomes.append(outcome)
            say(line(outcome))
    finally:  # also if somebody has had enough
        if outcomes:
            write(outcomes, folder)
            say(f"\n{summary(outcomes)}\nraw answers and this table are in {folder}")
    return 0 if all(each.expected for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
