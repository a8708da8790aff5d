"""Features as arguments: checked, and without the galaxies that have none."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from galmorph._checks import check

__all__ = ["check_features", "check_rows", "known_rows"]


def check_features(name: str, features: Float[np.ndarray, "galaxies features"]) -> Float[np.ndarray, "galaxies _"]:
    """Give features as an array; those of a galaxy may be NaN throughout, as for an image that can't be used.

    Raises
    ------
    InvalidValueError
        If they are no numbers of shape ``(galaxies, features)``, or some of a galaxy's are not finite.
    """
    values = np.asarray(features)
    check(
        values.ndim == 2 and values.shape[1] > 0 and values.dtype.kind in "fiu",
        f"{name}: expected numbers of shape (galaxies, features), got shape {values.shape} of {values.dtype}",
    )
    bad = ~np.isfinite(values).all(axis=1) & ~np.isnan(values).all(axis=1)
    check(
        not bad.any(),
        f"{name}: expected finite numbers, but {np.count_nonzero(bad)} of {len(values)} galaxies have some that are "
        f"not, the first in row {int(bad.argmax())}",
    )
    return values if values.dtype.kind == "f" else values.astype(np.float64)


def known_rows(features: Float[np.ndarray, "galaxies features"]) -> Bool[np.ndarray, "galaxies"]:
    """Say which galaxies have features."""
    return ~np.isnan(features[:, 0])


def check_rows(
    name: str, rows: int | Sequence[int] | Int[np.ndarray, "rows"], known: Bool[np.ndarray, "galaxies"]
) -> Int[np.ndarray, "rows"]:
    """Give rows of galaxies that have features as an array.

    Raises
    ------
    InvalidValueError
        If they are no whole numbers, out of range, or a galaxy has no features.
    """
    chosen = np.atleast_1d(np.asarray(rows))
    check(
        chosen.ndim == 1 and chosen.dtype.kind in "iu" and len(chosen) > 0,
        f"{name}: expected the row of a galaxy, or several, got {rows!r}",
    )
    check(
        bool(chosen.min() >= 0 and chosen.max() < len(known)),
        f"{name}: expected rows from 0 to {len(known) - 1}, got {chosen.min()} to {chosen.max()}",
    )
    check(
        bool(known[chosen].all()),
        f"{name}: expected galaxies with features, but those of row {chosen[~known[chosen]][:1].tolist()} are NaN; its "
        "image could not be used",
    )
    return chosen.astype(np.int64)
