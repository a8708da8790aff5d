"""A cache on disk for the answers of web services."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galmorph._atomic_files import write_atomically
from galmorph._saved_json import parse_json, read_as, seal
from galmorph.data._web.request import Answer, Request

__all__ = ["AnswerCache"]

_MAX_HEADER = 1 << 16  # bytes


@dataclass(frozen=True)
class _Header:
    """The first line of a file. Earlier versions wrote no hash of this line."""

    url: str
    content_type: str
    length: int
    sha256: str  # of the content
    header: str | None = None  # hash of the other entries of this line


class AnswerCache:
    """Keeps the answers to requests in a folder, each in its own file.

    The name of a file is the SHA-256 of the request (address and parameters). The file holds one line of JSON and then
    the content of the answer; the line gives the content's length and SHA-256. Files are written atomically, so several
    processes may share a folder. A damaged file is treated as missing. The cache stores whatever it is given, so check
    an answer first. Answers never expire: delete the folder to request them again.

    Parameters
    ----------
    folder
        Folder for the files. It is created when the first answer is stored.

    Examples
    --------
    >>> import tempfile
    >>> from galmorph.data import Answer, AnswerCache, Request
    >>> request = Request(url="https://ned.ipac.caltech.edu/cgi-bin/imgdata", params=(("objname", "M 49"),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = AnswerCache(folder)
    ...     cache.put(request, Answer(url=request.full_url, content=b"<html>", content_type="text/html"))
    ...     request in cache, cache.get(request).content
    (True, b'<html>')
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def get(self, request: Request) -> Answer | None:
        """Return the answer to a request; None if it is missing or damaged."""
        path = self._path(request)
        try:
            if path.stat().st_size > request.max_bytes + _MAX_HEADER:
                return None
            line, _, content = path.read_bytes().partition(b"\n")
            found = parse_json(line)
            header = read_as(_Header, found)
            if (header.length, header.sha256) != (len(content), hashlib.sha256(content).hexdigest()):
                return None
            if header.header is not None and header.header != _hash_of(found):
                return None
            return Answer(url=header.url, content=content, content_type=header.content_type)
        except (OSError, ValueError):
            return None

    def put(self, request: Request, answer: Answer) -> None:
        """Store an answer, in place of an earlier one.

        Raises
        ------
        OSError
            If it can't be written, for example because the disk is full.
        """
        header = {
            "url": answer.url,
            "content_type": answer.content_type,
            "length": len(answer.content),
            "sha256": hashlib.sha256(answer.content).hexdigest(),
            "asked": request.full_url,
        }
        header["header"] = _hash_of(header)
        path = self._path(request)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(header).encode() + b"\n" + answer.content)

    def __contains__(self, request: Request) -> bool:
        return self._path(request).is_file()

    def __repr__(self) -> str:
        return f"AnswerCache({str(self.folder)!r})"

    def _path(self, request: Request) -> Path:
        key = hashlib.sha256(json.dumps([request.url, request.params]).encode()).hexdigest()
        return self.folder / key[:2] / key


def _hash_of(header: dict[str, Any]) -> str:
    sealed: str = seal({"header": {name: value for name, value in header.items() if name != "header"}})["sha256"]
    return sealed
