"""Functions that saliency and Grad-CAM share. docs/explanations.md says what such maps show, and what they do not."""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, UInt8

from galmorph._checks import check, check_choice
from galmorph._orientations import ORIENTATIONS, in_orientations, turn_back
from galmorph.data import epoch_order
from galmorph.training._classifier.classifier import Classifier, check_classifier
from galmorph.training._engine.predict import BATCH_SIZE

__all__ = [
    "Classes",
    "Stamps",
    "classes_to_explain",
    "explain_in_batches",
    "scale_to_maximum",
    "sum_of_chosen_logits",
]

Classes = str | Sequence[int] | Int[np.ndarray, "galaxies"] | None
Stamps = UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"] | Array


def classes_to_explain(
    classifier: Classifier, stamps: Stamps, classes: Classes, *, orientations: bool
) -> Int[np.ndarray, "galaxies"]:
    """Index of the class to explain for each galaxy; checks classes and stamps."""
    check_classifier(classifier)
    classifier.check_stamps(stamps)
    if classes is None:
        return classifier.probabilities(stamps, orientations=orientations).argmax(axis=1)
    if isinstance(classes, str):
        check_choice("classes", classes, classifier.classes)
        return np.full(len(stamps), classifier.classes.index(classes))
    chosen, last = np.asarray(classes), len(classifier.classes) - 1
    check(
        chosen.shape == (len(stamps),) and np.issubdtype(chosen.dtype, np.integer),
        f"classes: expected a name, or an index for each of {len(stamps)} galaxies, got {classes!r}",
    )
    check(
        bool(chosen.min(initial=0) >= 0 and chosen.max(initial=0) <= last),
        f"classes: expected indices from 0 to {last}, got {chosen.min(initial=0)} to {chosen.max(initial=0)}",
    )
    return chosen


def sum_of_chosen_logits(logits: Array, chosen: Array) -> Array:
    """Sum of the logits of the chosen classes. Galaxies are independent, so its gradient holds the gradient of each."""
    return jnp.take_along_axis(logits, chosen[:, None], axis=1).sum()


def explain_in_batches(
    explain: Callable[[np.ndarray | Array, Int[np.ndarray, "batch"], int], np.ndarray | Array],
    stamps: Stamps,
    chosen: Int[np.ndarray, "galaxies"],
    *,
    orientations: bool,
) -> Float32[np.ndarray, "galaxies size size"]:
    """Explain all stamps in batches of one shape: in one orientation, or as the mean over the eight of each stamp."""
    order, _ = epoch_order(len(stamps), min(BATCH_SIZE, len(stamps)))

    def explain_all(stamps: Stamps) -> Float32[np.ndarray, "galaxies size size"]:
        made = [np.asarray(explain(stamps[rows], chosen[rows], step)) for step, rows in enumerate(order)]
        return np.concatenate(made)[: len(stamps)]

    if not orientations:
        return explain_all(stamps)
    total = np.zeros(stamps.shape[:3], np.float32)
    for orientation, turned in enumerate(in_orientations(np.asarray(stamps))):
        total += turn_back(explain_all(turned), orientation)
    return total / len(ORIENTATIONS)


def scale_to_maximum(maps: Float32[np.ndarray, "galaxies size size"]) -> Float32[np.ndarray, "galaxies size size"]:
    """Scale maps so that the largest value of each is 1, unless it is 0."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
