"""Convolution with few features or channels, in blocks of neighbouring outputs.

A plain product of patches and kernel wastes most of the processor: 6 features fill 6 columns of a vector unit that has
16 or more, and each pixel is copied once for every position in the kernel. Here a patch holds all pixels that a block
of neighbouring outputs needs, and the matrix holds a shifted copy of the kernel for each output of the block. This adds
multiplications by zeros, but fills the vector unit, and copies less. The gradient with respect to the kernel is the
product of the same patches and the gradient of the outputs. That with respect to images of few channels is the same
product backwards.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._lowering.materialise import materialise

__all__ = ["convolve_blocks", "image_gradient_blocks", "kernel_gradient_blocks"]

LANES = 8  # of a vector: products are fast if their columns are a multiple of it
COLUMNS = 24  # of the product of patches, at least, if the map is wide enough
WIDTH = 32  # terms of each sum in the product backwards, at least


def convolve_blocks(
    images: Float[Array, "batch height width channels"],
    kernel: Float[Array, "rows columns channels features"],
    padding: Sequence[tuple[int, int]],
) -> Float[Array, "batch _ _ features"]:
    """Convolve with stride 1."""
    rows, columns, channels, features = kernel.shape
    height, width = (
        side + sum(ends) - extent + 1
        for side, ends, extent in zip(images.shape[1:3], padding, (rows, columns), strict=True)
    )
    block = _block(features, width)
    span = block + columns - 1  # columns of the map under a block
    patches = _patches(images, rows, columns, block, padding)
    # One column for each feature of each output of the block, with the kernel where that output looks, zeros elsewhere.
    matrix = _shifted(kernel, block, span).reshape(rows * span * channels, block * features)
    return (patches @ matrix).reshape(len(images), height, -1, features)[:, :, :width]


def kernel_gradient_blocks(
    images: Float[Array, "batch height width channels"],
    cotangent: Float[Array, "batch _ _ features"],
    shape: Sequence[int],
    padding: Sequence[tuple[int, int]],
) -> Float[Array, "rows columns channels features"]:
    """Gradient of a convolution with stride 1 with respect to a kernel of this shape."""
    rows, columns, channels, features = shape
    width = cotangent.shape[2]
    block = _block(features, width)
    span = block + columns - 1
    patches = _patches(images, rows, columns, block, padding)
    outputs = jnp.pad(cotangent, ((0, 0), (0, 0), (0, -width % block), (0, 0))).reshape(-1, block * features)
    # Of all products of an output and a pixel of its patch, those count where the output looks at the pixel.
    products = lax.dot_general(outputs, patches, (((0,), (0,)), ((), ())))
    products = products.reshape(block, features, rows, span, channels)
    seen = [products[i, :, :, i : i + columns] for i in range(block)]
    return jnp.stack(seen).sum(axis=0).transpose(1, 2, 3, 0)


def _block(features: int, width: int) -> int:
    """Number of outputs in a block: as few as fill whole vectors, because more add multiplications by zeros."""
    whole = math.lcm(features, LANES)
    return min(width, -(-COLUMNS // whole) * whole // features)


def _patches(
    images: Float[Array, "batch height width channels"],
    rows: int,
    columns: int,
    block: int,
    padding: Sequence[tuple[int, int]],
) -> Float[Array, "patches pixels"]:
    """Copy the pixels that each block of outputs sees, row by row."""
    channels = images.shape[3]
    height, width = (
        side + sum(ends) - extent + 1
        for side, ends, extent in zip(images.shape[1:3], padding, (rows, columns), strict=True)
    )
    blocks = -(-width // block)
    span = block + columns - 1
    (left, right) = padding[1]
    padded = jnp.pad(images, ((0, 0), padding[0], (left, right + -width % block), (0, 0)))
    # Else XLA would turn a randomly turned stamp again for each patch.
    lines = materialise(padded.reshape(*padded.shape[:2], -1))
    # A gather of whole runs of pixels: one copy for each row of a patch instead of one for each position in the kernel.
    corners = np.stack(np.meshgrid(np.arange(height), np.arange(blocks) * block * channels, indexing="ij"), axis=-1)
    windows = lax.GatherDimensionNumbers(offset_dims=(0, 3, 4), collapsed_slice_dims=(), start_index_map=(1, 2))
    patches = lax.gather(
        lines, corners, windows, (len(images), rows, span * channels), mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS
    )
    return patches.reshape(-1, rows * span * channels)


def image_gradient_blocks(
    cotangent: Float[Array, "batch _ _ features"],
    kernel: Float[Array, "rows columns channels features"],
    padding: Sequence[tuple[int, int]],
    height: int,
    width: int,
) -> Float[Array, "batch {height} {width} channels"]:
    """Gradient of a convolution with stride 1 with respect to images of height x width pixels."""
    rows, columns, channels, features = kernel.shape
    batch, lines = cotangent.shape[:2]
    block = max(columns - 1, -(-WIDTH // features))
    blocks = -(-cotangent.shape[2] // block)
    missing = blocks * block - cotangent.shape[2]
    padded = jnp.pad(cotangent, ((0, 0), (0, 0), (0, missing), (0, 0))).reshape(-1, block * features)

    # A block of outputs depends on the pixels under it and on `columns - 1` pixels to the right. Blocks are at least
    # that wide, so the pixels belong to two blocks at most: the share of each is one matrix product.
    matrix = _shifted(kernel, block, 2 * block).reshape(rows * 2 * block * channels, block * features)
    shares = lax.dot_general(padded, matrix, (((1,), (1,)), ((), ())))
    shares = lax.optimization_barrier(shares.reshape(batch, lines, blocks, rows, 2, block * channels))
    total = jnp.zeros((batch, lines + rows - 1, blocks + 1, block * channels), cotangent.dtype)
    for row in range(rows):
        for side in range(2):
            total = total.at[:, row : row + lines, side : side + blocks].add(shares[:, :, :, row, side])
    seen = total.reshape(batch, lines + rows - 1, (blocks + 1) * block, channels)
    (top, _), (left, _) = padding
    return seen[:, top : top + height, left : left + width]


def _shifted(
    kernel: Float[Array, "rows columns channels features"], block: int, span: int
) -> Float[Array, "rows {span} channels {block} features"]:
    """Copies of a kernel, each one column further to the right."""
    copies = [jnp.pad(kernel, ((0, 0), (i, span - kernel.shape[1] - i), (0, 0), (0, 0))) for i in range(block)]
    return jnp.stack(copies, axis=3)
