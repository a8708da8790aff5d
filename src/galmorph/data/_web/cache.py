"""Answers of web services, kept on disk."""

import hashlib
import json
import os
from pathlib import Path

from galmorph._files import write_atomically
from galmorph.data._web.request import Answer, Request

__all__ = ["AnswerCache"]

_MOST_HEADER = 1 << 16  # bytes


class AnswerCache:
    """Keeps the answers to requests in a folder, each in a file of its own.

    A file's name is the SHA-256 of the request (address and parameters). It holds a line of JSON, then the content as
    it came, whose length and SHA-256 stand in that line. Files are there whole or not at all, so several processes may
    share a folder; a file that was damaged counts as absent. What goes in must have been checked before: the cache
    keeps what it is given. Answers don't age; delete the folder to ask anew.

    Parameters
    ----------
    folder
        Where to keep them; made when the first answer comes.

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
        """Answer to a request, or None where there is none, or none that is whole."""
        path = self._path(request)
        try:
            if path.stat().st_size > request.max_bytes + _MOST_HEADER:
                return None
            line, _, content = path.read_bytes().partition(b"\n")
            header = json.loads(line)
            if (header["length"], header["sha256"]) != (len(content), hashlib.sha256(content).hexdigest()):
                return None
            return Answer(url=str(header["url"]), content=content, content_type=str(header["content_type"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, request: Request, answer: Answer) -> None:
        """Keep an answer, in place of one that is there.

        Raises
        ------
        OSError
            If it can't be written: a full disk, a folder without rights.
        """
        header = {
            "url": answer.url,
            "content_type": answer.content_type,
            "length": len(answer.content),
            "sha256": hashlib.sha256(answer.content).hexdigest(),
            "asked": request.full_url,
        }
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
