"""The eight orientations of a stamp."""

import numpy as np
import pytest

from galmorph.errors import InvalidValueError
from galmorph.preprocessing import in_orientations

STAMPS = np.random.default_rng(0).random((20, 4, 4, 2))


def test_there_are_eight():
    """All eight differ, and turning or mirroring a stamp only changes their order: they form a group."""
    whole = {turned.tobytes() for turned in map(np.ascontiguousarray, in_orientations(STAMPS))}
    assert len(whole) == 8
    moves = [
        lambda stamps: np.rot90(stamps, axes=(1, 2)),
        lambda stamps: stamps[:, ::-1],
        lambda stamps: stamps[:, :, ::-1],
        lambda stamps: stamps.transpose(0, 2, 1, 3),
    ]
    for move in moves:
        moved = {turned.tobytes() for turned in map(np.ascontiguousarray, in_orientations(move(STAMPS)))}
        assert moved == whole


@pytest.mark.parametrize("shape", [(2, 4, 3, 1), (4, 4, 1)])
def test_stamps_are_square(shape):
    """A stamp that is not square has no quarter turn."""
    with pytest.raises(InvalidValueError, match=r"stamps: expected \(galaxies, size, size, channels\), got shape"):
        next(in_orientations(np.zeros(shape)))
