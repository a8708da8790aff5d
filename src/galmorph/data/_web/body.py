"""Read the body of an HTTP answer within limits: on its size as transferred, and its size unpacked."""

import re
import zlib

import requests
import urllib3

from galmorph.errors import TransportError

__all__ = ["TemporaryError", "read_body"]

_CHUNK = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS  # tells zlib to expect the gzip format


class TemporaryError(Exception):
    """A request failed, but may succeed next time.

    `retry_after` is the pause in seconds that the service asked for, and `status` the HTTP status, if any arrived.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


def read_body(response: requests.Response, *, max_bytes: int) -> bytes:
    """Read a body and unpack it from its Content-Encoding.

    Parameters
    ----------
    response
        What requests returned with ``stream=True``.
    max_bytes
        Largest number of bytes, both as transferred and unpacked.

    Raises
    ------
    TransportError
        If the body is too large or has an unknown encoding.
    TemporaryError
        If the body is shorter than its Content-Length, the connection broke, or the body can't be unpacked.
    """
    announced = response.headers.get("Content-Length", "")
    # A chunked body has no length. Numbers of more than 18 digits are not sizes.
    sized = response.headers.get("Transfer-Encoding") is None and re.fullmatch("[0-9]{1,18}", announced) is not None
    length = int(announced) if sized else None
    if length is not None and length > max_bytes:
        raise TransportError(
            f"{response.url}: the answer has {length} bytes, more than the {max_bytes} that are accepted; "
            f"ask for less, or raise the request's max_bytes",
            status=response.status_code,
        )
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise TransportError(
            f"{response.url}: expected a plain or gzipped answer, got the encoding {encoding!r}",
            status=response.status_code,
        )
    unpack = None if encoding == "identity" else _Unpacker()
    parts = []
    received = size = 0
    # read1, because read waits for a full chunk: it would never return if the bytes arrive one by one.
    while chunk := _read_some(response):
        received += len(chunk)
        part = chunk if unpack is None else unpack(chunk, max_bytes + 1 - size)
        size += len(part)
        parts.append(part)
        if max(received, size) > max_bytes:
            raise TransportError(
                f"{response.url}: the answer is larger than the {max_bytes} bytes that are accepted "
                f"({received} bytes received, more when unpacked); ask for less, or raise the request's max_bytes",
                status=response.status_code,
            )
    if length is not None and received != length:
        raise TemporaryError(
            f"the answer was cut off: {received} of {length} bytes received", status=response.status_code
        )
    if unpack is not None and not unpack.complete:
        raise TemporaryError("the answer was cut off in the middle of its gzip stream", status=response.status_code)
    return b"".join(parts)


def _read_some(response: requests.Response) -> bytes:
    try:
        return response.raw.read1(_CHUNK, decode_content=False)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise TemporaryError(f"the answer was cut off: {error}", status=response.status_code) from error


class _Unpacker:
    """Unpacks a gzip stream step by step, never to more bytes than allowed."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self.complete = False

    def __call__(self, packed: bytes, most: int) -> bytes:
        """Unpack some bytes to at most `most`; anything beyond is lost, because the answer is refused then."""
        parts = []
        try:
            while packed and most > 0:
                if self._stream.eof:  # gzip streams may follow each other
                    self._stream = zlib.decompressobj(_GZIP)
                part = self._stream.decompress(packed, most)
                parts.append(part)
                most -= len(part)
                packed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        except zlib.error as error:
            raise TemporaryError(f"the answer can't be unpacked: {error}") from error
        self.complete = self._stream.eof
        return b"".join(parts)
