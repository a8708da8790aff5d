"""Temperature: one number that makes probabilities mean what they say."""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from galmorph._checks import check, check_labels, check_positive

__all__ = ["fit_temperature", "with_temperature"]

# The allowed temperatures: no network in use is wrong about its confidence by more than this.
_COLDEST, _HOTTEST = 0.05, 20.0


def fit_temperature(logits: Float[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Find the temperature that makes probabilities most likely (Guo et al. 2017, arXiv:1706.04599, sec. 4.2, eq. 9).

    Logits divided by one number give probabilities that are less sure (above 1) or surer (below 1). Answers stay the
    same. The log loss has one minimum, for it is convex in one over the temperature.

    Parameters
    ----------
    logits
        Logits of validation galaxies.
    labels
        The true class of each.

    Returns
    -------
    temperature
        From 0.05 to 20. Where all galaxies are right, colder is always likelier, and the result is 0.05: a sign that
        there are too few of them.

    Raises
    ------
    InvalidValueError
        If logits and labels don't fit together, there are none, or a logit is no finite number.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import fit_temperature
    >>> logits = np.tile([4.0, 0.0], (10, 1))  # 98 % sure of the first class, which is right in 8 of 10 cases
    >>> round(fit_temperature(logits, np.repeat([0, 1], [8, 2])), 2)  # 4 / ln(8 / 2)
    2.89
    """
    galaxies, classes = logits.shape
    check(bool(np.isfinite(logits).all()), "logits: expected finite numbers; was the network trained to its end?")
    check_labels(labels, galaxies, classes, of="logits")
    rows = np.arange(galaxies)
    exact = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(exact / np.exp(log_temperature), axis=1)[rows, labels].mean())

    bounds = (np.log(_COLDEST), np.log(_HOTTEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-7})
    # The search never tries the bounds themselves.
    return float(np.exp(min((*bounds, found.x), key=loss)))


def with_temperature(
    logits: Float[np.ndarray, "*runs galaxies classes"], temperature: float
) -> Float[np.ndarray, "*runs galaxies classes"]:
    """Probabilities of logits at a temperature: the softmax of one by the other.

    Parameters
    ----------
    logits
        Logits, with classes along the last axis.
    temperature
        Above 1, probabilities are less sure than those of the logits as they are; below, surer.

    Returns
    -------
    probabilities
        Of the shape and type of the logits.

    Raises
    ------
    InvalidValueError
        If the temperature is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import with_temperature
    >>> with_temperature(np.log([[0.9, 0.1]]), 2.0).round(2).tolist()
    [[0.75, 0.25]]
    """
    check_positive("temperature", temperature)
    return softmax(logits / temperature, axis=-1)
