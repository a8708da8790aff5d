"""Orientations: answers that should not depend on them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from galmorph.comparison._statistics.orientations import consistency, mean_over_orientations
from galmorph.errors import InvalidValueError
from galmorph.preprocessing import in_orientations

STAMPS = np.random.default_rng(0).random((20, 4, 4, 2))


def network(seed: int):
    """Make a network of one layer, whose answers depend on the orientation."""
    weights = np.random.default_rng(seed).normal(size=(4 * 4 * 2, 3))
    return lambda stamps: softmax(stamps.reshape(len(stamps), -1) @ weights, axis=1)


def in_all(answer, stamps=STAMPS):
    """What a network answers in all orientations."""
    return np.stack([answer(turned) for turned in in_orientations(stamps)])


MOVES = [lambda stamps, k=k: np.rot90(stamps, k, axes=(1, 2)) for k in range(4)]
FLIPS = [lambda stamps: stamps[:, :, ::-1], lambda stamps: stamps[:, ::-1]]


@given(st.integers(0, 2**32))
def test_consistency_is_that_of_stamps_turned_once_more(seed):
    """Each orientation is turned and mirrored explicitly, and the network asked again."""
    answer = network(seed)
    turned, flipped = [], []
    for stamps in in_orientations(STAMPS):
        before = answer(stamps).argmax(axis=1)
        turned += [answer(move(stamps)).argmax(axis=1) != before for move in (MOVES[1], MOVES[3])]
        flipped += [answer(flip(stamps)).argmax(axis=1) != before for flip in FLIPS]
    result = consistency(in_all(answer))
    assert result.turn == pytest.approx(np.mean(turned))
    assert result.flip == pytest.approx(np.mean(flipped))


def test_consistency_by_hand():
    """One galaxy of two minds one of the four turns, of the mirrored side only: 2 of 16 turns and of flips, 1 of 2."""
    answers = np.zeros((8, 2), int)
    answers[6, 1] = 1
    result = consistency(np.eye(2)[answers])
    assert (result.turn, result.flip, result.any) == (2 / 16, 1 / 8, 1 / 2)
    assert str(result) == (
        "a quarter turn changes 12.5 % of the answers, a flip 12.5 %; "
        "50.0 % of the galaxies get different answers in different orientations"
    )


def test_a_network_that_sees_no_orientation_is_consistent():
    """Brightness alone does not turn, and its mean over the orientations is itself."""
    weights = np.random.default_rng(1).normal(size=(2, 3))
    probabilities = in_all(lambda stamps: softmax(stamps.mean(axis=(1, 2)) @ weights, axis=1))
    result = consistency(probabilities)
    assert (result.turn, result.flip, result.any) == (0, 0, 0)
    np.testing.assert_allclose(mean_over_orientations(probabilities), probabilities[0])


@given(st.integers(0, 2**32), st.sampled_from([*MOVES, *FLIPS]))
def test_the_mean_does_not_depend_on_how_a_galaxy_lies(seed, move):
    """Averaged over the orientations, any network answers the same to a stamp that is turned or mirrored."""
    answer = network(seed)
    mean = mean_over_orientations(in_all(answer))
    np.testing.assert_allclose(mean_over_orientations(in_all(answer, move(STAMPS))), mean, rtol=1e-9)
    np.testing.assert_allclose(mean.sum(axis=1), 1)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("function", [consistency, mean_over_orientations])
@pytest.mark.parametrize("shape", [(4, 5, 3), (8, 0, 3), (8, 3)])
def test_other_than_eight_are_refused(function, shape):
    """There are eight orientations, and a galaxy."""
    with pytest.raises(InvalidValueError, match=r"expected \(8, galaxies, classes\) with at least one galaxy, got"):
        function(np.zeros(shape))


def test_one_galaxy_is_enough():
    """A single galaxy has a consistency, and a mean over its orientations."""
    answers = np.eye(2)[[[0]] * 7 + [[1]]]
    assert consistency(answers).any == 1
    np.testing.assert_allclose(mean_over_orientations(answers), [[7 / 8, 1 / 8]])
