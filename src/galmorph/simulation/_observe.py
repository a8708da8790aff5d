"""From light to stamps: neighbours, blur, sky, noise, and the pixels that the archive keeps."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int32, Key, UInt8

from galmorph.simulation._light import galaxy_light
from galmorph.simulation._neighbours import SLOTS, glow, neighbour_galaxies, neighbour_stars
from galmorph.simulation._random_fields import FIELD_NORMALS
from galmorph.simulation._telescope.jpeg import jpeg_compressed
from galmorph.simulation._telescope.resample import cubic_matrix, psf_matrix, resampled
from galmorph.simulation._telescope.survey import Survey
from galmorph.simulation._telescope.telescopes import Telescopes

__all__ = ["FRAME", "LARGEST", "is_plain", "native_size", "observe", "stretched"]

Truth = dict[str, Float32[Array, "galaxies"]]

FRAME = 4.0  # width of a stamp in units of r90
LARGEST = 72  # largest side of what is drawn, in pixels
AUTOMATIC = 0.005  # fraction of a stamp's pixels that are white, if its levels are automatic


@jax.jit
def native_size(
    r90: Float32[Array, "galaxies"], frame: Float32[Array, "galaxies"], telescopes: Telescopes
) -> Int32[Array, "galaxies"]:
    """Return the side of a stamp in pixels of the survey, within the survey's limits."""
    pixels = jnp.round(FRAME * frame * r90 / telescopes.pixel_scale)
    return jnp.clip(pixels, *telescopes.stamp_pixels.T).astype(jnp.int32)


def observe(
    truth: Truth,
    keys: Key[Array, "galaxies"],
    *,
    telescopes: Telescopes,
    size: int,
    grid: int,
    jpeg: bool = True,
    plain: bool = False,
) -> UInt8[Array, "galaxies size size bands"]:
    """Turn parameters of galaxies into stamps.

    Parameters
    ----------
    truth
        Parameters of the galaxies, lengths in units of r90.
    keys
        A key for each galaxy.
    telescopes
        The survey that observes each of them.
    size
        Side of a stamp in pixels.
    grid
        Side of what is drawn, in pixels of the survey: at least `native_size` of each galaxy.
    jpeg
        Whether any survey compresses its pictures; if not, time is saved.
    plain
        Whether the pictures of all surveys are made as those of SDSS are: see `is_plain`.

    Returns
    -------
    UInt8
        Stamps.
    """
    # Stages are compiled one by one. In one piece, XLA would compute their results again for each use of them.
    shape, around, offsets, noise = _normals(keys, telescopes.level.shape[1], grid)
    native, pixel, x, y = _axes(truth["r90"], truth["frame"], telescopes, grid)
    light = galaxy_light(truth, x, y, pixel, shape, telescopes)
    scene = _scene(truth, light, x, y, around[0], telescopes)
    blurred = _blurred(scene, truth["psf_fwhm"], truth["r90"], pixel, offsets, telescopes)
    exposed = _exposed(truth, blurred, x, y, around[1:], noise, telescopes)
    grey = _plain(exposed, truth["stretch"]) if plain else _developed(truth, exposed, native, telescopes)
    if jpeg:
        grey = _compressed(grey, truth["quality"])
    return _resized(grey, native, size)


def is_plain(survey: Survey) -> bool:
    """Say whether a survey makes its pictures as SDSS does: by `stretched` alone, with fixed levels."""
    fixed = (survey.automatic, survey.separate, survey.saturation, survey.gamma, survey.colour_factor, survey.balance)
    return fixed == (False, False, np.inf, (1.0, 1.0), (1.0, 1.0), 0.0)


@partial(jax.jit, static_argnames="grid")
def _axes(r90: Array, frame: Array, telescopes: Telescopes, grid: int) -> tuple[Array, Array, Array, Array]:
    """Return the native size, and in units of r90 the side of a pixel and the positions of columns and rows."""
    native = native_size(r90, frame, telescopes)
    pixel = (FRAME * frame / native)[:, None, None]
    axis = jnp.arange(grid, dtype=jnp.float32)[None, :] - (native[:, None] - 1) / 2
    return native, pixel, axis[:, None, :] * pixel, axis[:, :, None] * pixel


@jax.jit
def _scene(truth: Truth, light: Array, x: Array, y: Array, normals: Array, telescopes: Telescopes) -> Array:
    """Scale galaxies to their brightness, and add other galaxies around them."""
    scale = _brightness(light, x, y, truth)
    return light * scale[:, None, None, None] + neighbour_galaxies(truth, x, y, scale, normals, telescopes)


@jax.jit
def _exposed(
    truth: Truth, light: Array, x: Array, y: Array, normals: tuple[Array, Array], noise: Array, telescopes: Telescopes
) -> Array:
    """Add stars, sky and noise."""
    light += neighbour_stars(x, y, truth["psf_fwhm"] / truth["r90"], normals[0], telescopes, truth["frame"])
    light += glow(truth, x, y, normals[1], telescopes)
    light += truth["sky"][:, None, None, None] * telescopes.band_sky[:, :, None, None]
    photons = telescopes.photons[:, None, None, None]
    scatter = truth["noise"][:, None, None, None] * jnp.sqrt(1 + jnp.maximum(light, 0) / photons)
    return light + scatter * _correlated(noise, telescopes)


@jax.jit
def _plain(light: Array, stretch: Array) -> Array:
    """Stretch as SDSS does."""
    return stretched(light, stretch[:, None, None, None])


@jax.jit
def _developed(truth: Truth, light: Array, native: Array, telescopes: Telescopes) -> Array:
    """Stretch light to grey values, with all that surveys do to their pictures."""
    stretch, gamma, factor = (truth[name][:, None, None, None] for name in ("stretch", "gamma", "colour_factor"))
    gains = jnp.ones_like(telescopes.level).at[:, 0].set(truth["first_gain"])
    light = light * gains.at[:, -1].set(truth["last_gain"])[:, :, None, None]
    white = jnp.sinh(255 / truth["stretch"]) / _white(light.mean(axis=1), native)
    light = light * jnp.where(telescopes.automatic > 0, white, 1)[:, None, None, None]
    each = jnp.clip(stretch * jnp.arcsinh(light), 0, 255)
    grey = jnp.where(telescopes.separate[:, None, None, None] > 0, each, stretched(light, stretch))
    grey += (factor - 1) * (grey - grey.mean(axis=1, keepdims=True))
    grey = 255 * (jnp.clip(grey, 0, 255) / 255) ** gamma
    # Below the saturation, grey values hardly change; far above, they stay there.
    return grey / jnp.sqrt(jnp.sqrt(1 + (grey / telescopes.saturation[:, None, None, None]) ** 4))


def _white(
    light: Float32[Array, "galaxies rows columns"], native: Int32[Array, "galaxies"]
) -> Float32[Array, "galaxies"]:
    """Find the light that half a percent of each stamp's pixels exceed, by bisection: that is faster than sorting."""
    inside = jnp.arange(light.shape[-1])[None, :] < native[:, None]
    light = jnp.where(inside[:, None, :] & inside[:, :, None], light, 0)
    allowed = AUTOMATIC * native.astype(jnp.float32) ** 2
    high = jnp.log(jnp.maximum(light.max(axis=(1, 2)), 1e-2))
    low = high - 7.0
    for _ in range(12):
        middle = (low + high) / 2
        above = (light > jnp.exp(middle)[:, None, None]).sum(axis=(1, 2)) > allowed
        low, high = jnp.where(above, middle, low), jnp.where(above, high, middle)
    return jnp.exp(high)


@jax.jit
def _compressed(grey: Array, quality: Array) -> Array:
    """Compress as the archive does, if it does: where the quality is not 0.

    This takes long to compile, and so is apart from what depends on the size.
    """
    compressed = jpeg_compressed(jnp.round(grey).transpose(0, 2, 3, 1), jnp.maximum(quality, 1)).transpose(0, 3, 1, 2)
    return jnp.where(quality[:, None, None, None] > 0, compressed, grey)


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


@jax.jit
def _blurred(light: Array, fwhm: Array, r90: Array, pixel: Array, offsets: Array, telescopes: Telescopes) -> Array:
    """Convolve with a point-spread function of core and wing, and shift channels a little against each other."""
    galaxies, bands, grid, _ = light.shape
    pixels = 1 / (r90 * pixel[:, 0, 0])  # pixels in an arcsec
    moves = telescopes.channel_shift[:, None, None] * pixels[:, None, None] * offsets
    core = jnp.broadcast_to((fwhm * pixels)[:, None], (galaxies, bands))
    sharp = resampled(light, *(psf_matrix(core, moves[:, direction], grid) for direction in (0, 1)))
    # The wing is the core blurred once more, because variances of Gaussians add up.
    fraction, wider = telescopes.psf_wing[:, 0, None, None, None], telescopes.psf_wing[:, 1]
    again = psf_matrix(fwhm * pixels * jnp.sqrt(jnp.maximum(wider**2 - 1, 0)), jnp.zeros(galaxies), grid)
    return (1 - fraction) * sharp + fraction * resampled(sharp, again, again)


def _correlated(noise: Array, telescopes: Telescopes) -> Array:
    """Correlate noise of variance one between bands and between neighbouring pixels, then scale it to each band."""
    own, common, weight = (
        values[:, None, None, None]
        for values in (telescopes.own_noise, telescopes.common_noise, telescopes.noise_smoothing)
    )
    noise = own * noise + common * noise.sum(axis=1, keepdims=True)
    for axis in (2, 3):
        mixed = noise + weight * (jnp.roll(noise, 1, axis) + jnp.roll(noise, -1, axis))
        noise = mixed / jnp.sqrt(1 + 2 * weight**2)
    return noise * telescopes.band_noise[:, :, None, None]


@partial(jax.jit, static_argnames=("bands", "grid"))
def _normals(keys: Key[Array, "galaxies"], bands: int, grid: int) -> tuple[Array, tuple[Array, ...], Array, Array]:
    """Draw all standard normal numbers of each stamp in one call, because each call takes long to compile."""
    shapes = ((FIELD_NORMALS,), (9, SLOTS), (5, SLOTS), (3,), (2, bands), (bands, grid, grid))
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    numbers = jax.vmap(lambda key: jax.random.normal(key, (ends[-1],)))(keys)
    parts = jnp.split(numbers, ends[:-1], axis=1)
    light, *around, offsets, noise = (part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True))
    return light, tuple(around), offsets, noise
