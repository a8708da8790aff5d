"""Orientations: a galaxy is the same galaxy turned and mirrored."""

from collections.abc import Iterator

import numpy as np

from galmorph._checks import check

__all__ = ["in_orientations"]


def in_orientations(
    stamps: np.ndarray,  # (galaxies, size, size, channels)
) -> Iterator[np.ndarray]:
    """Give stamps in all eight orientations: four quarter turns, then the mirrored stamps in the same four turns.

    Parameters
    ----------
    stamps
        Square stamps of shape ``(galaxies, size, size, channels)``.

    Yields
    ------
    stamps
        The same, turned: views, not copies.

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
    for side in (stamps, stamps[:, :, ::-1]):
        for quarters in range(4):
            yield np.rot90(side, quarters, axes=(1, 2))
