"""Files of classifiers: weights, and everything else in the header."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jax
from flax import nnx

from galmorph._checks import check, check_choice, check_positive, check_positive_int
from galmorph._saved_json import read_as
from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.network_check import check_network
from galmorph.training._classifier.pretrained import PRETRAINED
from galmorph.training._classifier.probe import Probe
from galmorph.training._classifier.weights_file import CLASSIFIER, load_weights, read_header, save_weights, weights_hash
from galmorph.training._engine.scaling import Scaling
from galmorph.training._predictions.domain import Domain

__all__ = [
    "ClassifierHeader",
    "blank_network",
    "fields_hash",
    "fields_of",
    "header_of",
    "load_fields",
    "save_fields",
    "seed_dropout",
]


_DEFAULTS = {"temperature": 1.0, "orientations": False}


@dataclass(frozen=True)
class _Scaling:
    """`Scaling`: mean and standard deviation of each channel, or none of both."""

    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None

    def __post_init__(self) -> None:
        check((self.mean is None) == (self.std is None), "scaling: expected mean and std, or neither")
        for value in (*(self.mean or ()), *(self.std or ())):
            check(math.isfinite(value), f"scaling: expected finite numbers, got {value}")
        for value in self.std or ():
            check_positive("scaling: std", value)


@dataclass(frozen=True)
class _Domain:
    """`Domain`; earlier versions did not write all of it."""

    bands: tuple[tuple[str, ...], ...]
    pixel_scales: tuple[float, float] | None
    linear: bool | None = None
    radii: tuple[float, float] | None = None


@dataclass(frozen=True)
class ClassifierHeader:
    """The header of a file: the fields of a classifier besides its network."""

    architecture: str | None
    classes: tuple[str, ...]
    channels: int
    dtype: str
    recipe: dict[str, Any]
    scaling: _Scaling
    domain: _Domain
    notes: dict[str, Any]
    temperature: float = 1.0
    orientations: bool = False
    probe: Probe | None = None

    def __post_init__(self) -> None:
        check_choice("dtype", self.dtype, ("uint8", "float16", "float32"))
        check_positive_int("channels", self.channels)
        check_positive("temperature", self.temperature)
        check(
            0 < len(set(self.classes)) == len(self.classes),
            f"classes: expected different names, at least one, got {self.classes}",
        )
        for answer in self.probe or ():
            check(
                len(answer) == len(self.classes) and all(map(math.isfinite, answer)),
                f"probe: expected a finite number for each of {len(self.classes)} classes, got {answer}",
            )
        for values in (self.scaling.mean, self.scaling.std):
            check(
                values is None or len(values) == self.channels,
                f"scaling: expected a number for each of {self.channels} channels, got {values}",
            )


def save_fields(path: str | Path, fields: Mapping[str, Any], *, precision: str, probe: Probe | None = None) -> None:
    """Write the fields of a classifier, by name, to a file; of a network of one's own also its answers to a pattern.

    Raises
    ------
    InvalidValueError
        If a weight is too large for the precision.
    """
    header = header_of(fields) if probe is None else {**header_of(fields), "probe": probe}
    save_weights(path, {"": fields["model"]}, header, precision=precision, kind=CLASSIFIER)


def fields_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields on which answers depend: all but the notes."""
    return weights_hash(fields["model"], header_of({**fields, "notes": {}}))


def load_fields(path: str | Path, model: nnx.Module | None) -> tuple[dict[str, Any], Probe | None]:
    """Read the fields of a classifier, and its answers to a pattern, from a file that `save_fields` wrote.

    Parameters
    ----------
    path
        The file.
    model
        A network of the same architecture, if the file does not name one of galmorph's.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged, incomplete, not a classifier, or from another version.
    InvalidValueError
        If the file holds a network of a user's own and `model` is missing, or `model` is no network.
    """
    if model is not None:
        check_network(model)
    if str(path) in PRETRAINED and not Path(path).exists():
        raise FileFormatError(f"{path}: no such file; Classifier.pretrained({str(path)!r}) loads that classifier")
    header = read_header(path)
    try:
        described = read_as(ClassifierHeader, header)
        fields = fields_of(described)
        model = blank_network(fields) if model is None else model
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise FileFormatError(f"{path}: the header is incomplete or damaged ({error}); save it again") from error
    if model is None:
        raise InvalidValueError(
            f"{path}: its network is not one of galmorph's; pass one of the same architecture as model="
        )
    if fields["architecture"] is not None:
        seed_dropout(model)
    weights = jax.device_put(load_weights(path, {"": model}, CLASSIFIER)[""])
    return {"model": weights, **fields}, described.probe


def header_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the fields of a classifier besides its network in values that JSON can store."""
    domain: Domain = fields["domain"]
    header = {
        **{name: fields[name] for name in ("architecture", "classes", "channels", "dtype")},
        "recipe": fields["recipe"].to_dict(),
        "scaling": fields["scaling"]._asdict(),
        "domain": asdict(domain),
        "notes": dict(fields["notes"]),
    }
    # Written if they are not the defaults, so that classifiers without them keep their hash.
    return header | {name: fields[name] for name, default in _DEFAULTS.items() if fields[name] != default}


def fields_of(header: ClassifierHeader) -> dict[str, Any]:
    """Make the fields of a classifier besides its network from a header.

    Raises
    ------
    ValueError
        If its recipe, scaling or domain is damaged.
    """
    return {
        **{name: getattr(header, name) for name in ("architecture", "channels", "dtype", "notes", "classes")},
        "recipe": Recipe.from_dict(header.recipe),
        "scaling": Scaling(header.scaling.mean, header.scaling.std),
        "domain": Domain(**vars(header.domain)),
        **{name: getattr(header, name) for name in _DEFAULTS},
    }


def blank_network(fields: Mapping[str, Any]) -> nnx.Module | None:
    """Make the network that the fields name, without memory for its weights; None if it is a user's own."""
    if fields["architecture"] is None:
        return None
    size = fields["recipe"].size
    sizes = {"classes": len(fields["classes"]), "channels": fields["channels"], "size": size}
    return nnx.eval_shape(lambda: create_model(fields["architecture"], **sizes))


def seed_dropout(model: nnx.Module) -> None:
    """Make the random streams of a blank network: files have none, and ``nnx.eval_shape`` made none."""
    nnx.reseed(model, dropout=0)
