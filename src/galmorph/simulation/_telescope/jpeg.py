"""Effects of JPEG compression on images.

These are the lossy steps of baseline JPEG (ITU-T T.81, 1992); the lossless ones change no pixel and are left out.
Colours become brightness and two colour differences. The differences are halved in size. A discrete cosine transform
acts on blocks of 8 x 8 pixels, and its coefficients are rounded to multiples that depend on the quality. Every step but
the rounding is linear and acts on rows and columns alike, so it is a matrix product.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32

from galmorph._checks import check

__all__ = ["jpeg_compressed"]

Planes = Float32[Array, "*planes height width"]

BLOCK = 8
UNIT = 2 * BLOCK  # side of the square that a block of halved colour covers, in pixels

# ITU-T T.81, Annex K, tables K.1 and K.2: rows are vertical frequencies.
BRIGHTNESS_STEPS = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
COLOUR_STEPS = np.full((BLOCK, BLOCK), 99, np.float32)
COLOUR_STEPS[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def jpeg_compressed(
    images: Float32[Array, "batch size size 3"], quality: Float32[Array, "batch"]
) -> Float32[Array, "batch size size 3"]:
    """Compress images to JPEG and decompress them again.

    This is a pure function, which JAX can compile for every device. It follows JFIF (ITU-T T.871, "Conversion to and
    from RGB") for the colours, and ITU-T T.81 for the transform (A.3.3) and the tables (Annex K). If the standards
    leave a choice, it follows libjpeg, which wrote most JPEG files: how the quality scales the tables, means of 2 x 2
    pixels for the colours (4:2:0), and the triangle filter that brings colours back to full size.

    Parameters
    ----------
    images
        Float32 of shape ``(batch, size, size, 3)``: red, green and blue from 0 to 255, whole or not. If the size is not
        a multiple of 16, the last row and column are repeated to fill it up, as encoders do.
    quality
        Float32 of shape ``(batch,)``: quality of each image on libjpeg's scale, from 1 to 100.

    Returns
    -------
    Float32
        Whole grey values from 0 to 255, of the shape of `images`.

    Raises
    ------
    InvalidValueError
        If the images are not square or do not have three channels, or if there is not one quality for each image.

    Examples
    --------
    >>> import jax
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import jpeg_compressed
    >>> ramp = jnp.broadcast_to(jnp.arange(32.0)[None, :, None, None], (1, 32, 32, 3))
    >>> error = jax.jit(jpeg_compressed)(ramp, jnp.array([75.0])) - ramp
    >>> 0 < float(abs(error).max()) < 4
    True
    """
    check(
        images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3,
        f"images: expected (batch, size, size, 3), got shape {images.shape}",
    )
    check(
        quality.shape == images.shape[:1],
        f"quality: expected one for each of {len(images)} images, got shape {quality.shape}",
    )
    size = images.shape[1]
    padding = -size % UNIT
    if padding:
        images = jnp.pad(images, ((0, 0), (0, padding), (0, padding), (0, 0)), mode="edge")
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    # Files add 128 to colours to keep them positive. Decoding subtracts it, so it is left out.
    brightness = jnp.round(0.299 * red + 0.587 * green + 0.114 * blue) - 128
    colours = jnp.stack(
        [-0.168736 * red - 0.331264 * green + 0.5 * blue, 0.5 * red - 0.418688 * green - 0.081312 * blue], axis=1
    )
    # libjpeg rounds a half down, whatever its sign. Halves are common in nearly grey pixels; without the thousandth,
    # rounding errors of float32 would decide about them.
    colours = jnp.ceil(colours - 0.501)
    brightness = _along_both(_quantised(_along_both(brightness, TO_WAVES), BRIGHTNESS_STEPS, quality), FROM_WAVES)
    brightness = jnp.round(brightness + 128)
    colours = _quantised(_along_both(colours, HALF_TO_WAVES), COLOUR_STEPS, quality)
    colours = jnp.round(_along_both(colours, _doubled_from_waves((size + padding) // 2)))
    to_blue, to_red = colours[:, 0], colours[:, 1]
    red = brightness + 1.402 * to_red
    green = brightness - 0.344136 * to_blue - 0.714136 * to_red
    blue = brightness + 1.772 * to_blue
    result = jnp.stack([red, green, blue], axis=-1)
    return jnp.round(jnp.clip(result, 0, 255))[:, :size, :size]


def _along_both(
    planes: Planes, matrix: Float32[np.ndarray, "old new"]
) -> Float32[Array, "*planes new_height new_width"]:
    """Multiply pieces of each row by a matrix, then pieces of each column.

    Sums over the last axis are fast, so planes are transposed after each product.
    """
    for _ in range(2):
        rows = planes.reshape(-1, matrix.shape[0])
        product = jnp.matmul(rows, matrix, precision=jax.lax.Precision.HIGHEST)  # whole float32 on GPUs too
        planes = product.reshape(*planes.shape[:-1], -1).swapaxes(-1, -2)
    return planes


def _quantised(waves: Planes, steps: Float32[np.ndarray, "8 8"], quality: Float32[Array, "batch"]) -> Planes:
    """Round coefficients to multiples of steps that quality scales as in libjpeg (``jpeg_quality_scaling``)."""
    percent = jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    scaled = jnp.clip(jnp.floor((steps[None] * percent + 50) / 100), 1, 255)
    batch, *between, height, width = waves.shape
    tiled = jnp.tile(scaled, (1, height // BLOCK, width // BLOCK)).reshape(batch, *(1 for _ in between), height, width)
    return jnp.round(waves / tiled) * tiled


def _waves() -> Float[np.ndarray, "8 8"]:
    """Return the orthonormal discrete cosine transform of 8 values, a column for each frequency (ITU-T T.81, A.3.3)."""
    place, frequency = np.mgrid[:BLOCK, :BLOCK]
    return np.cos((2 * place + 1) * frequency * np.pi / UNIT) * np.where(frequency == 0, np.sqrt(1 / 8), 1 / 2)


def _doubled_from_waves(length: int) -> Float32[np.ndarray, "length twice"]:
    """Return the matrix from the coefficients of a row of `length` values to a row of twice as many values.

    This is libjpeg's triangle filter: each new value is three quarters of the old value that it lies in, plus a quarter
    of the next nearest one.
    """
    new = np.arange(2 * length)
    other = np.clip(new // 2 + np.where(new % 2, 1, -1), 0, length - 1)
    old = np.arange(length)[:, None]
    triangle = 0.75 * (old == new // 2) + 0.25 * (old == other)
    return (np.kron(np.eye(length // BLOCK), _waves().T) @ triangle).astype(np.float32)


# Two blocks at once: products with 16 x 16 matrices are faster than twice as many with 8 x 8.
TO_WAVES = np.kron(np.eye(2), _waves()).astype(np.float32)
FROM_WAVES = TO_WAVES.T.copy()
# Means of pairs, then the transform: from 16 pixels to the 8 coefficients of a block of halved colour.
HALF_TO_WAVES = (np.repeat(_waves(), 2, axis=0) / 2).astype(np.float32)
