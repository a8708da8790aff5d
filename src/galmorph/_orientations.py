"""The eight orientations of a square stamp, in the order that all of galmorph uses."""

from collections.abc import Iterator

import numpy as np

from galmorph._checks import check

__all__ = ["ORIENTATIONS", "in_orientations", "turn_back"]

# Pairs (mirrored, quarter turns): the four rotations of the stamp, then the same four of its mirror image.
ORIENTATIONS = tuple((mirrored, quarters) for mirrored in (False, True) for quarters in range(4))


def in_orientations(
    stamps: np.ndarray,  # (galaxies, size, size, channels)
) -> Iterator[np.ndarray]:
    """Yield stamps in all eight orientations: four rotations, then the same four of the mirrored stamps.

    Parameters
    ----------
    stamps
        Square stamps of shape ``(galaxies, size, size, channels)``.

    Yields
    ------
    stamps
        All stamps in one orientation: a view, not a copy.

    Raises
    ------
    InvalidValueError
        If the stamps are not square.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.preprocessing import in_orientations
    >>> stamp = np.arange(4).reshape(1, 2, 2, 1)
    >>> [turned.ravel().tolist() for turned in in_orientations(stamp)][:2]
    [[0, 1, 2, 3], [1, 3, 0, 2]]
    """
    check(
        stamps.ndim == 4 and stamps.shape[1] == stamps.shape[2],
        f"stamps: expected (galaxies, size, size, channels), got shape {stamps.shape}",
    )
    for mirrored, quarters in ORIENTATIONS:
        yield np.rot90(stamps[:, :, ::-1] if mirrored else stamps, quarters, axes=(1, 2))


def turn_back(
    maps: np.ndarray,  # (galaxies, size, size)
    orientation: int,
) -> np.ndarray:
    """Turn maps that were computed from stamps in one orientation (an index) back to the original orientation."""
    mirrored, quarters = ORIENTATIONS[orientation]
    back = np.rot90(maps, -quarters, axes=(1, 2))
    return back[:, :, ::-1] if mirrored else back
