"""Where a training starts: at random weights, at a network of one's own, or at a trained classifier."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from flax import nnx

from galmorph._checks import check
from galmorph.data import Dataset
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.loop import measure_scaling
from galmorph.training._engine.state import Scaling

__all__ = ["Start"]


class Start(NamedTuple):
    """What a training starts from.

    Parameters
    ----------
    model
        The network, with its initial weights and statistics.
    architecture
        Its name in `galmorph.models.create_model`, or None for a network of one's own.
    scaling
        What brings stamps to zero mean and unit variance.
    recipe
        What makes stamps for the classifier.
    before
        Notes of the classifier that it goes on from, or None.
    """

    model: nnx.Module
    architecture: str | None
    scaling: Scaling
    recipe: Recipe
    before: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.architecture or type(self.model).__name__

    @classmethod
    def at(cls, origin: str | nnx.Module | Classifier, dataset: Dataset, *, seed: int) -> "Start":
        """Start with a network by name, one of one's own, or a classifier.

        Raises
        ------
        InvalidValueError
            If the name is unknown, or the classifier takes other stamps than those of the data set, or its classes are
            others and its last layer can't be told.
        """
        if isinstance(origin, Classifier):
            return cls._on_from(origin, dataset, seed)
        architecture = origin if isinstance(origin, str) else None
        if isinstance(origin, str):
            origin = create_model(
                origin, classes=len(dataset.classes), channels=dataset.channels, size=dataset.size, seed=seed
            )
        recipe = _recipe_of(dataset) or Recipe(
            size=dataset.size, channels=dataset.channels if dataset.channels in (1, 3) else None
        )
        return cls(origin, architecture, measure_scaling(dataset), recipe)

    @classmethod
    def _on_from(cls, classifier: Classifier, dataset: Dataset, seed: int) -> "Start":
        size = classifier.recipe.size
        check(
            dataset.stamps.shape[1:] == (size, size, classifier.channels),
            f"dataset: expected stamps of {size} x {size} x {classifier.channels}, as {classifier!r} learned from, got "
            f"{' x '.join(map(str, dataset.stamps.shape[1:]))}; make them with a recipe of that size",
        )
        model = classifier.model
        if classifier.classes != dataset.classes:
            model = _with_classes(model, classifier.classes, dataset.classes, seed)
        recipe = _recipe_of(dataset) or classifier.recipe
        return cls(model, classifier.architecture, classifier.scaling, recipe, classifier.notes)


def _recipe_of(dataset: Dataset) -> Recipe | None:
    return None if dataset.recipe is None else Recipe.from_dict(dataset.recipe)


def _with_classes(model: nnx.Module, known: tuple[str, ...], wanted: tuple[str, ...], seed: int) -> nnx.Module:
    """Copy a model for other classes: known ones keep their weights in the last layer, new ones get random weights."""
    model = nnx.clone(model)
    lasts = [
        module
        for _, module in nnx.iter_modules(model)
        if isinstance(module, nnx.Linear) and module.out_features == len(known)
    ]
    check(
        len(lasts) == 1,
        f"dataset: expected the classes of the classifier, {', '.join(known)}, got {', '.join(wanted)}; to learn "
        f"others, it needs a single flax.nnx.Linear of {len(known)} outputs, and has {len(lasts)}",
    )
    (last,) = lasts
    both = [name for name in wanted if name in known]
    new, old = (np.array([classes.index(name) for name in both], int) for classes in (wanted, known))
    fresh = nnx.Linear(last.in_features, len(wanted), rngs=nnx.Rngs(seed))
    last.kernel = nnx.Param(fresh.kernel[...].at[:, new].set(last.kernel[...][:, old]))
    if last.bias is not None and fresh.bias is not None:
        last.bias = nnx.Param(fresh.bias[...].at[new].set(last.bias[...][old]))
    last.out_features = len(wanted)
    return model
