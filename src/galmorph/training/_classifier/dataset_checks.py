"""Checks of data sets: is it one, and were its stamps made by the right recipe?"""

import os
from collections.abc import Mapping
from typing import Any

from galmorph._checks import check
from galmorph.data import Dataset

__all__ = ["check_is_dataset", "check_same_recipe"]

# Limits decide which images become stamps, not how. The number of channels is compared on the stamps themselves.
_HARMLESS = {"limits", "channels"}


def check_is_dataset(name: str, value: object) -> None:
    """Raise `InvalidValueError` unless an argument is a `Dataset`."""
    hint = ""
    if isinstance(value, str | os.PathLike):
        hint = "; load a folder of images with galmorph.data.load_image_folder, a saved data set with Dataset.load"
    got = repr(value) if hint else f"a {type(value).__name__}"
    check(isinstance(value, Dataset), f"{name}: expected a Dataset, got {got}{hint}")


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
    found = _differences(recipe, dataset.recipe)
    check(
        not found,
        f"{name}: expected stamps made with the recipe of {of}, but the recipes differ: {'; '.join(found)}. {remedy}, "
        "or pass allow_other_recipe=True if you want to use these",
    )


def _differences(expected: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
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
