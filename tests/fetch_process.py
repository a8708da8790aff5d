"""Processes that fetch images, to be killed.

``python fetch_process.py ned URL`` reads directories from its standard input, forks a process for each that fetches
from a server that answers like NED, and says its number; after an empty line, how it ended: whole, killed or failed.

``python fetch_process.py gather URL`` does the same with the whole way from a search to a data set.

``python fetch_process.py memory DIRECTORY COUNT...`` forks a process for each number, which fetches from a changing
source in memory into a sub-directory of that name and dies by SIGKILL when it does its so-manieth thing to files (0: it
lives); then a run that lives finishes the work.
"""

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from galmorph.data._catalogue.clean import clean
from galmorph.data._fetch.fetch import fetch_images
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._fetch.source import Candidate, Target
from galmorph.data._load.from_catalogue import build_dataset
from galmorph.data._ned.client import NedClient
from galmorph.data._web.plan import RequestPlan
from galmorph.data._web.request import Request
from galmorph.data._web.transport import HttpTransport
from galmorph.errors import TransportError
from galmorph.preprocessing import FractionCrop, Recipe

WATCHED = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir", "tempfile.mkstemp", "sqlite3.connect")


def names(number: int) -> list[str]:
    """Names of galaxies, some of which are no file names."""
    return [f"NGC {each}" if each % 3 else f"[A/B{each}] {each}" for each in range(number)]


def image(seed: int, *, side: int = 24) -> bytes:
    """Write a small FITS image."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).normal(100, 10, (side, side)).astype(np.float32)
    fits.PrimaryHDU(pixels).writeto(file)
    return file.getvalue()


class Memory:
    """A source whose files are here: for each galaxy first a damaged one, then a good one; every fourth has none.

    With `changing` they differ each time, as where a service writes the date into them.
    """

    def __init__(self, number: int, *, side: int = 24, changing: bool = False) -> None:
        self.changing = changing
        self.files = {name: image(each, side=side) for each, name in enumerate(names(number)) if each % 4 != 3}
        self.seen: list[str] = []

    def candidates(self, galaxy: Target) -> list[Candidate]:
        """List."""
        params = (("name", galaxy.name),)
        return [Candidate(request=Request(url=f"http://memory/{kind}", params=params)) for kind in ("bad", "good")]

    def fetch(self, candidate: Candidate) -> bytes:
        """Give."""
        name = dict(candidate.request.params)["name"]
        self.seen.append(name)
        if name not in self.files:
            raise TransportError(f"{name}: there is none")
        if self.changing:
            self.files[name] = image(int.from_bytes(os.urandom(4)))
        return self.files[name][:1000] if candidate.request.url.endswith("bad") else self.files[name]

    def describe(self) -> dict[str, str]:
        """Tell."""
        return {"source": "memory"}

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:  # noqa: ARG002
        """Count."""
        return RequestPlan(what="from memory", requests=galaxies, pace=0.0)


def die_at(count: int) -> None:
    """Kill this process when it does its count-th thing to files."""
    left = count

    def watch(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event in WATCHED:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def say(text: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fork(count: int, work: Callable[[], object]) -> int:
    """Do some work in a process of its own, which dies when it does its count-th thing to files, if count is not 0."""
    child = os.fork()
    if child == 0:
        try:
            if count:
                die_at(count)
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return child


def end_of(child: int) -> str:
    """Wait for a process, and tell how it ended."""
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else ("whole" if status == 0 else "failed")


def fetch_from_ned(directory: str, url: str) -> None:
    """Fetch twenty galaxies from a server."""
    client = NedClient(transport=HttpTransport(pace=0.002), base_url=url)
    fetch_images(Table({"name": names(20)}), NedImages(client=client), directory, progress=False)


def gather(directory: str, url: str) -> None:
    """Search two classes, clean, fetch, build, and save what came of it."""
    folder = Path(directory)
    client = NedClient(transport=HttpTransport(pace=0.002), base_url=url, cache=folder / "answers")
    catalogue = clean(client.search_many(["E", "B"], progress=False))
    fetch_images(catalogue, NedImages(client=client), folder / "images", progress=False)
    recipe = Recipe(size=32, channels=1, crop=FractionCrop(1.0))
    dataset = build_dataset(catalogue, folder / "images", recipe=recipe, scheme="early-late", progress=False)
    catalogue.write(folder / "catalogue.ecsv", overwrite=True)
    dataset.save(folder / "dataset", overwrite=True)


def fetch_from_memory(directory: str | Path) -> None:
    """Fetch two galaxies, of which the second has no image."""
    fetch_images(Table({"name": names(4)[2:]}), Memory(4, changing=True), directory, progress=False)


def main() -> None:
    """Run as told."""
    if sys.argv[1] in ("ned", "gather"):
        work = fetch_from_ned if sys.argv[1] == "ned" else gather
        for line in sys.stdin:
            child = fork(0, partial(work, line.rstrip("\n"), sys.argv[2]))
            say(str(child))
            sys.stdin.readline()  # until it is waited for, its number belongs to no other process
            say(end_of(child))
    else:
        for count in map(int, sys.argv[3:]):
            folder = Path(sys.argv[2], str(count))
            say(end_of(fork(count, partial(fetch_from_memory, folder))))
            fetch_from_memory(folder)


if __name__ == "__main__":
    main()
