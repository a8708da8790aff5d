"""Disagreement of the probabilities of several classifiers."""

import numpy as np
from jaxtyping import Float, Float32
from scipy.special import entr

__all__ = ["disagreement"]


def disagreement(
    probabilities: Float[np.ndarray, "members galaxies classes"],
) -> Float32[np.ndarray, "galaxies"]:
    """How much the members of an ensemble contradict each other about each galaxy.

    It is the mutual information between the class and the member: the entropy of the mean probabilities minus the mean
    of the entropies (Houlsby et al. 2011, arXiv:1112.5745, equation 2). Galaxies about which every member is unsure
    have a low one; those about which members are sure of different classes have a high one.

    Parameters
    ----------
    probabilities
        Probability of each class for each galaxy, of each member.

    Returns
    -------
    disagreement
        In nats, from 0 (all members say the same) to the logarithm of the number of members or of classes, whichever is
        smaller.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import disagreement
    >>> unsure, contradicting = [[0.5, 0.5], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]]
    >>> disagreement(np.stack([unsure, contradicting], axis=1)).round(3)
    array([0.   , 0.693], dtype=float32)
    """
    exact = probabilities.astype(np.float64)
    of_mean, mean_of = entr(exact.mean(axis=0)).sum(axis=-1), entr(exact).sum(axis=-1).mean(axis=0)
    return np.maximum(of_mean - mean_of, 0).astype(np.float32)
