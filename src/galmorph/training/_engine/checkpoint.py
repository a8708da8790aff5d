"""Checkpoints: files from which a killed training resumes, with the same result as without the kill."""

import json
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from galmorph._atomic_files import scratch_file, write_atomically
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.training._engine.progress import Progress

__all__ = ["Checkpoints"]

FORMAT = "galmorph checkpoint"
VERSION = 1
NAME = re.compile(r"step-(\d{9})\.safetensors")


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

    def save(self, progress: Progress, number: int) -> None:
        """Write a checkpoint, named after the number of steps in all; it appears only when it is complete.

        Raises
        ------
        OSError
            If it can't be written. Older checkpoints are kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        header = {
            "format": FORMAT,
            "version": VERSION,
            "fingerprint": self._fingerprint,
            "epoch": progress.epoch,
            "step": progress.step,
            "rows": progress.rows,
            "seconds": progress.seconds,
        }
        arrays = {name: np.asarray(leaf) for name, leaf in _leaves(progress).items()}
        content = save(arrays, metadata={"galmorph": json.dumps(header)})
        write_atomically(self._folder / f"step-{number:09d}.safetensors", content)
        for path in self._paths()[: -self._keep]:
            path.unlink()

    def latest(self, like: Progress) -> Progress | None:
        """Read the newest checkpoint that is complete.

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
            If the newest complete checkpoint belongs to another training.
        """
        for path in reversed(self._paths()):
            try:
                with safe_open(path, framework="numpy") as file:
                    header = json.loads((file.metadata() or {})["galmorph"])
                    self._check(path, header)
                    return _restore(file, header, like)
            except (SafetensorError, KeyError, ValueError):
                continue  # damaged, by a failing disk for example: the older one is as good
        return None

    def _check(self, path: Path, header: dict[str, Any]) -> None:
        if (header["format"], header["version"], header["fingerprint"]) != (FORMAT, VERSION, self._fingerprint):
            raise FileFormatError(
                f"{path}: belongs to another training: model, data or configuration differ; give each training its own "
                "folder, or remove this one to start again"
            )

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("step-*.safetensors") if NAME.fullmatch(path.name))


def _leaves(progress: Progress) -> dict[str, Any]:
    arrays = {"state": progress.state, "best": progress.best, "sums": progress.sums}
    return {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(arrays)}


def _restore(file: Any, header: dict[str, Any], like: Progress) -> Progress:
    names = _leaves(like)
    for name, leaf in names.items():
        if tuple(file.get_slice(name).get_shape()) != np.shape(leaf):
            raise ValueError(name)
    arrays = {"state": like.state, "best": like.best, "sums": like.sums}
    structure = jax.tree.structure(arrays)
    restored = jax.tree.unflatten(structure, [file.get_tensor(name) for name in names])
    return Progress(
        **restored, epoch=header["epoch"], step=header["step"], rows=header["rows"], seconds=header["seconds"]
    )
