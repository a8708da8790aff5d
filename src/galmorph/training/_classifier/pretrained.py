"""Files of the classifiers that come with the package: weights and a card for each."""

from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["PRETRAINED", "pretrained_file"]

#: The names that `Classifier.pretrained` knows.
PRETRAINED = ("galaxy-zoo-2", "hubble")


def pretrained_file(name: str, suffix: str) -> Traversable:
    """File of a classifier: ``"safetensors"`` from `Classifier.save`, or ``"md"`` for its card."""
    return files("galmorph.training") / "pretrained" / f"{name}.{suffix}"
