"""What telescope, neighbours, sky and stretch make of the light of simulated galaxies."""

import numpy as np
from jaxtyping import Bool, Float32, Shaped, UInt8

from galmorph.data._light import coloured, galaxy_light
from galmorph.data._profiles import deproject, sersic_profile
from galmorph.data._smoothing import gaussian_matrix, smooth, unit_variance

__all__ = ["FRAME", "observe"]

Truth = Shaped[np.ndarray, "galaxies"]  # structured: a field for each column of the table
PerGalaxy = Float32[np.ndarray, "galaxies"]
PerSlot = Float32[np.ndarray, "galaxies slots"]
Images = Float32[np.ndarray, "galaxies size size 3"]

FRAME = 3.4  # width of a stamp in units of r90
SDSS_PIXEL = 0.396  # arcsec
SIGMA_OF_FWHM = float(1 / np.sqrt(8 * np.log(2)))

SKY_COLOUR = np.array([1.1, 1.0, 0.75], np.float32)
NOISE_IN_COMMON = 0.6  # correlation of the noise of two channels
NOISE_SMOOTHING = 0.65  # sigma of the Gaussian that correlates the noise of pixels, in pixels of the survey

# A neighbour stands in each of these slots by chance, and half of the neighbours are stars.
NEIGHBOUR_CHANCES = np.array([0.45] * 5 + [0.25] * 2)


def observe(truth: Truth, size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "galaxies size size 3"]:
    """What the telescope, the sky and the stretch make of galaxies.

    Parameters
    ----------
    truth
        Structured array of shape ``(galaxies,)``: the columns of the table, float32.
    size
        Side of a stamp in pixels.
    rng
        Where neighbours and noise come from.

    Returns
    -------
    UInt8
        Stamps of shape ``(galaxies, size, size, 3)``.
    """
    pixel = FRAME * truth["r90"] / size  # arcsec
    blur = truth["psf_fwhm"] / pixel * SIGMA_OF_FWHM
    light = _blurred(galaxy_light(truth, size, rng), blur, truth["shift"] / pixel, rng)
    light *= _scale(light, truth)
    light += _neighbour_galaxies(blur, size, rng)
    light += _neighbour_stars(blur, size, rng)
    light += truth["sky"][:, None, None, None] * SKY_COLOUR
    light += truth["noise"][:, None, None, None] * _noise(SDSS_PIXEL / pixel, size, rng)
    return _stretched(light, truth["stretch"])


def _blurred(light: Images, sigma: PerGalaxy, shift: PerGalaxy, rng: np.random.Generator) -> Images:
    """Convolve with the point-spread function; the channels are a little out of place, as the survey's are."""
    size = light.shape[1]
    moves = shift[:, None] * rng.standard_normal((2, len(light), 3), np.float32)
    along_y, along_x = (gaussian_matrix(np.broadcast_to(sigma[:, None], move.shape), size, move) for move in moves)
    return smooth(light.transpose(0, 3, 1, 2), along_y, along_x).transpose(0, 2, 3, 1)


def _scale(light: Images, truth: Truth) -> Float32[np.ndarray, "galaxies 1 1 1"]:
    """Factor that gives the middle of a galaxy the brightness asked for, once it is stretched."""
    size = light.shape[1]
    axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) * (FRAME / size)
    core = light[:, np.hypot(axis, axis[:, None]) < 0.2].mean(axis=(1, 2))
    return (np.sinh(truth["brightness"] / truth["stretch"]) / core)[:, None, None, None]


def _neighbours(
    galaxies: int, size: int, rng: np.random.Generator
) -> tuple[PerSlot, PerSlot, Bool[np.ndarray, "galaxies slots"]]:
    """Where neighbours of one kind stand, and whether they are there at all: never upon the galaxy's middle."""
    shape = (galaxies, len(NEIGHBOUR_CHANCES))
    x, y = rng.uniform(0, size, (2, *shape)).astype(np.float32)
    distance = np.hypot(x - size / 2, y - size / 2) * (FRAME / size)
    return x, y, (rng.random(shape) < 0.5 * NEIGHBOUR_CHANCES) & (distance > 0.8)


def _neighbour_galaxies(sigma: PerGalaxy, size: int, rng: np.random.Generator) -> Images:
    """Draw small discs far behind the galaxy; their sizes and brightnesses are those after the blur."""
    x, y, there = _neighbours(len(sigma), size, rng)
    shape = there.shape
    radius = np.hypot(rng.lognormal(np.log(0.1 * size / FRAME), 0.35, shape), sigma[:, None])
    axis_ratio = rng.uniform(0.35, 1, shape)
    angle = rng.uniform(0, np.pi, shape)
    colour = np.clip(rng.normal(0.6, 0.25, shape), 0, 1)
    flux = 2 * np.pi * axis_ratio * radius**2 * rng.lognormal(np.log(1.2), 0.8, shape)
    axis = np.arange(size, dtype=np.float32)
    light = np.zeros((len(sigma), size, size, 3), np.float32)
    for slot in range(shape[1]):
        rows = there[:, slot]
        x0, y0, re, q, phi, total, tint = (
            values[rows, slot, None, None].astype(np.float32)
            for values in (x, y, radius, axis_ratio, angle, flux, colour)
        )
        u, v = deproject(axis - x0, axis[:, None] - y0, axis_ratio=q, angle=phi)
        disc = sersic_profile(np.hypot(u, v), effective_radius=re, index=np.ones_like(re), axis_ratio=q)
        light[rows] += coloured(total * disc, tint)
    return light


def _neighbour_stars(sigma: PerGalaxy, size: int, rng: np.random.Generator) -> Images:
    """Draw stars as the point-spread function shows them: each is the product of a column and a row."""
    x, y, there = _neighbours(len(sigma), size, rng)
    peak = (there * rng.lognormal(np.log(2.5), 1.3, there.shape)).astype(np.float32)
    colour = rng.uniform(-0.5, 1.3, there.shape).astype(np.float32)
    axis = np.arange(size, dtype=np.float32)
    row, column = (np.exp(-0.5 * ((axis - c[..., None]) / sigma[:, None, None]) ** 2) for c in (x, y))
    # The sum over slots is a matrix product: (y, slots) times (slots, x and colour).
    tinted = row[..., None] * coloured(peak, colour)[:, :, None, :]
    summed = column.swapaxes(1, 2) @ tinted.reshape(*there.shape, 3 * size)
    return summed.reshape(len(sigma), size, size, 3)


def _noise(native_pixel: PerGalaxy, size: int, rng: np.random.Generator) -> Images:
    """Noise of variance one, as JPEG leaves it: alike in all channels, and smooth over the survey's pixels.

    Their side is given in pixels of the stamp.
    """
    kernel = unit_variance(gaussian_matrix(NOISE_SMOOTHING * native_pixel, size))[:, None]
    noise = smooth(rng.standard_normal((len(native_pixel), 4, size, size), np.float32), kernel, kernel)
    own, common = noise[:, :3], noise[:, 3:]
    return ((1 - NOISE_IN_COMMON) ** 0.5 * own + NOISE_IN_COMMON**0.5 * common).transpose(0, 2, 3, 1)


def _stretched(light: Images, stretch: PerGalaxy) -> UInt8[np.ndarray, "galaxies size size 3"]:
    """Stretch the mean of the channels by asinh and keep their ratios, also where white is reached.

    Lupton et al. (2004), PASP 116, 133, equations 2 and 3.
    """
    mean = light.mean(axis=-1, keepdims=True)
    safe = np.where(np.abs(mean) > 1e-3, mean, np.float32(1e-3))
    grey = light * (stretch[:, None, None, None] * np.arcsinh(safe) / safe)
    grey *= 255 / np.maximum(grey.max(axis=-1, keepdims=True), 255)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)
