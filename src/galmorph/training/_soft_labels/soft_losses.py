"""Losses of soft labels, for each galaxy."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, Float32

__all__ = ["dirichlet_multinomial_losses", "soft_losses"]

LARGEST_TOTAL = 1000.0  # of the concentrations: float32 then keeps differences of their log gamma to 1e-3
LEAST = 1e-6  # added to each concentration, whose log gamma would be infinite at 0


def dirichlet_multinomial_losses(
    logits: Float[Array, "galaxies classes"], counts: Float[Array, "galaxies classes"]
) -> Float[Array, "galaxies"]:
    """Minus the logarithm of the likelihood of counts of votes.

    It is the Dirichlet-multinomial distribution: volunteers answer independently with probabilities that are drawn from
    a Dirichlet distribution (Walmsley et al. 2022, MNRAS 509, 3966, equation 6). In the paper, the concentrations are
    outputs between 1 and 100. Here they are the exponentials of the logits, scaled down if their sum is above 1,000;
    the softmax of the logits is then the expectation of the fractions, as it is for every other classifier.

    Parameters
    ----------
    logits
        Logarithms of the concentrations.
    counts
        Votes for each class.
    """
    log_total = jax.nn.logsumexp(logits, axis=-1, keepdims=True)
    excess = jax.nn.relu(log_total - jnp.log(LARGEST_TOTAL))
    concentrations = jnp.exp(logits - excess) + LEAST
    total, votes = concentrations.sum(axis=-1), counts.sum(axis=-1)
    each = gammaln(counts + concentrations) - gammaln(concentrations) - gammaln(counts + 1)
    return -(gammaln(total) - gammaln(votes + total) + gammaln(votes + 1) + each.sum(axis=-1))


def soft_losses(
    logits: Float32[np.ndarray, "galaxies classes"], votes: Float32[np.ndarray, "galaxies classes"], kind: str
) -> Float32[np.ndarray, "galaxies"]:
    """Loss of each galaxy: cross entropy with fractions, or minus the log likelihood of counts."""
    return np.asarray(_compiled(logits, votes, kind))


@partial(jax.jit, static_argnums=2)
def _compiled(logits: Array, votes: Array, kind: str) -> Array:
    if kind == "counts":
        return dirichlet_multinomial_losses(logits, votes)
    return -(votes * jax.nn.log_softmax(logits, axis=-1)).sum(axis=-1)
