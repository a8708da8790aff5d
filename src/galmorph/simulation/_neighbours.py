"""Other objects on a stamp: stars, small galaxies, a companion, and the glow of a bright object outside the stamp."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr
from jaxtyping import Array, Float32

from galmorph.simulation._light import coloured
from galmorph.simulation._profiles import deproject
from galmorph.simulation._telescope.telescopes import Telescopes

__all__ = ["SLOTS", "glow", "neighbour_galaxies", "neighbour_stars"]

SLOTS = 4  # largest number of stars on a stamp, and of other galaxies
EXPONENTIAL_B = 1.678347  # effective radius over scale length of an exponential disc
CLEAR = 0.75  # r90 around the middle of the stamp that neighbours leave free

Images = Float32[Array, "galaxies bands rows columns"]


def neighbour_galaxies(
    truth: dict[str, Float32[Array, "galaxies"]],
    x: Float32[Array, "galaxies 1 columns"],
    y: Float32[Array, "galaxies rows 1"],
    flux: Float32[Array, "galaxies"],
    normals: Float32[Array, "galaxies 9 slots"],
    telescopes: Telescopes,
) -> Images:
    """Draw small discs far behind the galaxy, and the companion of each galaxy that has one.

    Parameters
    ----------
    truth
        Parameters of the galaxies, lengths in units of r90.
    x, y
        Positions relative to the middle of the stamp, in units of r90.
    flux
        Flux of each galaxy; the companion's is a fraction of it.
    normals
        Standard normal numbers for each slot, which decide where a neighbour is and how it looks.
    telescopes
        Survey of each galaxy, with its bands and the mean number of other galaxies on a stamp.

    Returns
    -------
    Float32
        Surface brightness in each band.
    """
    scatter, uniform = normals[:, :3], ndtr(normals[:, 3:])
    frame = truth["frame"][:, None]
    place = (4 * uniform[:, 4:] - 2) * frame[:, :, None]
    radius = 0.095 * jnp.exp(0.4 * scatter[:, 0])
    axis_ratio = 0.35 + 0.65 * uniform[:, 1]
    peak = 0.9 * jnp.exp(1.0 * scatter[:, 1])
    occupied = _occupied(place, uniform[:, 0], telescopes.neighbours[:, 1:] * frame**2)
    light = jnp.where(occupied, peak * 2 * np.pi * axis_ratio * radius**2, 0)
    colour = jnp.clip(0.6 + 0.25 * scatter[:, 2], 0, 1)
    # A companion takes the first slot, at the edge of the galaxy.
    accompanied = truth["companion"] > 0
    angle = 2 * np.pi * uniform[:, 2, 0]
    beside = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1) * (0.7 + 0.5 * uniform[:, 3, 0])[:, None]
    place = place.at[:, :, 0].set(jnp.where(accompanied[:, None], beside, place[:, :, 0]))
    light = light.at[:, 0].set(jnp.where(accompanied, truth["companion"] * flux, light[:, 0]))
    radius = radius.at[:, 0].multiply(jnp.where(accompanied, 1.4, 1.0))

    x0, y0, q, phi = (
        values[:, :, None, None] for values in (place[:, 0], place[:, 1], axis_ratio, np.pi * uniform[:, 2])
    )
    u, v = deproject(x[:, None] - x0, y[:, None] - y0, axis_ratio=q, angle=phi)
    # An exponential is Sérsic's profile of index 1; written out, it needs no powers.
    scale = radius / EXPONENTIAL_B
    discs = jnp.exp(-jnp.sqrt(u**2 + v**2 + 1e-4) / scale[:, :, None, None])
    light = light / (2 * np.pi * axis_ratio * scale**2)
    weights = light[:, None] * coloured(colour, telescopes)
    return jnp.einsum("gsyx,gbs->gbyx", discs, weights)


def neighbour_stars(
    x: Float32[Array, "galaxies 1 columns"],
    y: Float32[Array, "galaxies rows 1"],
    fwhm: Float32[Array, "galaxies"],
    normals: Float32[Array, "galaxies 5 slots"],
    telescopes: Telescopes,
    frame: Float32[Array, "galaxies"],
) -> Images:
    """Draw stars as the telescope shows them.

    A Gaussian is the product of a function of x and a function of y, so core and wing of each star are the product of a
    row and a column.

    Parameters
    ----------
    x, y
        Positions relative to the middle of the stamp, in units of r90.
    fwhm
        Full width at half maximum of the point-spread function, in units of r90.
    normals
        Standard normal numbers for each slot, which decide where a star is and how it looks.
    telescopes
        Survey of each galaxy, with its bands, the wing of its point-spread function, and the mean number of stars.
    frame
        Width of each stamp over the standard one.

    Returns
    -------
    Float32
        Surface brightness in each band.
    """
    scatter, uniform = normals[:, 0], ndtr(normals[:, 1:])
    place = (4 * uniform[:, 2:] - 2) * frame[:, None, None]
    number = telescopes.neighbours[:, :1] * frame[:, None] ** 2
    peak = jnp.where(_occupied(place, uniform[:, 0], number), 1.8 * jnp.exp(1.4 * scatter), 0)
    colour = -0.5 + 1.8 * uniform[:, 1]
    fraction, wider = telescopes.psf_wing[:, :, None, None].swapaxes(0, 1)
    sigma = jnp.maximum(fwhm, 1e-2)[:, None, None] / np.sqrt(8 * np.log(2))
    tint = peak[:, None] * coloured(colour, telescopes)
    total = jnp.zeros((*tint.shape[:2], y.shape[1], x.shape[2]), jnp.float32)
    for width, share in ((jnp.ones_like(wider), 1 - fraction), (wider, fraction / wider**2)):
        rows, columns = (
            jnp.exp(-0.5 * ((axis[:, :, None] - place[:, direction, None, :]) / (width * sigma)) ** 2)
            for axis, direction in ((y[:, :, 0], 1), (x[:, 0, :], 0))
        )
        total += jnp.einsum("gys,gbs,gxs->gbyx", rows, share * tint, columns)
    return total


def _occupied(place: Array, uniform: Array, number: Array) -> Array:
    """Say for each slot whether it holds a neighbour: by chance, and never over the middle of the galaxy."""
    return (uniform < number / SLOTS) & (jnp.hypot(place[:, 0], place[:, 1]) > CLEAR)


def glow(
    truth: dict[str, Float32[Array, "galaxies"]],
    x: Float32[Array, "galaxies 1 columns"],
    y: Float32[Array, "galaxies rows 1"],
    normals: Float32[Array, "galaxies 3"],
    telescopes: Telescopes,
) -> Images:
    r"""Draw the light that a bright object outside the stamp spreads over it.

    .. math:: I \propto d^{-2}

    with the distance d from a star or galaxy of any colour, which is 2.2 to 5.2 r90 away from the middle.

    Parameters
    ----------
    truth
        Parameters of the galaxies; `glow` is the brightness in the middle of the stamp.
    x, y
        Positions relative to the middle of the stamp, in units of r90.
    normals
        Standard normal numbers, which decide the direction, the distance and the colour of the object.
    telescopes
        Survey of each galaxy, with its bands.

    Returns
    -------
    Float32
        Surface brightness in each band.
    """
    angle, away, colour = ndtr(normals).T
    distance = (2.2 + 3 * away) * truth["frame"]
    x0, y0 = (distance * direction(2 * np.pi * angle) for direction in (jnp.cos, jnp.sin))
    square = (x - x0[:, None, None]) ** 2 + (y - y0[:, None, None]) ** 2
    light = truth["glow"][:, None, None] * (distance**2)[:, None, None] / (square + 0.05)
    tint = coloured(2 * colour - 0.5, telescopes)
    return light[:, None] * tint[:, :, None, None]
