"""Convolution of maps with 3 x 3 kernels in 4/9 of the multiplications.

Winograd's minimal filtering algorithm F(2 x 2, 3 x 3) as in Lavin & Gray (2016, CVPR, arXiv:1509.09308, section 4.1):
each tile of 2 x 2 outputs comes from 4 x 4 inputs, which overlap by two. Inputs and kernel are transformed by sums and
differences, ``V = B^T d B`` and ``U = G g G^T``; for each of the 16 elements of a tile a matrix product runs over the
channels, ``M = V U``; and ``A^T M A`` are the outputs. Both gradients are matrix products between the same transforms,
since all of them are linear. In float32 the result differs from the plain sum by rounding, about 1e-6 of the largest
value.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

__all__ = ["convolve_3x3", "image_gradient_3x3", "kernel_gradient_3x3"]

Padding = Sequence[tuple[int, int]]
Maps = Float[Array, "batch _ _ _"]
Kernel = Float[Array, "3 3 channels features"]
Tiles = Float[Array, "16 _ _"]  # element of a tile, tile, channel; or element, channel, feature

# Equation 7 of the paper.
B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]], np.float32)
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]], np.float32)


def convolve_3x3(images: Maps, kernel: Kernel, padding: Padding) -> Maps:
    """Convolve with stride 1."""
    height, width = (side + sum(ends) - 2 for side, ends in zip(images.shape[1:3], padding, strict=True))
    products = _multiply(_to_tiles(images, padding, height, width), _transform(kernel), (2, 1))
    return _from_tiles(products, len(images), height, width)


def image_gradient_3x3(cotangent: Maps, kernel: Kernel, padding: Padding, height: int, width: int) -> Maps:
    """Gradient with respect to images of so many pixels: convolve the cotangent with the kernel turned by 180 degrees.

    Turning the kernel exchanges the first and the last row and column of its transform, and changes nothing else.
    """
    margins = [(2 - before, 2 - after) for before, after in padding]
    turned = _transform(kernel, G[[3, 1, 2, 0]])
    products = _multiply(_to_tiles(cotangent, margins, height, width), turned, (2, 2))
    return _from_tiles(products, len(cotangent), height, width)


def kernel_gradient_3x3(images: Maps, cotangent: Maps, padding: Padding) -> Kernel:
    """Gradient with respect to the kernel."""
    batch, height, width, features = cotangent.shape
    rows, columns = -(-height // 2), -(-width // 2)
    padded = jnp.pad(cotangent, ((0, 0), (0, 2 * rows - height), (0, 2 * columns - width), (0, 0)))
    quads = padded.reshape(batch, rows, 2, columns, 2, features)
    down = _combine(A, [quads[:, :, i] for i in range(2)], axis=0)  # (4, batch, rows, columns, 2, features)
    both = _combine(A, [down[..., j, :] for j in range(2)], axis=1)
    products = _multiply(_to_tiles(images, padding, height, width), both.reshape(16, -1, features), (1, 1))
    grid = products.reshape(4, 4, -1, features)
    across = _combine(G.T, [grid[:, j] for j in range(4)], axis=1)
    return _combine(G.T, [across[i] for i in range(4)], axis=0)


def _to_tiles(images: Maps, padding: Padding, height: int, width: int) -> Tiles:
    # The tiles that so many outputs need, and zeros where they reach beyond the images.
    rows, columns = -(-height // 2), -(-width // 2)
    ends = [
        (before, 2 * tiles + 2 - side - before)
        for tiles, side, (before, _) in zip((rows, columns), images.shape[1:3], padding, strict=True)
    ]
    padded = lax.optimization_barrier(jnp.pad(images, ((0, 0), *ends, (0, 0))))
    batch, channels = len(images), images.shape[-1]
    halves = padded.reshape(batch, rows + 1, 2, 2 * columns + 2, channels)
    down = _combine(B.T, [halves[:, i // 2 : i // 2 + rows, i % 2] for i in range(4)], axis=0)
    halves = down.reshape(4, batch, rows, columns + 1, 2, channels)
    both = _combine(B.T, [halves[:, :, :, j // 2 : j // 2 + columns, j % 2] for j in range(4)], axis=1)
    return both.reshape(16, batch * rows * columns, channels)


def _transform(kernel: Kernel, matrix: Float[np.ndarray, "4 3"] = G) -> Tiles:
    down = _combine(matrix, [kernel[i] for i in range(3)], axis=0)
    both = _combine(matrix, [down[:, j] for j in range(3)], axis=1)
    return both.reshape(16, *kernel.shape[2:])


def _from_tiles(tiles: Tiles, batch: int, height: int, width: int) -> Maps:
    rows, columns = -(-height // 2), -(-width // 2)
    grid = tiles.reshape(4, 4, batch, rows, columns, -1)
    across = _combine(A.T, [grid[:, j] for j in range(4)], axis=4)  # (4, batch, rows, columns, 2, features)
    both = _combine(A.T, [across[i] for i in range(4)], axis=2)
    return both.reshape(batch, 2 * rows, 2 * columns, -1)[:, :height, :width]


def _multiply(left: Tiles, right: Tiles, contracted: tuple[int, int]) -> Tiles:
    return lax.dot_general(left, right, ((contracted[:1], contracted[1:]), ((0,), (0,))))


def _combine(matrix: Float[np.ndarray, "results terms"], terms: Sequence[Array], axis: int) -> Array:
    """Linear combinations of arrays, one for each row of the matrix, along a new axis.

    Broadcast sums, for XLA makes one vectorised loop of these; of stacked sums it makes a slow one. The barrier keeps
    it from merging two stages, which would do the first one over again for every use in the second.
    """
    shape = [1] * (terms[0].ndim + 1)
    shape[axis] = len(matrix)
    total = sum(
        jnp.asarray(factors.reshape(shape)) * jnp.expand_dims(term, axis)
        for factors, term in zip(matrix.T, terms, strict=True)
    )
    return lax.optimization_barrier(total)
