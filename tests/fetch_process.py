"""A process that forks others, which fetch images until they are killed or done.

`Forker` starts it once for all tests of a file, because its imports take longer than most of the work. It reads orders
from its standard input, each a line of JSON (see `Forker.__call__`). For each it forks a process and prints its number;
after an empty line, it prints how the process ended: whole, killed or failed, and what it said.
"""

import io
import json
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from galmorph.data._catalogue.clean import clean
from galmorph.data._catalogue_sources.cds import CdsCatalogue
from galmorph.data._fetch.fetch import fetch_images
from galmorph.data._fetch.image_source import Candidate, Target
from galmorph.data._fetch.ned_images import NedImages
from galmorph.data._galaxy_table.resolve import resolve
from galmorph.data._load.from_catalogue import build_dataset
from galmorph.data._ned.client import NedClient
from galmorph.data._simbad.client import SimbadClient
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Request
from galmorph.data._web.request_plan import RequestPlan
from galmorph.errors import IncompleteWarning, TransportError
from galmorph.preprocessing import FractionCrop, Recipe

# Python's names for what a process does to files; it may be killed before each.
WATCHED = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir", "tempfile.mkstemp", "sqlite3.connect")


def names(number: int) -> list[str]:
    """Names of galaxies, some of which can't be file names."""
    return [f"NGC {each}" if each % 3 else f"[A/B{each}] {each}" for each in range(number)]


def image(seed: int, *, side: int = 24) -> bytes:
    """Write a small FITS image."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).normal(100, 10, (side, side)).astype(np.float32)
    fits.PrimaryHDU(pixels).writeto(file)
    return file.getvalue()


class Memory:
    """A source in memory: for each galaxy first a damaged file, then a good one; every fourth galaxy has none.

    With `changing`, the files differ each time, as if a service wrote the date into them.
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
        """Describe."""
        return {"source": "memory"}

    def plan(self, galaxies: int, *, helpdesk_agreed: bool = False) -> RequestPlan:  # noqa: ARG002
        """Count."""
        return RequestPlan(what="from memory", requests=galaxies, pace=0.0)


def die_at(count: int) -> None:
    """Kill this process before its count-th operation on files."""
    left = count

    def watch(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event in WATCHED:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def fetch_from_ned(directory: str, url: str, galaxies: int) -> None:
    """Fetch galaxies from a server."""
    client = NedClient(transport=HttpTransport(pace=0.002), base_url=url)
    fetch_images(Table({"name": names(galaxies)}), NedImages(client=client), directory, progress=False)


def gather(directory: str, url: str) -> None:
    """Search two classes, clean, fetch, build, and save the result."""
    folder = Path(directory)
    client = NedClient(transport=HttpTransport(pace=0.002), base_url=url, cache=folder / "answers")
    catalogue = clean(client.search_many(["E", "B"], progress=False))
    fetch_images(catalogue, NedImages(client=client), folder / "images", progress=False)
    recipe = Recipe(size=32, channels=1, crop=FractionCrop(1.0))
    dataset = build_dataset(catalogue, folder / "images", recipe=recipe, scheme="early-late", progress=False)
    catalogue.write(folder / "catalogue.ecsv", overwrite=True)
    dataset.save(folder / "dataset", overwrite=True)


def fetch_changing(directory: str) -> None:
    """Fetch two galaxies from memory; the second has no image."""
    fetch_images(Table({"name": names(4)[2:]}), Memory(4, changing=True), directory, progress=False)


def fetch_large(directory: str) -> None:
    """Fetch eight galaxies from memory, with images of 60 kB."""
    fetch_images(Table({"name": names(8)}), Memory(8, side=120), directory, progress=False)


def resolve_names(directory: str, url: str, service: str, galaxies: int) -> None:
    """Resolve a list by NED or SIMBAD, and write the table."""
    folder, transport = Path(directory), HttpTransport(pace=0.002)
    if service == "NED":
        client = NedClient(transport=transport, base_url=url, cache=folder / "answers")
    else:
        client = SimbadClient(transport=transport, service=f"{url}/simbad/sim-tap/sync", cache=folder / "answers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IncompleteWarning)  # one name is unknown
        write_without_times(resolve(names(galaxies), client, progress=False), folder)


def fetch_catalogue(directory: str, url: str) -> None:
    """Fetch a catalogue that arrives in pieces, and write the table."""
    folder, transport = Path(directory), HttpTransport(pace=0.002)
    service = f"{url}/TAPVizieR/tap/sync"
    source = CdsCatalogue("hyperleda", transport=transport, service=service, cache=folder / "answers")
    write_without_times(source.fetch(progress=False), folder)


def write_without_times(table: Table, folder: Path) -> None:
    """Write a table without what differs from run to run."""
    for key in ("retrieved", "requests"):
        table.meta.pop(key)
    table.write(folder / "table.ecsv")


WORKS = {
    work.__name__: work
    for work in (fetch_from_ned, gather, fetch_changing, fetch_large, resolve_names, fetch_catalogue)
}


def run(order: dict) -> str:
    """Do what a process was forked for, within its limits; return the error if something can't be written."""
    if order["file_size"] is not None:
        import resource  # which Windows has not

        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], -1))
    if order["without_rights"] and os.getuid() == 0:
        os.setuid(65534)
    if order["die_at"]:
        die_at(order["die_at"])
    try:
        WORKS[order["work"]](*order["arguments"])
    except OSError as error:
        return f"{error.errno} {error}"
    return ""


def main() -> None:
    """Take orders until the standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        said, saying = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(saying, run(order).encode())
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        os.close(saying)
        print(child, flush=True)  # noqa: T201 (this is how it answers)
        sys.stdin.readline()  # only now wait for it: until then its number belongs to no other process
        _, status = os.waitpid(child, 0)
        ended = "killed" if os.WIFSIGNALED(status) else ("whole" if status == 0 else "failed")
        with os.fdopen(said) as file:
            print(ended, file.read(), flush=True)  # noqa: T201


class Forker:
    """Starts the process of this file, and has it fork others."""

    def __init__(self) -> None:
        command = [sys.executable, __file__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(
        self,
        work: str,
        *arguments: object,
        die_at: int = 0,
        kill_after: tuple[list, int, float] | None = None,
        file_size: int | None = None,
        without_rights: bool = False,
    ) -> str:
        """Do some work in a process of its own.

        Parameters
        ----------
        work, arguments
            One of `WORKS`, and its arguments.
        die_at
            If not 0, the process is killed before this operation on files.
        kill_after
            A list, a number and some seconds: the process is killed when the list has become longer by this number,
            and then the seconds have passed.
        file_size
            The largest file that it may write.
        without_rights
            Whether it loses the right to write where others may not.

        Returns
        -------
        str
            "whole", "killed" or "failed", or what `OSError` the work raised.
        """
        limits = {"die_at": die_at, "file_size": file_size, "without_rights": without_rights}
        self._say(json.dumps({"work": work, "arguments": arguments, **limits}, default=str))
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            events, number, seconds = kill_after
            number += len(events)
            while len(events) < number and not has_ended(child):
                time.sleep(0.001)
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        self._say("")
        ended, _, said = self.process.stdout.readline().rstrip("\n").partition(" ")
        return said or ended

    def _say(self, text: str) -> None:
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """End the process."""
        self.process.communicate()


def has_ended(child: int) -> bool:
    """Whether a process has ended and was not waited for yet."""
    return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


if __name__ == "__main__":
    main()
