"""Neighbours and unusual galaxies, against distances by definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from galmorph.errors import InvalidValueError
from galmorph.training import most_unusual, nearest


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["cosine", "euclidean"]), st.integers(1, 8))
def test_neighbours_have_the_smallest_distances(seed, metric, k):
    """They are those of scipy's matrix of distances without the galaxy itself, in order; rows or features alike."""
    features = np.random.default_rng(seed).normal(size=(20, 5))
    distances = cdist(features, features, metric)
    np.fill_diagonal(distances, np.inf)
    found = nearest(features, [3, 0, 19], k, metric=metric)
    expected = np.sort(distances[[3, 0, 19]], axis=1)[:, :k]
    np.testing.assert_allclose(found.distances, expected, atol=1e-9)
    np.testing.assert_allclose(np.take_along_axis(distances[[3, 0, 19]], found.rows, 1), expected, atol=1e-9)
    others = np.delete(features, 3, axis=0)
    np.testing.assert_allclose(nearest(others, features[3], k, metric=metric).distances, expected[0], atol=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["cosine", "euclidean"]), st.integers(1, 8))
def test_the_most_unusual_have_the_farthest_neighbours(seed, metric, neighbours):
    """The measure is the distance to the n-th neighbour, from scipy's matrix of distances."""
    features = np.random.default_rng(seed).normal(size=(20, 5))
    distances = np.sort(cdist(features, features, metric), axis=1)[:, neighbours]  # the first is the galaxy itself
    found = most_unusual(features, 4, neighbours=neighbours, metric=metric)
    np.testing.assert_allclose(found.distances, np.sort(distances)[::-1][:4], atol=1e-9)
    np.testing.assert_allclose(found.distances, distances[found.rows], atol=1e-9)


def test_a_galaxy_is_not_its_own_neighbour_even_among_copies():
    """Copies are at distance 0, and none of the lists has the galaxy itself."""
    features = np.ones((6, 3), np.float32)
    found = nearest(features, np.arange(6), 2)
    assert found.rows.shape == (6, 2)
    assert not (found.rows == np.arange(6)[:, None]).any()
    np.testing.assert_allclose(found.distances, 0, atol=1e-6)


def test_the_length_of_features_does_not_count_for_the_cosine():
    """A brighter copy of a galaxy is at distance 0."""
    features = np.array([[1.0, 2.0], [10.0, 20.0], [1.0, 2.1]])
    assert nearest(features, 0, 1).rows.tolist() == [1]
    assert nearest(features, 0, 1, metric="euclidean").rows.tolist() == [2]


def test_galaxies_without_features_are_left_out():
    """A row of NaN is nobody's neighbour, is not unusual, and has no neighbours."""
    features = np.array([[0.0, 1.0], [np.nan, np.nan], [0.1, 1.0], [1.0, 0.0], [0.2, 1.0]])
    assert nearest(features, 0, 3).rows.tolist() == [2, 4, 3]
    assert 1 not in most_unusual(features, 4, neighbours=1).rows
    with pytest.raises(InvalidValueError, match=r"of: expected galaxies with features, but those of row \[1\] are NaN"):
        nearest(features, 1, 2)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: nearest(x[0], 0), r"features: expected numbers of shape \(galaxies, features\), got shape \(3,\)"),
        (lambda x: nearest(np.where(x == x.max(), np.inf, x), 0, 1), "1 of 5 galaxies have some that are not, the fir"),
        (lambda x: nearest(x, 5, 1), "of: expected rows from 0 to 4, got 5 to 5"),
        (lambda x: nearest(x, 0, 5), "k: expected at most 4, the number of other galaxies with features, got 5"),
        (lambda x: nearest(x, x[0, :2], 1), r"of: expected 3 finite features of each galaxy, got shape \(2,\)"),
        (lambda x: nearest(x, 0, 1, metric="l1"), "metric: expected one of 'cosine', 'euclidean', got 'l1'"),
        (lambda x: most_unusual(x, 6), "k: expected at most 5"),
        (lambda x: most_unusual(x, 1, neighbours=5), "neighbours: expected fewer than the 5 galaxies"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    """Errors say what was expected and what was given."""
    with pytest.raises(InvalidValueError, match=message):
        call(np.random.default_rng(0).random((5, 3)))
