"""Files of weights: safetensors with a JSON header. Opening a file never runs code."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from flax import nnx
from jaxtyping import Float16

from galmorph._atomic_files import write_atomically
from galmorph._checks import check
from galmorph._saved_json import damaged_file
from galmorph._tensor_file import check_tensors, open_tensors, saved_tensors, tensor_header
from galmorph.errors import FileFormatError

__all__ = ["CLASSIFIER", "FileKind", "load_weights", "read_header", "save_weights", "weights_hash"]

VERSION = 1


class FileKind(NamedTuple):
    """A kind of file: its name in the header, and how errors call it."""

    format: str
    described: str


CLASSIFIER = FileKind("galmorph classifier", "a classifier written by Classifier.save")


def save_weights(
    path: str | Path, models: Mapping[str, nnx.Module], header: dict[str, Any], *, precision: str, kind: FileKind
) -> None:
    """Write the weights and running statistics of models, with a JSON header.

    Parameters
    ----------
    path
        The file. Missing folders are made.
    models
        Any `flax.nnx.Module`, by what stands before the names of its weights.
    header
        Everything besides the weights.
    precision
        ``"float32"``, or ``"float16"`` for kernels; arrays with one axis stay float32.
    kind
        Kind of the file.

    Raises
    ------
    InvalidValueError
        If a weight is too large for float16.
    """
    header = {"format": kind.format, "version": VERSION, **header}
    tensors = {name: np.asarray(variable[...]) for name, variable in _all_variables(models).items()}
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


def read_header(path: str | Path, kind: FileKind = CLASSIFIER) -> dict[str, Any]:
    """Read the header, but no weights.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is not of this kind, or from another version.
    """
    if not Path(path).is_file():
        there = "a folder" if Path(path).is_dir() else "no file of this name"
        raise FileFormatError(f"{path}: expected {kind.described}, but there is {there}")
    with damaged_file(path, kind.described), open_tensors(path) as file:
        header = tensor_header(file)
    if (header.get("format"), header.get("version")) != (kind.format, VERSION):
        got = f"{header.get('format')!r} version {header.get('version')!r}"
        raise FileFormatError(
            f"{path}: expected {kind.format!r} version {VERSION}, got {got}; save it again with this version of "
            "galmorph"
        )
    return header


def load_weights(path: str | Path, models: Mapping[str, nnx.Module], kind: FileKind) -> dict[str, nnx.Module]:
    """Copy models, with the weights of a file.

    Parameters
    ----------
    path
        A file from `save_weights`.
    models
        Models of the same architectures, such as those from ``nnx.eval_shape``, which take no memory; by what stands
        before the names of their weights.
    kind
        Kind of the file.

    Returns
    -------
    models
        The models with the weights of the file.

    Raises
    ------
    FileFormatError
        If names or shapes of the weights are not those of the models, which are compared before any weight is read; or
        if the file does not match the hash in its header.
    """
    wanted = {name: tuple(variable.shape) for name, variable in _all_variables(models).items()}
    with damaged_file(path, kind.described), open_tensors(path) as file:
        found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no dict)
        differing = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        if differing:
            name = differing[0]
            raise FileFormatError(
                f"{path}: expected weights of the network that its header names, or that was passed as model=, but "
                f"{len(differing)} differ, the first is {name}: expected shape {wanted.get(name)}, got "
                f"{found.get(name)}"
            )
        tensors = {name: file.get_tensor(name) for name in wanted}
        check_tensors(tensor_header(file), tensors)
    return {prefix: _with_weights(model, prefix, tensors) for prefix, model in models.items()}


def _with_weights(model: nnx.Module, prefix: str, tensors: Mapping[str, np.ndarray]) -> nnx.Module:
    state = nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))
    flat = [
        (keys, variable.replace(tensors[prefix + _name(keys)].astype(variable.dtype)))
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


def _all_variables(models: Mapping[str, nnx.Module]) -> dict[str, Any]:
    return {prefix + name: variable for prefix, model in models.items() for name, variable in _variables(model).items()}


def _variables(model: nnx.Module) -> dict[str, Any]:
    state = nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))
    return {_name(keys): variable for keys, variable in nnx.to_flat_state(state)}


def _name(keys: tuple[Any, ...]) -> str:
    return ".".join(map(str, keys))
