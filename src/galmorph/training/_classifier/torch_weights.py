"""Classifiers of weights that were learned in PyTorch."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flax import nnx

from galmorph._checks import check, check_positive_int
from galmorph.models import load_torch_weights
from galmorph.preprocessing import Recipe
from galmorph.training._engine.scaling import Scaling

__all__ = ["IMAGENET", "torch_fields"]

#: Mean and standard deviation of each channel of ImageNet, with which torchvision's weights were learned.
IMAGENET = Scaling((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def torch_fields(
    path: str | Path, architecture: str, *, size: int, classes: Sequence[str] | None, scaling: Scaling
) -> dict[str, Any]:
    """Make the fields of a classifier from a file of weights; arguments and errors as in `Classifier.from_torch`."""
    check_positive_int("size", size)
    model = load_torch_weights(path, architecture)
    outputs, channels = _outputs(model), _channels(model)
    for name, values in scaling._asdict().items():
        check(
            values is None or len(values) == channels,
            f"scaling: expected a {name} for each of the {channels} channels of these weights, got {values}",
        )
    names = tuple(f"output {number}" for number in range(outputs)) if classes is None else tuple(classes)
    check(
        len(set(names)) == len(names) == outputs,
        f"classes: expected {outputs} different names, one for each output of these weights, got {len(names)}; leave "
        "them out if the network is to learn other classes",
    )
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return {
        "model": model,
        "classes": names,
        "recipe": Recipe(size=size, channels=channels if channels in (1, 3) else None),
        "scaling": scaling,
        "channels": channels,
        "architecture": architecture,
        "notes": {"weights": {"file": Path(path).name, "sha256": digest}},
    }


def _outputs(model: nnx.Module) -> int:
    last: nnx.Linear = getattr(model, "dense" if hasattr(model, "dense") else "dense3")
    return last.out_features


def _channels(model: nnx.Module) -> int:
    if hasattr(model, "convolutions"):
        first: nnx.Conv = model.convolutions[0]
    else:
        first = getattr(model, "conv" if hasattr(model, "conv") else "conv1")
    return first.in_features
