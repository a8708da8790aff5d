"""Files of classifiers: weights, and everything else in the header."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
from flax import nnx

from galmorph.errors import FileFormatError, InvalidValueError
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.pretrained import PRETRAINED
from galmorph.training._classifier.weights_file import load_weights, read_header, save_weights, weights_hash
from galmorph.training._engine.scaling import Scaling
from galmorph.training._predictions.domain import Domain

__all__ = ["fields_hash", "load_fields", "save_fields"]


def save_fields(path: str | Path, fields: Mapping[str, Any], *, precision: str) -> None:
    """Write the fields of a classifier, by name, to a file.

    Raises
    ------
    InvalidValueError
        If a weight is too large for the precision.
    """
    save_weights(path, fields["model"], _header(fields), precision=precision)


def fields_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the fields on which answers depend: all but the notes."""
    return weights_hash(fields["model"], _header({**fields, "notes": {}}))


def load_fields(path: str | Path, model: nnx.Module | None) -> dict[str, Any]:
    """Read the fields of a classifier from a file that `save_fields` wrote.

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
        If the file holds a network of a user's own and `model` is missing.
    """
    if str(path) in PRETRAINED and not Path(path).exists():
        raise FileFormatError(f"{path}: no such file; Classifier.pretrained({str(path)!r}) loads that classifier")
    header = read_header(path)
    try:
        fields = _from_header(header)
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f"{path}: the header is incomplete or damaged ({error!r}); save it again") from error
    if model is None:
        if fields["architecture"] is None:
            raise InvalidValueError(
                f"{path}: its network is not one of galmorph's; pass one of the same architecture as model="
            )
        model = nnx.eval_shape(lambda: _create(fields))
        nnx.reseed(model, dropout=0)  # the file has no random streams, and eval_shape made none
    return {"model": jax.device_put(load_weights(path, model)), **fields}


def _header(fields: Mapping[str, Any]) -> dict[str, Any]:
    domain: Domain = fields["domain"]
    header = {
        **{name: fields[name] for name in ("architecture", "classes", "channels", "dtype")},
        "recipe": fields["recipe"].to_dict(),
        "scaling": fields["scaling"]._asdict(),
        "domain": asdict(domain),
        "notes": dict(fields["notes"]),
    }
    return header if fields["temperature"] == 1 else {**header, "temperature": fields["temperature"]}


def _from_header(header: Mapping[str, Any]) -> dict[str, Any]:
    domain = header["domain"]
    return {
        **{name: header[name] for name in ("architecture", "channels", "dtype", "notes")},
        "classes": tuple(header["classes"]),
        "recipe": Recipe.from_dict(header["recipe"]),
        "scaling": Scaling(*(tuple(header["scaling"][name]) for name in ("mean", "std"))),
        "domain": Domain(
            bands=tuple(tuple(bands) for bands in domain["bands"]),
            linear=domain.get("linear"),
            pixel_scales=_pair(domain["pixel_scales"]),
            radii=_pair(domain.get("radii")),
        ),
        "temperature": float(header.get("temperature", 1.0)),
    }


def _pair(values: Any) -> tuple[float, float] | None:
    return None if values is None else (float(values[0]), float(values[1]))


def _create(fields: Mapping[str, Any]) -> nnx.Module:
    size = fields["recipe"].size
    return create_model(fields["architecture"], classes=len(fields["classes"]), channels=fields["channels"], size=size)
