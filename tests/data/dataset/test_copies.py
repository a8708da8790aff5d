"""Exact copies are found in all orientations, and nothing else is."""

import numpy as np
import pytest

from galmorph._orientations import in_orientations
from galmorph.data import Dataset
from galmorph.data._dataset import copies
from galmorph.data._dataset.copies import copies_among, exact_copies


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


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_copies_of_another_data_set(monkeypatch: pytest.MonkeyPatch, dtype: type[np.generic]) -> None:
    """Turned and mirrored galaxies are found in the other set; blank ones, other levels and other sizes are not."""
    monkeypatch.setattr(copies, "_ROWS", 3)
    stamps = np.random.default_rng(1).integers(0, 256, (7, 6, 6, 1)).astype(dtype)
    stamps[6] = 9
    turned = np.concatenate([np.rot90(stamps[2:4], axes=(1, 2)), stamps[5:, ::-1], stamps[:1] // 2])
    np.testing.assert_array_equal(copies_among(stamps, turned), [False, False, True, True, False, True, False])
    np.testing.assert_array_equal(copies_among(turned, stamps), [True, True, True, False, False])
    assert not copies_among(stamps, stamps[:, :4, :4]).any()
    assert not copies_among(stamps, stamps.astype(np.uint16)).any()


def test_galaxies_of_one_data_set_in_another() -> None:
    """A data set knows which of its galaxies another one has."""
    stamps = np.random.default_rng(2).integers(0, 256, (5, 8, 8, 1)).astype(np.uint8)
    galaxies = Dataset(stamps, [0, 1, 0, 1, 0], ("round", "long"))
    assert galaxies[:3].copies_of(galaxies[2:]).tolist() == [False, False, True]
