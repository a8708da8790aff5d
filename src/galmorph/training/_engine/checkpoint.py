"""Checkpoints: files from which a killed training resumes, with the same result as without the kill."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from galmorph._atomic_files import scratch_file, write_atomically
from galmorph._folder_lock import folder_lock
from galmorph._saved_json import damaged_file, read_as
from galmorph._tensor_file import read_tensors, saved_tensors
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.training._engine.progress import Progress

__all__ = ["Checkpoints"]

FORMAT = "galmorph checkpoint"
VERSION = 1
NAME = re.compile(r"step-(\d{9})\.safetensors")


@dataclass(frozen=True)
class _Header:
    """The header of a checkpoint: which training, and how far it had come."""

    format: str
    version: int
    fingerprint: str
    epoch: int
    step: int
    rows: tuple[dict[str, int | float], ...]
    seconds: float

    def __post_init__(self) -> None:
        if not (self.epoch >= 0 and self.step >= 0 and math.isfinite(self.seconds) and self.seconds >= 0):
            raise ValueError("epoch, step, seconds: expected numbers of at least 0")
        if len(self.rows) != self.epoch or not all({"epoch", "seconds"} <= set(row) for row in self.rows):
            raise ValueError(f"rows: expected one for each of {self.epoch} epochs, got {len(self.rows)}")


class Checkpoints:
    """A folder with the last few checkpoints of one training.

    Parameters
    ----------
    folder
        The folder; created if missing.
    fingerprint
        Hash of everything that determines the training. Checkpoints of another training are refused.
    keep
        Number of checkpoints that are kept.
    """

    def __init__(self, folder: str | Path, fingerprint: str, *, keep: int = 2) -> None:
        self._folder = Path(folder)
        self._fingerprint = fingerprint
        self._keep = keep

    def check_writable(self) -> None:
        """Write and delete an empty file: before the training, not when the first checkpoint is due.

        Raises
        ------
        InvalidValueError
            If no file can be written into the folder.
        """
        there = next(path for path in (self._folder, *self._folder.absolute().parents) if path.exists())
        try:
            with scratch_file(there, prefix=".checkpoint."):
                pass
        except OSError as error:
            raise InvalidValueError(
                f"checkpoints: can't write into {self._folder} ({error}); choose another folder"
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing into the folder, which is removed at the end if it is empty.

        Raises
        ------
        BlockingIOError
            If another training uses the folder.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with folder_lock(self._folder, who="another training", name=".training.lock"):
                yield
        finally:
            with suppress(OSError):
                self._folder.rmdir()

    def save(self, progress: Progress, number: int) -> None:
        """Write a checkpoint, named after the number of steps in all; it appears only when it is complete.

        Raises
        ------
        OSError
            If it can't be written. Older checkpoints are kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        header = _Header(
            format=FORMAT,
            version=VERSION,
            fingerprint=self._fingerprint,
            epoch=progress.epoch,
            step=progress.step,
            rows=tuple(progress.rows),
            seconds=progress.seconds,
        )
        arrays = {name: np.asarray(leaf) for name, leaf in _leaves(progress).items()}
        content = saved_tensors(arrays, asdict(header))
        write_atomically(self._folder / f"step-{number:09d}.safetensors", content)
        for path in self._paths()[: -self._keep]:
            path.unlink()

    def latest(self, like: Progress) -> Progress | None:
        """Read the newest checkpoint that is complete, and that matches its hash.

        Parameters
        ----------
        like
            The beginning of the training: its arrays have the shapes that the checkpoint must have.

        Returns
        -------
        progress
            How far the training had come, or None if there is no checkpoint.

        Raises
        ------
        FileFormatError
            If the newest complete checkpoint belongs to another training, or all are damaged.
        """
        problems = []
        for path in reversed(self._paths()):
            try:
                header, tensors = _read(path)
            except FileFormatError as error:
                problems.append(error)  # damaged, by a failing disk for example: the older one is as good
                continue
            self._check(path, header)
            return _restore(path, tensors, header, like)
        if problems:
            raise FileFormatError(f"{problems[0]}; no checkpoint here is whole: delete them to start again")
        return None

    def _check(self, path: Path, header: _Header) -> None:
        if (header.format, header.version, header.fingerprint) != (FORMAT, VERSION, self._fingerprint):
            raise FileFormatError(
                f"{path}: belongs to another training: model, data or configuration differ; give each training its own "
                "folder, or remove this one to start again"
            )

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("step-*.safetensors") if NAME.fullmatch(path.name))


def _leaves(progress: Progress) -> dict[str, Any]:
    arrays = {"state": progress.state, "best": progress.best, "sums": progress.sums}
    return {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(arrays)}


def _read(path: Path) -> tuple[_Header, dict[str, np.ndarray]]:
    with damaged_file(path, "a checkpoint written by train"):
        header, tensors = read_tensors(path)
        return read_as(_Header, header), tensors


def _restore(path: Path, tensors: dict[str, np.ndarray], header: _Header, like: Progress) -> Progress:
    names = _leaves(like)
    for name, leaf in names.items():
        wanted, found = (np.shape(leaf), np.dtype(leaf.dtype)), tensors.get(name)
        if found is None or (found.shape, found.dtype) != wanted:
            raise FileFormatError(
                f"{path}: damaged: expected an array {name} of shape and type {wanted}; delete this file"
            )
    arrays = {"state": like.state, "best": like.best, "sums": like.sums}
    structure = jax.tree.structure(arrays)
    restored = jax.tree.unflatten(structure, [tensors[name] for name in names])
    return Progress(**restored, epoch=header.epoch, step=header.step, rows=list(header.rows), seconds=header.seconds)
