"""Answers of a long run, kept in parts beside the file that they will become, so that a run can be resumed.

The folder ``answers.csv.parts`` holds ``run.json``, which describes the run, and one file of arrays (``.npz``, read
without pickle) for each part. Every file appears under its name when it is complete.
"""

import io
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from errno import EAGAIN, EISDIR
from pathlib import Path
from typing import Any

import numpy as np

from galmorph._atomic_files import write_atomically
from galmorph._saved_json import check_seal, damaged_file, read_json, seal
from galmorph.errors import InvalidValueError
from galmorph.training._predictions.prediction_table import Answers

__all__ = ["AnswerParts"]

FORMAT = "galmorph answers"
VERSION = 2
_HEADER = "run.json"
_LOCK = ".lock"
_PART = re.compile(r"part-(\d{7})\.npz")
_LONGEST = 60  # characters of a value in an error


class AnswerParts:
    """The parts of a run that writes a file, opened by the one process that may add to them.

    Use it in a ``with`` statement. On entering, it locks the folder; the operating system releases the lock when the
    process ends, even if it is killed.

    Parameters
    ----------
    path
        The file that the answers will become.
    run
        Everything on which the answers depend, in values that JSON can store.
    overwrite
        Whether a new run may replace the file.

    Attributes
    ----------
    folder
        The folder of the parts.

    Raises
    ------
    InvalidValueError
        On entering, if the folder holds parts of another run.
    FileFormatError
        On entering, if the description of the run is damaged.
    FileExistsError, IsADirectoryError
        On entering, if the file exists, no run was interrupted, and `overwrite` is False.
    BlockingIOError
        On entering, if another process writes the same file.
    """

    def __init__(self, path: Path, run: Mapping[str, Any], *, overwrite: bool) -> None:
        self.folder = path.with_name(f"{path.name}.parts")
        self._path = path
        self._run = json.loads(json.dumps({"format": FORMAT, "version": VERSION, **run}))  # tuples become lists
        self._overwrite = overwrite
        self._finished: set[int] = set()

    def __enter__(self) -> "AnswerParts":
        if self._path.is_dir():
            raise IsADirectoryError(EISDIR, "is a folder; choose the name of a file", str(self._path))
        if self._path.exists() and not self._overwrite and not (self.folder / _HEADER).exists():
            raise FileExistsError(f"{self._path}: exists; pass overwrite=True to replace it, or choose another name")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = sqlite3.connect(self.folder / _LOCK, timeout=0.0, isolation_level=None)
        try:
            self._take_lock()
            self._open_run()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def _take_lock(self) -> None:
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            # Some file systems of clusters have no locks; a run is worth more than its lock.
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                reason = "another process writes these answers; wait until it ends, or choose another name"
                raise BlockingIOError(EAGAIN, reason, str(self._path)) from error

    def _open_run(self) -> None:
        header = self.folder / _HEADER
        if not header.exists():
            self._clear()  # what a run left that ended while it cleaned up
            write_atomically(header, json.dumps(seal(self._run), indent=1).encode())
        with damaged_file(header, "the description of a run", self._advice):
            found = read_json(header)
            check_seal(found)
            found.pop("sha256", None)
            differing = [name for name in {**self._run, **found} if self._run.get(name) != found.get(name)]
        if differing:
            raise InvalidValueError(
                f"{self.folder}: holds answers of another run, whose "
                + "; ".join(
                    f"{name} was {_short(found.get(name))}, not {_short(self._run.get(name))}" for name in differing
                )
                + f". Run again with what it began with, or {self._advice}"
            )
        for path in self.folder.iterdir():
            if match := _PART.fullmatch(path.name):
                self._finished.add(int(match[1]))
            elif path.name.startswith((".part-", ".answers-")):
                path.unlink()  # a file that was not complete when a run was killed

    @property
    def _advice(self) -> str:
        return f"delete {self.folder} to begin anew"

    def __contains__(self, index: int) -> bool:
        return index in self._finished

    def __len__(self) -> int:
        return len(self._finished)

    def check(self, index: int, digest: str) -> None:
        """Raise `InvalidValueError` unless a part was made of galaxies with this digest."""
        if self._array(index, "digest").item() != digest:
            raise InvalidValueError(
                f"{self._file(index)}: these galaxies have changed since they were classified; delete this file to "
                f"classify them again, or {self._advice}"
            )

    def check_end(self, number: int) -> None:
        """Raise `InvalidValueError` if there are more parts than this number."""
        if len(self._finished) > number:
            raise InvalidValueError(
                f"{self.folder}: holds {len(self._finished)} parts, but the galaxies fill only {number}; {self._advice}"
            )

    def write(self, index: int, digest: str, answers: Answers) -> None:
        """Write the answers to a part, and the digest of its galaxies."""
        arrays: dict[str, Any] = {
            "digest": np.array(digest),
            "names": np.array(list(map(_text, answers.names)), np.str_),
            "notes": np.array(list(map(_text, answers.notes)), np.str_),
            "doubts": np.array(list(map(_text, answers.notes if answers.doubts is None else answers.doubts)), np.str_),
            "probabilities": answers.probabilities,
        }
        if answers.paths is not None:
            arrays["paths"] = np.array(list(map(_text, answers.paths)), np.str_)
        with io.BytesIO() as file:
            np.savez_compressed(file, **arrays)
            write_atomically(self._file(index), file.getvalue())
        self._finished.add(index)

    def __iter__(self) -> Iterator[Answers]:
        """Read the parts, one after the other.

        Raises
        ------
        FileFormatError
            If a file is damaged or missing.
        """
        return map(self._read, range(len(self._finished)))

    def _read(self, index: int) -> Answers:
        paths = self._array(index, "paths").tolist() if self._run["paths"] else None
        names, notes, doubts = (self._array(index, name).tolist() for name in ("names", "notes", "doubts"))
        return Answers(names, notes, paths, self._array(index, "probabilities"), doubts)

    def remove(self) -> None:
        """Remove the parts, and the folder if nothing else is in it."""
        (self.folder / _HEADER).unlink()
        self._lock.close()
        self._clear()
        (self.folder / _LOCK).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _clear(self) -> None:
        for path in self.folder.iterdir():
            if _PART.fullmatch(path.name) or path.name.startswith((".part-", f".{_HEADER}.", ".answers-")):
                path.unlink()

    def _file(self, index: int) -> Path:
        return self.folder / f"part-{index:07d}.npz"

    def _array(self, index: int, name: str) -> np.ndarray:
        path = self._file(index)
        with damaged_file(path, "a part of the answers", "delete this file, and run again"):
            content = path.read_bytes()
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return arrays[name]


def _text(text: str) -> str:
    """Replace what no file can hold: bytes in names of files that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
