"""Galaxies in, an honest verdict out.

galmorph gathers galaxy images and morphological types, turns each image into a stamp, trains LeNet-5, AlexNet and
ResNets in Flax, and says which architecture is better, by how much, and how sure one can be.

The house has six rooms, in the order in which a galaxy walks through them:

=============================  ==================================================================================
`galmorph.data`                where galaxies come from: images, labels, catalogues, `Dataset`
`galmorph.preprocessing`       what happens to pixels: pure functions, and the `Recipe` that chains them
`galmorph.models`              images to logits: `LeNet5`, `AlexNet`, `ResNet`
`galmorph.simulation`          galaxies whose truth is known, drawn by formulas and a telescope's noise
`galmorph.training`            a model and a dataset to a `Classifier`; evaluate, predict, save, load
`galmorph.comparison`          several classifiers to a verdict, with figures
=============================  ==================================================================================

Two modules serve them all: `galmorph.types`, the plain values that rooms hand to each other, and `galmorph.errors`,
everything that galmorph raises. A room is imported when it is first used, so ``import galmorph`` costs next to
nothing, loads no JAX, and touches neither network nor GPU.

>>> import galmorph as gm
>>> dataset = gm.simulation.simulate_galaxies(10, scheme="galaxy-zoo-2", seed=0)
>>> dataset.stamps.shape
(10, 64, 64, 3)
"""

from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING as _TYPE_CHECKING

__all__ = ["comparison", "data", "errors", "models", "preprocessing", "simulation", "training", "types"]

if _TYPE_CHECKING:
    from galmorph import comparison, data, errors, models, preprocessing, simulation, training, types

    __version__: str


def __getattr__(name: str) -> _ModuleType | str:
    """Import a room, or look up the version, when it is first asked for."""
    if name in __all__:
        return _import_module(f"galmorph.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("galmorph-jax")
    raise AttributeError(f"module 'galmorph' has no attribute {name!r}; its rooms are {', '.join(__all__)}")


def __dir__() -> list[str]:
    """List the rooms beside the version."""
    return [*__all__, "__version__"]
