"""Gradient with respect to a kernel, as one product of two matrices: patches of the images, and gradients of the maps.

XLA writes this gradient of a strided convolution as a convolution with gaps between its weights, which takes many times
as long on CPUs. Here all patches are written next to each other. A row of a patch is a whole number of blocks of
`stride` pixels, so that copying it needs no gaps; what is beyond the kernel is cut off at the end.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

__all__ = ["kernel_gradient_patches"]

_LARGEST = 1 << 25  # numbers; more rows of the kernel than fit have several products


def kernel_gradient_patches(
    images: Float[Array, "batch height width channels"],
    cotangent: Float[Array, "batch new_height new_width features"],
    shape: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
) -> Float[Array, "rows columns channels features"]:
    """Gradient with respect to a kernel of the given shape."""
    rows, columns, channels, features = shape
    down, across = strides
    batch, height, width, _ = cotangent.shape
    blocks = -(-columns // across)
    # What the patches need, which may be more or less than the padded images have.
    extents = (height - 1) * down + rows, (width - 1 + blocks) * across
    margins = [
        (before, extent - side - before, 0)
        for (before, _), extent, side in zip(padding, extents, images.shape[1:3], strict=True)
    ]
    padded = lax.pad(images, jnp.zeros((), images.dtype), ((0, 0, 0), *margins, (0, 0, 0)))
    strips = padded.reshape(batch, extents[0], width - 1 + blocks, across * channels)
    changed = cotangent.reshape(-1, features)

    def gradient(start: int, stop: int) -> Array:
        patches = jnp.concatenate(
            [
                strips[:, row : row + (height - 1) * down + 1 : down, block : block + width]
                for row in range(start, stop)
                for block in range(blocks)
            ],
            axis=-1,
        ).reshape(len(changed), -1)
        summed = lax.dot_general(patches, changed, (((0,), (0,)), ((), ())), preferred_element_type=jnp.float32)
        return summed.reshape(stop - start, blocks * across, channels, features)[:, :columns]

    at_once = max(1, _LARGEST // (len(changed) * blocks * across * channels))
    parts = [gradient(row, min(row + at_once, rows)) for row in range(0, rows, at_once)]
    return jnp.concatenate(parts).astype(images.dtype)
