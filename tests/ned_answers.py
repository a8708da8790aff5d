"""Answers of NED for tests: real ones that astroquery ships, ones in the format of NED::API, and damaged ones.

A file of its own, because several test files use it.
"""

from pathlib import Path

import astroquery.ipac.ned
from hypothesis import strategies as st

from galmorph.data import NedClient, Transport
from galmorph.data._web.http_transport import HttpTransport
from galmorph.data._web.request import Answer, Request

RECORDED = Path(astroquery.ipac.ned.__file__).parent / "tests" / "data"
URL = "https://ned.ipac.caltech.edu/cgi-bin/imgdata?objname=m1"


def answer(content: bytes) -> Answer:
    """Make an answer."""
    return Answer(url=URL, content=content, content_type="")


def recorded(name: str) -> Answer:
    """A real answer of NED that astroquery ships."""
    return answer((RECORDED / name).read_bytes())


class Known(Transport):
    """A transport that gives one answer, and remembers the requests."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.requests = []

    def get(self, request: Request) -> Answer:
        """Give it."""
        self.requests.append(request)
        return answer(self.content)


def quick_client(server, **options) -> NedClient:
    """A client for the loopback, without pauses."""
    quick = HttpTransport(pace=0, backoff=0.01, timeout=(2.0, 0.5), deadline=2.0, retries=1)
    return NedClient(transport=quick, base_url=server.url, **options)


# Written after the recordings of NED::API in astroquery's repository: IDs beside other names, status in a PARAM.
API = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.5" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results">
<LINK content-role="query" href="/NED::API/X?TARGET=m1"/>
<TABLE ID="x" name="XOfObject" nrows="{count}">
<GROUP ID="RESPONSE" name="RESPONSE">
<PARAM name="QUERY_STATUS" datatype="char" arraysize="*" value="OK"/>
</GROUP>
{fields}
<DATA><TABLEDATA>
{rows}
</TABLEDATA></DATA>
</TABLE>
</RESOURCE>
</VOTABLE>
"""


def api(fields: list[tuple[str, str, str]], rows: list[list[str]]) -> bytes:
    """Write a table as NED::API does; fields are ID, name and datatype."""
    size = {"char": ' arraysize="*"', "double": ""}
    lines = [f'<FIELD ID="{key}" name="{name}" datatype="{kind}"{size[kind]}/>' for key, name, kind in fields]
    cells = ["".join(f"<TD>{cell}</TD>" if cell else "<TD/>" for cell in row) for row in rows]
    text = API.format(count=len(rows), fields="\n".join(lines), rows="\n".join(f"<TR>{row}</TR>" for row in cells))
    return text.encode()


def votable(inside: str) -> bytes:
    """Write a VOTable around something."""
    return f'<VOTABLE version="1.3"><RESOURCE>{inside}</RESOURCE></VOTABLE>'.encode()


PIECES = [b'"', b"<TR>", b"<td>", b"<tr>", b"<", b">", b"&#0;", b"N/A"]


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """A real answer with pieces cut out, doubled or overwritten."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(len(content), start + 300)))
        piece = draw(st.sampled_from([b"", content[start:stop] * 2, *PIECES]) | st.binary(max_size=20))
        content = content[:start] + piece + content[stop:]
    return content
