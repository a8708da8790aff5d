"""Mean and disagreement of members, by their definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from galmorph._metrics import mean_logits
from galmorph.training import disagreement


@given(st.integers(0, 2**32 - 1))
def test_disagreement_is_the_mean_divergence_from_the_mean(seed):
    """Mutual information is the mean Kullback-Leibler divergence of the members from their mean (scipy's entropy)."""
    probabilities = np.random.default_rng(seed).dirichlet(np.full(4, 0.3), (3, 6))
    mean = probabilities.mean(axis=0)
    expected = np.mean([entropy(one, mean, axis=1) for one in probabilities], axis=0)
    found = disagreement(probabilities)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert (found <= np.log(3) + 1e-6).all()


def test_members_that_agree_do_not_disagree():
    """Also where a probability is 0."""
    np.testing.assert_allclose(disagreement(np.tile([[[1.0, 0.0, 0.0]]], (4, 2, 1))), 0)


def test_the_mean_is_that_of_probabilities_and_stays_finite():
    """Logarithms far below the smallest float are averaged as well."""
    logs = np.log([[[0.9, 0.1]], [[0.5, 0.5]]])
    np.testing.assert_allclose(np.exp(mean_logits(logs)), [[0.7, 0.3]], rtol=1e-6)
    far = np.array([[[0.0, -2000.0]], [[0.0, -2000.0]]])
    np.testing.assert_allclose(mean_logits(far), [[0.0, -2000.0]], atol=1e-4)
