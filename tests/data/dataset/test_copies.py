"""Exact copies are found in all orientations, and nothing else is."""

import numpy as np
import pytest

from galmorph._orientations import in_orientations
from galmorph.data._dataset import copies
from galmorph.data._dataset.copies import exact_copies


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_all_orientations(monkeypatch: pytest.MonkeyPatch, dtype: type[np.generic], channels: int) -> None:
    """A stamp in each of its eight orientations is a copy of its first row, in pieces of any size."""
    monkeypatch.setattr(copies, "_ROWS", 3)
    stamps = np.random.default_rng(0).integers(0, 256, (5, 6, 6, channels)).astype(dtype)
    turned = np.concatenate([stamps, *(part[1:3] for part in in_orientations(stamps))])
    np.testing.assert_array_equal(exact_copies(turned), [0, 1, 2, 3, 4, *[1, 2] * 8])


def test_equal_sums_are_no_copies() -> None:
    """Stamps of the same pixels in another order are different; so are those that differ by one level."""
    stamp = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    shuffled = np.random.default_rng(0).permutation(stamp.ravel()).reshape(4, 4, 1)
    other = stamp.copy()
    other[0, 0] = 1
    np.testing.assert_array_equal(exact_copies(np.stack([stamp, shuffled, other, stamp])), [0, 1, 2, 0])


def test_flat_stamps_are_no_copies() -> None:
    """Flat stamps show nothing that could be repeated."""
    np.testing.assert_array_equal(exact_copies(np.zeros((3, 4, 4, 1), np.uint8)), [0, 1, 2])
