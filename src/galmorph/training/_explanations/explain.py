"""Explanations: what saliency and Grad-CAM share. What such maps show and what they don't: docs/explanations.md."""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, UInt8

from galmorph._checks import check, check_choice
from galmorph._orientations import ORIENTATIONS, in_orientations, turn_back
from galmorph.data import epoch_order
from galmorph.training._classifier.classifier import Classifier
from galmorph.training._engine.predict import BATCH_SIZE

__all__ = ["Classes", "Stamps", "choose_classes", "map_all", "scaled", "sum_of_logits"]

Classes = str | Sequence[int] | Int[np.ndarray, "galaxies"] | None
Stamps = UInt8[np.ndarray, "galaxies size size channels"] | Float[np.ndarray, "galaxies size size channels"] | Array


def choose_classes(
    classifier: Classifier, stamps: Stamps, classes: Classes, *, orientations: bool
) -> Int[np.ndarray, "galaxies"]:
    """Index of the class that is to be explained, for each galaxy; checks the stamps."""
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


def sum_of_logits(logits: Array, chosen: Array) -> Array:
    """Add up the logits of the chosen classes. Galaxies are independent, so its gradient holds that of each."""
    return jnp.take_along_axis(logits, chosen[:, None], axis=1).sum()


def map_all(
    maps: Callable[[np.ndarray | Array, Int[np.ndarray, "batch"], int], np.ndarray | Array],
    stamps: Stamps,
    chosen: Int[np.ndarray, "galaxies"],
    *,
    orientations: bool,
) -> Float32[np.ndarray, "galaxies size size"]:
    """Make the maps of all stamps, in batches of one shape: as they lie, or the mean over their orientations."""
    order, _ = epoch_order(len(stamps), min(BATCH_SIZE, len(stamps)))

    def of(stamps: Stamps) -> Float32[np.ndarray, "galaxies size size"]:
        made = [np.asarray(maps(stamps[rows], chosen[rows], step)) for step, rows in enumerate(order)]
        return np.concatenate(made)[: len(stamps)]

    if not orientations:
        return of(stamps)
    total = np.zeros(stamps.shape[:3], np.float32)
    for orientation, turned in enumerate(in_orientations(np.asarray(stamps))):
        total += turn_back(of(turned), orientation)
    return total / len(ORIENTATIONS)


def scaled(maps: Float32[np.ndarray, "galaxies size size"]) -> Float32[np.ndarray, "galaxies size size"]:
    """Scale maps so that the largest value of each is 1, unless it is 0."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
