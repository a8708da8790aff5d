"""What every metric is made of: for each galaxy, whether its answer is correct, its log loss, and the mean of answers.

`galmorph.training` averages these over a data set, `galmorph.comparison` over weighted draws of the galaxies.
"""

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.special import log_softmax, logsumexp

__all__ = ["correct_answers", "log_losses", "log_losses_of_probabilities", "mean_logits"]


def correct_answers(
    labels: Int[np.ndarray, "galaxies"], answers: Float[np.ndarray, "*runs galaxies classes"]
) -> Bool[np.ndarray, "*runs galaxies"]:
    """Whether the class with the largest logit or probability is the label; of equal ones, the first counts."""
    return answers.argmax(axis=-1) == labels


def log_losses(
    labels: Int[np.ndarray, "galaxies"], logits: Float[np.ndarray, "galaxies classes"]
) -> Float[np.ndarray, "galaxies"]:
    """Minus the natural logarithm of each label's probability, from logits in double precision.

    Use it wherever logits are known: a logarithm of softmax has no underflow, so nothing is clipped.
    """
    return -log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]


def log_losses_of_probabilities(
    labels: Int[np.ndarray, "galaxies"], probabilities: Float[np.ndarray, "galaxies classes"]
) -> Float[np.ndarray, "galaxies"]:
    """Minus the natural logarithm of each label's probability, from the probabilities themselves.

    It agrees with `log_losses` up to the rounding of the probabilities, except where a probability underflows: below
    the smallest normal number of its type (1.2e-38 for float32, a loss of 87.3), that number is used instead, so that a
    single galaxy does not make a mean infinite.
    """
    given = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.maximum(given, np.finfo(given.dtype).tiny).astype(np.float64))


def mean_logits(logs: Float[np.ndarray, "members galaxies classes"]) -> Float32[np.ndarray, "galaxies classes"]:
    """Logarithm of the mean probabilities, from the logarithms of those of each member.

    It stays finite where the probabilities themselves are too small for a float.
    """
    return (logsumexp(logs.astype(np.float64), axis=0) - np.log(len(logs))).astype(np.float32)
