"""What can be seen of a galaxy: arms and shape after the blur and the noise of a telescope, and the class by them."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import i0e, i1e
from jaxtyping import Array, Bool, Float32, Int32

from galmorph.simulation._observe import FRAME, native_size
from galmorph.simulation._telescope.resample import SIGMA_OF_FWHM
from galmorph.simulation._telescope.telescopes import Telescopes

__all__ = ["feature_visibility", "seen_axis_ratio", "seen_labels"]

Truth = dict[str, Float32[Array, "galaxies"]]

LEAST_CONTRAST = 0.037  # of the light between arms; fainter arms are overlooked, however little noise there is
KNOTS = 0.35  # distance between knots, in r90
LEAST_SIGNAL = 3.0  # of all of the arms over the noise

# Between the first and the second of two limits, people disagree: such galaxies are left out.
FEATURES = (0.25, 0.7)  # visibility of arms and knots together: smooth below, spiral above
ROUND = (0.79, 0.75)  # axis ratio: round above, in between below
CIGAR = (0.46, 0.42)  # in between above, cigar-shaped below
DISC = (0.46, 0.38)  # of an edge-on disc: thicker ones look smooth, thinner ones are discs
RESOLVED = (0.12, 0.15)  # blur, in r90: ellipses are seen as such below, and may be discs with a bulge above


def feature_visibility(
    truth: Truth, telescopes: Telescopes
) -> tuple[Float32[Array, "galaxies"], Float32[Array, "galaxies"]]:
    r"""Estimate how well the arms and the knots of galaxies show, before they are drawn.

    A wave of wavelength :math:`\lambda` keeps the fraction :math:`e^{-2 \pi^2 \sigma^2 / \lambda^2}` of its contrast
    in the blur of a Gaussian. The wavelength is the distance between arms at 0.6 r90, across them. What remains must
    stand out to the eye, and from the noise: the result is

    .. math:: \left[ (c_0 / c)^2 + (s_0 / s)^2 \right]^{-1/2}

    with the contrast c, the signal s of all of them over the noise, and the least ones that are noticed. Knots are
    treated as waves of the length of 0.35 r90.

    Parameters
    ----------
    truth
        Parameters of the galaxies, lengths in units of r90.
    telescopes
        The survey of each galaxy.

    Returns
    -------
    arms, knots
        Float32: 0 without any, 1 if people begin to see them.
    """
    armed = truth["arm_number"] > 0
    number = jnp.where(armed, truth["arm_number"], 1)
    pitch = jnp.deg2rad(jnp.where(armed, jnp.abs(truth["pitch_angle"]), 20))
    inner = jnp.where(armed, truth["arm_radius"], 0.2)
    radius = jnp.maximum(0.6, 1.2 * inner)
    spacing = 2 * np.pi * radius * jnp.sin(pitch) / number
    core, pixel = _core(truth, telescopes)
    fraction, wider = telescopes.psf_wing.T

    def kept(wavelength: Array) -> Array:
        """Fraction of the contrast that core, wing and pixel leave."""
        power = -2 * (np.pi / wavelength) ** 2
        blur = (1 - fraction) * jnp.exp(power * core) + fraction * jnp.exp(power * core * wider**2)
        return blur * jnp.exp(power * pixel**2 / 12)

    # Along the minor axis, arms are closer together.
    transfer = (kept(spacing) + kept(spacing * truth["axis_ratio"])) / 2
    sharpness = truth["arm_sharpness"]
    wave = 2 * i1e(sharpness) / i0e(sharpness)  # first harmonic of the light across arms
    full = radius**4 / (radius**4 + inner**4)
    share = truth["arm_fraction"] * truth["young_stars"]
    share = share / (1 - truth["arm_fraction"] + share)
    contrast = jnp.where(armed, share * wave * full * transfer, 0)
    # Brightness where the arms are: 0.6 of that between 0.4 and 0.6 r90.
    light = jnp.maximum(0.6 * jnp.sinh(truth["brightness"] / truth["stretch"]), 1e-3)
    channels = telescopes.level.shape[1]
    # The noise of the mean of the channels on the scale of arms, to which the smoothing of the noise adds.
    smoothing = telescopes.noise_smoothing
    on_scale = (1 + 2 * smoothing) ** 2 / (1 + 2 * smoothing**2)
    in_mean = (telescopes.own_noise + channels * telescopes.common_noise) / np.sqrt(channels)
    noise = truth["noise"] * jnp.sqrt(1 + light / telescopes.photons) * in_mean * on_scale
    pixels = np.pi * 0.9**2 * truth["axis_ratio"] / pixel**2

    # What asinh and the saturation of the picture leave of the contrast, over what SDSS leaves at its usual brightness.
    slope = light / (jnp.sqrt(1 + light**2) * jnp.arcsinh(light)) / 0.7
    slope *= (1 + (truth["brightness"] / telescopes.saturation) ** 4) ** -1.25

    def visibility(contrast: Array) -> Array:
        signal = light * contrast * jnp.sqrt(pixels / 2) / jnp.maximum(noise, 1e-6)
        overlooked = (LEAST_CONTRAST / jnp.maximum(slope * contrast, 1e-6)) ** 2
        return 1 / jnp.sqrt(overlooked + (LEAST_SIGNAL / jnp.maximum(signal, 1e-6)) ** 2)

    knots = truth["flocculence"] * kept(jnp.full_like(pixel, KNOTS))
    return jnp.where(armed, visibility(contrast), 0), visibility(knots)


def seen_axis_ratio(truth: Truth, telescopes: Telescopes) -> Float32[Array, "galaxies"]:
    """Estimate the axis ratio of galaxies after the blur, which adds the same variance to both axes.

    Parameters
    ----------
    truth
        Parameters of the galaxies, lengths in units of r90.
    telescopes
        The survey of each galaxy.

    Returns
    -------
    Float32
        Axis ratios from 0 to 1.
    """
    on_edge = truth["scale_length"] > 0
    # Standard deviations along the axes; of the isothermal disc, that of the height is pi / sqrt(12) scale heights.
    length = jnp.where(on_edge, 1.4 * truth["scale_length"], 0.9 * truth["effective_radius"])
    height = jnp.where(on_edge, 0.9 * truth["scale_height"], length * truth["axis_ratio"])
    core, pixel = _core(truth, telescopes)
    fraction, wider = telescopes.psf_wing.T
    blur = core * (1 + fraction * (wider**2 - 1)) + pixel**2 / 12
    return jnp.sqrt((height**2 + blur) / (jnp.maximum(length, 1e-3) ** 2 + blur))


def _core(truth: Truth, telescopes: Telescopes) -> tuple[Array, Array]:
    """Return the variance of the core of the point-spread function, and the side of a pixel, in units of r90."""
    native = native_size(truth["r90"], truth["frame"], telescopes)
    return (SIGMA_OF_FWHM * truth["psf_fwhm"] / truth["r90"]) ** 2, FRAME * truth["frame"] / native


def seen_labels(
    labels: Int32[np.ndarray, "galaxies"],
    arms: Float32[np.ndarray, "galaxies"],
    knots: Float32[np.ndarray, "galaxies"],
    axis_ratio: Float32[np.ndarray, "galaxies"],
    layered: Bool[np.ndarray, "galaxies"],
    blur: Float32[np.ndarray, "galaxies"],
) -> Int32[np.ndarray, "galaxies"]:
    """Label galaxies of the five classes of Galaxy Zoo 2 by what people can see of them.

    Spirals whose arms and knots drown in blur or noise are smooth. The shape of smooth galaxies is the axis ratio after
    the blur. Edge-on discs that look thick are cigar-shaped, or in between. Volunteers decide in the same way: galaxies
    that are smaller or fainter on the sky get fewer votes for features (Bamford et al. 2009, MNRAS 393, 1324; Willett
    et al. 2013, MNRAS 435, 2835).

    Parameters
    ----------
    labels
        Classes that were drawn.
    arms, knots
        Visibility of features, as `feature_visibility` gives it.
    axis_ratio
        Axis ratio after the blur.
    layered
        True for edge-on galaxies that were drawn as disc and bulge, not as an ellipse.
    blur
        Full width at half maximum of the point-spread function, in r90.

    Returns
    -------
    Int32
        Classes that are seen; -1 if people would disagree.
    """
    completely_round, between, cigar, edge_on, spiral = range(5)
    shape = np.select(
        [axis_ratio > ROUND[0], axis_ratio > ROUND[1], axis_ratio > CIGAR[0], axis_ratio > CIGAR[1]],
        [completely_round, -1, between, -1],
        cigar,
    ).astype(np.int32)
    features = np.hypot(arms, knots)
    seen = np.where(
        labels == spiral,
        np.select([features > FEATURES[1], features < FEATURES[0]], [spiral, shape], -1),
        shape,
    )
    thin = np.select([axis_ratio < DISC[1], axis_ratio > DISC[0]], [edge_on, shape], np.where(layered, edge_on, -1))
    # An ellipse on edge stands for disc and bulge that are too blurred to tell.
    thin = np.select([layered, blur < RESOLVED[0], blur < RESOLVED[1]], [thin, shape, -1], thin)
    return np.where(labels == edge_on, thin, seen).astype(np.int32)
