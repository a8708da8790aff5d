"""From light to stamps: neighbours, blur, sky, noise, and the pixels that the archive keeps."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int32, Key, UInt8

from galmorph.simulation._jpeg import jpeg_compressed
from galmorph.simulation._light import galaxy_light
from galmorph.simulation._neighbours import SLOTS, glow, neighbour_galaxies, neighbour_stars
from galmorph.simulation._random_fields import FIELD_NORMALS
from galmorph.simulation._resample import cubic_matrix, psf_matrix, resampled
from galmorph.simulation._survey import Survey

__all__ = ["FRAME", "LARGEST", "SMALLEST", "native_size", "observe", "stretched"]

Truth = dict[str, Float32[Array, "galaxies"]]

FRAME = 4.0  # width of a stamp in units of r90
SMALLEST, LARGEST = (
    32,
    72,
)  # smallest and largest side of what is drawn, in pixels; its pixels are the survey's between them


def native_size(r90: Float32[Array, "galaxies"], survey: Survey) -> Int32[Array, "galaxies"]:
    """Return the side of a stamp in pixels of the survey, limited to 32 to 72."""
    return jnp.clip(jnp.round(FRAME * r90 / survey.pixel_scale), SMALLEST, LARGEST).astype(jnp.int32)


def observe(
    truth: Truth, keys: Key[Array, "galaxies"], *, survey: Survey, size: int, grid: int
) -> UInt8[Array, "galaxies size size bands"]:
    """Turn parameters of galaxies into stamps.

    Parameters
    ----------
    truth
        Parameters of the galaxies, lengths in units of r90.
    keys
        A key for each galaxy.
    survey
        The survey that observes them.
    size
        Side of a stamp in pixels.
    grid
        Side of what is drawn, in pixels of the survey: at least `native_size` of each galaxy.

    Returns
    -------
    UInt8
        Stamps.
    """
    # Stages are compiled one by one. In one piece, XLA would compute their results again for each use of them.
    shape, around, offsets, noise = _normals(keys, len(survey.bands), grid)
    native, pixel, x, y = _axes(truth["r90"], survey, grid)
    light = galaxy_light(truth, x, y, pixel, shape, survey.bands)
    scene = _scene(truth, light, x, y, around[0], survey)
    blurred = _blurred(scene, truth["psf_fwhm"], truth["r90"], pixel, offsets, survey)
    grey = _exposed(truth, blurred, x, y, around[1:], noise, survey)
    if survey.jpeg is not None:
        grey = _compressed(grey, truth["quality"])
    return _resized(grey, native, size)


@partial(jax.jit, static_argnames=("survey", "grid"))
def _axes(r90: Array, survey: Survey, grid: int) -> tuple[Array, Array, Array, Array]:
    """Return the native size, and in units of r90 the side of a pixel and the positions of columns and rows."""
    native = native_size(r90, survey)
    pixel = (FRAME / native)[:, None, None]
    axis = jnp.arange(grid, dtype=jnp.float32)[None, :] - (native[:, None] - 1) / 2
    return native, pixel, axis[:, None, :] * pixel, axis[:, :, None] * pixel


@partial(jax.jit, static_argnames="survey")
def _scene(truth: Truth, light: Array, x: Array, y: Array, normals: Array, survey: Survey) -> Array:
    """Scale galaxies to their brightness, and add other galaxies around them."""
    scale = _brightness(light, x, y, truth)
    return light * scale[:, None, None, None] + neighbour_galaxies(truth, x, y, scale, normals, survey)


@partial(jax.jit, static_argnames="survey")
def _exposed(
    truth: Truth, light: Array, x: Array, y: Array, normals: tuple[Array, Array], noise: Array, survey: Survey
) -> Array:
    """Add stars, sky and noise, and stretch to grey values."""
    light += neighbour_stars(x, y, truth["psf_fwhm"] / truth["r90"], normals[0], survey)
    light += glow(truth, x, y, normals[1], survey)
    light += (
        truth["sky"][:, None, None, None]
        * jnp.asarray([band.sky for band in survey.bands], jnp.float32)[None, :, None, None]
    )
    scatter = truth["noise"][:, None, None, None] * jnp.sqrt(1 + jnp.maximum(light, 0) / survey.photons)
    light += scatter * _correlated(noise, survey)
    return stretched(light, truth["stretch"][:, None, None, None])


@jax.jit
def _compressed(grey: Array, quality: Array) -> Array:
    """Compress as the archive does. This takes long to compile, and so is apart from what depends on the size."""
    return jpeg_compressed(jnp.round(grey).transpose(0, 2, 3, 1), quality).transpose(0, 3, 1, 2)


@partial(jax.jit, static_argnames="size")
def _resized(grey: Array, native: Array, size: int) -> Array:
    """Resample to the size of the stamp, in whole grey values."""
    weights = cubic_matrix(native, size, grey.shape[-1])
    grey = resampled(grey, weights, weights)
    return jnp.clip(jnp.round(grey), 0, 255).astype(jnp.uint8).transpose(0, 2, 3, 1)


@jax.jit
def stretched(
    light: Float32[Array, "galaxies bands rows columns"], stretch: Float32[Array, "galaxies 1 1 1"]
) -> Float32[Array, "galaxies bands rows columns"]:
    r"""Stretch the mean of the bands by asinh and keep the ratios of the bands, also in pixels that reach white.

    .. math:: g_b = S \operatorname{asinh}(\bar I)\, I_b / \bar I, \qquad
              g_b \leftarrow 255\, g_b / \max_b g_b \quad \text{if that is above 255}

    Parameters
    ----------
    light
        Brightness in each band, in units of the softening; of shape ``(galaxies, bands, rows, columns)``.
    stretch
        Grey value S per unit of asinh(I); of shape ``(galaxies, 1, 1, 1)``.

    Returns
    -------
    Float32
        Grey values from 0 to 255, of the shape of `light`.

    References
    ----------
    Lupton et al. (2004), PASP 116, 133 (equations 2 and 3).

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import stretched
    >>> light = jnp.array([2.0, 1.0, 0.0]).reshape(1, 3, 1, 1)  # mean 1, asinh(1) = 0.88
    >>> [round(float(grey)) for grey in stretched(light, jnp.full((1, 1, 1, 1), 50.0)).ravel()]
    [88, 44, 0]
    """
    mean = light.mean(axis=1, keepdims=True)
    safe = jnp.where(jnp.abs(mean) > 1e-3, mean, 1e-3)
    grey = light * (stretch * jnp.arcsinh(safe) / safe)
    return jnp.clip(grey * (255 / jnp.maximum(grey.max(axis=1, keepdims=True), 255)), 0, 255)


def _brightness(light: Array, x: Array, y: Array, truth: Truth) -> Float32[Array, "galaxies"]:
    """Find the factor by which stretched light between 0.4 and 0.6 r90 gets its grey value from the table."""
    distance = x**2 + y**2
    ring = ((distance > 0.4**2) & (distance < 0.6**2)).astype(jnp.float32)
    mean = (light.mean(axis=1) * ring).sum(axis=(1, 2)) / ring.sum(axis=(1, 2))
    return jnp.sinh(truth["brightness"] / truth["stretch"]) / jnp.maximum(mean, 1e-6)


@partial(jax.jit, static_argnames="survey")
def _blurred(light: Array, fwhm: Array, r90: Array, pixel: Array, offsets: Array, survey: Survey) -> Array:
    """Convolve with a point-spread function of core and wing, and shift channels a little against each other."""
    galaxies, bands, grid, _ = light.shape
    pixels = 1 / (r90 * pixel[:, 0, 0])  # pixels in an arcsec
    moves = survey.channel_shift * pixels[:, None, None] * offsets
    core = jnp.broadcast_to((fwhm * pixels)[:, None], (galaxies, bands))
    sharp = resampled(light, *(psf_matrix(core, moves[:, direction], grid) for direction in (0, 1)))
    # The wing is the core blurred once more, because variances of Gaussians add up.
    fraction, wider = survey.psf_wing
    again = psf_matrix(fwhm * pixels * np.sqrt(max(wider**2 - 1, 0)), jnp.zeros(galaxies), grid)
    return (1 - fraction) * sharp + fraction * resampled(sharp, again, again)


def _correlated(noise: Array, survey: Survey) -> Array:
    """Correlate noise of variance one between bands and between neighbouring pixels, then scale it to each band."""
    bands, common = len(survey.bands), survey.noise_in_common
    # The square root of the covariance: a matrix with ones on its diagonal and the correlation everywhere else.
    own = np.sqrt(1 - common)
    shared = (np.sqrt(1 + (bands - 1) * common) - own) / bands
    noise = own * noise + shared * noise.sum(axis=1, keepdims=True)
    weight = survey.noise_smoothing
    for axis in (2, 3):
        mixed = noise + weight * (jnp.roll(noise, 1, axis) + jnp.roll(noise, -1, axis))
        noise = mixed / np.sqrt(1 + 2 * weight**2)
    return noise * jnp.asarray([band.noise for band in survey.bands], jnp.float32)[None, :, None, None]


@partial(jax.jit, static_argnames=("bands", "grid"))
def _normals(keys: Key[Array, "galaxies"], bands: int, grid: int) -> tuple[Array, tuple[Array, ...], Array, Array]:
    """Draw all standard normal numbers of each stamp in one call, because each call takes long to compile."""
    shapes = ((FIELD_NORMALS,), (9, SLOTS), (5, SLOTS), (3,), (2, bands), (bands, grid, grid))
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    numbers = jax.vmap(lambda key: jax.random.normal(key, (ends[-1],)))(keys)
    parts = jnp.split(numbers, ends[:-1], axis=1)
    light, *around, offsets, noise = (part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True))
    return light, tuple(around), offsets, noise
