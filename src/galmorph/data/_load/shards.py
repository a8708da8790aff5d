"""Shards: a folder that keeps the stamps made so far, so that a load of many images can be resumed.

``shards.json`` describes the recipe, the dtype and the list of files. A shard is made of so many files in a row. Its
stamps are in a ``.npy`` file, and what else is known in a ``.json`` file, which is written last: a shard is complete if
that exists. A shard is made again if one of its files has changed since.
"""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from galmorph._atomic_files import write_atomically
from galmorph._folder_lock import folder_lock
from galmorph._saved_json import damaged_file, read_as, read_json
from galmorph.data._dataset.stamp_file import stamp_file
from galmorph.data._dataset.stamp_storage import StampStorage
from galmorph.data._images.band_files import files_of
from galmorph.errors import (
    FileFormatError,
    ImageError,
    PoorImageError,
    UnreadableImageError,
    UnsuitableImageError,
)

__all__ = ["StoredStamp", "WantedStamp", "in_shards"]

FORMAT = "galmorph shards"
VERSION = 3

_FILES = 1024  # in a shard
_ERRORS = {kind.__name__: kind for kind in (ImageError, PoorImageError, UnreadableImageError, UnsuitableImageError)}
_NEITHER = "use another folder, or delete this one"


class WantedStamp(NamedTuple):
    """An image file that is to become a stamp.

    Parameters
    ----------
    row
        Row of the galaxy in the catalogue or in the labels.
    path
        The file.
    relative
        Its path for the table, relative to the folder.
    label
        Its class.
    """

    row: int
    path: Path
    relative: str
    label: str


class StoredStamp(NamedTuple):
    """A stamp as it is stored, with what is known of its image.

    Parameters
    ----------
    pixels
        The stamp, in the dtype of the data set.
    name
        Name of the galaxy, from its file.
    bands
        Names of the image's channels, joined by /; empty if the file does not say.
    numbers
        Pixel scale, whether the image is linear (0 or 1), its channels, width and height, its position and field on
        the sky, and what the recipe measured.
    shade
        ``"black"`` or ``"white"`` if nearly the whole stamp is, else empty.
    note
        What was done to the image, and what makes it doubtful.
    doubt
        What makes it doubtful.
    format
        Format of the file.
    """

    pixels: np.ndarray
    name: str
    bands: str
    numbers: tuple[float, ...]
    shade: str
    note: str
    doubt: str
    format: str = ""


Results = Generator[StoredStamp | ImageError, None, None]


def in_shards(
    folder: str | os.PathLike[str],
    files: Sequence[WantedStamp],
    settings: Mapping[str, Any],
    make: Callable[[list[Path]], Results],
) -> Results:
    """Give the stamps of files in order: those that a folder has, and others, which are made and added to it.

    Parameters
    ----------
    folder
        The folder; it is created if it does not exist.
    files
        The image files.
    settings
        On what the stamps depend, in values that JSON can hold: the recipe's description, ``"dtype"``, ``"hdu"`` and
        ``"bands"``.
    make
        Makes the stamps of files, in their order.

    Raises
    ------
    FileFormatError
        If the folder is for another recipe, dtype or list of files, or a shard is damaged.
    BlockingIOError
        If another run uses the folder.
    OSError
        If the folder can't be written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with folder_lock(folder, who="another run", name=".shards.lock"):
        _check_header(folder, files, settings)
        for scratch in folder.glob(".*.npy.*"):  # left by a run that was killed
            scratch.unlink()
        shards = [
            _Shard(folder / f"{number:06d}", files[start : start + _FILES], settings["dtype"])
            for number, start in enumerate(range(0, len(files), _FILES))
        ]
        done = [shard.is_complete() for shard in shards]
        missing = [
            file.path for shard, complete in zip(shards, done, strict=True) if not complete for file in shard.files
        ]
        with closing(make(missing)) as made:
            for shard, complete in zip(shards, done, strict=True):
                yield from shard.read() if complete else shard.write(made)


@dataclass(frozen=True)
class _Made:
    """What a shard keeps of a stamp, besides its pixels; fields as in `StoredStamp`."""

    name: str
    bands: str
    numbers: tuple[float, ...]
    shade: str
    note: str
    doubt: str
    format: str


@dataclass(frozen=True)
class _Failed:
    """Why a file did not become a stamp."""

    error: str
    message: str

    def __post_init__(self) -> None:
        if self.error not in _ERRORS:
            raise ValueError(f"error: expected one of {', '.join(_ERRORS)}, got {self.error!r}")


@dataclass(frozen=True)
class _Notes:
    """The ``.json`` file of a shard."""

    state: str
    sha256: str  # of the .npy file; empty if no file became a stamp
    files: tuple[_Failed | _Made, ...]
    notes_sha256: str | None = None


class _Shard:
    """Some files in a row, and the two files that keep what was made of them."""

    def __init__(self, stem: Path, files: Sequence[WantedStamp], dtype: str) -> None:
        self.files = files
        self._stamps, self._notes = stem.with_suffix(".npy"), stem.with_suffix(".json")
        self._dtype = dtype

    def is_complete(self) -> bool:
        """Say whether the shard is there, and none of its files has changed since."""
        return self._notes.exists() and self._read_notes().state == self._state()

    def read(self) -> Iterator[StoredStamp | ImageError]:
        """Give what was made before."""
        notes = self._read_notes()
        stamps = iter(self._read_stamps(notes) if notes.sha256 else ())
        for note in notes.files:
            if isinstance(note, _Failed):
                yield _ERRORS[note.error](note.message)
            else:
                yield StoredStamp(pixels=next(stamps), **vars(note))

    def write(self, made: Iterator[StoredStamp | ImageError]) -> Iterator[StoredStamp | ImageError]:
        """Give what is made now, and keep it."""
        self._notes.unlink(missing_ok=True)
        self._stamps.unlink(missing_ok=True)
        state = self._state()
        notes: list[dict[str, Any]] = []
        with stamp_file(self._stamps.parent, self._stamps) as opener:
            storage = StampStorage(len(self.files), self._dtype, most_bytes=-1, file=opener)
            for result, file in zip(islice(made, len(self.files)), self.files, strict=True):
                if isinstance(result, ImageError):
                    kind = type(result).__name__
                    notes.append({"error": kind if kind in _ERRORS else "ImageError", "message": str(result)})
                else:
                    storage.append(result.pixels, of=str(file.path))
                    notes.append({name: value for name, value in result._asdict().items() if name != "pixels"})
                yield result
            storage.finish()
        digest = _sha256(self._stamps) if self._stamps.exists() else ""
        described = {"state": state, "sha256": digest, "files": notes}
        described["notes_sha256"] = _hash_of(described)
        write_atomically(self._notes, json.dumps(described).encode())

    def _read_notes(self) -> "_Notes":
        with self._damaged():
            content = read_json(self._notes)
            notes = read_as(_Notes, content)
            if notes.notes_sha256 is not None and _hash_of(content) != notes.notes_sha256:
                raise ValueError("its notes do not match their hash")
            if len(notes.files) != len(self.files):
                raise ValueError(f"expected {len(self.files)} files, got {len(notes.files)}")
            if not notes.sha256 and any(isinstance(note, _Made) for note in notes.files):
                raise ValueError("it has no hash of its stamps")
            return notes

    def _read_stamps(self, notes: "_Notes") -> np.ndarray:
        with self._damaged():
            if _sha256(self._stamps) != notes.sha256:
                raise ValueError("its stamps have changed")
            stamps = np.load(self._stamps, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            if len(stamps) != sum(isinstance(note, _Made) for note in notes.files):
                raise ValueError("it has another number of stamps")
            return stamps

    def _damaged(self) -> AbstractContextManager[None]:
        remedy = "delete this file, and the shard will be made again"
        return damaged_file(self._notes, "a shard of an earlier run", remedy)

    def _state(self) -> str:
        """Hash of the files' sizes and times."""
        digest = hashlib.sha256()
        for path in chain.from_iterable(files_of(file.path) for file in self.files):
            try:
                found = os.stat(path)  # noqa: PTH116 (faster than Path.stat)
                digest.update(b"%d %d\n" % (found.st_size, found.st_mtime_ns))
            except OSError:
                digest.update(b"missing\n")
        return digest.hexdigest()


def _check_header(folder: Path, files: Sequence[WantedStamp], settings: Mapping[str, Any]) -> None:
    """Write ``shards.json``, or raise `FileFormatError` unless the one that is there describes the same work."""
    names = hashlib.sha256("\0".join(file.relative for file in files).encode("utf-8", "surrogateescape"))
    here = {
        "format": FORMAT,
        "version": VERSION,
        "galmorph": version("galmorph-jax"),
        **settings,
        "files": len(files),
        "names": names.hexdigest(),
    }
    here = json.loads(json.dumps(here))  # tuples become lists, as in the file
    path = folder / "shards.json"
    if not path.exists():
        write_atomically(path, json.dumps(here, indent=1).encode())
        return
    with damaged_file(path, "a description of shards", _NEITHER):
        there = read_json(path)
        different = [name for name in here if there.get(name) != here[name]]
    if not different:
        return
    if different == ["names"]:
        what = "other files"
    elif "recipe" in different:
        found = there.get("recipe")
        one, other = found if isinstance(found, dict) else {}, here["recipe"]
        what = "another recipe: " + ", ".join(
            f"{name} {one.get(name)!r}, not {other.get(name)!r}"
            for name in {**one, **other}
            if one.get(name) != other.get(name)
        )
    else:
        what = ", ".join(f"{name} {there.get(name)!r}, not {here[name]!r}" for name in different if name != "names")
    raise FileFormatError(f"{path}: holds stamps of {what}; {_NEITHER}")


def _hash_of(notes: Mapping[str, Any]) -> str:
    kept = {name: notes[name] for name in ("state", "sha256", "files")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
