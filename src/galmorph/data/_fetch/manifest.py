"""The manifest of a folder of images: which galaxy has which file, where it came from, and why others have none."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from galmorph.data._fetch.manifest_db import (
    ManifestRow,
    check_version,
    connect,
    create,
    file_errors,
    is_new,
    read_rows,
    write_row,
)
from galmorph.errors import DatasetError, FileFormatError

__all__ = ["MANIFEST", "Manifest", "entries_table", "read_entries", "read_manifest"]

MANIFEST = "manifest.sqlite"
_LOCK = ".fetching.lock"


class Manifest:
    """The manifest of a folder, open for the one run that may change it.

    Use it in a ``with`` statement: on entering, it takes the folder's lock, which the system releases when the process
    ends in whatever way. Readers are not hindered.

    Parameters
    ----------
    directory
        The folder; it must exist.
    options
        What the images of this folder have in common: source and options, as JSON can hold them.

    Raises
    ------
    BlockingIOError
        On entering, if another run holds the lock.
    DatasetError
        On entering, if the folder holds images of another source or other options.
    FileFormatError
        If the manifest is damaged, or no manifest of this version.
    OSError
        If it can't be written: the disk is full, or rights are missing. What was written before stays.
    """

    def __init__(self, directory: Path, options: dict[str, Any]) -> None:
        self.path = directory / MANIFEST
        self._options = _canonical(options)

    def __enter__(self) -> "Manifest":
        with file_errors(self.path):
            # A database of its own, so that readers find the manifest unlocked.
            self._lock = connect(self.path.with_name(_LOCK), timeout=0.0)
            try:
                self._take_lock()
                self._database = connect(self.path)
                try:
                    self._prepare()
                except BaseException:
                    self._database.close()
                    raise
            except BaseException:
                self._lock.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._lock.close()

    def _take_lock(self) -> None:
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            reason = "another fetch_images is at work here; wait until it ends, or choose another directory"
            raise BlockingIOError(errno.EAGAIN, reason, str(self.path.parent)) from error

    def _prepare(self) -> None:
        self._database.execute("PRAGMA synchronous=FULL")
        if is_new(self._database):
            with self._transaction():
                create(self._database)
        check_version(self._database, self.path)
        [rows] = self._database.execute("SELECT count(*) FROM galaxies").fetchone()
        if rows:
            _check_options(_options(self._database), self._options, self.path, rows)
        else:
            with self._transaction():
                self._database.execute("INSERT OR REPLACE INTO about VALUES ('options', ?)", (self._options,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def entries(self) -> dict[str, ManifestRow]:
        """All galaxies by name."""
        with file_errors(self.path):
            return {entry.name: entry for entry in read_rows(self._database, "galaxies", self.path)}

    def arriving(self) -> list[ManifestRow]:
        """Files that were about to get their name when a run ended."""
        with file_errors(self.path):
            return list(read_rows(self._database, "arriving", self.path))

    def announce(self, entry: ManifestRow) -> None:
        """Note that a file is about to get its name, so that it is known as ours if the run ends right then."""
        with file_errors(self.path), self._transaction():
            write_row(self._database, "arriving", entry)

    def record(self, entry: ManifestRow) -> None:
        """Write what became of a galaxy, in place of what was known."""
        with file_errors(self.path), self._transaction():
            write_row(self._database, "galaxies", entry)
            self._database.execute("DELETE FROM arriving WHERE name = ?", (entry.name,))

    def forget_arriving(self) -> None:
        """Drop all announcements."""
        with file_errors(self.path), self._transaction():
            self._database.execute("DELETE FROM arriving")


def read_manifest(directory: str | os.PathLike[str]) -> Table:
    """Read what `fetch_images` left in a directory; also while it is at work.

    Parameters
    ----------
    directory
        The folder of images.

    Returns
    -------
    astropy.table.Table
        A row for each galaxy that was tried, with the columns ``name``, ``file`` (in the folder; empty where there is
        none), ``state`` (``done`` or ``failed``), ``reason``, ``url``, ``bytes``, ``sha256``, ``retrieved`` (ISO 8601,
        UTC) and ``seconds``. ``meta["options"]`` tells source and options.

    Raises
    ------
    DatasetError
        If there is no manifest.
    FileFormatError
        If it is damaged, or from another version.
    OSError
        If it can't be read.

    Examples
    --------
    >>> import tempfile
    >>> from galmorph.data import read_manifest
    >>> with tempfile.TemporaryDirectory() as directory:  # doctest: +ELLIPSIS
    ...     read_manifest(directory)
    Traceback (most recent call last):
        ...
    galmorph.errors.DatasetError: ...manifest.sqlite: no such manifest; expected a directory that fetch_images filled
    """
    path = Path(directory) / MANIFEST
    entries, known = _read(path)
    try:
        options = json.loads(known or "{}")
    except ValueError as error:
        raise FileFormatError(f"{path}: damaged manifest ({error}); fetch into another directory") from error
    return entries_table(entries, options)


def read_entries(directory: Path, options: dict[str, Any]) -> dict[str, ManifestRow]:
    """Read the galaxies of a folder by name, none where nothing was fetched; raise as `Manifest` does."""
    path = directory / MANIFEST
    if not path.exists():
        return {}
    entries, known = _read(path)
    if entries:
        _check_options(known, _canonical(options), path, len(entries))
    return {entry.name: entry for entry in entries}


def entries_table(entries: list[ManifestRow], options: dict[str, Any]) -> Table:
    """Write entries as a table."""
    kinds = {"bytes": np.int64, "seconds": np.float64}
    columns = {
        name: np.array([getattr(entry, name) for entry in entries], dtype=kinds.get(name, np.str_))
        for name in ManifestRow.__dataclass_fields__
    }
    return Table(columns, meta={"options": options})


def _read(path: Path) -> tuple[list[ManifestRow], str | None]:
    if not path.is_file():
        raise DatasetError(f"{path}: no such manifest; expected a directory that fetch_images filled")
    # Not "ro": what a killed run left half-done is undone by the first that opens it, which must be able to write.
    with file_errors(path), closing(connect(path, mode="rw")) as database:
        if is_new(database):
            return [], None
        check_version(database, path)
        database.execute("BEGIN")  # both tables as of the same moment
        return list(read_rows(database, "galaxies", path)), _options(database)


def _options(database: sqlite3.Connection) -> str | None:
    row = database.execute("SELECT value FROM about WHERE key = 'options'").fetchone()
    return None if row is None else str(row[0])


def _canonical(options: dict[str, Any]) -> str:
    return json.dumps(options, sort_keys=True)


def _check_options(known: str | None, options: str, path: Path, rows: int) -> None:
    if known != options:
        raise DatasetError(
            f"{path.parent}: expected the source and options of the {rows} galaxies that are there, {known}; "
            f"got {options}; choose another directory for these"
        )
