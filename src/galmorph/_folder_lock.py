"""A lock on a folder, so that two processes don't write into it at the same time."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["folder_lock"]


@contextmanager
def folder_lock(folder: Path, *, who: str, name: str = ".lock") -> Iterator[None]:
    """Hold a lock on a folder. The operating system releases it when the process ends, even if it is killed.

    Where the file system has no locks, as on some clusters, nothing is locked.

    Parameters
    ----------
    folder
        The folder; it must exist.
    who
        What works in a locked folder, for the error: ``"another training"``.
    name
        Name of the file that is locked. It is removed at the end.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    """
    path = folder / name
    lock = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        try:
            lock.execute("PRAGMA journal_mode=MEMORY")  # so that there is no second file
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                reason = f"{who} is working here; wait until it ends, or choose another folder"
                raise BlockingIOError(errno.EAGAIN, reason, str(folder)) from error
        yield
    finally:
        with suppress(OSError):
            if lock.in_transaction:
                path.unlink(missing_ok=True)
        lock.close()
