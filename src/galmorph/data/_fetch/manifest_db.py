"""The SQLite file behind a manifest: its tables, its version, its errors."""

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
_APPLICATION = 0x67616C6D  # "galm", in the file's header
_PATIENCE = 60.0  # seconds for a reader to let go
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
    """What became of one galaxy.

    Parameters
    ----------
    name
        The galaxy.
    file
        Name of its file in the folder, empty where it has none.
    state
        ``"done"`` or ``"failed"``.
    reason
        Why it failed.
    url
        Where the file came from, or the last one that was tried.
    bytes
        Size of the file.
    sha256
        Of the file, as 64 hexadecimal digits.
    retrieved
        When, as ISO 8601 (UTC).
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


def connect(path: Path, *, mode: str = "rwc", timeout: float = _PATIENCE) -> sqlite3.Connection:
    """Open a database; it has no transaction but those that are asked for."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=timeout, isolation_level=None)


def is_new(database: sqlite3.Connection) -> bool:
    """Whether a database has no table yet."""
    return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))


def create(database: sqlite3.Connection) -> None:
    """Make the tables, within a transaction of the caller."""
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
    """Rows of one of our tables, in the order in which they came first."""
    for row in database.execute(f"SELECT {', '.join(_NAMES)} FROM {table} ORDER BY rowid"):  # noqa: S608 (our names)
        # SQLite's columns hold values of any type; and what stands here becomes a path, which must not lead out of the
        # folder.
        values = dict(zip(_NAMES, row, strict=True))
        sound = all(type(value) is kind for value, kind in zip(row, _TYPES, strict=True))
        if not sound or values["state"] not in ("done", "failed") or not _SAFE_FILE.fullmatch(values["file"] or "x"):
            raise FileFormatError(f"{path}: damaged manifest: unexpected row {row!r}; fetch into another directory")
        yield ManifestRow(**values)


def write_row(database: sqlite3.Connection, table: str, entry: ManifestRow) -> None:
    """Write a row in place of the one with its name, which keeps its place in the order."""
    news = ", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])
    database.execute(
        f"INSERT INTO {table} ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))}) "  # noqa: S608 (our names)
        f"ON CONFLICT (name) DO UPDATE SET {news}",
        astuple(entry),
    )


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into those that Python has for files, and say in all of them what to do.

    Raises
    ------
    OSError
        Of the subclass that fits, in place of another or of SQLite's.
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
    return OSError(number, f"{reason}; what was fetched before stays: mend this, and run again", str(path))
