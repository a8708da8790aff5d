"""Safetensors files with a JSON header and a hash of the content. Opening a file never runs code."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from galmorph._saved_json import parse_json

__all__ = ["check_tensors", "open_tensors", "read_tensors", "saved_tensors", "tensor_header"]


def saved_tensors(tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> bytes:
    """Give the content of a file: tensors, and a header with the SHA-256 of both."""
    described = {**header, "sha256": _hash(header, tensors)}
    content: bytes = save(dict(tensors), metadata={"galmorph": json.dumps(described)})
    return content


@contextmanager
def open_tensors(path: str | Path) -> Iterator[Any]:
    """Open a file; its errors become `ValueError`."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def tensor_header(file: Any) -> dict[str, Any]:
    """Read the header of an open file.

    Raises
    ------
    ValueError
        If it has none, or one that is no object of JSON.
    """
    text = (file.metadata() or {}).get("galmorph")
    if text is None:
        raise ValueError("it has no header of galmorph")
    return parse_json(text)


def read_tensors(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read header and tensors, and compare them with their hash.

    Raises
    ------
    ValueError
        If the file is damaged.
    OSError
        If it can't be read.
    """
    with open_tensors(path) as file:
        header = tensor_header(file)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    check_tensors(header, tensors)
    return header, tensors


def check_tensors(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> None:
    """Raise `ValueError` if header and tensors don't match the hash in the header. Old files have none."""
    if "sha256" in header and header["sha256"] != _hash(header, tensors):
        raise ValueError("its content does not match its hash: it was damaged, or changed by hand")


def _hash(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    described = json.loads(json.dumps({name: value for name, value in header.items() if name != "sha256"}))
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for name, array in sorted(tensors.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
