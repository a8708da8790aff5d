"""The folder of a saved data set: its files, and the header that names one version of them.

``dataset.json`` says which files belong together (``stamps.npy`` ... or ``stamps-1.npy`` ...), and has a hash of each.
A new version is written beside the old one, and takes its place when ``dataset.json`` is renamed. So a reader finds one
version or the other, whenever a writer is killed.
"""

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from astropy.table import MaskedColumn, Table
from jaxtyping import Int

from galmorph._atomic_files import give_folder_name, scratch_folder, sync_folder, write_atomically
from galmorph._folder_lock import folder_lock
from galmorph._saved_json import check_seal, damaged_file, read_as, read_json, seal
from galmorph.errors import DatasetError, FileFormatError

__all__ = ["SavedDataset", "StampBlocks", "read_folder", "write_folder"]

FORMAT = "galmorph dataset"
VERSION = 1

_HEADER = "dataset.json"
_FILE = re.compile(r"(?:(?:stamps|labels|groups)(?:-\d+)?\.npy|table(?:-\d+)?\.ecsv)")
_BLOCK = 4 << 20  # bytes of stamps that share a hash
_TRIES = 100  # to find a version that is not replaced while it is read
_EXPECTED = "a data set written by Dataset.save"


@runtime_checkable
class Saveable(Protocol):
    """What is written of a data set."""

    stamps: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    table: Table
    recipe: dict[str, Any] | None


class SavedDataset(NamedTuple):
    """What a folder holds. Stamps are mapped from their file; `blocks` checks them, or is None for old folders."""

    stamps: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    classes: tuple[str, ...]
    table: Table | None
    recipe: dict[str, Any] | None
    blocks: "StampBlocks | None"


@dataclass(frozen=True)
class _Files:
    """The files of one version: SHA-256 of each, and of each block of the stamps."""

    number: int
    labels: str
    groups: str
    table: str | None
    dtype: str
    shape: tuple[int, ...]
    block: int  # stamps in a block
    stamps: tuple[str, ...]

    def __post_init__(self) -> None:
        rows = self.shape[0] if self.shape else 0
        if not (self.number >= 0 and self.block >= 1 and len(self.stamps) == -(-rows // self.block)):
            raise ValueError("files: the numbers of its blocks don't fit together")


@dataclass(frozen=True)
class _Header:
    """``dataset.json``. Earlier versions of galmorph wrote no `files`, and had no hashes."""

    classes: tuple[str, ...]
    recipe: dict[str, Any] | None
    files: _Files | None = None


class StampBlocks:
    """Hashes of blocks of stamps in a file. Each block is checked when it is first used, and only once.

    Parameters
    ----------
    path
        The file, for errors.
    stamps
        All stamps of the file.
    block
        Number of stamps in a block.
    digests
        SHA-256 of each block.
    """

    def __init__(self, path: Path, stamps: np.ndarray, block: int, digests: tuple[str, ...]) -> None:
        self._path = path
        self._stamps = stamps
        self._block = block
        self._digests = digests
        self._seen = np.zeros(len(digests), bool)

    def check(self, rows: Int[np.ndarray, "rows"]) -> None:
        """Check the blocks of some rows.

        Raises
        ------
        FileFormatError
            If the content of a block is not what was written.
        """
        for block in np.unique(rows // self._block):
            if self._seen[block]:
                continue
            start, end = int(block) * self._block, (int(block) + 1) * self._block
            if _digest_of(self._stamps[start:end]) != self._digests[block]:
                raise FileFormatError(
                    f"{self._path}: damaged: stamps {start} to {min(end, len(self._stamps)) - 1} are not those that "
                    "were written; copy the folder again, or make the data set again"
                )
            self._seen[block] = True


def write_folder(folder: Path, dataset: Saveable, *, overwrite: bool) -> None:
    """Write a data set into a new folder or, if `overwrite` is True, in place of the one that is there.

    Raises
    ------
    FileExistsError
        If the folder exists and `overwrite` is False, or if it holds no data set.
    BlockingIOError
        If another process writes it.
    DatasetError
        If the table has text that is no UTF-8.
    """
    there = (folder / _HEADER).is_file()
    if folder.exists() and not (overwrite and there):
        raise FileExistsError(f"{folder}: exists; pass overwrite=True to replace a data set, or choose another folder")
    json.dumps(dataset.recipe)  # before anything is written
    if there:
        with folder_lock(folder, who="another Dataset.save"):
            _replace(folder, dataset)
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(folder.parent, prefix=f".{folder.name}.") as scratch:
        _write_header(scratch, dataset, _write_files(scratch, dataset, 0))
        give_folder_name(scratch, folder)


def read_folder(folder: Path) -> SavedDataset:
    """Open one version of a saved data set, also while others replace it.

    Raises
    ------
    FileFormatError
        If a file is missing or damaged, or another version of galmorph wrote it.
    """
    for _ in range(_TRIES):
        header = _read_header(folder)
        try:
            opened = _open(folder, header)
        except FileFormatError:
            if _read_header(folder) == header:
                raise
        else:
            if _read_header(folder) == header:
                return opened
    raise FileFormatError(f"{folder}: expected {_EXPECTED}, but others replace it all the time")


def _replace(folder: Path, dataset: Saveable) -> None:
    """Write a new version beside the old one, let the header name it, and remove the old one."""
    there = _number(folder)
    if there is not None:  # the files of a damaged data set are removed at the end
        _remove(folder, but=there)
    number = next(number for number in range(1000) if not any((folder / name).exists() for name in _names(number)))
    try:
        _write_header(folder, dataset, _write_files(folder, dataset, number))
    except BaseException:
        if _number(folder) != number:  # else the new version has taken its place
            for name in _names(number):
                (folder / name).unlink(missing_ok=True)
        raise
    _remove(folder, but=number)


def _number(folder: Path) -> int | None:
    """Number of the version that the header names; None if it is damaged."""
    with suppress(FileFormatError):
        files = _read_header(folder).files
        return 0 if files is None else files.number
    return None


def _names(number: int) -> tuple[str, str, str, str]:
    version = f"-{number}" if number else ""
    return f"stamps{version}.npy", f"labels{version}.npy", f"groups{version}.npy", f"table{version}.ecsv"


def _remove(folder: Path, *, but: int) -> None:
    for path in folder.iterdir():
        if _FILE.fullmatch(path.name) and path.name not in _names(but):
            with suppress(PermissionError):  # Windows keeps files that a reader has open
                path.unlink()


def _write_files(folder: Path, dataset: Saveable, number: int) -> _Files:
    stamps, labels, groups, table = (folder / name for name in _names(number))
    block = max(1, _BLOCK // max(1, dataset.stamps[:1].nbytes))
    digests = tuple(_digest_of(dataset.stamps[start : start + block]) for start in range(0, len(dataset.stamps), block))
    np.save(stamps, np.asarray(dataset.stamps), allow_pickle=False)
    np.save(labels, dataset.labels, allow_pickle=False)
    np.save(groups, dataset.groups, allow_pickle=False)
    if dataset.table.colnames:
        _write_table(dataset.table, table)
    for path in (stamps, labels, groups, table):
        if path.exists():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
    sync_folder(folder)
    return _Files(
        number=number,
        labels=_digest_of_file(labels),
        groups=_digest_of_file(groups),
        table=_digest_of_file(table) if table.exists() else None,
        dtype=dataset.stamps.dtype.str,
        shape=dataset.stamps.shape,
        block=block,
        stamps=digests,
    )


def _write_header(folder: Path, dataset: Saveable, files: _Files) -> None:
    header = {
        "format": FORMAT,
        "version": VERSION,
        "classes": dataset.classes,
        "recipe": dataset.recipe,
        "files": asdict(files),
    }
    write_atomically(folder / _HEADER, json.dumps(seal(header), indent=1).encode())


def _write_table(table: Table, path: Path) -> None:
    try:
        table.write(path, format="ascii.ecsv")
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - 20) : error.end + 5]
        raise DatasetError(
            f"table: expected text that UTF-8 can hold, got {near!r}; rename the file that is called so"
        ) from error


def _read_header(folder: Path) -> _Header:
    with damaged_file(folder, _EXPECTED):
        content = read_json(folder / _HEADER)
        if (content.get("format"), content.get("version")) != (FORMAT, VERSION):
            raise FileFormatError(
                f"{folder}: expected {FORMAT!r} version {VERSION}, got {content.get('format')!r} version "
                f"{content.get('version')!r}; write it again with this version of galmorph"
            )
        check_seal(content)
        return read_as(_Header, content)


def _open(folder: Path, header: _Header) -> SavedDataset:
    files = header.files
    stamps_path, labels_path, groups_path, table_path = (
        folder / name for name in _names(0 if files is None else files.number)
    )
    with damaged_file(folder, _EXPECTED, "copy the folder again, or make the data set again"):
        if files is not None:
            wanted = {labels_path: files.labels, groups_path: files.groups, table_path: files.table}
            for path, digest in wanted.items():
                if digest is not None and _digest_of_file(path) != digest:
                    raise ValueError(f"{path.name}: is damaged, or belongs to another data set")
        stamps = _map(stamps_path)
        blocks = None
        if files is not None:
            if (stamps.dtype.str, stamps.shape, stamps.flags.c_contiguous) != (files.dtype, files.shape, True):
                raise ValueError(f"{stamps_path.name}: expected {files.dtype} of shape {files.shape}")
            blocks = StampBlocks(stamps_path, stamps, files.block, files.stamps)
        has_table = table_path.exists() if files is None else files.table is not None
        return SavedDataset(
            stamps,
            np.array(_map(labels_path)),
            np.array(_map(groups_path)),
            header.classes,
            _read_table(table_path) if has_table else None,
            header.recipe,
            blocks,
        )


def _map(path: Path) -> np.ndarray:
    """Map an array from its file; more than the file holds is refused before memory is taken."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path.name}")
    array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _read_table(path: Path) -> Table:
    try:
        table = Table.read(path, format="ascii.ecsv")
    except Exception as error:  # those of YAML have no class in common with others
        raise ValueError(f"{path.name}: {error}") from error
    # ECSV does not distinguish an empty text from a missing one, and reads both as missing.
    for name in table.colnames:
        if table[name].dtype.kind == "U" and isinstance(table[name], MaskedColumn):
            table[name] = table[name].filled("")
    return table


def _digest_of(stamps: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(stamps).data).hexdigest()


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
