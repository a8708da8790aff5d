"""The body of an HTTP answer, read with limits: on its bytes as they come, on its unpacked bytes, and on its time."""

import re
import time
import zlib

import requests
import urllib3

from galmorph.errors import TransportError

__all__ = ["HiccupError", "read_body"]

_CHUNK = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS  # zlib's sign for the gzip format


class HiccupError(Exception):
    """Something went wrong that may go well the next time; `retry_after` are the seconds that the service asked for."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def read_body(response: requests.Response, *, max_bytes: int, ends: float) -> bytes:
    """Read a body, unpacked from its Content-Encoding.

    Parameters
    ----------
    response
        What requests returned with ``stream=True``.
    max_bytes
        Most bytes, both as they come and unpacked.
    ends
        When the body must be whole, on the clock of `time.monotonic`.

    Raises
    ------
    TransportError
        If the body is too large, takes too long, or is packed in an unknown way.
    HiccupError
        If the body is shorter than its Content-Length, the connection broke, or what came can't be unpacked.
    """
    told = response.headers.get("Content-Length", "")
    # A body in chunks has no length; longer numbers than these are noise.
    whole = response.headers.get("Transfer-Encoding") is None and re.fullmatch("[0-9]{1,18}", told) is not None
    length = int(told) if whole else None
    if length is not None and length > max_bytes:
        raise TransportError(
            f"{response.url}: the answer has {length} bytes, of which at most {max_bytes} are accepted; "
            f"ask for less, or raise the request's max_bytes"
        )
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise TransportError(f"{response.url}: expected an answer that is plain or packed with gzip, got {encoding!r}")
    unpack = None if encoding == "identity" else _Unpacker()
    parts = []
    packed = size = 0
    # read1, because read would wait for a whole chunk, and so for ever where a byte comes now and then.
    while chunk := _read_some(response):
        packed += len(chunk)
        part = chunk if unpack is None else unpack(chunk, max_bytes + 1 - size)
        size += len(part)
        parts.append(part)
        if max(packed, size) > max_bytes:
            raise TransportError(
                f"{response.url}: the answer is larger than the {max_bytes} bytes that are accepted "
                f"({packed} bytes came, which unpack to more); ask for less, or raise the request's max_bytes"
            )
        if time.monotonic() > ends:
            raise TransportError(
                f"{response.url}: the answer was not whole at the deadline ({packed} bytes had come); "
                f"the service may be overloaded: try later, or raise the transport's deadline"
            )
    if length is not None and packed != length:
        raise HiccupError(f"the answer was cut off: {packed} of {length} bytes came")
    if unpack is not None and not unpack.whole:
        raise HiccupError("the answer was cut off in the middle of its gzip stream")
    return b"".join(parts)


def _read_some(response: requests.Response) -> bytes:
    try:
        return response.raw.read1(_CHUNK, decode_content=False)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise HiccupError(f"the answer was cut off: {error}") from error


class _Unpacker:
    """Unpacks a gzip stream bit by bit, and never more than it is told to."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self.whole = False

    def __call__(self, packed: bytes, most: int) -> bytes:
        """Unpack some bytes to at most `most`; what is left over then is lost, as the answer is refused."""
        parts = []
        try:
            while packed and most > 0:
                if self._stream.eof:  # one gzip stream after another is one stream
                    self._stream = zlib.decompressobj(_GZIP)
                part = self._stream.decompress(packed, most)
                parts.append(part)
                most -= len(part)
                packed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error as error:
            raise HiccupError(f"the answer can't be unpacked: {error}") from error
        self.whole = self._stream.eof
        return b"".join(parts)
