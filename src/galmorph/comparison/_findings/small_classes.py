"""Small classes: find those with too few tested galaxies, and warn about them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from galmorph._warnings import warn
from galmorph.comparison._findings.words import listed
from galmorph.errors import FewGalaxiesWarning

__all__ = ["ENOUGH", "small_classes", "warn_about_small_classes"]

ENOUGH = 30  # tested galaxies of a class; the 95 % Wilson interval of a recall of one half is still 0.34 wide

NAMED = 8  # classes in a warning; their number is not limited


def small_classes(
    labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = ENOUGH
) -> dict[str, int]:
    """Find the classes with fewer than `minimum` galaxies, and how many each has."""
    counts = np.bincount(labels, minlength=len(classes))
    return {name: int(count) for name, count in zip(classes, counts, strict=True) if count < minimum}


def warn_about_small_classes(
    labels: Int[np.ndarray, "galaxies"], classes: Sequence[str], *, minimum: int = ENOUGH
) -> None:
    """Warn if classes have fewer than `minimum` tested galaxies.

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
        Once, with the names of such classes and their numbers of galaxies.
    """
    small = small_classes(labels, classes, minimum=minimum)
    if small:
        counts = [f"{name!r} {count}" for name, count in small.items()]
        others = [f"{len(counts) - NAMED} others"] if len(counts) > NAMED else []
        warn(
            f"classes: expected at least {minimum} tested galaxies in each, got {listed(counts[:NAMED] + others)}; "
            "their precision and recall are uncertain: add galaxies, or rely on the intervals",
            FewGalaxiesWarning,
        )
