"""Galaxy morphology with neural networks: from images to a statistically sound comparison of architectures.

galmorph gathers galaxy images and morphological types, turns each image into a stamp, trains LeNet-5, AlexNet and
ResNets in Flax, and reports which architecture is better, by how much, and how certain that is.

It has seven packages, the *rooms* of the documentation, in the order in which a galaxy passes through them:

=============================  ==================================================================================
`galmorph.data`                images, labels and catalogues, and the `Dataset` that is made of them
`galmorph.preprocessing`       from images to stamps: functions for each step, and the `Recipe` that chains them
`galmorph.models`              from stamps to logits: `LeNet5`, `AlexNet`, `ResNet`
`galmorph.measures`            from linear images to concentration, asymmetry, Gini ...: is a network needed at all?
`galmorph.simulation`          simulated galaxies with known parameters
`galmorph.training`            from a model and a data set to a `Classifier`; evaluate, predict, save, load
`galmorph.comparison`          from several classifiers to a verdict, with figures and a report
=============================  ==================================================================================

All packages use two modules: `galmorph.types`, the values that the packages exchange, and `galmorph.errors`, all errors
that galmorph raises. A package is imported when it is first used, so ``import galmorph`` is fast, loads no JAX, and
uses neither the network nor a GPU. `galmorph.show_versions` prints the versions of all packages, for a report of a
fault.

>>> import galmorph as gm
>>> dataset = gm.simulation.simulate_galaxies(10, scheme="galaxy-zoo-2", seed=0)
>>> dataset.stamps.shape
(10, 64, 64, 3)
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

__all__ = ["comparison", "data", "errors", "measures", "models", "preprocessing", "simulation", "training", "types"]

if _TYPE_CHECKING:
    from galmorph import comparison, data, errors, measures, models, preprocessing, simulation, training, types
    from galmorph._versions import show_versions as show_versions

    __version__: str


def __getattr__(name: str) -> _Any:
    """Import a package or a function, or look up the version, when it is first used."""
    if name in __all__:
        return _import_module(f"galmorph.{name}")
    if name == "show_versions":
        from galmorph._versions import show_versions

        return show_versions
    if name == "__version__":
        from importlib.metadata import version

        return version("galmorph-jax")
    raise AttributeError(f"module 'galmorph' has no attribute {name!r}; it contains {', '.join(__all__)}")


def __dir__() -> list[str]:
    """List the packages, the modules, the function and the version."""
    return [*__all__, "__version__", "show_versions"]
