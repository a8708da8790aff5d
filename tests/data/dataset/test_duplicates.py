"""Near-identical stamps: every pair that correlates is found, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galmorph._orientations import in_orientations
from galmorph.data._dataset import duplicates
from galmorph.data._dataset.duplicates import _features, repeated_stamps, similar_stamps
from galmorph.simulation import simulate_galaxies


@given(st.integers(0, 2**32 - 1), st.sampled_from([5, 8, 20, 33]), st.sampled_from([1, 3]), st.floats(0, 3))
def test_features_never_lie_further_apart(seed: int, size: int, channels: int, noise: float) -> None:
    """Features of two stamps are no further apart than the stamps in their best orientation, so no pair is missed."""
    rng = np.random.default_rng(seed)
    one = rng.normal(size=(1, size, size, channels)).astype(np.float32)
    other = np.rot90(one, seed % 4, axes=(1, 2)) + np.float32(noise) * rng.normal(size=one.shape).astype(np.float32)
    unit = [(part - part.mean()) / np.linalg.norm(part - part.mean()) for part in (one, other)]
    least = min(np.linalg.norm(unit[0] - turned) for turned in in_orientations(unit[1]))
    assert np.linalg.norm(_features(one)[0] - _features(other)[0]) <= least + 1e-5


def test_features_of_many_stamps() -> None:
    """More stamps than are computed at once have the features of each."""
    stamps = np.random.default_rng(0).integers(0, 256, (1030, 5, 5, 1), np.uint8)
    features, flat = _features(stamps)
    assert (len(features), len(flat)) == (1030, 1030)
    np.testing.assert_allclose(features[1020:], _features(stamps[1020:])[0], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_threshold(monkeypatch: pytest.MonkeyPatch, dtype: type[np.generic]) -> None:
    """With noise and other brightness and contrast, the pairs found are those that correlate, in pieces of any size."""
    monkeypatch.setattr(duplicates, "_CELLS", 70)
    monkeypatch.setattr(duplicates, "_PAIRS", 3)
    rng = np.random.default_rng(0)
    scale = 255 if dtype == np.uint8 else 1
    clean = rng.uniform(0.3, 0.6, (30, 20, 20, 3))
    noise = np.geomspace(1e-4, 0.1, 30)[:, None, None, None] * rng.normal(size=clean.shape)
    changed = np.rot90(1.2 * (clean + noise) - 0.1, 3, axes=(1, 2))[::-1]
    one, other = ((scale * np.clip(part, 0, 1)).astype(dtype) for part in (clean, changed))
    rows, others, correlations = similar_stamps(one, other, 0.99)
    back = np.rot90(other[::-1], 1, axes=(1, 2)).reshape(30, -1)
    truth = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(one.reshape(30, -1), back, strict=True)])
    assert 5 < len(rows) < 25
    np.testing.assert_array_equal(np.sort(rows), np.flatnonzero(truth >= 0.99))
    np.testing.assert_array_equal(others, 29 - rows)
    np.testing.assert_allclose(correlations, truth[rows], atol=1e-5)


def test_flat_stamps() -> None:
    """Stamps of one level equal each other, and nothing else."""
    stamps = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 1), np.uint8)
    stamps[2] = 7
    others = np.stack([np.full((16, 16, 1), 200, np.uint8), stamps[1], np.zeros((16, 16, 1), np.uint8)])
    rows, columns, values = similar_stamps(stamps, others, 0.999)
    assert [*zip(rows, columns, values, strict=True)] == [(2, 0, 1), (1, 1, pytest.approx(1)), (2, 2, 1)]


def test_no_pair() -> None:
    """If nothing is alike, there are no rows, and no correlations."""
    one, other = np.random.default_rng(0).integers(0, 256, (2, 3, 16, 16, 1), np.uint8)
    assert [len(found) for found in similar_stamps(one, other, 0.999)] == [0, 0, 0]


def test_the_next_candidate_is_tried() -> None:
    """If the nearest stamp fails the full comparison, the next one is tried."""
    rng = np.random.default_rng(0)
    large = np.kron(rng.uniform(size=(8, 8)), np.ones((4, 4)))
    fine = 0.15 * np.kron(np.ones((16, 16)), [[1, -1], [-1, 1]])
    stamps = np.stack([large, large + fine])[..., None].astype(np.float32)
    other = (large + 0.98 * fine + 0.001 * rng.normal(size=(32, 32)))[None, ..., None].astype(np.float32)
    rows, _, _ = similar_stamps(stamps, other, 0.999)
    assert list(rows) == [1]


def test_earlier_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one data set each copy is paired with an earlier row, never with itself, in pieces of any size."""
    monkeypatch.setattr(duplicates, "_CELLS", 20)
    stamps = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 1), np.uint8)
    stamps[4], stamps[8], stamps[2], stamps[6] = stamps[1], np.rot90(stamps[4]), 7, 9
    stamps[8] = np.rot90(stamps[1])
    rows, columns, values = repeated_stamps(stamps, 0.999)
    assert [*columns] == [4, 6, 8]
    assert [*rows][:2] == [1, 2]
    assert rows[2] in (1, 4)
    np.testing.assert_allclose(values, 1, rtol=1e-6)


@pytest.mark.slow
def test_different_galaxies_differ() -> None:
    """Of some hundred simulated galaxies no two different ones are taken for the same; a repeated one is found."""
    galaxies = simulate_galaxies(400, size=32, seed=4)
    rows, columns, _ = similar_stamps(galaxies.stamps[:300], galaxies.stamps[299:], 0.999)
    assert (list(rows), list(columns)) == ([299], [0])
