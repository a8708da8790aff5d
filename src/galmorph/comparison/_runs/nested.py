"""Nested subsets of the training galaxies, for a comparison with several numbers of them."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int

from galmorph.comparison._runs.plan import ComparisonPlan
from galmorph.data import Split
from galmorph.errors import DatasetError

__all__ = ["Parts", "nested_parts"]

Parts = tuple[Int[np.ndarray, "_"], ...]
"""Rows for training, for validation and for the test."""


def nested_parts(
    plan: ComparisonPlan, splits: Mapping[tuple[int, int], Split], labels: Int[np.ndarray, "galaxies"]
) -> dict[tuple[int, int], dict[int | None, Parts]]:
    """Find the parts for each repeat and fold, and each size of the plan.

    The training galaxies of a size are among those of each larger size, and are the same for all architectures and
    seeds. Classes have nearly the same fractions in all of them. Validation galaxies are chosen in the same way, so
    that they are the same fraction of each size. The tested galaxies are always the same.

    Raises
    ------
    DatasetError
        If a size is larger than the number of training galaxies, or smaller than the number of classes.
    """
    most = min(len(split.parts[0]) for split in splits.values())
    classes = len(np.unique(labels))
    wrong = [size for size in plan.sizes if size is not None and not classes <= size <= most]
    if wrong:
        raise DatasetError(
            f"sizes: expected {classes} (the number of classes) to {most} training galaxies, got "
            f"{', '.join(map(str, wrong))}; None means all"
        )
    found: dict[tuple[int, int], dict[int | None, Parts]] = {}
    for (repeat, fold), split in splits.items():
        learn, validation, test = split.parts
        rng = np.random.default_rng((plan.split_seed, repeat, fold))
        learn_order, validation_order = (_spread_over_classes(rows, labels, rng) for rows in (learn, validation))
        found[repeat, fold] = {}
        for size in plan.all_sizes:
            if size is None:
                found[repeat, fold][size] = split.parts
                continue
            kept = max(1, round(len(validation) * size / len(learn)))
            found[repeat, fold][size] = (np.sort(learn_order[:size]), np.sort(validation_order[:kept]), test)
    return found


def _spread_over_classes(
    rows: Int[np.ndarray, "rows"], labels: Int[np.ndarray, "galaxies"], rng: np.random.Generator
) -> Int[np.ndarray, "rows"]:
    """Put rows into a random order whose beginnings have each class in nearly its fraction of all."""
    mixed = rng.permutation(rows)
    places = np.empty(len(mixed))
    for label in np.unique(labels[mixed]):
        own = np.flatnonzero(labels[mixed] == label)
        places[own] = (np.arange(len(own)) + 0.5) / len(own)
    # Each class once first, so that a small subset lacks none.
    firsts = np.unique(labels[mixed], return_index=True)[1]
    places[firsts] = -1
    return mixed[np.argsort(places, kind="stable")]
