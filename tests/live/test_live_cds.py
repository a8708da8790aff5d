"""Questions to TAPVizieR at CDS: whether each catalogue arrives, and whether RC3's codes mean what we think."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from galmorph.data import Answer, CdsCatalogue, HttpTransport, Request, Transport, parse_morphology

pytestmark = pytest.mark.live


class Recorder(Transport):
    """A transport that keeps all answers, in files named by the hash of the address."""

    def __init__(self, folder: Path) -> None:
        self.transport = HttpTransport(contact="galmorph tests")
        self.pace = self.transport.pace
        self.folder = folder

    def get(self, request: Request) -> Answer:
        """Ask, and keep the answer."""
        answer = self.transport.get(request)
        name = f"cds_{hashlib.sha256(request.full_url.encode()).hexdigest()[:16]}"
        (self.folder / f"{name}.body").write_bytes(answer.content)
        (self.folder / f"{name}.url").write_text(f"{request.full_url}\n{answer.content_type}\n")
        return answer


@pytest.fixture(scope="module")
def transport(repository: Path) -> Recorder:
    """The network, at one request a second."""
    folder = repository / "tests" / "recordings"
    folder.mkdir(exist_ok=True)
    return Recorder(folder)


def test_rc3_codes_agree_with_its_t(transport: Recorder) -> None:
    """Of the real RC3, every code is read, and 95 % of the stages are within one of its column T."""
    table = CdsCatalogue("rc3", transport=transport).fetch()
    assert len(table) > 23_000
    read = [parse_morphology(text) for text in table["morphology"]]
    pairs = [(galaxy.stage, t) for galaxy, t in zip(read, table["t"], strict=True) if galaxy.stage is not None]
    close = [abs(stage - t) <= 1 for stage, t in pairs if not np.ma.is_masked(t) and stage <= 11]
    unread = sorted({galaxy.text for galaxy in read if galaxy.outcome == "unparsed"})
    assert (np.mean(close) > 0.95, unread[:100]) == (True, [])


@pytest.mark.parametrize(
    ("name", "where", "rows"),
    [("hyperleda", "PGC < 200", 100), ("efigi", None, 4458), ("nair-abraham", None, 14034)],
)
def test_catalogues_arrive(transport: Recorder, name: str, where: str | None, rows: int) -> None:
    """The columns are found, positions are degrees, and most rows have T."""
    table = CdsCatalogue(name, where=where, transport=transport).fetch()
    assert len(table) >= rows
    assert table["ra"].max() > 24 or name == "hyperleda"
    assert name == "hyperleda" or np.mean(~table["t"].mask) > 0.9
