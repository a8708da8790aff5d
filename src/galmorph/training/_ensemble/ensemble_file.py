"""Files of ensembles: the weights of all members, and everything else in the header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from flax import nnx

from galmorph._checks import check, check_positive
from galmorph._saved_json import read_as
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.training._classifier.classifier_file import (
    ClassifierHeader,
    blank_network,
    fields_of,
    header_of,
    seed_dropout,
)
from galmorph.training._classifier.weights_file import FileKind, load_weights, read_header, save_weights

__all__ = ["load_members", "save_members"]

ENSEMBLE = FileKind("galmorph ensemble", "an ensemble written by Ensemble.save")


@dataclass(frozen=True)
class _Header:
    """The header of a file: those of the members, and the temperature of the ensemble."""

    members: tuple[ClassifierHeader, ...]
    temperature: float

    def __post_init__(self) -> None:
        check_positive("temperature", self.temperature)
        check(len(self.members) >= 2, f"members: expected at least two, got {len(self.members)}")


def save_members(path: str | Path, members: Sequence[Mapping[str, Any]], temperature: float, *, precision: str) -> None:
    """Write the fields of the members, by name, to a file.

    Raises
    ------
    InvalidValueError
        If a weight is too large for the precision.
    """
    models = {_prefix(number): fields["model"] for number, fields in enumerate(members)}
    header = {"members": [header_of(fields) for fields in members], "temperature": temperature}
    save_weights(path, models, header, precision=precision, kind=ENSEMBLE)


def load_members(path: str | Path, models: Sequence[nnx.Module | None] | None) -> tuple[list[dict[str, Any]], float]:
    """Read the fields of the members, and the temperature, from a file that `save_members` wrote.

    Parameters
    ----------
    path
        The file.
    models
        Networks of the same architectures, where the file does not name one of galmorph's.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged, incomplete, not an ensemble, or from another version.
    InvalidValueError
        If the file holds a network of a user's own and there is none for it in `models`.
    """
    content = read_header(path, ENSEMBLE)
    try:
        header = read_as(_Header, content)
        members = [fields_of(member) for member in header.members]
        blanks = [blank_network(fields) for fields in members]
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise FileFormatError(f"{path}: the header is incomplete or damaged ({error}); save it again") from error
    given = [None] * len(members) if models is None else list(models)
    check(
        len(given) == len(members),
        f"models: expected one, or None, for each of {len(members)} members, got {len(given)}",
    )
    networks: dict[str, nnx.Module] = {}
    for number, (blank, own) in enumerate(zip(blanks, given, strict=True)):
        if own is None and blank is None:
            raise InvalidValueError(
                f"{path}: the network of member {number + 1} of {len(members)} is not one of galmorph's; pass one of "
                "the same architecture in models="
            )
        if blank is not None:
            seed_dropout(blank)
        networks[_prefix(number)] = own if own is not None else blank  # type: ignore[assignment]  # one of them is there
    loaded = jax.device_put(load_weights(path, networks, ENSEMBLE))
    fields = [{"model": loaded[_prefix(number)], **each} for number, each in enumerate(members)]
    return fields, header.temperature


def _prefix(number: int) -> str:
    return f"members.{number}."
