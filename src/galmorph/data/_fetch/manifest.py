"""The manifest of a folder of images: the file of each galaxy and its origin, or the reason why it has none."""

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

from galmorph._saved_json import damaged_file, parse_json
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
from galmorph.errors import DatasetError

__all__ = ["MANIFEST", "Manifest", "read_entries", "read_manifest", "rows_table"]

MANIFEST = "manifest.sqlite"
_LOCK = ".fetching.lock"


class Manifest:
    """The manifest of a folder, opened by the one run that may change it.

    Use it in a ``with`` statement. On entering, it locks the folder; the operating system releases the lock when the
    process ends, even if it is killed. Others may read the manifest meanwhile.

    Parameters
    ----------
    directory
        The folder; it must exist.
    options
        The source of the images in this folder, and its options, as JSON values.

    Raises
    ------
    BlockingIOError
        On entering, if another run holds the lock.
    DatasetError
        On entering, if the folder holds images of another source or other options.
    FileFormatError
        If the manifest is damaged, or is not a manifest of this version.
    OSError
        If it can't be written: the disk is full, or permissions are missing. Everything written before stays.
    """

    def __init__(self, directory: Path, options: dict[str, Any]) -> None:
        self.path = directory / MANIFEST
        self._options = options

    def __enter__(self) -> "Manifest":
        with file_errors(self.path):
            # The lock is on a separate database, so that the manifest stays readable.
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
            reason = "another fetch_images is working here; wait until it ends, or choose another directory"
            raise BlockingIOError(errno.EAGAIN, reason, str(self.path.parent)) from error

    def _prepare(self) -> None:
        self._database.execute("PRAGMA synchronous=FULL")
        if is_new(self._database):
            with self._transaction():
                create(self._database)
        check_version(self._database, self.path)
        [rows] = self._database.execute("SELECT count(*) FROM galaxies").fetchone()
        if rows:
            _check_options(_options(self._database, self.path), self._options, self.path, rows)
        else:
            with self._transaction():
                options = _canonical(self._options)
                self._database.execute("INSERT OR REPLACE INTO about VALUES ('options', ?)", (options,))

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
        """Rows of all galaxies, by name."""
        with file_errors(self.path):
            return {entry.name: entry for entry in read_rows(self._database, "galaxies", self.path)}

    def arriving(self) -> list[ManifestRow]:
        """Rows that were announced but not recorded, because the run ended in between."""
        with file_errors(self.path):
            return list(read_rows(self._database, "arriving", self.path))

    def announce(self, entry: ManifestRow) -> None:
        """Note that a file is about to get its name.

        If the run ends before `record`, the next run finds the announcement. It knows then that the file, if it
        exists, was written by `fetch_images`, and which content it must have.
        """
        with file_errors(self.path), self._transaction():
            write_row(self._database, "arriving", entry)

    def record(self, entry: ManifestRow) -> None:
        """Write the row of a galaxy, in place of an earlier one, and drop its announcement."""
        with file_errors(self.path), self._transaction():
            write_row(self._database, "galaxies", entry)
            self._database.execute("DELETE FROM arriving WHERE name = ?", (entry.name,))

    def forget_arriving(self) -> None:
        """Drop all announcements."""
        with file_errors(self.path), self._transaction():
            self._database.execute("DELETE FROM arriving")


def read_manifest(directory: str | os.PathLike[str]) -> Table:
    """Read the manifest that `fetch_images` writes into a directory, also during its run.

    Parameters
    ----------
    directory
        The folder of images.

    Returns
    -------
    astropy.table.Table
        One row for each galaxy that was tried, with the columns ``name``, ``file`` (in the folder; empty if there is
        none), ``state`` (``done`` or ``failed``), ``reason``, ``url``, ``bytes``, ``sha256``, ``retrieved`` (ISO 8601,
        UTC) and ``seconds``. ``meta["options"]`` holds the source and its options.

    Raises
    ------
    DatasetError
        If the directory has no manifest.
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
    entries, options = _read(Path(directory) / MANIFEST)
    return rows_table(entries, options)


def read_entries(directory: Path, options: dict[str, Any]) -> dict[str, ManifestRow]:
    """Read the rows of all galaxies by name; raise as `Manifest` does if the folder was filled with other options.

    If nothing was fetched there are none. Options that are not given may have any value.
    """
    path = directory / MANIFEST
    if not path.exists():
        return {}
    entries, known = _read(path)
    if entries:
        _check_options(known, options, path, len(entries))
    return {entry.name: entry for entry in entries}


def rows_table(entries: list[ManifestRow], options: dict[str, Any]) -> Table:
    """Make a table of rows."""
    kinds = {"bytes": np.int64, "seconds": np.float64}
    columns = {
        name: np.array([getattr(entry, name) for entry in entries], dtype=kinds.get(name, np.str_))
        for name in ManifestRow.__dataclass_fields__
    }
    return Table(columns, meta={"options": options})


def _read(path: Path) -> tuple[list[ManifestRow], dict[str, Any]]:
    if not path.is_file():
        raise DatasetError(f"{path}: no such manifest; expected a directory that fetch_images filled")
    # Not "ro": SQLite undoes the unfinished transaction of a killed run when the database is opened, by writing to it.
    with file_errors(path), closing(connect(path, mode="rw")) as database:
        if is_new(database):
            return [], {}
        check_version(database, path)
        database.execute("BEGIN")  # so that both tables are read in the same state
        return list(read_rows(database, "galaxies", path)), _options(database, path)


def _options(database: sqlite3.Connection, path: Path) -> dict[str, Any]:
    row = database.execute("SELECT value FROM about WHERE key = 'options'").fetchone()
    if row is None:
        return {}
    with damaged_file(path, "a manifest that fetch_images wrote", "fetch into another directory"):
        return parse_json(row[0])


def _canonical(options: dict[str, Any]) -> str:
    return json.dumps(options, sort_keys=True)


def _check_options(known: dict[str, Any], options: dict[str, Any], path: Path, rows: int) -> None:
    # As JSON, because that is how they were stored: a tuple and a list are the same.
    theirs, ours = _canonical(known), _canonical(known | options)
    if theirs != ours:
        raise DatasetError(
            f"{path.parent}: expected the source and options of the {rows} galaxies in this folder, {theirs}; "
            f"got {ours}; choose another directory for these"
        )
