"""Files of weights: safetensors with a JSON header. Opening a file never runs code."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from flax import nnx
from jaxtyping import Float16

from galmorph._atomic_files import write_atomically
from galmorph._checks import check
from galmorph._saved_json import damaged_file
from galmorph._tensor_file import check_tensors, open_tensors, saved_tensors, tensor_header
from galmorph.errors import FileFormatError

__all__ = ["load_weights", "read_header", "save_weights", "weights_hash"]

FORMAT = "galmorph classifier"
VERSION = 1


def save_weights(path: str | Path, model: nnx.Module, header: dict[str, Any], *, precision: str) -> None:
    """Write the weights and running statistics of a model, with a JSON header.

    Parameters
    ----------
    path
        The file. Missing folders are made.
    model
        Any `flax.nnx.Module`.
    header
        Everything besides the weights.
    precision
        ``"float32"``, or ``"float16"`` for kernels; arrays with one axis stay float32.

    Raises
    ------
    InvalidValueError
        If a weight is too large for float16.
    """
    header = {"format": FORMAT, "version": VERSION, **header}
    tensors = {name: np.asarray(variable[...]) for name, variable in _variables(model).items()}
    if precision == "float16":
        tensors = {name: _halved(name, array) if array.ndim > 1 else array for name, array in tensors.items()}
    write_atomically(path, saved_tensors(tensors, header))


def _halved(name: str, array: np.ndarray) -> Float16[np.ndarray, "..."]:
    largest = np.abs(array).max(initial=0)
    check(
        bool(largest <= np.finfo(np.float16).max),
        f"{name}: expected weights up to {np.finfo(np.float16).max:.0f}, the largest that float16 can hold, got "
        f"{largest:g}; save with precision='float32'",
    )
    return array.astype(np.float16)


def read_header(path: str | Path) -> dict[str, Any]:
    """Read the header, but no weights.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is not a classifier of galmorph, or from another version.
    """
    if not Path(path).is_file():
        there = "a folder" if Path(path).is_dir() else "no file of this name"
        raise FileFormatError(f"{path}: expected a classifier written by Classifier.save, but there is {there}")
    with damaged_file(path, "a classifier written by Classifier.save"), open_tensors(path) as file:
        header = tensor_header(file)
    if (header.get("format"), header.get("version")) != (FORMAT, VERSION):
        raise FileFormatError(
            f"{path}: expected {FORMAT!r} version {VERSION}; save it again with this version of galmorph"
        )
    return header


def load_weights(path: str | Path, model: nnx.Module) -> nnx.Module:
    """Copy a model, with the weights of a file.

    Parameters
    ----------
    path
        A file from `save_weights`.
    model
        A model of the same architecture, such as one from ``nnx.eval_shape``, which takes no memory.

    Returns
    -------
    model
        The model with the weights of the file.

    Raises
    ------
    FileFormatError
        If names or shapes of the weights are not those of the model, which are compared before any weight is read; or
        if the file does not match the hash in its header.
    """
    wanted = {name: tuple(variable.shape) for name, variable in _variables(model).items()}
    with damaged_file(path, "a classifier written by Classifier.save"), open_tensors(path) as file:
        found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no dict)
        differing = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        if differing:
            name = differing[0]
            raise FileFormatError(
                f"{path}: expected weights of the architecture that its header names, but {len(differing)} differ, "
                f"the first is {name}: expected shape {wanted.get(name)}, got {found.get(name)}"
            )
        tensors = {name: file.get_tensor(name) for name in wanted}
        check_tensors(tensor_header(file), tensors)
    state = nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))
    flat = [
        (keys, variable.replace(tensors[_name(keys)].astype(variable.dtype)))
        for keys, variable in nnx.to_flat_state(state)
    ]
    model = nnx.clone(model)
    nnx.update(model, nnx.from_flat_state(flat))
    return model


def weights_hash(model: nnx.Module, header: dict[str, Any]) -> str:
    """SHA-256 of the weights and running statistics of a model and of a header, in hexadecimal."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, variable in sorted(_variables(model).items()):
        values = np.ascontiguousarray(variable[...])
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _variables(model: nnx.Module) -> dict[str, Any]:
    state = nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))
    return {_name(keys): variable for keys, variable in nnx.to_flat_state(state)}


def _name(keys: tuple[Any, ...]) -> str:
    return ".".join(map(str, keys))
