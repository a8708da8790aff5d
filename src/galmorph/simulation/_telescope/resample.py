"""Matrices that blur, shift and resample images: one for the rows, one for the columns.

An operation that acts on rows and columns separately is two matrix products, which are fast on every device. Each
image of a batch may have its own matrices.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array, Float32, Int

from galmorph._checks import check, check_positive_int

__all__ = ["cubic_matrix", "psf_matrix", "resampled"]

SIGMA_OF_FWHM = 0.42466090  # 1 / sqrt(8 ln 2)
SHARP = 1e-3  # smallest sigma in pixels: as sharp as none, but safe to divide by


def cubic_matrix(native: Int[Array, "batch"], size: int, grid: int) -> Float32[Array, "batch size grid"]:
    """Make the matrix that resamples the first pixels of a row bicubically to a row of another length.

    The kernel is cubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153, equation 15, that is a = -1/2). The borders
    of both rows coincide. If the row shrinks, the kernel widens with the pixels, so that no pixel is skipped. At the
    borders, the remaining weights are divided by their sum. Pillow's ``Image.resize`` with ``BICUBIC`` does the same.

    Parameters
    ----------
    native
        Int of shape ``(batch,)``: number of pixels of each row to use, from 1 to `grid`.
    size
        Length of the new rows in pixels.
    grid
        Length of the old rows in pixels; those after the first `native` are ignored.

    Returns
    -------
    Float32
        Of shape ``(batch, size, grid)``; each row sums to one.

    Raises
    ------
    InvalidValueError
        If `size` or `grid` is not a whole number of at least 1.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import cubic_matrix
    >>> cubic_matrix(jnp.array([2]), 2, 3)[0]
    Array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    check_positive_int("size", size)
    check_positive_int("grid", grid)
    return jax.vmap(partial(_cubic_matrix, size=size, grid=grid))(native)


def _cubic_matrix(native: Int[Array, ""], *, size: int, grid: int) -> Float32[Array, "size grid"]:
    step = native.astype(jnp.float32) / size  # old pixels in a new one
    old = jnp.arange(grid, dtype=jnp.float32)[None, :]
    new = jnp.arange(size, dtype=jnp.float32)[:, None]
    distance = (old + 0.5 - (new + 0.5) * step) / jnp.maximum(step, 1)
    weights = jnp.where(old < native, _cubic(jnp.abs(distance)), 0)
    return weights / weights.sum(axis=-1, keepdims=True)


def _cubic(x: Float32[Array, "*shape"]) -> Float32[Array, "*shape"]:
    """Keys (1981), equation 15."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((2.5 - 0.5 * x) * x - 4) * x + 2
    return jnp.where(x < 1, near, jnp.where(x < 2, far, 0))


def psf_matrix(
    fwhm: Float32[Array, "*#batch"], shift: Float32[Array, "*#batch"], grid: int
) -> Float32[Array, "... grid grid"]:
    """Make the matrix that convolves a row with a Gaussian and shifts it.

    The Gaussian is integrated over each pixel, with differences of the error function, and not sampled. A point
    therefore becomes ``sqrt(sigma**2 + 1/12)`` pixels wide, and a narrow Gaussian loses no light between pixels. Rows
    are normalised to one, so that a flat sky stays flat up to the borders.

    Parameters
    ----------
    fwhm
        Float32 of any shape: full width at half maximum in pixels; 0 blurs nothing.
    shift
        Float32 of a shape that broadcasts with that of `fwhm`: shift of the image in pixels, towards higher indices.
        Light that enters at a border is a copy of the light at the border.
    grid
        Length of the rows in pixels.

    Returns
    -------
    Float32
        Of shape ``(..., grid, grid)``; each row sums to one. It is the unit matrix if width and shift are zero.

    Raises
    ------
    InvalidValueError
        If `grid` is not a whole number of at least 1.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import psf_matrix
    >>> psf_matrix(jnp.array(0.0), jnp.array(1.0), 4) @ jnp.array([5.0, 6.0, 7.0, 8.0])
    Array([5., 5., 6., 7.], dtype=float32)
    """
    check_positive_int("grid", grid)
    return jnp.vectorize(partial(_psf_matrix, grid=grid), signature="(),()->(g,g)")(fwhm, shift)


def _psf_matrix(fwhm: Float32[Array, ""], shift: Float32[Array, ""], *, grid: int) -> Float32[Array, "grid grid"]:
    edges = jnp.arange(grid + 1, dtype=jnp.float32) - 0.5
    # Not beyond the borders: there, all weights would be zero, and normalising would divide by zero.
    centres = jnp.clip(jnp.arange(grid, dtype=jnp.float32) - shift, -0.5, grid - 0.5)
    sigma = jnp.maximum(SIGMA_OF_FWHM * fwhm, SHARP)
    below = erf((edges[None, :] - centres[:, None]) / (2**0.5 * sigma))
    return (below[:, 1:] - below[:, :-1]) / (below[:, -1:] - below[:, :1])


def resampled(
    images: Float32[Array, "batch channels grid grid"],
    along_y: Float32[Array, "batch size grid"] | Float32[Array, "batch channels size grid"],
    along_x: Float32[Array, "batch size grid"] | Float32[Array, "batch channels size grid"],
) -> Float32[Array, "batch channels size size"]:
    """Multiply the columns of images by one matrix and their rows by another.

    Parameters
    ----------
    images
        Float32 of shape ``(batch, channels, grid, grid)``.
    along_y
        Matrix for the columns, as `cubic_matrix` and `psf_matrix` make it: Float32 of shape ``(batch, size, grid)``, or
        ``(batch, channels, size, grid)`` if channels differ.
    along_x
        Matrix for the rows, of either shape.

    Returns
    -------
    Float32
        Of shape ``(batch, channels, size, size)``.

    Raises
    ------
    InvalidValueError
        If an array has another number of axes.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from galmorph.simulation import cubic_matrix, resampled
    >>> halved = cubic_matrix(jnp.array([8]), 4, 8)
    >>> resampled(jnp.ones((1, 3, 8, 8)), halved, halved).shape
    (1, 3, 4, 4)
    """
    check(images.ndim == 4, f"images: expected (batch, channels, grid, grid), got shape {images.shape}")
    y, x = (_axes(name, matrix) for name, matrix in (("along_y", along_y), ("along_x", along_x)))
    product = partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)  # whole float32 on GPUs too
    return product(f"bcix,{y}yi->bcyx", product(f"bcij,{x}xj->bcix", images, along_x), along_y)


def _axes(name: str, matrix: Array) -> str:
    """Return the letters of the axes that a matrix shares with the images."""
    check(matrix.ndim in (3, 4), f"{name}: expected (batch, [channels,] size, grid), got shape {matrix.shape}")
    return "b" if matrix.ndim == 3 else "bc"
