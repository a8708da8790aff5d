"""Small classes: those with so few test galaxies that little can be said about them."""

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from galmorph.errors import FewGalaxiesWarning

__all__ = ["FEW", "small_classes", "warn_of_small_classes"]

FEW = 30  # test galaxies of a class; with as many, Wilson's 95 % interval of a recall of one half is still 0.34 wide


def small_classes(labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = FEW) -> dict[str, int]:
    """Find the classes with fewer than `minimum` galaxies, and their numbers."""
    counts = np.bincount(labels, minlength=len(classes))
    return {name: int(count) for name, count in zip(classes, counts, strict=True) if count < minimum}


def warn_of_small_classes(labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = FEW) -> None:
    """Warn of each class that has too few test galaxies to say much about it.

    Parameters
    ----------
    labels
        The true class of each test galaxy.
    classes
        Names of the classes.
    minimum
        Least number of galaxies of a class that is no cause for a warning.

    Warns
    -----
    FewGalaxiesWarning
        Once for each such class, with its name and number.
    """
    for name, count in small_classes(labels, classes, minimum=minimum).items():
        warnings.warn(
            f"class {name!r}: expected at least {minimum} test galaxies, got {count}; its precision and recall "
            f"stand on too few: give more galaxies, or judge by the intervals",
            FewGalaxiesWarning,
            stacklevel=2,
        )
