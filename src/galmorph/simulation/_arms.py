"""Spiral arms: how logarithmic arms redistribute the light of a disc."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import i0e
from jaxtyping import Array, Float

__all__ = ["arm_pattern"]

Values = Float[Array, "..."] | Float[np.ndarray, "..."] | float

MOST_ARMS = 4


def arm_pattern(
    u: Values,
    v: Values,
    *,
    number: Values,
    pitch: Values,
    phase: Values,
    inner_radius: Values,
    sharpness: Values = 3.0,
    wander: Values = 0.0,
) -> Array:
    r"""Redistribute the light of each circle around the centre over logarithmic arms.

    Crests follow :math:`r = r_0\, e^{(\theta - \theta_0) \tan p}`. Across an arm, the light follows the von Mises
    distribution, which is the Gaussian of the circle. Around the inner radius, the arms fade into the even disc.

    .. math:: A(r, \theta) = (1 - w) + w \frac{e^{\kappa \cos\psi}}{I_0(\kappa)}, \quad
              \psi = m \left(\theta - \theta_0 - \frac{\ln (r / r_0)}{\tan p}\right) + \delta, \quad
              w = \frac{r^4}{r^4 + r_0^4}

    Parameters
    ----------
    u, v
        Positions in the plane of the disc, as `deproject` gives them.
    number
        Number of arms m: 1, 2, 3 or 4.
    pitch
        Pitch angle p in radians, between an arm and a circle; its sign gives the sense of winding.
    phase
        Azimuth at which the first arm leaves the inner radius, in radians.
    inner_radius
        Radius r0 at which the arms begin.
    sharpness
        Concentration kappa of an arm's light, above 0.
    wander
        Phase delta in radians, a number or a map; a map bends the arms.

    Returns
    -------
    Float
        Factor for the light of the arms, at least 0. Without wander, its mean over each circle is 1.

    References
    ----------
    Kennicutt (1981), AJ 86, 1847 (logarithmic arms and their pitch angles).

    Examples
    --------
    >>> from galmorph.simulation import arm_pattern
    >>> arms = dict(number=2.0, pitch=0.3, phase=0.0, inner_radius=1.0, sharpness=3.0)
    >>> crest, trough = arm_pattern(1.0, 0.0, **arms), arm_pattern(0.0, 1.0, **arms)
    >>> float(crest) > 1 > float(trough)
    True
    """
    square = jnp.maximum(u**2 + v**2, 1e-4 * jnp.asarray(inner_radius) ** 2)
    # cos and sin of m theta are powers of a complex number: cheaper than the angle and its cosine.
    inverse = jnp.where(u**2 + v**2 > 0, 1 / jnp.sqrt(jnp.maximum(u**2 + v**2, 1e-30)), 0)
    cosine, sine = u * inverse, v * inverse
    real, imaginary = cosine, sine
    for power in range(2, MOST_ARMS + 1):
        more = number >= power  # the number of arms is an array, so each power is computed and used only if needed
        real, imaginary = (
            jnp.where(more, real * cosine - imaginary * sine, real),
            jnp.where(more, real * sine + imaginary * cosine, imaginary),
        )
    log_radius = 0.5 * jnp.log(square / jnp.asarray(inner_radius) ** 2)
    turned = number * (phase + log_radius / jnp.tan(pitch)) - wander
    crest = jnp.exp(sharpness * (real * jnp.cos(turned) + imaginary * jnp.sin(turned) - 1)) / i0e(sharpness)
    fourth = (square / jnp.asarray(inner_radius) ** 2) ** 2
    return 1 + fourth / (1 + fourth) * (crest - 1)
