"""Temperature scaling of probabilities."""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from galmorph._checks import check, check_labels, check_positive
from galmorph._warnings import warn
from galmorph.errors import FewGalaxiesWarning, GalmorphWarning

__all__ = ["TEMPERATURE_LIMITS", "fit_temperature", "fit_with_warnings", "with_temperature"]

#: Limits of the temperature: no network in use is wrong about its confidence by more than this.
TEMPERATURE_LIMITS = (0.05, 20.0)

_FEW = 30  # galaxies that say little about a temperature


def fit_temperature(logits: Float[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Fit the temperature by maximum likelihood (Guo et al. 2017, arXiv:1706.04599, section 4.2, equation 9).

    Logits are divided by the temperature before the softmax. Above 1 it makes probabilities less confident, below 1
    more confident. Answers stay the same. The log loss has one minimum, because it is convex in 1 / temperature.

    Parameters
    ----------
    logits
        Logits of validation galaxies.
    labels
        The true class of each.

    Returns
    -------
    temperature
        From 0.05 to 20. If all answers are right, the likelihood always grows towards lower temperatures, and the
        result is 0.05. This is a sign of too few galaxies.

    Raises
    ------
    InvalidValueError
        If logits and labels don't fit together, there are none, or a logit is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from galmorph.training import fit_temperature
    >>> logits = np.tile([4.0, 0.0], (10, 1))  # 98 % sure of the first class, which is right in 8 of 10 cases
    >>> round(fit_temperature(logits, np.repeat([0, 1], [8, 2])), 2)  # 4 / ln(8 / 2)
    2.89
    """
    galaxies, classes = logits.shape
    check(bool(np.isfinite(logits).all()), "logits: expected finite numbers; did the training diverge?")
    check_labels(labels, galaxies, classes, of="logits")
    rows = np.arange(galaxies)
    exact = logits.astype(np.float64)

    def loss(temperature: float) -> float:
        return -float(log_softmax(exact / temperature, axis=1)[rows, labels].mean())

    bounds = tuple(np.log(TEMPERATURE_LIMITS))
    found = minimize_scalar(lambda x: loss(np.exp(x)), bounds=bounds, method="bounded", options={"xatol": 1e-7})
    # The search never tries the bounds themselves.
    return float(min((*TEMPERATURE_LIMITS, np.exp(found.x)), key=loss))


def fit_with_warnings(logits: Float[np.ndarray, "galaxies classes"], labels: Int[np.ndarray, "galaxies"]) -> float:
    """Fit the temperature, and warn if there are few galaxies, or if it is at a limit of the search."""
    if len(labels) < _FEW:
        message = f"calibrated on {len(labels)} galaxies, which say little; use a few hundred"
        warn(message, FewGalaxiesWarning)
    temperature = fit_temperature(logits, labels)
    if temperature in TEMPERATURE_LIMITS:
        message = (
            f"the temperature is {temperature:g}, the limit of the search: are the answers to all galaxies right, "
            "or no better than chance? Use more galaxies that the classifier has not learned from"
        )
        warn(message, GalmorphWarning)
    return temperature


def with_temperature(
    logits: Float[np.ndarray, "*runs galaxies classes"], temperature: float
) -> Float[np.ndarray, "*runs galaxies classes"]:
    """Probabilities at a temperature: the softmax of logits divided by the temperature.

    Parameters
    ----------
    logits
        Logits, with classes along the last axis.
    temperature
        Above 1, probabilities are less confident than the softmax of the logits; below 1, more confident.

    Returns
    -------
    probabilities
        Array of the same shape and type as the logits.

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
