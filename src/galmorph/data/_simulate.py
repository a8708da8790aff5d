"""Simulated galaxies: stamps whose truth is known, made offline in seconds."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Column, Table
from jaxtyping import Int

from galmorph._checks import check, check_between, check_choice, check_positive_int
from galmorph.data._dataset import Dataset
from galmorph.data._galaxy_zoo import GALAXY_ZOO_2_CLASSES
from galmorph.data._observation import FRAME, observe
from galmorph.data._population import COLUMNS, draw_population

__all__ = ["simulate_galaxies"]

# Galaxies of each class in the sample of Dai & Tong (2018), in the order of GALAXY_ZOO_2_CLASSES.
DAI_TONG_COUNTS = (8_434, 8_069, 578, 3_903, 7_806)

# Pixels drawn at once: 64 galaxies of 64 x 64. Each block of galaxies has random numbers of its own, so that another
# number here makes other noise.
BLOCK_PIXELS = 2**18


def simulate_galaxies(
    n: int,
    *,
    scheme: str = "galaxy-zoo-2",
    size: int = 64,
    seed: int = 0,
    class_counts: Mapping[str, int] | Sequence[int] | None = None,
) -> Dataset:
    """Simulate colour stamps of galaxies, as the Sloan Digital Sky Survey sees the classes of Galaxy Zoo 2.

    Sérsic bulges and discs, sech² discs on edge with dust lanes, and logarithmic arms with or without a bar are drawn,
    blurred, overlaid with neighbours, sky and noise, and stretched by asinh. They imitate the images of Galaxy Zoo 2
    closely enough to try out, teach and test with; what a classifier scores on them is no measure of its worth on the
    sky. The guide "Simulated galaxies" has the formulas.

    Parameters
    ----------
    n
        Number of galaxies.
    scheme
        The classes: only ``"galaxy-zoo-2"``, the five of Dai & Tong (2018), is known.
    size
        Side of a stamp in pixels, from 16 to 512. At any size a stamp is 3.4 Petrosian radii (of 90 % of the light)
        wide, as are the central 170 of 424 pixels of the images of Galaxy Zoo 2.
    seed
        The same seed on the same machine gives the same bits.
    class_counts
        Galaxies of each class, by name or in the order of the classes; the counts sum to `n`, and a name left out has
        none. By default in proportion to the sample of Dai & Tong, with at least one of each class where `n` allows.

    Returns
    -------
    Dataset
        Uint8 stamps of shape ``(n, size, size, 3)`` in red, green, blue, in random order. The table holds the
        parameters that each galaxy was drawn with; its columns tell units and meaning. Lengths are in pixels of the
        stamp, angles in degrees from the x axis (columns) towards the y axis (rows).

    Raises
    ------
    InvalidValueError
        If the scheme is unknown, a number is out of its range, or the counts name an unknown class, are negative, or
        don't sum to `n`.

    References
    ----------
    Willett et al. (2013), MNRAS 435, 2835 (Galaxy Zoo 2); Dai & Tong (2018), arXiv:1807.10406 (the sample of five
    classes); Lupton et al. (2004), PASP 116, 133 (the stretch that keeps colour).

    Examples
    --------
    >>> from galmorph.data import simulate_galaxies
    >>> stamps = simulate_galaxies(8, size=32, seed=1)
    >>> stamps.stamps.shape
    (8, 32, 32, 3)
    >>> stamps.class_counts()["spiral"]
    2
    """
    check_positive_int("n", n)
    check_choice("scheme", scheme, ["galaxy-zoo-2"])
    check_positive_int("size", size)
    check_between("size", size, 16, 512)
    check(seed >= 0, f"seed: expected a whole number of at least 0, got {seed!r}")
    counts = _default_counts(n) if class_counts is None else _checked_counts(n, class_counts)

    block = max(BLOCK_PIXELS // size**2, 1)
    population_seed, *block_seeds = np.random.SeedSequence(seed).spawn(1 + math.ceil(n / block))
    rng = np.random.default_rng(population_seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
    table = _in_pixels(draw_population(labels, rng), size)
    truth = table.as_array()
    stamps = np.empty((n, size, size, 3), np.uint8)
    for start, block_seed in zip(range(0, n, block), block_seeds, strict=True):
        rows = slice(start, start + block)
        stamps[rows] = observe(truth[rows], size, np.random.default_rng(block_seed))
    return Dataset(stamps, labels, GALAXY_ZOO_2_CLASSES, table=table)


def _default_counts(n: int) -> Int[np.ndarray, "classes"]:
    """Share `n` out in proportion to Dai & Tong's sample, by the largest remainder, one for each class first."""
    share = n * np.array(DAI_TONG_COUNTS) / sum(DAI_TONG_COUNTS)
    counts = np.floor(share).astype(int)
    counts[np.argsort(counts - share, kind="stable")[: n - counts.sum()]] += 1
    if n >= len(counts):
        for empty in np.flatnonzero(counts == 0):
            counts[np.argmax(counts)] -= 1
            counts[empty] = 1
    return counts


def _checked_counts(n: int, class_counts: Mapping[str, int] | Sequence[int]) -> Int[np.ndarray, "classes"]:
    known = ", ".join(GALAXY_ZOO_2_CLASSES)
    if isinstance(class_counts, Mapping):
        unknown = [name for name in class_counts if name not in GALAXY_ZOO_2_CLASSES]
        check(not unknown, f"class_counts: expected names among {known}, got {', '.join(map(repr, unknown))}")
        class_counts = [class_counts.get(name, 0) for name in GALAXY_ZOO_2_CLASSES]
    check(
        len(class_counts) == len(GALAXY_ZOO_2_CLASSES),
        f"class_counts: expected {len(GALAXY_ZOO_2_CLASSES)} counts ({known}), got {len(class_counts)}",
    )
    check(
        min(class_counts) >= 0 and sum(class_counts) == n,
        f"class_counts: expected counts of at least 0 that sum to n = {n}, got {list(class_counts)}",
    )
    return np.array(class_counts)


def _in_pixels(columns: Mapping[str, np.ndarray], size: int) -> Table:
    """Documented columns, with lengths in pixels of the stamp and positions from the centre of its first pixel."""
    table = Table()
    for name, (unit, description, _) in COLUMNS.items():
        values = columns[name] * size / FRAME if unit == "pix" else columns[name]
        if name in ("x", "y"):
            values = values + (size - 1) / 2
        table[name] = Column(values.astype(np.float32), unit=unit or None, description=description)
    return table
