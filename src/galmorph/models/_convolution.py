"""Convolution whose lowering fits the platform.

Accelerators always use their own convolution. On CPUs XLA's is good where map, channels and features are many, and up
to a hundred times slower than matrix products elsewhere. So on CPUs each of the three sums, the maps and their
gradients with respect to images and to kernel, is taken in the first way that fits. The times are milliseconds of one
AVX-512 core, XLA's and this way's (docs/performance.md):

- **Patches times matrix**, where the map is smaller than the kernel (with respect to images: where the cotangent's map
  is). 2 x 2 pixels, 512 channels, batch 32: maps 549 and 8, with respect to images 541 and 9.
- **Winograd's algorithm** (`_winograd.py`), for 3 x 3 kernels with stride 1, from 64 channels and features on, for
  float32. 16 x 16 pixels, 128 channels, batch 16: maps 12.2 and 9.0, with respect to images 12.7 and 9.5, to kernel
  15.9 and 10.9; to the kernel only from 128 on (at 64: 14.1 and 34). Where a kernel serves few tiles its own transform
  costs more than it saves, above all in memory.
- **Blocks of outputs** (`_blocks.py`), for up to 8 features with stride 1 (with respect to images: up to 8 channels),
  for float32. LeNet-5, 64 x 64 pixels, batch 64: first maps 16.1 and 3.3, with respect to kernel 7.2 and 3.8; second
  layer with respect to images 13.5 and 8.8.
- **XLA's own** everywhere else.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._blocks import convolve_blocks, image_gradient_blocks
from galmorph.models._winograd import convolve_3x3, image_gradient_3x3, kernel_gradient_3x3

__all__ = ["Conv", "convolve"]

Pair = Sequence[int]
Padding = Sequence[tuple[int, int]]


def convolve(
    images: Float[Array, "batch height width channels"],
    kernel: Float[Array, "rows columns _ features"],
    strides: Sequence[int],
    padding: Padding,
    **options: Any,
) -> Float[Array, "batch _ _ features"]:
    """Convolve images with a kernel: `jax.lax.conv_general_dilated` in the layout of Flax, as fast as CPUs can.

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

    if all(_is_default(name, value) for name, value in options.items()):
        on_cpu = partial(_on_cpu, tuple(strides), tuple(map(tuple, padding)))
        return lax.platform_dependent(images, kernel, cpu=on_cpu, default=native)
    return native(images, kernel)


def _is_default(name: str, value: Any) -> bool:
    if name == "dimension_numbers":
        return True
    if name.endswith("_count"):
        return value == 1
    return value is None or (name.endswith("_dilation") and tuple(value) == (1, 1))


Conv = partial(nnx.Conv, conv_general_dilated=convolve)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _on_cpu(strides: Pair, padding: Padding, images: Array, kernel: Array) -> Array:
    if _suits_winograd(kernel, strides, padding, images, channels=64):
        return convolve_3x3(images, kernel, padding)
    if _suits_blocks(kernel.shape[3], strides, images, kernel):
        return convolve_blocks(images, kernel, padding)
    if _is_tiny(images, kernel):
        return _patches_times_matrix(images, kernel, strides=strides, padding=padding)
    return _native(images, kernel, strides, padding)


def _forward(strides: Pair, padding: Padding, images: Array, kernel: Array) -> tuple[Array, tuple[Array, Array]]:
    return _on_cpu(strides, padding, images, kernel), (images, kernel)


def _backward(strides: Pair, padding: Padding, residuals: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array]:
    images, kernel = residuals
    return (
        _image_gradient(strides, padding, images, kernel, cotangent),
        _kernel_gradient(strides, padding, images, kernel, cotangent),
    )


def _image_gradient(strides: Pair, padding: Padding, images: Array, kernel: Array, cotangent: Array) -> Array:
    if _suits_winograd(kernel, strides, padding, images, channels=64):
        return image_gradient_3x3(cotangent, kernel, padding, *images.shape[1:3])
    if _suits_blocks(kernel.shape[2], strides, cotangent, kernel):
        return image_gradient_blocks(cotangent, kernel, padding, *images.shape[1:3])
    if _is_tiny(cotangent, kernel):
        return _scatter_patches(cotangent, kernel, images.shape, strides=strides, padding=padding)
    return jax.vjp(lambda images: _native(images, kernel, strides, padding), images)[1](cotangent)[0]


def _kernel_gradient(strides: Pair, padding: Padding, images: Array, kernel: Array, cotangent: Array) -> Array:
    if _suits_winograd(kernel, strides, padding, images, channels=128):
        return kernel_gradient_3x3(images, cotangent, padding)
    in_blocks = _suits_blocks(kernel.shape[3], strides, images, kernel)
    way = partial(convolve_blocks, padding=padding) if in_blocks else partial(_native, strides=strides, padding=padding)
    return jax.vjp(lambda kernel: way(images, kernel), kernel)[1](cotangent)[0]


_on_cpu.defvjp(_forward, _backward)


def _native(images: Array, kernel: Array, strides: Sequence[int], padding: Padding) -> Array:
    return lax.conv_general_dilated(images, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _suits_winograd(kernel: Array, strides: Pair, padding: Padding, images: Array, *, channels: int) -> bool:
    # The kernel is transformed too, which only pays where there are tiles enough to use it.
    batch, height, width, _ = images.shape
    fewest = min(kernel.shape[2:])
    return (
        images.dtype == jnp.float32
        and kernel.shape[:2] == (3, 3)
        and tuple(strides) == (1, 1)
        and fewest >= channels
        and batch * height * width // 4 >= fewest // 2
        and all(0 <= pad <= 2 for ends in padding for pad in ends)
        and not _is_tiny(images, kernel)
    )


def _suits_blocks(features: int, strides: Pair, maps: Array, kernel: Array) -> bool:
    return (
        maps.dtype == jnp.float32
        and features <= 8
        and tuple(strides) == (1, 1)
        and min(kernel.shape[:2]) > 1
        and not _is_tiny(maps, kernel)
    )


def _is_tiny(maps: Array, kernel: Array) -> bool:
    return min(maps.shape[1:3]) < min(kernel.shape[:2])


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


def _scatter_patches(
    cotangent: Array, kernel: Array, shape: Sequence[int], *, strides: Sequence[int], padding: Padding
) -> Array:
    total = jnp.zeros(shape, cotangent.dtype)
    for i, j in np.ndindex(*kernel.shape[:2]):
        part = lax.dot_general(cotangent, kernel[i, j], (((3,), (1,)), ((), ())))
        ends = [
            (offset - before, side - offset + before - 1 - step * (count - 1), step - 1)
            for offset, (before, _), side, step, count in zip(
                (i, j), padding, shape[1:3], strides, cotangent.shape[1:3], strict=True
            )
        ]
        total += lax.pad(part, jnp.zeros((), part.dtype), ((0, 0, 0), *ends, (0, 0, 0)))
    return total
