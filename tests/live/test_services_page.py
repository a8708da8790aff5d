"""The page about services: its code runs as it stands, with answers from the loopback in place of the services."""

import re
import warnings
from urllib.parse import urlsplit

from live_questions import Addresses, questions

import galmorph as gm
from galmorph.data import Answer, HttpTransport, Request, Transport

HOSTS = {
    "ned.ipac.caltech.edu",
    "vo.ned.ipac.caltech.edu",
    "tapvizier.cds.unistra.fr",
    "simbad.cds.unistra.fr",
    "alasky.cds.unistra.fr",
}


class Instead(Transport):
    """A transport that asks another server for what the services are asked for."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.transport = HttpTransport(pace=0)
        self.asked = set()

    def get(self, request: Request) -> Answer:
        """Ask the server for the same path."""
        parts = urlsplit(request.url)
        self.asked.add(parts.hostname)
        there = Request(url=self.server + parts.path, params=request.params, max_bytes=request.max_bytes)
        answer = self.transport.get(there)
        url = answer.url.replace(self.server, f"{parts.scheme}://{parts.netloc}")
        return Answer(url=url, content=answer.content, content_type=answer.content_type)


def test_the_code_of_the_page_runs(sky, repository, tmp_path, monkeypatch):
    """Each block works after the first one; together they ask NED, VizieR, SIMBAD and hips2fits."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (repository / "docs" / "services.md").read_text("utf-8"), re.DOTALL)
    transport = Instead(sky.url)
    monkeypatch.setattr(gm.data, "HttpTransport", lambda **_: transport)
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, block in enumerate(blocks):
            exec(compile(block, f"block {number}", "exec"), names)  # noqa: S102  (the page is ours)
            if "fetch_images" in block:
                assert set(names["files"]["state"]) == {"done"}, names["files"]["reason"].tolist()
    assert len(blocks) >= 6
    assert transport.asked == HOSTS - {"vo.ned.ipac.caltech.edu"}


def test_the_page_names_all_routes(sky, repository):
    """Whatever `nox -s live` asks is on the page."""
    page = (repository / "docs" / "services.md").read_text("utf-8")
    listed = questions(HttpTransport(), Addresses.at(sky.url))
    for route in {question.route for question in listed}:
        word = route.split(maxsplit=1)[-1].rpartition("/")[2]
        assert word in page, route
