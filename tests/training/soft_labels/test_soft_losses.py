"""Losses of soft labels, against scipy's distributions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import dirichlet_multinomial, entropy

from galmorph.training._soft_labels.soft_losses import dirichlet_multinomial_losses, soft_losses


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_counts_have_the_likelihood_of_scipy(seed):
    """With the exponentials of the logits as concentrations, whose sum is below 1,000."""
    rng = np.random.default_rng(seed)
    logits = np.clip(rng.normal(0, 2, (6, 4)), -6, 5).astype(np.float32)
    counts = rng.multinomial(40, rng.dirichlet(np.ones(4)), 6).astype(np.float32)
    expected = [
        -dirichlet_multinomial.logpmf(k.astype(int), np.exp(x.astype(float)), 40)
        for k, x in zip(counts, logits, strict=True)
    ]
    np.testing.assert_allclose(soft_losses(logits, counts, "counts"), expected, rtol=1e-3, atol=1e-3)


def test_fractions_have_the_cross_entropy():
    """It is the entropy of the fractions plus their divergence from the softmax."""
    rng = np.random.default_rng(0)
    logits, fractions = rng.normal(0, 2, (6, 4)).astype(np.float32), rng.dirichlet(np.ones(4), 6).astype(np.float32)
    expected = entropy(fractions, axis=1) + entropy(fractions, softmax(logits, axis=1), axis=1)
    np.testing.assert_allclose(soft_losses(logits, fractions, "fractions"), expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 30.0, 300.0])
def test_losses_and_gradients_stay_finite(scale):
    """Even where concentrations underflow, or their sum is far above its limit."""
    logits = np.array([[1.0, -1.0, 0.0], [-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]], np.float32) * scale
    counts = np.array([[0.0, 40.0, 0.0], [3.0, 0.0, 1.0], [10.0, 10.0, 10.0]], np.float32)
    losses, gradients = jax.value_and_grad(lambda x: dirichlet_multinomial_losses(x, jnp.asarray(counts)).sum())(logits)
    assert np.isfinite(losses)
    assert np.isfinite(gradients).all()
    assert (soft_losses(logits, counts, "counts") >= -1e-3).all()  # likelihoods of counts are at most 1
