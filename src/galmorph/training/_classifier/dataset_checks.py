"""Checks of data sets, stamps and logits: do they fit the classifier, and were stamps made by the right recipe?"""

import os
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from galmorph._checks import check
from galmorph.data import Dataset

__all__ = [
    "check_finite_stamps",
    "check_is_dataset",
    "check_logits",
    "check_same_recipe",
    "check_stamps",
    "recipe_differences",
]

_CHUNK = 1024  # stamps that are read at a time
_ROUNDING = 1e-3  # by which floats may be below 0 or above 1

# Limits decide which images become stamps, not how. The number of channels is compared on the stamps themselves.
_HARMLESS = {"limits", "channels"}


def check_is_dataset(name: str, value: object) -> None:
    """Raise `InvalidValueError` unless an argument is a `Dataset`."""
    hint = ""
    if isinstance(value, str | os.PathLike):
        hint = "; load a folder of images with galmorph.data.load_image_folder, a saved data set with Dataset.load"
    got = repr(value) if hint else f"a {type(value).__name__}"
    check(isinstance(value, Dataset), f"{name}: expected a Dataset, got {got}{hint}")


def check_finite_stamps(name: str, dataset: Dataset) -> None:
    """Raise `InvalidValueError` if a stamp holds NaN or infinity, `FileFormatError` if those of a file are damaged."""
    dataset.verify()
    if dataset.stamps.dtype == np.uint8:
        return
    for start in range(0, len(dataset), _CHUNK):
        sound = np.isfinite(dataset.stamps[start : start + _CHUNK]).all(axis=(1, 2, 3))
        check(
            bool(sound.all()),
            f"{name}: expected stamps of finite numbers, but some are NaN or infinite, the first in row "
            f"{start + int(sound.argmin())}; leave these galaxies out",
        )


def check_same_recipe(name: str, dataset: Dataset, recipe: Mapping[str, Any] | None, *, of: str, remedy: str) -> None:
    """Raise `InvalidValueError` if the stamps of a data set were made by another recipe.

    If either recipe is unknown (None), as that of simulated galaxies, there is nothing to compare.

    Parameters
    ----------
    name
        What the caller calls the data set.
    dataset
        The data set.
    recipe
        Description of the recipe that its stamps should have.
    of
        Whose recipe that is.
    remedy
        How to make stamps with it.
    """
    if recipe is None or dataset.recipe is None:
        return
    found = recipe_differences(recipe, dataset.recipe)
    check(
        not found,
        f"{name}: expected stamps made with the recipe of {of}, but the recipes differ: {'; '.join(found)}. {remedy}, "
        "or pass allow_other_recipe=True if you want to use these",
    )


def check_stamps(stamps: np.ndarray | Array, size: int, channels: int) -> None:
    """Raise `InvalidValueError` unless stamps have this size, these channels, and the range of their type."""
    check(
        stamps.ndim == 4 and stamps.shape[1:] == (size, size, channels),
        f"stamps: expected shape (n, {size}, {size}, {channels}), got {stamps.shape}; "
        "make them with the classifier's recipe",
    )
    check(len(stamps) > 0, "stamps: expected at least one, got none")
    if stamps.dtype == np.uint8:
        return
    check(
        jnp.issubdtype(stamps.dtype, np.floating),
        f"stamps: expected uint8 (0 to 255) or floats (0 to 1), got {stamps.dtype}; write stamps.astype(np.uint8) "
        "if they are from 0 to 255",
    )
    low, high = float(stamps.min()), float(stamps.max())
    check(
        low >= -_ROUNDING and high <= 1 + _ROUNDING,
        f"stamps: expected floats from 0 (black) to 1 (white), got {low:g} to {high:g}; divide by 255 if they are "
        "grey values",
    )


def check_logits(logits: np.ndarray, galaxies: int, classes: int) -> None:
    """Raise `InvalidValueError` unless there is a finite logit of each class for each galaxy."""
    check(
        logits.shape == (galaxies, classes),
        f"model: expected logits of shape {(galaxies, classes)}, one for each class, got {logits.shape}; make a "
        f"network of {classes} outputs",
    )
    bad = np.count_nonzero(~np.isfinite(logits).all(axis=1))
    check(
        not bad,
        f"logits: expected finite numbers, got NaN or infinity for {bad} of {galaxies} stamps; did the training "
        "diverge?",
    )


def recipe_differences(expected: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    """Say for each entry of two recipes that makes other stamps what was expected and what is here."""
    found = []
    for name in dict.fromkeys([*expected, *got]):
        one, other = (recipe.get(name, "missing") for recipe in (expected, got))
        if one == other or name in _HARMLESS:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            same = [key for key in one if key in other and one[key] == other[key]]
            one, other = (
                " ".join(f"{key} {value}" for key, value in part.items() if key not in same) for part in (one, other)
            )
        found.append(f"{name} {one}, here {other}")
    return found
