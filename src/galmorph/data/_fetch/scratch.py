"""A file that has just come: written under a hidden name, looked at, and only then given its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from galmorph.data._fetch.manifest_db import file_errors

__all__ = ["clear_scratch", "give_name", "scratch_file", "suffix_of"]

_PREFIX = ".fetching-"
_MAGIC = {b"SIMPLE": ".fits", b"\x1f\x8b": ".fits.gz", b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png",
          b"II*\0": ".tif", b"MM\0*": ".tif"}  # fmt: skip


@contextmanager
def scratch_file(directory: Path, content: bytes) -> Iterator[Path]:
    """Write a hidden file in a folder, down to the disk; it is deleted at the end, unless it got a name."""
    with file_errors(directory):
        handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=directory)
    path = Path(name)
    try:
        with file_errors(path), os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o644)
        yield path
    finally:
        path.unlink(missing_ok=True)


def clear_scratch(directory: Path) -> None:
    """Delete what runs that were killed left half-done."""
    for path in directory.glob(_PREFIX + "*"):
        path.unlink(missing_ok=True)


def give_name(scratch: Path, path: Path) -> None:
    """Rename a scratch file; on return the new name is on the disk."""
    with file_errors(path):
        scratch.replace(path)
        if os.name == "posix":  # elsewhere folders can't be synchronised
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def suffix_of(content: bytes) -> str:
    """Suffix by the first bytes, whatever the service called it: it may have unpacked a file that was packed."""
    return next((suffix for magic, suffix in _MAGIC.items() if content.startswith(magic)), ".fits")
