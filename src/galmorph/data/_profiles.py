"""Light profiles of simulated galaxies: surface brightness on an array of positions, total flux one.

Lengths are in pixels and angles in radians; parameters broadcast against the positions, so that a batch of galaxies is
drawn at once with parameters of shape ``(galaxies, 1, 1)``.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import gamma, gammaincinv, ive, k1

__all__ = ["arm_pattern", "deproject", "dust_lane", "edge_on_profile", "sersic_profile"]

Array = Float[np.ndarray, "..."]


def deproject(x: Array, y: Array, *, axis_ratio: Array | float, angle: Array) -> tuple[Array, Array]:
    r"""Positions in the plane of an inclined disc.

    The minor axis is stretched to the length of the major one, which looks at a thin disc of inclination
    :math:`\arccos q` from above:

    .. math:: u = x \cos\phi + y \sin\phi, \quad v = (y \cos\phi - x \sin\phi) / q

    Parameters
    ----------
    x, y
        Positions relative to the centre of the galaxy, in pixels.
    axis_ratio
        Minor over major axis q, in (0, 1].
    angle
        Angle of the major axis in radians, from the x axis towards the y axis.

    Returns
    -------
    u, v
        Positions along and across the major axis, in pixels; ``hypot(u, v)`` is the elliptical radius.
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    return x * cosine + y * sine, (y * cosine - x * sine) / axis_ratio


def sersic_profile(radius: Array, *, effective_radius: Array, index: Array, axis_ratio: Array) -> Array:
    r"""Sérsic's profile, from exponential discs (index 1) to de Vaucouleurs' ellipticals (index 4).

    .. math:: I(r) = I_e \exp\{-b_n [(r / R_e)^{1/n} - 1]\}, \qquad
              L = 2 \pi n q R_e^2 I_e\, e^{b_n} b_n^{-2n}\, \Gamma(2n) = 1

    where :math:`b_n`, the solution of :math:`\gamma(2n, b_n) = \Gamma(2n) / 2`, puts half of the light inside
    :math:`R_e`.

    Parameters
    ----------
    radius
        Elliptical radius in pixels, along the major axis.
    effective_radius
        Semi-major axis, in pixels, of the ellipse that holds half of the light.
    index
        Sérsic's n, above 0.
    axis_ratio
        Minor over major axis, in (0, 1].

    Returns
    -------
    Float
        Surface brightness in flux a square pixel; its sum over the sky is 1.

    References
    ----------
    Sérsic (1968), Atlas de Galaxias Australes; Ciotti & Bertin (1999), A&A 352, 447 (equations 1, 4 and 5).
    """
    b = gammaincinv(2 * index, 0.5).astype(index.dtype)  # SciPy gives float64 for float32
    flux = 2 * np.pi * index * axis_ratio * effective_radius**2 * b ** (-2 * index) * gamma(2 * index)
    return np.exp(-b * (radius / effective_radius) ** (1 / index)) / flux


def edge_on_profile(x: Array, z: Array, *, scale_length: Array, scale_height: Array) -> Array:
    r"""An exponential, isothermal disc seen from its edge.

    .. math:: I(x, z) = \frac{1}{2 \pi h z_0} \frac{|x|}{h} K_1\!\left(\frac{|x|}{h}\right)
              \operatorname{sech}^2\!\left(\frac{z}{z_0}\right)

    with :math:`K_1` the modified Bessel function, which comes from the sum along the line of sight.

    Parameters
    ----------
    x, z
        Positions along the disc and above its plane, in pixels.
    scale_length
        The disc's scale length h in pixels.
    scale_height
        The isothermal scale height z0 in pixels: twice the exponential one far from the plane.

    Returns
    -------
    Float
        Surface brightness in flux a square pixel; its sum over the sky is 1.

    References
    ----------
    van der Kruit & Searle (1981), A&A 95, 105 (equation 4 and its projection).
    """
    s = np.maximum(np.abs(x) / scale_length, np.float32(1e-4))
    height = np.minimum(np.abs(z) / scale_height, np.float32(40))
    return s * k1(s) / np.cosh(height) ** 2 / (2 * np.pi * scale_length * scale_height)


def dust_lane(x: Array, z: Array, *, scale_length: Array, scale_height: Array, depth: Array) -> Array:
    r"""Part of the light of an edge-on disc that passes its dust: half of the stars lie before it, half behind.

    .. math:: T = \tfrac12 + \tfrac12 \exp\{-\tau\, e^{-|x|/h} \operatorname{sech}^2(z / z_d)\}

    Parameters
    ----------
    x, z
        Positions along the disc and above its plane, in pixels.
    scale_length, scale_height
        Scales of the dust in pixels; the lane is thinner than the disc of stars.
    depth
        Optical depth through the centre.

    Returns
    -------
    Float
        Transmission, between 1/2 and 1.
    """
    height = np.minimum(np.abs(z) / scale_height, np.float32(40))
    return 0.5 + 0.5 * np.exp(-depth * np.exp(-np.abs(x) / scale_length) / np.cosh(height) ** 2)


def arm_pattern(
    radius: Array, azimuth: Array, *, number: Array, pitch: Array, phase: Array, inner_radius: Array, sharpness: float
) -> Array:
    r"""How logarithmic arms share out the light of a circle around the centre.

    Crests follow :math:`r = r_0\, e^{(\theta - \theta_0) \tan p}`; across an arm the light goes as von Mises'
    distribution, the Gaussian of the circle. Arms grow out of the even disc around the inner radius.

    .. math:: A(r, \theta) = (1 - w) + w \frac{e^{\kappa \cos\psi}}{I_0(\kappa)}, \quad
              \psi = m \left(\theta - \theta_0 - \frac{\ln (r / r_0)}{\tan p}\right), \quad
              w = \frac{r^4}{r^4 + r_0^4}

    Parameters
    ----------
    radius, azimuth
        Radius in pixels and azimuth in radians, in the plane of the disc.
    number
        Number of arms m, a whole number.
    pitch
        Pitch angle p in radians, between an arm and a circle; its sign is the sense of winding.
    phase
        Azimuth at which the first arm leaves the inner radius, in radians.
    inner_radius
        Radius r0 in pixels at which the arms begin.
    sharpness
        Concentration kappa of an arm's light, above 0.

    Returns
    -------
    Float
        Factor on the light of the arms, at least 0; its mean over each circle is 1.

    References
    ----------
    Kennicutt (1981), AJ 86, 1847 (logarithmic arms and their pitch angles).
    """
    r = np.maximum(radius / inner_radius, np.float32(1e-2))
    psi = number * (azimuth - phase - np.log(r) / np.tan(pitch))
    crest = np.exp(sharpness * (np.cos(psi) - 1)) / ive(0, sharpness).astype(np.float32)
    weight = 1 - 1 / (1 + r**4)
    return 1 + weight * (crest - 1)
