"""Starting points of a training: random weights, a network of your own, or a trained classifier."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array

from galmorph._checks import check
from galmorph._warnings import warn
from galmorph.data import Dataset
from galmorph.errors import FileFormatError, ImplausibleWarning, InvalidValueError
from galmorph.models import create_model
from galmorph.preprocessing import Recipe
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._classifier.network_check import check_network, ends_in_probabilities, mode_arguments
from galmorph.training._engine.scaling import Scaling, choose_scaling
from galmorph.training._engine.state import prediction_view, split_model, training_view

__all__ = ["StartingPoint"]


class StartingPoint(NamedTuple):
    """What a training starts from.

    Parameters
    ----------
    model
        The network, with its initial weights and statistics.
    architecture
        Its name in `galmorph.models.create_model`, or None for a network of your own.
    scaling
        Mean and standard deviation of each channel: of a classifier that is fine-tuned, else of the data set.
    recipe
        The recipe that the trained classifier will have.
    before
        Notes of the classifier that is fine-tuned, or None.
    new_layers
        Of a classifier that is fine-tuned, the names of the layers that start at random: its last layer if that was
        made for other classes. None if there is no classifier.
    orientations
        Whether the trained classifier averages over orientations, as the one that is fine-tuned does.
    """

    model: nnx.Module
    architecture: str | None
    scaling: Scaling
    recipe: Recipe
    before: Mapping[str, Any] | None = None
    new_layers: tuple[str, ...] | None = None
    orientations: bool = False

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.architecture or type(self.model).__name__

    @classmethod
    def of(
        cls, origin: str | nnx.Module | Classifier, dataset: Dataset, *, seed: int, scaling: str = "dataset"
    ) -> "StartingPoint":
        """Start from the name of an architecture, a network of your own, or a classifier, which keeps its scaling.

        Raises
        ------
        InvalidValueError
            If the name is unknown, a network is not one of Flax NNX, can't take the stamps or has not one output for
            each class, the classifier takes stamps of another shape, or it has other classes and no single last layer.
        """
        if isinstance(origin, Classifier):
            return cls._of_classifier(origin, dataset, seed)
        architecture = origin if isinstance(origin, str) else None
        if isinstance(origin, str):
            origin = create_model(
                origin, classes=len(dataset.classes), channels=dataset.channels, size=dataset.size, seed=seed
            )
        else:
            _check_outputs(origin, dataset)
        recipe = _recipe_of(dataset) or Recipe(
            size=dataset.size, channels=dataset.channels if dataset.channels in (1, 3) else None
        )
        return cls(origin, architecture, choose_scaling(scaling, dataset), recipe)

    @classmethod
    def _of_classifier(cls, classifier: Classifier, dataset: Dataset, seed: int) -> "StartingPoint":
        size = classifier.recipe.size
        check(
            dataset.stamps.shape[1:] == (size, size, classifier.channels),
            f"dataset: expected stamps of {size} x {size} x {classifier.channels}, as {classifier!r} learned from, got "
            f"{' x '.join(map(str, dataset.stamps.shape[1:]))}; make them with a recipe of that size",
        )
        model, new = classifier.model, ""
        if classifier.classes != dataset.classes:
            model, new = _with_classes(model, classifier.classes, dataset.classes, seed)
        recipe = _recipe_of(dataset) or classifier.recipe
        new_layers = (new,) if new else ()
        return cls(
            model,
            classifier.architecture,
            classifier.scaling,
            recipe,
            before=classifier.notes,
            new_layers=new_layers,
            orientations=classifier.orientations,
        )


def _check_outputs(model: nnx.Module, dataset: Dataset) -> None:
    """Check that a network of the user's turns stamps into one logit for each class. Nothing is computed."""
    check_network(model)
    stamps = jax.ShapeDtypeStruct((2, *dataset.stamps.shape[1:]), jnp.float32)
    parts, training = split_model(prediction_view(model)), split_model(training_view(model))
    name, shape = type(model).__name__, " x ".join(map(str, stamps.shape[1:]))

    def answer(parts: Any, stamps: Array) -> Array:
        return nnx.merge(*parts, copy=True)(stamps)

    try:
        logits = jax.eval_shape(answer, parts, stamps)
        jax.eval_shape(answer, training, stamps)
    except Exception as error:  # a network may raise whatever it likes
        raise InvalidValueError(
            f"model: expected a network that takes stamps of {shape}, but {name} raised {type(error).__name__}: {error}"
        ) from error
    expected = (2, len(dataset.classes))
    got = getattr(logits, "shape", f"a {type(logits).__name__}")
    check(
        got == expected,
        f"model: expected one output for each of the {len(dataset.classes)} classes, that is logits of shape "
        f"{expected} for two stamps of {shape}, got {got} from {name}",
    )
    modes = mode_arguments(model)
    if modes:
        message = (
            f"model: {name} takes {', '.join(modes)}, which keeps its default, because galmorph passes stamps alone: "
            "dropout and batch norm may never be in training mode. Leave it out; galmorph sets the mode of nnx layers"
        )
        warn(message, ImplausibleWarning)
    if ends_in_probabilities(jax.make_jaxpr(answer)(parts, stamps).jaxpr):
        message = (
            f"model: {name} ends in softmax or sigmoid, which the loss applies again, so that it learns badly; return "
            "logits, without it"
        )
        warn(message, ImplausibleWarning)


def _recipe_of(dataset: Dataset) -> Recipe | None:
    if dataset.recipe is None:
        return None
    try:
        return Recipe.from_dict(dataset.recipe)
    except (FileFormatError, InvalidValueError) as error:
        raise InvalidValueError(
            f"dataset: expected stamps made with a galmorph.preprocessing.Recipe, which the classifier can repeat, but "
            f"{error}; to train without a recipe, leave it out: Dataset(..., recipe=None)"
        ) from error


def _with_classes(
    model: nnx.Module, known: tuple[str, ...], wanted: tuple[str, ...], seed: int
) -> tuple[nnx.Module, str]:
    """Copy a network for other classes: in the last layer, known ones keep their weights, new ones get random ones.

    Returns
    -------
    model
        The network.
    new
        Name of the last layer if it has new classes, else an empty text.
    """
    model = nnx.clone(model)
    lasts = [
        (".".join(map(str, path)), module)
        for path, module in nnx.iter_modules(model)
        if isinstance(module, nnx.Linear) and module.out_features == len(known)
    ]
    check(
        len(lasts) == 1,
        f"dataset: expected the classes of the classifier, {', '.join(known)}, got {', '.join(wanted)}; to learn "
        f"other classes, it needs exactly one flax.nnx.Linear of {len(known)} outputs, and has {len(lasts)}",
    )
    ((name, last),) = lasts
    both = [name for name in wanted if name in known]
    new, old = (np.array([classes.index(name) for name in both], int) for classes in (wanted, known))
    fresh = nnx.Linear(last.in_features, len(wanted), rngs=nnx.Rngs(seed))
    last.kernel = nnx.Param(fresh.kernel[...].at[:, new].set(last.kernel[...][:, old]))
    if last.bias is not None and fresh.bias is not None:
        last.bias = nnx.Param(fresh.bias[...].at[new].set(last.bias[...][old]))
    last.out_features = len(wanted)
    return model, name if set(wanted) - set(known) else ""
