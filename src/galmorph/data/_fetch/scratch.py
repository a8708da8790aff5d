"""Scratch files for downloads: written under a hidden name, checked, and only then given their own name."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from galmorph._atomic_files import scratch_file
from galmorph.data._fetch.manifest_db import file_errors

__all__ = ["clear_scratch", "scratch_copy"]

_PREFIX = ".fetching-"


@contextmanager
def scratch_copy(directory: Path, content: bytes) -> Iterator[BinaryIO]:
    """Write content to a scratch file in a folder; it is deleted at the end unless `give_name` has renamed it."""
    with ExitStack() as stack:
        with file_errors(directory):
            file = stack.enter_context(scratch_file(directory, prefix=_PREFIX))
            file.write(content)
            file.flush()
        yield file


def clear_scratch(directory: Path) -> None:
    """Delete the scratch files that killed runs left."""
    for path in directory.glob(_PREFIX + "*"):
        path.unlink(missing_ok=True)
