"""Small classes: find those with too few tested galaxies, and warn about them."""

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from galmorph.errors import FewGalaxiesWarning

__all__ = ["ENOUGH", "small_classes", "warn_about_small_classes"]

ENOUGH = 30  # tested galaxies of a class; the 95 % Wilson interval of a recall of one half is still 0.34 wide


def small_classes(
    labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = ENOUGH
) -> dict[str, int]:
    """Find the classes with fewer than `minimum` galaxies, and how many each has."""
    counts = np.bincount(labels, minlength=len(classes))
    return {name: int(count) for name, count in zip(classes, counts, strict=True) if count < minimum}


def warn_about_small_classes(
    labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = ENOUGH
) -> None:
    """Warn about each class that has fewer than `minimum` tested galaxies.

    Parameters
    ----------
    labels
        The true class of each tested galaxy.
    classes
        Names of the classes.
    minimum
        Smallest number of galaxies that causes no warning.

    Warns
    -----
    FewGalaxiesWarning
        Once for each such class, with its name and its number of galaxies.
    """
    for name, count in small_classes(labels, classes, minimum=minimum).items():
        warnings.warn(
            f"class {name!r}: expected at least {minimum} tested galaxies, got {count}; its precision and recall are "
            f"uncertain: add galaxies, or rely on the intervals",
            FewGalaxiesWarning,
            stacklevel=2,
        )
