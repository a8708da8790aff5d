"""Checkpoints: what a training that was killed needs to go on as if it had not been."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from galmorph._files import write_atomically
from galmorph.errors import FileFormatError
from galmorph.training._engine.state import EvalWeights, State, Sums

__all__ = ["Checkpoints", "Progress"]

FORMAT = "galmorph checkpoint"
VERSION = 1
NAME = re.compile(r"step-(\d{9})\.safetensors")


class Progress(NamedTuple):
    """How far a training has come.

    Parameters
    ----------
    state
        Weights, statistics, moments, average.
    best
        Weights and statistics of the best epoch so far.
    epoch, step
        Epoch that is under way, and its next step, both counted from 0.
    sums
        Sums over the steps of this epoch.
    rows
        One row of the history for each epoch that is over.
    seconds
        Time spent so far.
    """

    state: State
    best: EvalWeights
    epoch: int
    step: int
    sums: Sums
    rows: list[dict[str, float]]
    seconds: float


class Checkpoints:
    """A folder with the last few checkpoints of one training.

    Parameters
    ----------
    folder
        Where they are; made if missing.
    fingerprint
        Hash of all that decides how the training goes: checkpoints of another training are refused.
    keep
        How many are kept.
    """

    def __init__(self, folder: str | Path, fingerprint: str, *, keep: int = 2) -> None:
        self._folder = Path(folder)
        self._fingerprint = fingerprint
        self._keep = keep

    def save(self, progress: Progress, number: int) -> None:
        """Write a checkpoint after so many steps in all; it appears under its name only when it is complete.

        Raises
        ------
        OSError
            If it can't be written; those before it are left as they are.
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
        """Read the newest checkpoint that is whole.

        Parameters
        ----------
        like
            A progress with arrays of the same shapes: the beginning of the training.

        Returns
        -------
        progress
            How far the training had come, or None where there is no checkpoint.

        Raises
        ------
        FileFormatError
            If the newest whole checkpoint belongs to another training.
        """
        for path in reversed(self._paths()):
            try:
                with safe_open(path, framework="numpy") as file:
                    header = json.loads((file.metadata() or {})["galmorph"])
                    self._check(path, header)
                    return _restore(file, header, like)
            except (SafetensorError, KeyError, ValueError):
                continue  # a disk that failed: the one before is as good, only older
        return None

    def _check(self, path: Path, header: dict[str, Any]) -> None:
        if (header["format"], header["version"], header["fingerprint"]) != (FORMAT, VERSION, self._fingerprint):
            raise FileFormatError(
                f"{path}: belongs to another training: model, data or configuration differ; give each training a "
                "folder of its own, or remove this one to start anew"
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
