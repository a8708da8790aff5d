"""Light profiles: surface brightness at an array of positions, with a total flux of one.

Lengths are in any one unit, angles in radians. Parameters broadcast against the positions: parameters of shape
``(galaxies, 1, 1)`` draw a batch of galaxies at once. All functions can be compiled and differentiated by JAX.
"""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import gammaln, i1
from jaxtyping import Array, Float

__all__ = ["deproject", "dust_depth", "edge_on_profile", "ring_profile", "sersic_b", "sersic_profile"]

Values = Float[Array, "..."] | Float[np.ndarray, "..."] | float


def deproject(x: Values, y: Values, *, axis_ratio: Values, angle: Values) -> tuple[Array, Array]:
    r"""Transform positions on the sky to positions in the plane of an inclined disc.

    The minor axis is stretched to the length of the major axis. For a thin disc of inclination :math:`\arccos q`, this
    gives the view from above:

    .. math:: u = x \cos\phi + y \sin\phi, \quad v = (y \cos\phi - x \sin\phi) / q

    Parameters
    ----------
    x, y
        Positions relative to the centre of the galaxy.
    axis_ratio
        Minor over major axis q, in (0, 1].
    angle
        Angle of the major axis in radians, from the x axis towards the y axis.

    Returns
    -------
    u, v
        Positions along and across the major axis; ``hypot(u, v)`` is the elliptical radius.

    Examples
    --------
    >>> from galmorph.simulation import deproject
    >>> u, v = deproject(0.0, 2.0, axis_ratio=0.5, angle=0.0)
    >>> float(u), float(v)
    (0.0, 4.0)
    """
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    x, y = jnp.asarray(x), jnp.asarray(y)
    return x * cosine + y * sine, (y * cosine - x * sine) / axis_ratio


def sersic_b(index: Values) -> Array:
    r"""Compute Sérsic's :math:`b_n`, with which half of the light is inside the effective radius.

    .. math:: b_n \approx 2n - \frac13 + \frac{4}{405 n} + \frac{46}{25515 n^2} + \frac{131}{1148175 n^3}

    Parameters
    ----------
    index
        Sérsic's n. The relative error of the half-light radius is below 0.3 % for n of 0.4 and more, 1e-4 for 1 and
        more, and 1e-5 for 2 and more.

    Returns
    -------
    Float
        Of the shape of `index`.

    References
    ----------
    Ciotti & Bertin (1999), A&A 352, 447 (equation 18).

    Examples
    --------
    >>> from galmorph.simulation import sersic_b
    >>> round(float(sersic_b(4.0)), 3)
    7.669
    """
    index = jnp.asarray(index)
    return 2 * index - 1 / 3 + (4 / 405 + (46 / 25_515 + 131 / 1_148_175 / index) / index) / index


def sersic_profile(radius: Values, *, effective_radius: Values, index: Values, axis_ratio: Values) -> Array:
    r"""Compute Sérsic's profile: index 1 is an exponential disc, index 4 de Vaucouleurs' law for ellipticals.

    .. math:: I(r) = I_e \exp\{-b_n [(r / R_e)^{1/n} - 1]\}, \qquad
              L = 2 \pi n q R_e^2 I_e\, e^{b_n} b_n^{-2n}\, \Gamma(2n) = 1

    Parameters
    ----------
    radius
        Elliptical radius, along the major axis; above 0.
    effective_radius
        Semi-major axis of the ellipse that holds half of the light.
    index
        Sérsic's n, 0.4 or more (see `sersic_b`).
    axis_ratio
        Minor over major axis, in (0, 1].

    Returns
    -------
    Float
        Surface brightness in flux per square unit of length; its integral over the sky is 1.

    References
    ----------
    Sérsic (1968), Atlas de Galaxias Australes; Ciotti & Bertin (1999), A&A 352, 447 (equations 1 and 4).

    Examples
    --------
    >>> from galmorph.simulation import sersic_profile
    >>> light = sersic_profile(1e-6, effective_radius=1.678347, index=1.0, axis_ratio=1.0)
    >>> round(float(light), 4)  # an exponential disc of scale length 1: 1 / (2 pi)
    0.1592
    """
    b = sersic_b(index)
    log_flux = jnp.log(2 * np.pi * index * axis_ratio * effective_radius**2) - 2 * index * jnp.log(b)
    log_flux += gammaln(2 * jnp.asarray(index))
    return jnp.exp(-b * jnp.exp(jnp.log(radius / effective_radius) / index) - log_flux)


def edge_on_profile(
    x: Values, z: Values, *, scale_length: Values, scale_height: Values, height_power: Values = 2.0
) -> Array:
    r"""Compute the profile of an exponential disc that is seen edge-on.

    .. math:: I(x, z) \propto \frac{|x|}{h} K_1\!\left(\frac{|x|}{h}\right)
              \operatorname{sech}^p\!\left(\frac{z}{z_0}\right)

    The modified Bessel function :math:`K_1` comes from the integral along the line of sight. With p = 2, the disc is
    isothermal. Lower powers are more peaked, and approach the exponential.

    Parameters
    ----------
    x, z
        Positions along the disc and above its plane.
    scale_length
        The disc's scale length h.
    scale_height
        The scale height z0.
    height_power
        Power p of sech, above 0.

    Returns
    -------
    Float
        Surface brightness in flux per square unit of length; its integral over the sky is 1.

    References
    ----------
    van der Kruit & Searle (1981), A&A 95, 105 (equation 4 and its projection); van der Kruit (1988), A&A 192, 117
    (other powers).

    Examples
    --------
    >>> from galmorph.simulation import edge_on_profile
    >>> light = edge_on_profile(0.0, 0.0, scale_length=1.0, scale_height=1.0)
    >>> round(float(light), 4)  # 1 / (2 pi h z0)
    0.1592
    """
    p = jnp.asarray(height_power)
    height = jnp.exp(-p * _log_cosh(z / scale_height))
    # The integrals of s K1(s) and of sech^p over the whole axis.
    across = jnp.exp(gammaln(p / 2) - gammaln((p + 1) / 2)) * np.sqrt(np.pi)
    return _s_times_k1(jnp.abs(x) / scale_length) * height / (np.pi * scale_length * scale_height * across)


def dust_depth(x: Values, z: Values, *, scale_length: Values, scale_height: Values, depth: Values) -> Array:
    r"""Compute the optical depth of the dust in an edge-on disc.

    .. math:: \tau(x, z) = \tau_0\, e^{-|x|/h} \operatorname{sech}^2(z / z_d)

    Half of the stars are in front of the dust and half behind it, so a fraction :math:`\tfrac12 (1 + e^{-\tau})` of
    their light passes.

    Parameters
    ----------
    x, z
        Positions along the disc and above its plane.
    scale_length, scale_height
        Scale length h and scale height z_d of the dust, which is thinner than the disc of stars.
    depth
        Optical depth through the centre.

    Returns
    -------
    Float
        Optical depth, between 0 and `depth`.

    Examples
    --------
    >>> from galmorph.simulation import dust_depth
    >>> float(dust_depth(0.0, 0.0, scale_length=1.0, scale_height=0.1, depth=0.5))
    0.5
    """
    return jnp.asarray(depth) * jnp.exp(-jnp.abs(x) / scale_length - 2 * _log_cosh(z / scale_height))


def ring_profile(radius: Values, *, ring_radius: Values, width: Values, axis_ratio: Values) -> Array:
    r"""Compute the profile of a ring in an inclined disc: a Gaussian across the ring.

    .. math:: I(r) \propto \exp\left\{-\frac{(r - r_0)^2}{2 w^2}\right\}

    Parameters
    ----------
    radius
        Radius in the plane of the disc.
    ring_radius
        Radius r0 of the crest.
    width
        Standard deviation w of the Gaussian, well below the radius; otherwise the flux is above 1.
    axis_ratio
        Minor over major axis of the disc.

    Returns
    -------
    Float
        Surface brightness on the sky, in flux per square unit of length; its integral over the sky is 1.

    Examples
    --------
    >>> from galmorph.simulation import ring_profile
    >>> round(float(ring_profile(5.0, ring_radius=5.0, width=1.0, axis_ratio=1.0)), 4)
    0.0127
    """
    flux = 2 * np.pi * ring_radius * width * np.sqrt(2 * np.pi) * axis_ratio
    return jnp.exp(-0.5 * ((radius - ring_radius) / width) ** 2) / flux


def _log_cosh(x: Values) -> Array:
    """Compute the logarithm of cosh without overflow."""
    x = jnp.abs(x)
    return x + jnp.log1p(jnp.exp(-2 * x)) - np.log(2)


def _s_times_k1(s: Array) -> Array:
    """Compute s K1(s) with the modified Bessel function (Abramowitz & Stegun 1964, equations 9.8.7 and 9.8.8)."""
    small = jnp.clip(s, 1e-6, 2)
    t = small**2 / 4
    inner = small * jnp.log(small / 2) * i1(small) + _polynomial(
        t, (1, 0.15443144, -0.67278579, -0.18156897, -0.01919402, -0.00110404, -0.00004686)
    )
    large = jnp.maximum(s, 2)
    outer = jnp.sqrt(large) * jnp.exp(-large)
    outer *= _polynomial(
        2 / large, (1.25331414, 0.23498619, -0.03655620, 0.01504268, -0.00780353, 0.00325614, -0.00068245)
    )
    return jnp.where(s < 2, inner, outer)


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    value = jnp.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value
