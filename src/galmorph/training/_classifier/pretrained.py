"""Classifiers that come with the package: weights and a card for each, beside this file."""

from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["PRETRAINED", "pretrained_file"]

#: The names that `Classifier.pretrained` knows.
PRETRAINED = ("galaxy-zoo-2",)


def pretrained_file(name: str, suffix: str) -> Traversable:
    """A file of a classifier: ``"safetensors"``, what `Classifier.save` wrote, or ``"md"``, its card."""
    return files("galmorph.training") / "pretrained" / f"{name}.{suffix}"
