"""Convolution with few features or channels, in blocks of neighbouring outputs.

A plain product of patches and kernel wastes most of the processor: 6 features fill 6 columns of a vector unit that has
16 or more, and each pixel is copied once for every position in the kernel. Here a patch holds all pixels that a block
of neighbouring outputs needs, and the matrix holds a shifted copy of the kernel for each output of the block. This adds
multiplications by zeros, but fills the vector unit, and copies less. The gradient with respect to images of few
channels is the same product backwards.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from galmorph.models._lowering.materialise import materialise

__all__ = ["convolve_blocks", "image_gradient_blocks"]

WIDTH = 32  # columns of the matrix product, at least, if the map is wide enough


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
    block = min(width, -(-WIDTH // features))
    blocks = -(-width // block)
    span = block + columns - 1  # columns of the map under a block

    (left, right) = padding[1]
    missing = blocks * block - width
    padded = jnp.pad(images, ((0, 0), padding[0], (left, right + missing), (0, 0)))
    # Else XLA would turn a randomly turned stamp again for each patch.
    lines = materialise(padded.reshape(*padded.shape[:2], -1))
    # A gather of whole runs of pixels: one copy for each row of a patch instead of one for each position in the kernel.
    corners = np.stack(np.meshgrid(np.arange(height), np.arange(blocks) * block * channels, indexing="ij"), axis=-1)
    windows = lax.GatherDimensionNumbers(offset_dims=(0, 3, 4), collapsed_slice_dims=(), start_index_map=(1, 2))
    patches = lax.gather(
        lines, corners, windows, (len(images), rows, span * channels), mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS
    )

    # One column for each feature of each output of the block, with the kernel where that output looks, zeros elsewhere.
    matrix = _shifted(kernel, block, span).reshape(rows * span * channels, block * features)
    sums = patches.reshape(-1, rows * span * channels) @ matrix
    return sums.reshape(len(images), height, blocks * block, features)[:, :, :width]


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
            margins = ((0, 0), (row, rows - 1 - row), (side, 1 - side), (0, 0))
            total += jnp.pad(shares[:, :, :, row, side], margins)
    seen = total.reshape(batch, lines + rows - 1, (blocks + 1) * block, channels)
    (top, _), (left, _) = padding
    return seen[:, top : top + height, left : left + width]


def _shifted(
    kernel: Float[Array, "rows columns channels features"], block: int, span: int
) -> Float[Array, "rows {span} channels {block} features"]:
    """Copies of a kernel, each one column further to the right."""
    copies = [jnp.pad(kernel, ((0, 0), (i, span - kernel.shape[1] - i), (0, 0), (0, 0))) for i in range(block)]
    return jnp.stack(copies, axis=3)
