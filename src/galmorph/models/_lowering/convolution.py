"""Convolution that chooses how it is computed; README.md explains the ways.

Accelerators always use XLA's convolution. On CPUs, XLA's is fast for many pixels, channels and features, and else up to
a hundred times slower than matrix products. So on CPUs each of three sums (the maps, and the gradients with respect to
images and to kernel) is computed in the first way of this list that fits. Times are in milliseconds on two AVX-512
cores, first XLA's and then ours (docs/performance.md):

- **Winograd's algorithm** (`winograd.py`): 3 x 3 and 5 x 5 kernels with stride 1, at least 64 channels and features, or
  32 of one and 64 of the other on maps of more than 4 x 4 pixels, float32, and enough tiles to make up for the
  transform of the kernel. AlexNet's 5 x 5 layer on 27 x 27 pixels, 64 to 192 features, batch 32: maps 101 and 39,
  gradient of images 163 and 56, of the kernel 97 and 52. 128 to 32 on 16 x 16 pixels, batch 32, on an AMD without
  AVX-512: 12.5 and 10.8, 11.5 and 7.6, 29.6 and 9.8.
- **Blocks of outputs** (`blocks.py`): up to 8 features, or up to 32 of images with up to 4 channels (gradient of
  images: up to 8 channels; of the kernel: up to 32 features), stride 1, float32. LeNet-5 on 64 x 64 x 3 pixels, batch
  64, one core with AVX2: first layer, maps 38 and 11, gradient of the kernel 35 and 14; second layer, gradient of
  images 20 and 14, of the kernel 20 and 10. A 3 x 3 kernel, 16 to 32 features, 40 x 40 pixels, batch 32: gradient of
  the kernel 121 and 16.
- **Sums over places** (`places.py`): kernels of one pixel, strides with at least 32 channels, outputs of at most 4 x 4
  pixels. 2 x 2 pixels, 512 channels, batch 32, one core: maps 549 and 8, gradient of images 541 and 9.
- **Patches** (`patches.py`): the gradient of the kernel with other strides. 7 x 7, stride 2, 3 channels to 64 features,
  on an AMD without AVX-512: 64 x 64 pixels, batch 32, 143 and 25; 224 x 224 pixels, batch 8, 443 and 54.
- **XLA's own**: everything else.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._lowering.blocks import convolve_blocks, image_gradient_blocks, kernel_gradient_blocks
from galmorph.models._lowering.patches import kernel_gradient_patches
from galmorph.models._lowering.places import convolve_places, image_gradient_places, kernel_gradient_places
from galmorph.models._lowering.winograd import convolve_tiles, image_gradient_tiles, kernel_gradient_tiles

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
    """Convolve images with a kernel: `jax.lax.conv_general_dilated` in the layout of Flax, faster on CPUs.

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
        Other options that `flax.nnx.Conv` passes. XLA computes convolutions with any but the default values.

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
    if _suits_winograd(kernel, strides, padding, images):
        return convolve_tiles(images, kernel, padding, m=_tile(images, kernel))
    if _suits_blocks(strides, images, kernel) and (kernel.shape[3] <= 8 or kernel.shape[2] <= 4):
        return convolve_blocks(images, kernel, padding)
    if _suits_places(kernel, strides, padding, images):
        return convolve_places(images, kernel, strides, padding)
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
    if _suits_winograd(kernel, strides, padding, images):
        return image_gradient_tiles(
            cotangent, kernel, padding, images.shape[1], images.shape[2], m=_tile(images, kernel)
        )
    if _suits_blocks(strides, cotangent, kernel) and kernel.shape[2] <= 8:
        return image_gradient_blocks(cotangent, kernel, padding, *images.shape[1:3])
    if _suits_places(kernel, strides, padding, images):
        return image_gradient_places(cotangent, kernel, images.shape, strides, padding)
    return jax.vjp(lambda images: _native(images, kernel, strides, padding), images)[1](cotangent)[0]


def _kernel_gradient(strides: Pair, padding: Padding, images: Array, kernel: Array, cotangent: Array) -> Array:
    if _suits_winograd(kernel, strides, padding, images):
        return kernel_gradient_tiles(images, cotangent, padding, len(kernel), m=_tile(images, kernel))
    if _suits_blocks(strides, images, kernel) and kernel.shape[3] <= 8:
        return kernel_gradient_blocks(images, cotangent, kernel.shape, padding)
    if _suits_places(kernel, strides, padding, images):
        return kernel_gradient_places(images, cotangent, kernel.shape, strides, padding)
    if _suits_blocks(strides, images, kernel) and kernel.shape[3] <= 32:
        return kernel_gradient_blocks(images, cotangent, kernel.shape, padding)
    if max(strides) > 1:
        return kernel_gradient_patches(images, cotangent, kernel.shape, strides, padding)
    return jax.vjp(lambda kernel: _native(images, kernel, strides, padding), kernel)[1](cotangent)[0]


_on_cpu.defvjp(_forward, _backward)


def _native(images: Array, kernel: Array, strides: Sequence[int], padding: Padding) -> Array:
    return lax.conv_general_dilated(images, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _suits_winograd(kernel: Array, strides: Pair, padding: Padding, images: Array) -> bool:
    # The transform of the kernel costs the same however many tiles there are, so few tiles don't pay.
    batch, height, width, _ = images.shape
    extent, (fewest, most) = len(kernel), sorted(kernel.shape[2:])
    return (
        images.dtype == jnp.float32
        and kernel.shape[:2] in ((3, 3), (5, 5))
        and tuple(strides) == (1, 1)
        and (fewest >= 64 or (fewest >= 32 and most >= 64 and min(height, width) > 4))
        and batch * height * width // 4 >= fewest // 2
        and all(0 <= pad < extent for ends in padding for pad in ends)
        and not _is_tiny(images, kernel)
    )


def _tile(images: Array, kernel: Array) -> int:
    # Large tiles need fewer multiplications and less memory. But their transformed kernels are larger, and at the edge
    # of small maps more of their outputs are thrown away.
    batch, height, width, _ = images.shape
    return 4 if batch * height * width // 16 >= 4 * min(kernel.shape[2:]) else 2


def _suits_blocks(strides: Pair, maps: Array, kernel: Array) -> bool:
    return (
        maps.dtype == jnp.float32
        and tuple(strides) == (1, 1)
        and min(kernel.shape[:2]) > 1
        and not _is_tiny(maps, kernel)
    )


def _suits_places(kernel: Array, strides: Pair, padding: Padding, images: Array) -> bool:
    extents = kernel.shape[:2]
    smallest = min(
        (side + sum(ends) - extent) // step + 1
        for side, ends, extent, step in zip(images.shape[1:3], padding, extents, strides, strict=True)
    )
    skips = max(strides) > 1 and min(kernel.shape[2:]) >= 32
    return max(extents) == 1 or (max(extents) <= 5 and (skips or smallest <= 4))


def _is_tiny(maps: Array, kernel: Array) -> bool:
    return min(maps.shape[1:3]) < min(kernel.shape[:2])
