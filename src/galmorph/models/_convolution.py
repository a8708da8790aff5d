"""Convolution whose lowering fits the platform, and pooling for maps of any size.

XLA's convolution on CPUs falls from about 200 to 1 GFLOP/s where the map is smaller than the kernel, as in the last
stage of a ResNet on 64-pixel stamps (2 x 2 maps, 3 x 3 kernels). There, and only there, the same sum is taken as
patches times matrix. Accelerators always use their own convolution.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jaxtyping import Array, Float

__all__ = ["Conv", "adaptive_average_pool", "convolve", "max_pool"]

Padding = Sequence[tuple[int, int]]


def convolve(
    images: Float[Array, "batch height width channels"],
    kernel: Float[Array, "rows columns channels features"],
    strides: Sequence[int],
    padding: Padding,
    **options: Any,
) -> Float[Array, "batch _ _ features"]:
    """Convolve images with a kernel: `jax.lax.conv_general_dilated` in the layout of Flax, faster on tiny maps.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``.
    kernel
        Weights of shape ``(rows, columns, channels, features)``.
    strides
        Steps between outputs, down and across.
    padding
        Zeros before and after, ``((top, bottom), (left, right))``.
    options
        What `flax.nnx.Conv` passes on beside these. All but the default values are left to XLA.

    Returns
    -------
    maps
        Sums of shape ``(batch, new height, new width, features)``.
    """
    options = {"dimension_numbers": ("NHWC", "HWIO", "NHWC"), **options}

    def native(images: Array, kernel: Array) -> Array:
        return lax.conv_general_dilated(images, kernel, strides, padding, **options)

    plain = options.get("feature_group_count", 1) == 1 and all(
        tuple(options.get(name) or (1, 1)) == (1, 1) for name in ("lhs_dilation", "rhs_dilation")
    )
    if plain and min(images.shape[1:3]) < min(kernel.shape[:2]):
        as_matrix = partial(_patches_times_matrix, strides=strides, padding=padding)
        return lax.platform_dependent(images, kernel, cpu=as_matrix, default=native)
    return native(images, kernel)


def _patches_times_matrix(images: Array, kernel: Array, *, strides: Sequence[int], padding: Padding) -> Array:
    rows, columns, channels, features = kernel.shape
    padded = jnp.pad(images, ((0, 0), *padding, (0, 0)))
    down, across = (
        np.arange(0, length - extent + 1, step)[:, None] + np.arange(extent)
        for length, extent, step in zip(padded.shape[1:3], (rows, columns), strides, strict=True)
    )
    patches = padded[:, down[:, None, :, None], across[None, :, None, :]]  # (batch, y, x, rows, columns, channels)
    matrix = kernel.reshape(rows * columns * channels, features)
    return patches.reshape(*patches.shape[:3], rows * columns * channels) @ matrix


Conv = partial(nnx.Conv, conv_general_dilated=convolve)


def max_pool(
    images: Float[Array, "batch height width channels"], window: int, stride: int, padding: int = 0
) -> Float[Array, "batch _ _ channels"]:
    """Take the largest value in each square window; a map smaller than the window is one window.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``.
    window, stride
        Side of the window, and the step from one to the next, in pixels.
    padding
        Pixels of minus infinity added on every side.

    Returns
    -------
    maps
        Of shape ``(batch, new height, new width, channels)``, with ``(side + 2 padding - window) // stride + 1``
        windows along each side, and at least one.
    """
    extents = tuple(min(window, side + 2 * padding) for side in images.shape[1:3])
    return nnx.max_pool(images, extents, (stride, stride), ((padding, padding), (padding, padding)))


def adaptive_average_pool(
    images: Float[Array, "batch height width channels"], size: int
) -> Float[Array, "batch {size} {size} channels"]:
    """Average a map of any size over ``size x size`` nearly equal bins.

    Bin i of n along a side of s pixels covers pixels ``floor(i s / n)`` up to, not including, ``ceil((i + 1) s / n)``:
    bins overlap where s is no multiple of n, and repeat pixels where s is smaller than n.

    Parameters
    ----------
    images
        Maps of shape ``(batch, height, width, channels)``.
    size
        Bins along each side.

    Returns
    -------
    maps
        Averages of shape ``(batch, size, size, channels)``.
    """
    height, width = images.shape[1:3]
    if (height, width) == (size, size):
        return images
    down, across = (jnp.asarray(_bin_weights(side, size), images.dtype) for side in (height, width))
    return jnp.einsum("ih,bhwc,jw->bijc", down, images, across)


def _bin_weights(side: int, bins: int) -> np.ndarray:
    weights = np.zeros((bins, side))
    for i in range(bins):
        first, end = i * side // bins, -(-(i + 1) * side // bins)
        weights[i, first:end] = 1 / (end - first)
    return weights
