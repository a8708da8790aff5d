"""The SQLite database of a manifest: its tables, its version, its errors."""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from galmorph.errors import FileFormatError

__all__ = ["ManifestRow", "check_version", "connect", "create", "file_errors", "is_new", "read_rows", "write_row"]

_VERSION = 1
_APPLICATION = 0x67616C6D  # "galm": the application ID in the database's header
_TIMEOUT = 60.0  # seconds to wait for others who use the database
_SAFE_FILE = re.compile(r"[A-Za-z0-9+_%~][A-Za-z0-9+._%~-]*", re.ASCII)
_COLUMNS = """(
    name TEXT PRIMARY KEY NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, url TEXT NOT NULL,
    bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, retrieved TEXT NOT NULL, seconds REAL NOT NULL)"""
_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_BUSY: errno.EAGAIN,
    sqlite3.SQLITE_LOCKED: errno.EAGAIN,
}


@dataclass(frozen=True, kw_only=True)
class ManifestRow:
    """The row of one galaxy.

    Parameters
    ----------
    name
        Name of the galaxy.
    file
        Name of its file in the folder; empty if it has none.
    state
        ``"done"`` or ``"failed"``.
    reason
        Why it failed.
    url
        Address of the file, or of the last file that was tried.
    bytes
        Size of the file.
    sha256
        SHA-256 of the file, as 64 hexadecimal digits.
    retrieved
        Date and time, as ISO 8601 (UTC).
    seconds
        How long it took.
    """

    name: str
    file: str = ""
    state: str = "failed"
    reason: str = ""
    url: str = ""
    bytes: int = 0
    sha256: str = ""
    retrieved: str = ""
    seconds: float = 0.0


_NAMES = tuple(field.name for field in fields(ManifestRow))
_TYPES = tuple(field.type for field in fields(ManifestRow))


def connect(path: Path, *, mode: str = "rwc", timeout: float = _TIMEOUT) -> sqlite3.Connection:
    """Open a database, without automatic transactions."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=timeout, isolation_level=None)


def is_new(database: sqlite3.Connection) -> bool:
    """Whether a database has no tables yet."""
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))


def create(database: sqlite3.Connection) -> None:
    """Create the tables; the caller must have begun a transaction."""
    database.execute(f"PRAGMA application_id={_APPLICATION}")
    database.execute(f"PRAGMA user_version={_VERSION}")
    database.execute("CREATE TABLE about (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)")
    database.execute("CREATE TABLE galaxies " + _COLUMNS)
    database.execute("CREATE TABLE arriving " + _COLUMNS)


def check_version(database: sqlite3.Connection, path: Path) -> None:
    """Raise `FileFormatError` unless this is a manifest that this version of galmorph reads."""
    [application] = database.execute("PRAGMA application_id").fetchone()
    [version] = database.execute("PRAGMA user_version").fetchone()
    if (application, version) != (_APPLICATION, _VERSION):
        raise FileFormatError(
            f"{path}: expected a manifest of fetch_images, version {_VERSION}, got {application:#x}, {version}; "
            "choose another directory, or read it with the galmorph that wrote it"
        )


def read_rows(database: sqlite3.Connection, table: str, path: Path) -> Iterator[ManifestRow]:
    """Rows of a table, in the order in which they were first written."""
    for row in database.execute(f"SELECT {', '.join(_NAMES)} FROM {table} ORDER BY rowid"):  # noqa: S608 (our names)
        # A column of SQLite may hold values of any type. The file's name becomes a path, so it must not lead out of the
        # folder.
        values = dict(zip(_NAMES, row, strict=True))
        sound = all(type(value) is kind for value, kind in zip(row, _TYPES, strict=True))
        if not sound or values["state"] not in ("done", "failed") or not _SAFE_FILE.fullmatch(values["file"] or "x"):
            raise FileFormatError(f"{path}: damaged manifest: unexpected row {row!r}; fetch into another directory")
        yield ManifestRow(**values)


def write_row(database: sqlite3.Connection, table: str, entry: ManifestRow) -> None:
    """Write a row. If there is one with this name, replace it and keep its place in the order."""
    new_values = ", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])
    database.execute(
        f"INSERT INTO {table} ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))}) "  # noqa: S608 (our names)
        f"ON CONFLICT (name) DO UPDATE SET {new_values}",
        astuple(entry),
    )


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into Python's errors for files, and add to all of them what to do.

    Raises
    ------
    OSError
        The subclass that matches the error.
    FileFormatError
        If a database is damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        number = _ERRORS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if number is None:
            raise FileFormatError(f"{path}: damaged manifest ({error}); fetch into another directory") from error
        raise _with_advice(number, f"{os.strerror(number)} ({error})", path) from error
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno is None:
            raise
        raise _with_advice(error.errno, error.strerror or str(error), path) from error


def _with_advice(number: int, reason: str, path: Path) -> OSError:
    return OSError(number, f"{reason}; images fetched before are kept: fix this, then run again", str(path))
